"""The user's own model as it lies on disk, and what it has to learn from since."""

import json
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inkling.app.learning.files import OwnFiles, write_json
from inkling.core.errors import ModelArtifactError, StoreError, UserError
from inkling.core.events import DecisionSummary, JudgedSuggestion
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.explain import contribution_words
from inkling.models.operating_points import OperatingPoints, read_points
from inkling.models.personal import MAX_ROWS, PersonalAcceptanceModel, PersonalState, foretold, trait_words
from inkling.models.registry import Registry
from inkling.models.regular_file import read_regular, remove
from inkling.telemetry.archive import opened
from inkling.telemetry.reading import judged_suggestions

logger = logging.getLogger(__name__)

Probability = Callable[[JudgedSuggestion], float | None]

MAX_MARK_BYTES = 10_000
CLOCKS_DIFFER_MS = 24 * 3600 * 1000  # a mark that is later by more than that was written by a clock that was wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """The acceptance model in force, and what the user must be told about it.

    Attributes:
        prior: The shipped model.
        model: The prior with what was learned on top of it.
        since_ms: What was decided from then on, in milliseconds since the Unix epoch, is still to be learned from.
        reset_ms: When the user last had everything forgotten, likewise; 0 for never.
        notices: One message where the user's own model could not be used.
    """

    prior: LogisticAcceptanceModel
    model: PersonalAcceptanceModel
    since_ms: int
    reset_ms: int
    notices: tuple[str, ...] = ()


def load_own_model(data_dir: Path) -> OwnModel:
    """Returns the champion; the shipped model alone where there is none.

    A champion that cannot be used is set aside, and what was judged is learned anew from the log.

    Raises:
        ModelArtifactError: The package's own file is damaged.
    """
    prior, files = LogisticAcceptanceModel.load(), OwnFiles(data_dir)
    notices: list[str] = []
    try:
        reset_ms, complaint = read_reset_mark(data_dir)
        notices += [f"Inkling: {complaint}"] if complaint else []
    except UserError as error:
        notices.append(f"Inkling: {error}. Until then your model learns only from what comes.")
        reset_ms = now_ms()
    champion, complaint = Registry(files.directory).champion_or_set_aside(prior.artifact.model_version)
    if complaint:
        logger.error("%s", complaint)
        notices.append(f"Inkling: {complaint}")
    if champion is None:
        return OwnModel(
            prior=prior,
            model=PersonalAcceptanceModel(prior),
            since_ms=reset_ms,
            reset_ms=reset_ms,
            notices=tuple(notices),
        )
    # An event may bear a time to come; what was decided after the training was not learned from all the same.
    learned_until_ms = min(champion.state.last_at_ms, champion.created_at_ms)
    return OwnModel(
        prior=prior,
        model=PersonalAcceptanceModel(prior, champion.state),
        since_ms=max(reset_ms, learned_until_ms + 1),
        reset_ms=reset_ms,
        notices=tuple(notices),
    )


def own_model_as_of_now(data_dir: Path) -> OwnModel:
    """Returns the champion with what it would have learned since in an open window; takes up to a second or two.

    Raises:
        UserError: The event store cannot be read.
        ModelArtifactError: The package's own file is damaged.
    """
    own = load_own_model(data_dir)
    for row in read_judged(data_dir, own.since_ms, MAX_ROWS):
        own.model.observe(row)
    return replace(own, since_ms=now_ms())


def load_points(data_dir: Path, prior: LogisticAcceptanceModel) -> tuple[OperatingPoints, str | None]:
    """Returns the knob's thresholds in force, and what the user must be told where their own cannot be used."""
    of_study = OperatingPoints.from_study(prior.artifact)
    try:
        return read_points(OwnFiles(data_dir).points, of_study), None
    except ModelArtifactError as error:
        logger.error("the study's thresholds are used: %s", error)
        return of_study, f"Inkling: {error} `inkling model retrain` makes new ones."


def probabilities_in_force(own: OwnModel, rows: Sequence[JudgedSuggestion]) -> Probability:
    """Returns what the recipe in force would have said of each logged row before it was judged, as for the thresholds.

    What was logged for a shipped model of other features keeps the probability that it had then.
    """
    found = foretold(rows, own.prior, own.model.state.recipe, own.reset_ms)

    def probability(row: JudgedSuggestion) -> float | None:
        given = found(row)
        return row.probability if given is None else given

    return probability


