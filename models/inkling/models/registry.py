"""Which personal model is in force: a champion on disk, the one before it, and what it takes to replace it.

Architecture invariant: a champion is replaced only by a challenger that was better on later data, with stated
confidence, and never in part: files are written aside and moved into place. A file that is damaged, hostile or of
another version is refused and set aside, and what was judged is learned anew from the log.
"""

import contextlib
import hashlib
import json
import math
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, NoReturn

from inkling.core.errors import ModelArtifactError
from inkling.core.events import JudgedSuggestion
from inkling.models.personal import (
    RECIPES,
    PersonalAcceptanceModel,
    PersonalState,
    Prior,
    judged_rows,
    label_of,
    log_loss,
    refit,
)
from inkling.models.regular_file import read_regular

FORMAT: Final = 1
MAX_BYTES = 1_000_000  # a model of the most offsets has about 30 kB
MAX_NAMES = 200
MAX_NAME_CHARS = 300
MAX_MAGNITUDE = 100.0  # of offsets and their covariances, in log-odds; beyond it lies no habit
MAX_SUM = 1e9  # of metrics and summed losses
MIN_LATER_EVENTS = 50  # judged suggestions after the split; fewer say little about a log-loss
MIN_LATER_SESSIONS = 5
MIN_GAIN = 1e-4  # of the mean log-loss; what is less changes no decision, however certain it is
MIN_OF_EACH = 5  # accepts, and as many rejections, in each part; of one kind alone nothing is told apart
LATER_SHARE = 0.3  # of the judged suggestions, the newest, are kept for the comparison
CONFIDENCE = 0.95
SESSION_GAP_MS = 30 * 60 * 1000
N_RESAMPLES = 2000
SEED = 20261121

_LEARNED_ANEW = "What you judged is learned anew from the log."

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A personal model with where it comes from.

    Attributes:
        state: What was learned.
        created_at_ms: When it was registered, milliseconds since the Unix epoch.
        prior_version: The prior it belongs to; with another prior its offsets mean something else.
        data_sha256: Hash of the judged suggestions it learned from.
        metrics: What was measured when it was registered.
    """

    state: PersonalState
    created_at_ms: int
    prior_version: str
    data_sha256: str
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Champion against challenger on data that came after both had learned.

    Attributes:
        n_events: Judged suggestions compared on.
        n_sessions: Sessions they came in.
        champion_log_loss: Mean, each event predicted before it is learned from.
        challenger_log_loss: The same.
        confidence: Share of resamples, by session, in which the challenger's is lower.
        is_better: Whether that is enough to replace the champion.
        words: The verdict for a person.
    """

    n_events: int
    n_sessions: int
    champion_log_loss: float
    challenger_log_loss: float
    confidence: float
    is_better: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """What a retraining came to.

    Attributes:
        state: The challenger; it has learned from the later events, too.
        comparison: Why it may, or may not, replace the champion.
        data_sha256: Hash of what it learned from.
    """

    state: PersonalState
    comparison: Comparison
    data_sha256: str


def retrain(rows: Sequence[JudgedSuggestion], champion: PersonalState | None, prior: Prior) -> Retrained:
    """Returns a challenger, fitted on the older part of a log and compared with the champion on the later part.

    Its recipe is the one that predicted best within the older part. The champion enters the comparison as it is on
    disk, and learns on from there as it does in every open window: only events that it had not seen when it was
    written are later ones for it. Without a champion, what is to be beaten is what windows use then: a state that knew
    nothing and learned from the log, event by event. A log that holds hardly an accept, or hardly a rejection, replaces
    nothing.
    """
    judged = judged_rows(rows)
    n_older = int(len(judged) * (1 - LATER_SHARE))
    last_known_ms = champion.last_at_ms if champion is not None else -1
    older = [row for index, row in enumerate(judged) if index < n_older or row.at_ms <= last_known_ms]
    later = judged[len(older) :]
    challenger = PersonalAcceptanceModel(prior, _best_fit(older, prior))
    holder = PersonalAcceptanceModel(prior, champion.copy() if champion is not None else None)
    for row in older:
        if row.at_ms > last_known_ms:
            holder.observe(row)
    losses: list[tuple[int, float, float]] = []
    for row in later:
        challenged = challenger.probability_of_row(row)
        if challenged is None:
            continue
        held = holder.probability_of_row(row)
        if held is None:
            continue
        label = label_of(row) is True
        losses.append((row.at_ms, log_loss(held, was_accepted=label), log_loss(challenged, was_accepted=label)))
        challenger.observe(row)
        holder.observe(row)
    comparison = compare(losses)
    one_sided = _one_sided(older, later)
    if comparison.is_better and one_sided:
        comparison = replace(comparison, confidence=0.0, is_better=False, words=one_sided)
    return Retrained(state=challenger.state, comparison=comparison, data_sha256=data_hash(judged))


