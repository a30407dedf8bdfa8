"""Judging predicted edits: what works against the developer, the gate, the checks that leave this process, the rows."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from inkling.core.errors import WorkerError
from inkling.core.next_edit import EditKind, EditOccasion
from inkling.core.ports import NameVerdict, SyntaxVerdict
from inkling.core.settings import Settings
from inkling.core.suggestion import Check, NoSuggestion, Reason, Scored
from inkling.core.text import position_at
from inkling.features.gate import Bar, Verdict, decide
from inkling.features.judging import REASON_OF_NAMES
from inkling.features.next_edit.asked import Asked
from inkling.features.next_edit.doubts import RejectedEdits, is_unwanted
from inkling.features.next_edit.offered import OfferedEdit, PlacedEdit
from inkling.features.next_edit.ports import NextEditPorts
from inkling.features.next_edit.recorder import JudgedEdit, NextEditRecorder

logger = logging.getLogger(__name__)

NEAR_LINES: Final = 2  # from the cursor, up or down: the edit is in sight, and Tab need not jump first
MOST_JUDGED: Final = 8  # of one question; what comes after eight that fail is not what the developer waits for
LINTED_WITHIN_S: Final = 0.15  # later, nothing is said of complaints; ruff takes 20 ms on an idle machine
NAMED_WITHIN_S: Final = 0.15  # later, nothing is said of names; by then ruff has answered, too
KB: Final = 1024
_STEPWISE: Final = frozenset({EditKind.RENAME, EditKind.SIGNATURE})
"""Made place by place: until the last one some name is unused and some other not defined, whichever comes first."""
_PYTHON: Final = frozenset({".py", ".pyi", ".pyw"})


@dataclass(frozen=True, slots=True)
class _Ranked:
    placed: PlacedEdit
    scored: Scored


class EditJudge:
    """Decides about predicted edits, and writes every decision down."""

    def __init__(self, ports: NextEditPorts, recorder: NextEditRecorder, rejected: RejectedEdits) -> None:
        self._ports = ports
        self._recorder = recorder
        self._rejected = rejected
        self._settings = Settings()

    def configure(self, settings: Settings) -> None:
        """Takes new settings."""
        self._settings = settings

    async def choose(
        self, asked: Asked, candidates: Sequence[PlacedEdit], shown: OfferedEdit | None = None
    ) -> OfferedEdit | NoSuggestion:
        """Returns the likeliest candidate that may be shown, or why the likeliest may not; records what was judged.

        Args:
            asked: The question.
            candidates: Predictions in the files as they are now.
            shown: What is on display, where it stands now; while it is the likeliest, it is nothing new to record.
        """
        judged: list[JudgedEdit] = []
        for ranked in self._ranked(asked, candidates)[:MOST_JUDGED]:
            is_shown = not judged and shown is not None and _is_same(ranked.placed, shown.placed)
            if shown is not None and is_shown and self._cheap_reason_against(asked, ranked.placed) is None:
                return replace(shown, placed=ranked.placed, n_in_group=_n_in_group(ranked.placed))
            judged.append(await self._judge(asked, ranked))
            if judged[-1].reason in (None, Reason.LOW_PROBABILITY):
                break  # all that follow are less likely still
        ids = self._recorder.decided(asked, judged)
        if not judged:
            return NoSuggestion(reason=Reason.NOTHING_FOLLOWS)
        last = judged[-1]
        if last.reason is not None or last.scored is None:
            first = judged[0]
            probability = first.scored.probability if first.scored else None
            return NoSuggestion(reason=first.reason or Reason.NOTHING_FOLLOWS, probability=probability)
        return OfferedEdit(
            id=ids[-1],
            placed=last.placed,
            scored=last.scored,
            n_in_group=_n_in_group(last.placed),
            checked=last.checked,
        )

    def was_rejected(self, placed: PlacedEdit) -> bool:
        """Tells whether the user rejected this edit at this place, in this session or another."""
        return self._rejected.holds(placed) or self._recorder.was_rejected(placed)

    async def reason_against(self, placed: PlacedEdit) -> tuple[Reason | None, frozenset[Check]]:
        """Returns why an edit must not be made, if there is a reason, and what was verified about it."""
        path, text, change = placed.snapshot.path, placed.snapshot.text, placed.change
        if len(text) > self._settings.next_edit.max_file_kb * KB:
            return Reason.FILE_TOO_LARGE, frozenset()
        refusal = await self._ports.editable.refusal(path) if path is not None else None
        if refusal is not None:
            return refusal, frozenset()
        if path is not None and path.suffix not in _PYTHON:
            return None, frozenset()
        try:
            syntax, is_worse, names = await asyncio.gather(
                self._ports.syntax.check_edit(text, change), self._is_linted_worse(placed), self._names(placed)
            )
        except WorkerError as error:
            logger.warning("a next edit could not be checked: %s", error)
            return Reason.WORKER_UNAVAILABLE, frozenset()
        verified = {
            Check.PARSES: syntax is SyntaxVerdict.PARSES,
            Check.NO_COMPLAINTS: is_worse is False,
            Check.NAMES_EXIST: names is NameVerdict.EXIST,
        }
        checked = frozenset(check for check, holds in verified.items() if holds)
        if syntax is SyntaxVerdict.BREAKS:
            return Reason.DOES_NOT_PARSE, checked
        return REASON_OF_NAMES.get(names, Reason.WORSE_LINTING if is_worse else None), checked

    def _ranked(self, asked: Asked, candidates: Sequence[PlacedEdit]) -> list[_Ranked]:
        """Returns candidates by their probability; after an accept the next of the group in the order they came."""
        cursor_line = position_at(asked.question.snapshot.text, asked.question.offset).line
        score = self._ports.model.score
        ranked = [_Ranked(placed, score(self._occasion(asked, placed, cursor_line))) for placed in candidates]
        return ranked if asked.follows_accept else sorted(ranked, key=lambda each: -each.scored.probability)

    def _occasion(self, asked: Asked, placed: PlacedEdit, cursor_line: int) -> EditOccasion:
        is_elsewhere = placed.edit.uri != asked.question.snapshot.uri
        return EditOccasion(
            edit=placed.edit,
            is_near=not is_elsewhere and abs(placed.edit.first_line - cursor_line) <= NEAR_LINES,
            is_elsewhere=is_elsewhere,
            follows_accept=asked.follows_accept,
            project=self._recorder.project(placed.snapshot),
        )

    async def _judge(self, asked: Asked, ranked: _Ranked) -> JudgedEdit:
        placed, gate = ranked.placed, self._settings.gate
        # Who accepted one edit of a group has said that they want its kind: the next one is no interruption.
        threshold = 0.0 if asked.follows_accept else self._ports.model.threshold(self._settings)
        reason = self._cheap_reason_against(asked, placed)
        if reason is not None:
            return JudgedEdit(placed=placed, reason=reason, threshold=threshold)
        bar = Bar(threshold=threshold, explore=gate.explore)
        verdict = decide(ranked.scored, asked.question.trigger, bar, self._ports.draw())
        checked = frozenset[Check]()
        reason = verdict.reason
        if reason is None:
            reason, checked = await self.reason_against(placed)
        return _judged(ranked, verdict, reason, checked)

    def _cheap_reason_against(self, asked: Asked, placed: PlacedEdit) -> Reason | None:
        if is_unwanted(placed.edit, asked.question.history, asked.taken_back):
            return Reason.REVERTS
        # Who asks explicitly may have changed their mind since.
        if not asked.is_invoked and self.was_rejected(placed):
            return Reason.REJECTED_BEFORE
        return None

    async def _is_linted_worse(self, placed: PlacedEdit) -> bool | None:
        linter, path = self._ports.linter, placed.snapshot.path
        if linter is None or path is None or placed.edit.kind in _STEPWISE:
            return None
        try:
            async with asyncio.timeout(LINTED_WITHIN_S):
                return await linter.is_worse(path, placed.snapshot.text, placed.change)
        except TimeoutError:
            return None

    async def _names(self, placed: PlacedEdit) -> NameVerdict:
        """Returns what is known of the names that an edit brings in.

        A rename brings in what the developer wrote, which may be defined with its last place only.
        """
        names = self._ports.names
        if names is None or placed.edit.kind is EditKind.RENAME:
            return NameVerdict.NOT_KNOWN_YET
        return await names.check_edit(placed.snapshot, placed.change, within_s=NAMED_WITHIN_S)


def _n_in_group(placed: PlacedEdit) -> int:
    return max(1, placed.edit.n_in_group)


def _is_same(placed: PlacedEdit, other: PlacedEdit) -> bool:
    return placed.edit.uri == other.edit.uri and placed.change == other.change


def _judged(ranked: _Ranked, verdict: Verdict, reason: Reason | None, checked: frozenset[Check]) -> JudgedEdit:
    # A check is no policy: what it drops would not be shown in any draw.
    is_dropped_by_check = reason is not None and verdict.reason is None
    return JudgedEdit(
        placed=ranked.placed,
        reason=reason,
        scored=ranked.scored,
        checked=checked,
        threshold=verdict.threshold,
        propensity=0.0 if is_dropped_by_check else verdict.propensity,
        was_explored=verdict.was_explored and reason is None,
    )
