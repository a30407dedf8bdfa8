"""The `AcceptanceModel` of a window: learns from each suggestion as its outcome comes, whichever window it was in."""

import asyncio
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from inkling.app.learning.drift_notice import alarms_to_tell
from inkling.app.learning.files import Mark, OwnFiles
from inkling.app.learning.own_model import load_own_model, load_points, what_moved
from inkling.core.errors import StoreError
from inkling.core.events import DecisionSummary, JudgedSuggestion
from inkling.core.ports import GateInput
from inkling.core.settings import GateSettings
from inkling.core.suggestion import Scored, SuggestionId
from inkling.models.personal import MAX_ROWS, PersonalAcceptanceModel, label_of

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0  # for outcomes, and for what other processes did to the files
GRACE_MS = 10_000  # from seeing a judgement to learning from it: an accept that is undone is undone by then
LOOK_BACK_MS = 10 * 60_000  # a suggestion judged later than that after it was made is left to the next training
CHUNK_ROWS = 20  # learned from in one go; at 0.2 ms each the event loop is held for 4 ms
RETRAIN_EVERY_S = 600.0  # habits do not change faster
IDLE_FOR_S = 60.0  # without a question: then nobody waits for the processor


class JudgementLog(Protocol):
    """The event log as the learner sees it."""

    def n_outcomes_noted(self) -> int:
        """Returns a number that grows as outcomes of any window become known."""
        ...

    async def judged_suggestions(self, since_ms: int, limit: int) -> list[JudgedSuggestion]:
        """Returns the latest decisions with what became of them, oldest first.

        Raises:
            StoreError: They could not be read.
        """
        ...