def _one_sided(older: Sequence[JudgedSuggestion], later: Sequence[JudgedSuggestion]) -> str:
    """Returns in words that a part of a log holds too few accepts or too few rejections; empty where it does not."""
    for name, part in (("earlier", older), ("later", later)):
        n_accepted = sum(label_of(row) is True for row in part)
        n_rejected = len(part) - n_accepted
        if min(n_accepted, n_rejected) < MIN_OF_EACH:
            return (
                f"Too one-sided to tell: the {name} suggestions hold {n_accepted} accepted and {n_rejected} rejected"
                f" ones; it takes {MIN_OF_EACH} of each."
            )
    return ""


def _best_fit(rows: Sequence[JudgedSuggestion], prior: Prior) -> PersonalState:
    """Returns the fit of the recipe with the least summed log-loss, each row predicted before it is learned from."""
    fits = [refit(rows, prior, recipe) for recipe in RECIPES.values()]
    return min(fits, key=lambda state: state.log_loss)


def compare(losses: Sequence[tuple[int, float, float]], seed: int = SEED) -> Comparison:
    """Returns the verdict on paired losses: (at_ms, champion's, challenger's), in time order.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 16; sessions are resampled.
    """
    sessions: list[list[float]] = []
    last_ms = -math.inf
    for at_ms, held, challenged in losses:
        if at_ms - last_ms > SESSION_GAP_MS:
            sessions.append([])
        sessions[-1].append(held - challenged)
        last_ms = at_ms
    n_events = len(losses)
    champion_loss = sum(held for _, held, _ in losses) / max(1, n_events)
    challenger_loss = sum(challenged for _, _, challenged in losses) / max(1, n_events)
    if n_events < MIN_LATER_EVENTS or len(sessions) < MIN_LATER_SESSIONS:
        confidence = 0.0
        words = (
            f"Too little later data to tell: {n_events} judged suggestions in {len(sessions)} sessions; it takes"
            f" {MIN_LATER_EVENTS} in {MIN_LATER_SESSIONS}."
        )
    else:
        gains = [sum(session) for session in sessions]
        chance = random.Random(seed)  # noqa: S311 - statistics, not secrets
        n_better = sum(sum(chance.choices(gains, k=len(gains))) > 0 for _ in range(N_RESAMPLES))
        confidence = n_better / N_RESAMPLES
        words = (
            f"On {n_events} later suggestions the challenger's log-loss is {challenger_loss:.4f}, the champion's"
            f" {champion_loss:.4f}; better with confidence {confidence:.1%}, and it takes {CONFIDENCE:.0%} and a"
            f" gain of {MIN_GAIN:g}."
        )
    return Comparison(
        n_events=n_events,
        n_sessions=len(sessions),
        champion_log_loss=champion_loss,
        challenger_log_loss=challenger_loss,
        confidence=confidence,
        is_better=confidence >= CONFIDENCE and champion_loss - challenger_loss >= MIN_GAIN,
        words=words,
    )