def roll_back(data_dir: Path) -> str:
    """Makes the previous champion the champion again; returns in words what is in force then.

    Raises:
        UserError: There is nothing to go back from, or the files cannot be used.
    """
    registry = Registry(OwnFiles(data_dir).directory)
    try:
        previous = registry.roll_back(LogisticAcceptanceModel.load().artifact.model_version)
    except ModelArtifactError as error:
        raise UserError(str(error)) from error
    if previous is None:
        return "the trained model is gone; the shipped one is in force again, with what is learned live from the log"
    return "the previous model is in force again"


def reset(data_dir: Path) -> None:
    """Forgets all that was learned; what was judged before now is not learned from again.

    Raises:
        UserError: The files cannot be changed.
    """
    files = OwnFiles(data_dir)
    _mark_reset(files)
    try:
        Registry(files.directory).reset()
        for path in (files.points, files.drift, files.told):
            remove(path)
    except (ModelArtifactError, OSError) as error:
        raise UserError(f"Not all that was learned can be deleted: {error}") from error


def _mark_reset(files: OwnFiles) -> None:
    """Notes that all is forgotten; it comes first: a window that looks in between must not learn all of it again."""
    try:
        if files.reset_mark.is_dir():
            remove(files.reset_mark)
        write_json(files.reset_mark, {"at_ms": now_ms()})
    except OSError as error:
        raise UserError(
            f"Nothing was forgotten, because {files.reset_mark} cannot be written: {error.strerror or error}."
        ) from error


def forget_everything(data_dir: Path) -> None:
    """Deletes every file of what was learned, for when the events it was learned from are deleted, too.

    One with nothing but the time is left: by it open windows see that they must forget what they hold in memory.

    Raises:
        UserError: A file cannot be deleted.
    """
    files = OwnFiles(data_dir)
    try:
        if files.directory.is_symlink():  # what lies behind it is not this program's
            files.directory.unlink()
        elif files.directory.is_dir():
            shutil.rmtree(files.directory)
    except OSError as error:
        raise UserError(f"What was learned cannot be deleted: {error}") from error
    _mark_reset(files)


def read_reset_mark(data_dir: Path) -> tuple[int, str | None]:
    """Returns when the user last had everything forgotten, and what they must be told of the mark.

    Milliseconds since the Unix epoch; 0 for never, and for a time to come: nothing would ever be learned again.

    Raises:
        UserError: The mark cannot be read.
    """
    path = OwnFiles(data_dir).reset_mark
    try:
        at_ms = int(json.loads(read_regular(path, MAX_MARK_BYTES))["at_ms"])
    except (FileNotFoundError, NotADirectoryError):
        return 0, None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise UserError(f"{path} cannot be read ({type(error).__name__}); `inkling model reset` mends it") from error
    if at_ms > now_ms() + CLOCKS_DIFFER_MS:
        return 0, f"{path} bears a time to come and is ignored; `inkling model reset` forgets what was learned."
    return at_ms, None


def read_judged(data_dir: Path, since_ms: int, limit: int) -> list[JudgedSuggestion]:
    """Returns the latest decisions since a moment with what became of them, oldest first, at most `limit`.

    Raises:
        UserError: The event store cannot be read.
    """
    try:
        with opened(data_dir, to_read=True) as connection:
            return judged_suggestions(connection, since_ms, limit)
    except StoreError as error:
        raise UserError(str(error)) from error


def what_moved(decision: DecisionSummary, own: OwnModel) -> str:
    """Returns in words what moves a decision's probability, as things stand now; empty for another prior's decision."""
    if decision.model_version.split("+")[0] != own.prior.artifact.model_version:
        return ""
    return contribution_words(own.model.contributions_of_summary(decision))


def state_lines(state: PersonalState) -> list[str]:
    """Returns what was learned, for a terminal: each offset in words with its uncertainty, in log-odds."""
    lines = [f"learned from {state.n_events} judged suggestions"]
    lines += [
        f"  {trait_words(name):48} {mean:+.2f} ± {deviation:.2f}" for name, (mean, deviation) in state.offsets().items()
    ]
    return lines


def now_ms() -> int:
    """Returns milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
