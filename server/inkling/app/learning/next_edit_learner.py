"""The `NextEditModel` of a window: replays the user's own judged next edits at its start, then learns from each."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from inkling.app.learning.learner import CHUNK_ROWS, GRACE_MS, LOOK_EVERY_S
from inkling.app.learning.own_model import read_reset_mark
from inkling.core.errors import StoreError, UserError
from inkling.core.events import DecisionSummary, Feature, JudgedSuggestion
from inkling.core.next_edit import EditOccasion
from inkling.core.settings import Settings
from inkling.core.suggestion import Scored, SuggestionId
from inkling.models.next_edit_acceptance import NextEditAcceptanceModel, NextEditPoints
from inkling.models.personal import label_of

logger = logging.getLogger(__name__)

MAX_ROWS: Final = 1000  # the recipe has forgotten most of older ones; replayed in 0.2 s


class JudgedEditLog(Protocol):
    """The event log as this learner sees it."""

    def n_outcomes_noted(self) -> int:
        """Returns a number that grows as outcomes of any window become known."""
        ...

    async def judged_suggestions(
        self, since_ms: int, limit: int, feature: Feature = Feature.COMPLETION
    ) -> list[JudgedSuggestion]:
        """Returns a feature's latest decisions with what became of them, oldest first.

        Raises:
            StoreError: They could not be read.
        """
        ...


class NextEditLearner:
    """Keeps the acceptance model of next edits up to date with the outcomes of all windows.

    Nothing is kept on disk but the log itself: what was learned is what the log teaches. `inkling model reset` forgets
    it, too.
    """

    def __init__(self, points: NextEditPoints, data_dir: Path, log: JudgedEditLog, now_ms: Callable[[], int]) -> None:
        """Prepares; `run` learns.

        Args:
            points: The ranking's own thresholds.
            data_dir: Of the user's own files.
            log: Where outcomes come from.
            now_ms: Tells the time, in milliseconds since the Unix epoch.
        """
        self._points = points
        self._data_dir = data_dir
        self._log = log
        self._now_ms = now_ms
        self._model = NextEditAcceptanceModel(points)
        self._learned: set[SuggestionId] = set()
        self._waiting: dict[SuggestionId, int] = {}
        self._reset_ms = 0
        self._n_noted = -1

    def score(self, occasion: EditOccasion) -> Scored:
        """Returns the probability that this user accepts and keeps the edit."""
        return self._model.score(occasion)

    def threshold(self, settings: Settings) -> float:
        """Returns the least probability to show that the user's settings amount to."""
        return self._model.threshold(settings)

    def what_moved(self, decision: DecisionSummary) -> str:
        """Returns in words what moves a decision's probability; empty for one of another feature."""
        return self._model.what_moved(decision) if decision.feature is Feature.NEXT_EDIT else ""

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                logger.exception("the model of next edits was not brought up to date")
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Learns from what was judged since the last look, and not too short a time ago."""
        try:
            reset_ms, _ = await asyncio.to_thread(read_reset_mark, self._data_dir)
        except UserError as error:
            logger.warning("nothing is learned of next edits: %s", error)
            return
        if reset_ms != self._reset_ms:
            self._model, self._reset_ms, self._n_noted = NextEditAcceptanceModel(self._points), reset_ms, -1
            self._learned.clear()
            self._waiting.clear()
        n_noted = self._log.n_outcomes_noted()
        if n_noted == self._n_noted and not self._waiting:
            return
        try:
            rows = await self._log.judged_suggestions(reset_ms, MAX_ROWS, Feature.NEXT_EDIT)
        except StoreError as error:
            logger.warning("nothing is learned of next edits until the events can be read: %s", error)
            return
        is_first = self._n_noted == -1
        self._n_noted = n_noted
        await self._learn([row for row in rows if self._is_ripe(row, is_first=is_first)])
        known = {row.suggestion_id for row in rows}
        self._learned &= known  # what is too old to be read again need not be remembered
        self._waiting = {name: seen_ms for name, seen_ms in self._waiting.items() if name in known}

    def _is_ripe(self, row: JudgedSuggestion, *, is_first: bool) -> bool:
        """Tells whether a row was judged long enough ago: an accept that is undone is undone by then."""
        if row.suggestion_id in self._learned or label_of(row) is None:
            return False
        now_ms = self._now_ms()
        if is_first and row.at_ms <= now_ms - GRACE_MS:
            return True
        seen_ms = self._waiting.setdefault(row.suggestion_id, now_ms)
        return now_ms - seen_ms >= GRACE_MS

    async def _learn(self, rows: list[JudgedSuggestion]) -> None:
        """Learns row by row, and lets go of the event loop in between."""
        model = self._model
        for place, row in enumerate(rows):
            if place % CHUNK_ROWS == CHUNK_ROWS - 1:
                await asyncio.sleep(0)
            self._waiting.pop(row.suggestion_id, None)
            self._learned.add(row.suggestion_id)
            model.observe(row)