def data_hash(rows: Sequence[JudgedSuggestion]) -> str:
    """Returns a hash of which suggestions were judged how."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{row.suggestion_id} {row.at_ms} {label_of(row)}\n".encode())
    return digest.hexdigest()


class Registry:
    """Champion, previous champion and latest challenger, as three files in one directory. All calls touch the disk."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.champion_path = directory / "champion.json"
        self.previous_path = directory / "previous.json"
        self.challenger_path = directory / "challenger.json"

    def champion(self, prior_version: str) -> Registered | None:
        """Returns the model in force; None when there is none yet.

        Raises:
            ModelArtifactError: Its file is damaged, of another version, or belongs to another prior.
        """
        return _read(self.champion_path, prior_version)

    def champion_or_set_aside(self, prior_version: str) -> tuple[Registered | None, str | None]:
        """Returns the model in force; where its file is not fit for use, moves that aside and returns words for it."""
        try:
            return self.champion(prior_version), None
        except ModelArtifactError as error:
            reason = str(error)
        try:
            kept = set_aside(self.champion_path)
        except OSError as error:
            return None, f"{reason}. It cannot be set aside ({error}). {_LEARNED_ANEW}"
        return None, f"{reason}. It is kept as {kept.name}. {_LEARNED_ANEW}"

    def challenge(self, challenger: Registered, comparison: Comparison) -> bool:
        """Keeps the challenger's file, and makes it champion if it was better; tells whether it did.

        Raises:
            ModelArtifactError: A file cannot be written; the champion stays as it was.
        """
        text = dump_registered(challenger)
        self._write(self.challenger_path, text)
        if not comparison.is_better:
            return False
        try:
            held = read_regular(self.champion_path, MAX_BYTES)
        except FileNotFoundError:
            held = None
        except OSError as error:
            raise ModelArtifactError(f"The model {self.champion_path} cannot be kept: {error}") from error
        if held is not None:
            self._write(self.previous_path, held)
        self._write(self.champion_path, text)
        return True

    def roll_back(self, prior_version: str) -> Registered | None:
        """Makes the previous champion the champion again and returns it; before the first champion there was none.

        Raises:
            ModelArtifactError: There is nothing to go back from, or the previous champion's file is not fit for use;
                the champion stays as it was.
        """
        previous = _read(self.previous_path, prior_version)
        if previous is None and not self.champion_path.exists():
            raise ModelArtifactError("There is no previous model to go back to: no training has replaced it yet.")
        try:
            if previous is None:
                self.champion_path.unlink()
            else:
                self.previous_path.replace(self.champion_path)
        except OSError as error:
            raise ModelArtifactError(f"The previous model cannot be put back: {error}") from error
        return previous

    def reset(self) -> None:
        """Deletes all that was learned.

        Raises:
            ModelArtifactError: A file cannot be deleted.
        """
        try:
            for path in (self.champion_path, self.previous_path, self.challenger_path):
                aside = _aside_of(path)
                if not aside.is_dir():  # what is in a folder was never this program's
                    aside.unlink(missing_ok=True)
                remove(path)
        except OSError as error:
            raise ModelArtifactError(f"The personal model cannot be deleted: {error}") from error

    def _write(self, path: Path, content: str | bytes) -> None:
        try:
            write_whole(path, content.encode() if isinstance(content, str) else content)
        except OSError as error:
            raise ModelArtifactError(f"The model {path} cannot be written: {error}") from error


def set_aside(path: Path) -> Path:
    """Moves whatever lies at `path` to a name beside it that nothing reads, and returns that.

    Raises:
        OSError: It cannot be moved.
    """
    kept = _aside_of(path)
    with contextlib.suppress(FileNotFoundError):  # another window was faster
        path.replace(kept)
    return kept


def remove(path: Path) -> None:
    """Removes a file; a folder in its place, too, which is set aside where it holds something.

    Raises:
        OSError: It cannot be removed.
    """
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    try:
        path.rmdir()
    except OSError:
        set_aside(path)


