"""The user's own model as it lies on disk, and what it has to learn from since."""

import asyncio
import json
import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inkling.app.learning.files import OwnFiles, write_json
from inkling.core.errors import ModelArtifactError, StoreError, UserError
from inkling.core.events import DecisionSummary, JudgedSuggestion
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.explain import contribution_words
from inkling.models.operating_points import OperatingPoints, read_points
from inkling.models.personal import MAX_ROWS, PersonalAcceptanceModel, PersonalState
from inkling.models.registry import Registry
from inkling.telemetry.store import EventStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """The acceptance model in force, and what the user must be told about it.

    Attributes:
        prior: The shipped model.
        model: The prior with what was learned on top of it.
        since_ms: What was decided from then on, in milliseconds since the Unix epoch, is still to be learned from.
        notices: One message where the user's own model could not be used.
    """

    prior: LogisticAcceptanceModel
    model: PersonalAcceptanceModel
    since_ms: int
    notices: tuple[str, ...] = ()


def load_own_model(data_dir: Path) -> OwnModel:
    """Returns the champion; the shipped model alone where there is none, or where it cannot be used.

    Raises:
        ModelArtifactError: The package's own file is damaged.
    """
    prior, files = LogisticAcceptanceModel.load(), OwnFiles(data_dir)
    notices: list[str] = []
    try:
        reset_ms = reset_at_ms(data_dir)
    except UserError as error:
        notices.append(f"Inkling: {error}. Until then your model learns only from what comes.")
        reset_ms = now_ms()
    try:
        champion = Registry(files.directory).champion(prior.artifact.model_version)
    except ModelArtifactError as error:
        logger.error("the personal model is not used: %s", error)
        notices.append(f"Inkling: your personal model is not used: {error} `inkling model reset` begins a new one.")
        champion = None
    if champion is None:
        return OwnModel(prior=prior, model=PersonalAcceptanceModel(prior), since_ms=reset_ms, notices=tuple(notices))
    # An event may bear a time to come; what was decided after the training was not learned from all the same.
    learned_until_ms = min(champion.state.last_at_ms, champion.created_at_ms)
    return OwnModel(
        prior=prior,
        model=PersonalAcceptanceModel(prior, champion.state),
        since_ms=max(reset_ms, learned_until_ms + 1),
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


def roll_back(data_dir: Path) -> None:
    """Makes the previous champion the champion again.

    Raises:
        UserError: There is none.
    """
    try:
        Registry(OwnFiles(data_dir).directory).roll_back(LogisticAcceptanceModel.load().artifact.model_version)
    except ModelArtifactError as error:
        raise UserError(str(error)) from error


def reset(data_dir: Path) -> None:
    """Forgets all that was learned; what was judged before now is not learned from again.

    Raises:
        UserError: The files cannot be changed.
    """
    files = OwnFiles(data_dir)
    try:
        # The mark comes first: a window that looks in between must not learn all of it again.
        write_json(files.reset_mark, {"at_ms": now_ms()})
        Registry(files.directory).reset()
        for path in (files.points, files.drift):
            path.unlink(missing_ok=True)
    except (ModelArtifactError, OSError) as error:
        raise UserError(str(error)) from error


def forget_everything(data_dir: Path) -> None:
    """Deletes every file of what was learned, for when the events it was learned from are deleted, too.

    Windows see that the champion is gone and begin again; without its events there is nothing to learn from.

    Raises:
        UserError: A file cannot be deleted.
    """
    directory = OwnFiles(data_dir).directory
    try:
        if directory.is_symlink():  # what lies behind it is not this program's
            directory.unlink()
        elif directory.is_dir():
            shutil.rmtree(directory)
    except OSError as error:
        raise UserError(f"What was learned cannot be deleted: {error}") from error


def reset_at_ms(data_dir: Path) -> int:
    """Returns when the user last had everything forgotten, milliseconds since the Unix epoch; 0 for never.

    Raises:
        UserError: The mark cannot be read.
    """
    path = OwnFiles(data_dir).reset_mark
    try:
        return int(json.loads(path.read_text())["at_ms"])
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise UserError(f"{path} cannot be read ({type(error).__name__}); `inkling model reset` mends it") from error


def read_judged(data_dir: Path, since_ms: int, limit: int) -> list[JudgedSuggestion]:
    """Returns the latest decisions since a moment with what became of them, oldest first, at most `limit`.

    Raises:
        UserError: The event store cannot be read.
    """

    async def read() -> Sequence[JudgedSuggestion]:
        store = await EventStore.open(data_dir)
        try:
            return await store.judged_suggestions(since_ms, limit)
        finally:
            await store.close()

    try:
        return list(asyncio.run(read()))
    except StoreError as error:
        raise UserError(str(error)) from error


def what_moved(decision: DecisionSummary, own: OwnModel) -> str:
    """Returns in words what moves a decision's probability, as things stand now; empty for another prior's decision."""
    if decision.model_version.split("+")[0] != own.prior.artifact.model_version:
        return ""
    return contribution_words(own.model.contributions_of_summary(decision))


def state_lines(state: PersonalState) -> list[str]:
    """Returns what was learned, for a terminal: each offset with its uncertainty, in log-odds."""
    lines = [f"learned from {state.n_events} judged suggestions"]
    lines += [f"  {name:24} {mean:+.2f} ± {deviation:.2f}" for name, (mean, deviation) in state.offsets().items()]
    return lines


def now_ms() -> int:
    """Returns milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