class Learner:
    """The acceptance model in force: the champion, and on top of it what was judged since, at once.

    Each suggestion is learned from once, some seconds after it was first seen to be judged; what becomes known later,
    such as that an accepted text was thrown away, is left to the next training. Suggestions are learned from in the
    order in which they were judged, as the promise of `PersonalState` wants it.

    Attributes:
        notices: What the user must be told, the oldest first.
    """

    def __init__(self, data_dir: Path, log: JudgementLog, now_ms: Callable[[], int]) -> None:
        """Loads the champion; `run` keeps the model up to date.

        Args:
            data_dir: Of the user's own files.
            log: Where outcomes come from.
            now_ms: Tells the time, in milliseconds since the Unix epoch.

        Raises:
            ModelArtifactError: The package's own file is damaged.
        """
        self._data_dir, self._files = data_dir, OwnFiles(data_dir)
        self._log, self._now_ms = log, now_ms
        self._own = load_own_model(data_dir)
        self._points, complaint = load_points(data_dir, self._own.prior)
        self.notices = [*self._own.notices, *([complaint] if complaint else [])]
        self._asked_at_s = -math.inf
        self._looking = asyncio.Lock()
        self._model_marks: tuple[Mark, ...] | None = None
        self._points_mark: Mark = None
        self._drift_mark: Mark = None
        self._n_noted = -1
        self._looked_at_ms = 0
        self._learned: set[SuggestionId] = set()
        self._judged_at_ms: dict[SuggestionId, int] = {}

    def score(self, gate_input: GateInput) -> Scored:
        """Returns the probability that this user accepts and keeps the candidate."""
        self._asked_at_s = time.monotonic()
        return self._own.model.score(gate_input)

    def threshold(self, settings: GateSettings) -> float:
        """Returns the least probability to show that the user's setting of the knob amounts to."""
        return self._points.threshold(settings)

    def what_moved(self, decision: DecisionSummary) -> str:
        """Returns in words what moves a decision's probability; empty for one of another prior."""
        return what_moved(decision, self._own)

    async def run(self) -> None:
        """Goes on until it is cancelled; a training that is under way ends with it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_looking())
            group.create_task(self._keep_retraining())

    async def look(self) -> None:
        """Takes in what is new: a model that another process put in force, outcomes, thresholds, alarms."""
        async with self._looking:
            try:
                await self._look_for_what_to_learn()
            except StoreError as error:
                logger.warning("nothing is learned until the events can be read: %s", error)
            points_mark = await asyncio.to_thread(self._files.points_mark)
            if points_mark != self._points_mark:
                self._points_mark = points_mark
                self._points, complaint = await asyncio.to_thread(load_points, self._data_dir, self._own.prior)
                self._tell([complaint] if complaint else [])
            drift_mark = await asyncio.to_thread(self._files.drift_mark)
            if drift_mark != self._drift_mark:
                self._drift_mark = drift_mark
                self._tell(await asyncio.to_thread(alarms_to_tell, self._data_dir, self._now_ms()))

    async def _look_for_what_to_learn(self) -> None:
        model_marks = await asyncio.to_thread(self._files.model_marks)
        if model_marks != self._model_marks:
            await self._begin_again()
            self._model_marks = model_marks
            return
        n_noted = self._log.n_outcomes_noted()
        if self._judged_at_ms or n_noted != self._n_noted:
            await self._learn_news()
            self._n_noted = n_noted

    async def _begin_again(self) -> None:
        """Puts the champion in force, and learns from what was judged since it was trained."""
        self._own = await asyncio.to_thread(load_own_model, self._data_dir)
        self._tell(self._own.notices)
        now_ms = self._now_ms()
        rows = await self._log.judged_suggestions(self._own.since_ms, MAX_ROWS)
        # The latest may be undone yet: they wait their turn as news.
        ripe = [row for row in rows if label_of(row) is not None and row.at_ms <= now_ms - GRACE_MS]
        self._learned = {row.suggestion_id for row in ripe}
        self._judged_at_ms = {}
        self._looked_at_ms = now_ms
        self._n_noted = -1
        await _learn(self._own.model, ripe)
        state = self._own.model.state
        logger.info("personal model in force n_events=%d of_them_since=%d", state.n_events, len(ripe))

    async def _learn_news(self) -> None:
        """Learns from what was judged since the last look, and not too short a time ago."""
        now_ms = self._now_ms()
        since_ms = max(self._own.since_ms, self._looked_at_ms - LOOK_BACK_MS)
        rows = await self._log.judged_suggestions(since_ms, MAX_ROWS)
        self._looked_at_ms = max(self._looked_at_ms, now_ms)
        fresh = [row for row in rows if row.suggestion_id not in self._learned and label_of(row) is not None]
        self._judged_at_ms = {row.suggestion_id: self._judged_at_ms.get(row.suggestion_id, now_ms) for row in fresh}
        # A clock that was put back would have them wait for as long.
        ripe = [row for row in fresh if abs(now_ms - self._judged_at_ms[row.suggestion_id]) >= GRACE_MS]
        ripe.sort(key=lambda row: (self._judged_at_ms[row.suggestion_id], row.at_ms))
        for row in ripe:
            del self._judged_at_ms[row.suggestion_id]
        # What is too old to be read again need not be remembered.
        self._learned.intersection_update(row.suggestion_id for row in rows)
        self._learned.update(row.suggestion_id for row in ripe)
        await _learn(self._own.model, ripe)

    def _tell(self, notices: Sequence[str]) -> None:
        self.notices += [notice for notice in notices if notice not in self.notices]

    async def _keep_looking(self) -> None:
        while True:
            if self._model_marks is None or time.monotonic() - self._asked_at_s < IDLE_FOR_S:
                await self._look_safely()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _keep_retraining(self) -> None:
        while True:
            await asyncio.sleep(RETRAIN_EVERY_S)
            # Idle for longer than since the last time means that nothing new was judged.
            if IDLE_FOR_S <= time.monotonic() - self._asked_at_s <= RETRAIN_EVERY_S:
                await self._retrain()
                await self._look_safely()

    async def _look_safely(self) -> None:
        try:
            await self.look()
        except Exception:
            logger.exception("the personal model was not brought up to date")

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


async def _learn(model: PersonalAcceptanceModel, rows: Sequence[JudgedSuggestion]) -> None:
    """Learns row by row, and lets go of the event loop in between."""
    for place, row in enumerate(rows):
        if place % CHUNK_ROWS == CHUNK_ROWS - 1:
            await asyncio.sleep(0)
        model.observe(row)
