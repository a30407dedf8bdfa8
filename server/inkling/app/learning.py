"""The user's own acceptance model: loaded at start, trained again from the event store, rolled back, forgotten.

Training runs in a process of its own (`inkling model retrain`): it is arithmetic in Python, and would hold the
interpreter's lock.
"""

import asyncio
import json
import logging
import math
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import ModelArtifactError, StoreError, UserError
from inkling.core.events import DecisionSummary, JudgedSuggestion
from inkling.core.ports import GateInput
from inkling.core.settings import GatePolicy, GateSettings
from inkling.core.suggestion import Scored
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.explain import contribution_words
from inkling.models.personal import MAX_ROWS, PersonalAcceptanceModel, PersonalState
from inkling.models.registry import Registry, registered_of, retrain
from inkling.telemetry.store import EventStore

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 600.0  # habits do not change faster
IDLE_FOR_S = 60.0  # without a question: then nobody waits for the processor
NICENESS = 15
_FOLDER = "personal"
_RESET_MARK = "reset.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """The acceptance model in force, and what the user must be told about it.

    Attributes:
        prior: The shipped model.
        model: The prior with what was learned on top of it.
        notices: One message where the user's own model could not be used.
    """

    prior: LogisticAcceptanceModel
    model: PersonalAcceptanceModel
    notices: tuple[str, ...] = ()


def load_own_model(data_dir: Path) -> OwnModel:
    """Returns the user's own model; the shipped one alone where there is none, or where it cannot be used.

    Raises:
        ModelArtifactError: The package's own file is damaged.
    """
    prior = LogisticAcceptanceModel.load()
    try:
        champion = _registry(data_dir).champion(prior.artifact.model_version)
    except ModelArtifactError as error:
        logger.error("the personal model is not used: %s", error)
        notice = f"Inkling: your personal model is not used: {error} `inkling model reset` begins a new one."
        return OwnModel(prior=prior, model=PersonalAcceptanceModel(prior), notices=(notice,))
    state = champion.state if champion is not None else None
    return OwnModel(prior=prior, model=PersonalAcceptanceModel(prior, state))


def retrain_from_store(data_dir: Path) -> tuple[bool, str]:
    """Trains a challenger on the event store; returns whether it became champion, and the verdict in words.

    Raises:
        UserError: The event store cannot be read, or the model cannot be written.
    """
    prior = LogisticAcceptanceModel.load()
    version, registry = prior.artifact.model_version, _registry(data_dir)
    try:
        rows = asyncio.run(_rows(data_dir, _reset_at_ms(data_dir)))
        champion = registry.champion(version)
        retrained = retrain(rows, champion.state if champion is not None else None, prior)
        challenger = registered_of(retrained, version, _now_ms())
        return registry.challenge(challenger, retrained.comparison), retrained.comparison.words
    except (StoreError, ModelArtifactError) as error:
        raise UserError(str(error)) from error


def roll_back(data_dir: Path) -> None:
    """Makes the previous champion the champion again.

    Raises:
        UserError: There is none.
    """
    try:
        _registry(data_dir).roll_back(LogisticAcceptanceModel.load().artifact.model_version)
    except ModelArtifactError as error:
        raise UserError(str(error)) from error


def reset(data_dir: Path) -> None:
    """Forgets all that was learned; what was judged before now is not learned from again.

    Raises:
        UserError: The files cannot be changed.
    """
    try:
        _registry(data_dir).reset()
        mark = data_dir / _FOLDER / _RESET_MARK
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(json.dumps({"at_ms": _now_ms()}))
    except (ModelArtifactError, OSError) as error:
        raise UserError(str(error)) from error


class Learner:
    """The `AcceptanceModel` in force: the user's own, trained again when they pause."""

    def __init__(self, data_dir: Path) -> None:
        """Loads the model; `run` keeps it up to date.

        Raises:
            ModelArtifactError: The package's own file is damaged.
        """
        own = load_own_model(data_dir)
        self._prior = own.prior
        self.notices = own.notices
        self._model = own.model
        self._data_dir = data_dir
        self._asked_at_s = -math.inf

    def score(self, gate_input: GateInput) -> Scored:
        """Returns the probability that this user accepts and keeps the candidate."""
        self._asked_at_s = time.monotonic()
        return self._model.score(gate_input)

    def threshold(self, settings: GateSettings) -> float:
        """Returns the least probability to show that the user's setting of the knob amounts to."""
        is_given = settings.policy is GatePolicy.THRESHOLD
        return settings.threshold if is_given else self._prior.artifact.recommended_threshold

    def what_moved(self, decision: DecisionSummary) -> str:
        """Returns in words which features moved a decision's probability; empty for one of another model."""
        return what_moved(decision, self._prior)

    async def run(self) -> None:
        """Goes on until it is cancelled; a training that is under way ends with it."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            # Idle for longer than since the last look means that nothing new was judged.
            if IDLE_FOR_S <= time.monotonic() - self._asked_at_s <= CHECK_EVERY_S:
                await self._retrain()
                await self.reload()

    async def reload(self) -> None:
        """Takes over the model that is on disk now."""
        self._model = (await asyncio.to_thread(load_own_model, self._data_dir)).model

    async def _retrain(self) -> None:
        command = (sys.executable, "-P", "-m", "inkling.app.cli", "model", "retrain", "--background")
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, "INKLING_DATA_DIR": str(self._data_dir)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            code = await process.wait()
            logger.info("personal model retrained rc=%d", code)
        finally:
            if process.returncode is None:
                process.kill()


def what_moved(decision: DecisionSummary, prior: LogisticAcceptanceModel) -> str:
    """Returns in words which of the shipped model's features moved a probability; empty for another model's."""
    if decision.model_version.split("+")[0] != prior.artifact.model_version:
        return ""
    return contribution_words(prior.contributions(decision.features))


def be_nice() -> None:
    """Leaves the processor to whoever else wants it."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)


async def _rows(data_dir: Path, since_ms: int) -> list[JudgedSuggestion]:
    store = await EventStore.open(data_dir)
    try:
        return await store.judged_suggestions(since_ms, MAX_ROWS)
    finally:
        await store.close()


def _registry(data_dir: Path) -> Registry:
    return Registry(data_dir / _FOLDER)


def _reset_at_ms(data_dir: Path) -> int:
    try:
        return int(json.loads((data_dir / _FOLDER / _RESET_MARK).read_text())["at_ms"])
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{data_dir / _FOLDER / _RESET_MARK} cannot be read ({error}); delete it") from error


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def state_lines(state: PersonalState) -> list[str]:
    """Returns what was learned, for a terminal: each offset with its uncertainty, in log-odds."""
    lines = [f"learned from {state.n_events} judged suggestions"]
    lines += [f"  {name:24} {mean:+.2f} ± {deviation:.2f}" for name, (mean, deviation) in state.offsets().items()]
    return lines