def _aside_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file aside and moves it into place, so that nobody ever reads a part of it; makes its folder, too.

    Nobody but the user may look into either: file names and habits are their own.

    Raises:
        OSError: It cannot be written; what was there before still is.
    """
    aside = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # of a folder that somebody else owns
            path.parent.chmod(0o700)  # versions before this one left it open
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # it may never have been made
            aside.unlink()
        raise


def to_json(state: PersonalState) -> dict[str, object]:
    """Returns what was learned as plain data."""
    return {
        "recipe": state.recipe.name,
        "names": list(state.names),
        "mean": list(state.mean),
        "covariance": [list(row) for row in state.covariance],
        "trust": state.trust,
        "n_events": state.n_events,
        "last_at_ms": state.last_at_ms,
        "log_loss": state.log_loss,
        "prior_log_loss": state.prior_log_loss,
    }


def from_json(content: Json) -> PersonalState:
    """Returns what `to_json` wrote.

    Raises:
        ModelArtifactError: It is not what `to_json` writes.
    """
    recipe = RECIPES.get(_text(content, "recipe"))
    if recipe is None:
        raise ModelArtifactError("its recipe is not known to this version")
    names = content.get("names")
    if not isinstance(names, list) or not 0 < len(names) <= MAX_NAMES or not all(map(_is_name, names)):
        raise ModelArtifactError("names is not a list of short texts")
    if names[0] != "user" or len(set(names)) != len(names):
        raise ModelArtifactError("names are not those of offsets")
    rows = content.get("covariance")
    if not isinstance(rows, list) or len(rows) != len(names):
        raise ModelArtifactError(f"covariance has not {len(names)} rows")
    covariance = [_numbers(row, len(names), "covariance") for row in rows]
    for index, row in enumerate(covariance):
        if row[index] <= 0 or any(abs(value - covariance[j][index]) > 1e-6 for j, value in enumerate(row)):
            raise ModelArtifactError("covariance is not that of anything")
    trust = _number(content.get("trust"), "trust")
    if not 0 < trust < 1:
        raise ModelArtifactError("trust is not between 0 and 1")
    return PersonalState(
        recipe=recipe,
        names=tuple(names),
        mean=_numbers(content.get("mean"), len(names), "mean"),
        covariance=covariance,
        trust=trust,
        n_events=_count(content, "n_events"),
        last_at_ms=_count(content, "last_at_ms"),
        log_loss=_number(content.get("log_loss"), "log_loss"),
        prior_log_loss=_number(content.get("prior_log_loss"), "prior_log_loss"),
    )


def dump_registered(registered: Registered) -> str:
    """Returns a personal model as text for a file, with the hash of its content."""
    content = {
        "format": FORMAT,
        "created_at_ms": registered.created_at_ms,
        "prior_version": registered.prior_version,
        "data_sha256": registered.data_sha256,
        "metrics": dict(registered.metrics),
        "state": to_json(registered.state),
    }
    return json.dumps({**content, "sha256": _content_hash(content)}, allow_nan=False) + "\n"


def parse_registered(data: bytes) -> Registered:
    """Returns the personal model that `data` holds.

    Raises:
        ModelArtifactError: It is damaged or of another format.
    """
    if len(data) > MAX_BYTES:
        raise ModelArtifactError(f"it is larger than {MAX_BYTES} bytes")
    try:
        content = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelArtifactError(f"it is not JSON ({type(error).__name__})") from error
    if not isinstance(content, dict):
        raise ModelArtifactError("it is not a JSON object")
    if content.get("format") != FORMAT or isinstance(content.get("format"), bool):
        raise ModelArtifactError(f"it has another format than {FORMAT}")
    if content.get("sha256") != _content_hash({key: value for key, value in content.items() if key != "sha256"}):
        raise ModelArtifactError("its content does not match its hash; it was changed or damaged")
    metrics, state = content.get("metrics"), content.get("state")
    if not isinstance(metrics, dict) or not isinstance(state, dict):
        raise ModelArtifactError("metrics or state is no object")
    return Registered(
        state=from_json(state),
        created_at_ms=_count(content, "created_at_ms"),
        prior_version=_text(content, "prior_version"),
        data_sha256=_text(content, "data_sha256"),
        metrics={name: _number(value, "metrics") for name, value in metrics.items()},
    )


def registered_of(retrained: Retrained, prior_version: str, created_at_ms: int) -> Registered:
    """Returns a challenger as it is registered."""
    comparison = asdict(retrained.comparison)
    return Registered(
        state=retrained.state,
        created_at_ms=created_at_ms,
        prior_version=prior_version,
        data_sha256=retrained.data_sha256,
        metrics={name: float(value) for name, value in comparison.items() if name != "words"},
    )


def _read(path: Path, prior_version: str) -> Registered | None:
    try:
        data = read_regular(path, MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ModelArtifactError(f"The personal model {path} cannot be read: {error}") from error
    try:
        registered = parse_registered(data)
        if registered.prior_version != prior_version:
            raise ModelArtifactError(f"it belongs to {registered.prior_version}, and {prior_version} is in use")
    except ModelArtifactError as error:
        raise ModelArtifactError(f"The personal model {path} is damaged or of another version: {error}") from error
    return registered


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _content_hash(content: Json) -> str:
    try:
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise ModelArtifactError("its content cannot be hashed") from error
    return hashlib.sha256(canonical.encode()).hexdigest()


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME_CHARS


def _text(content: Json, key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not _is_name(value):
        raise ModelArtifactError(f"{key} is missing or no short text")
    return value


def _number(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelArtifactError(f"{key} holds something that is no number")
    limit = MAX_MAGNITUDE if key in ("mean", "covariance") else MAX_SUM
    # Compared before it is converted: an integer may be too large for a float. NaN fails the comparison too.
    if not -limit <= value <= limit:
        raise ModelArtifactError(f"{key} holds a number beyond {limit:g}")
    return float(value)


def _numbers(values: object, length: int, key: str) -> list[float]:
    if not isinstance(values, list) or len(values) != length:
        raise ModelArtifactError(f"{key} is not a list of {length} numbers")
    return [_number(value, key) for value in values]


def _count(content: Json, key: str) -> int:
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ModelArtifactError(f"{key} is missing or no count")
    return value
