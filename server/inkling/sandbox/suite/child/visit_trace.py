"""Values of variables before and after each basic block that a test runs.

The test runs twice, each time in a process of its own: first the visits of each block are counted, then the first and
the last of them are recorded. So a loop of a million rounds costs a count for each and values for four.
"""

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType
from typing import Any

from .blocks import Block, blocks_by_line
from .project import Project
from .shown_values import shown_value

FIRST_VISITS = 2
LAST_VISITS = 2
MOST_RECORDED = 400
MOST_NAMES = 24

BlockOfFile = tuple[str, int, int]
"""Path within the project, first and last line."""


@dataclass(slots=True, kw_only=True)
class RecordedVisit:
    """One visit of a block; see `inkling.core.execution.BlockVisit`."""

    path: str
    block: Block
    function: str
    visit: int
    before: dict[str, str]
    after: dict[str, str] = field(default_factory=dict)


class VisitTrace:
    """Follows the functions of the project, one after the other on the main thread."""

    def __init__(self, project: Project, totals: Mapping[BlockOfFile, int] | None) -> None:
        """Prepares for one test.

        Args:
            project: Whose functions are followed.
            totals: How often each block is visited, from an earlier run; None: this is that run.
        """
        self.counts: Counter[BlockOfFile] = Counter()
        self.recorded: list[RecordedVisit] = []
        self._project = project
        self._totals = totals
        self._blocks: dict[str, Mapping[int, Block]] = {}
        self._is_looking = False  # at a value, whose own `__repr__` is no part of the test

    def start(self) -> None:
        """Begins to follow."""
        sys.settrace(self._on_call)

    def stop(self) -> None:
        """Ends it."""
        sys.settrace(None)

    def _on_call(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        # Comprehensions and lambdas are parts of the block they stand in; bodies of classes and modules have no locals.
        if event != "call" or self._is_looking or code.co_name[0] == "<" or not code.co_flags & CO_OPTIMIZED:
            return None
        path = self._project.path_of(code.co_filename)
        if path is None:
            return None
        return _FrameVisits(self, path, self._blocks_of(code.co_filename)).on_event

    def _blocks_of(self, filename: str) -> Mapping[int, Block]:
        blocks = self._blocks.get(filename)
        if blocks is None:
            try:
                blocks = blocks_by_line(Path(filename).read_text("utf-8"))
            except (OSError, ValueError, SyntaxError):
                blocks = {}
            self._blocks[filename] = blocks
        return blocks

    def enter(self, path: str, block: Block, frame: FrameType) -> RecordedVisit | None:
        """Counts a visit and, where it is one of the first or last, returns its record with the values before it."""
        key = (path, *block)
        self.counts[key] += 1
        if self._totals is None or len(self.recorded) >= MOST_RECORDED:
            return None
        visit = self.counts[key]
        # Of a block that was not counted nobody knows which visit is the last.
        if FIRST_VISITS < visit <= self._totals.get(key, sys.maxsize) - LAST_VISITS:
            return None
        record = RecordedVisit(
            path=path, block=block, function=frame.f_code.co_name, visit=visit, before=self._values(frame)
        )
        self.recorded.append(record)
        return record

    def leave(self, record: RecordedVisit, frame: FrameType) -> None:
        """Adds the values that are different after the block."""
        values = self._values(frame)
        record.after = {name: text for name, text in values.items() if record.before.get(name) != text}

    def _values(self, frame: FrameType) -> dict[str, str]:
        self._is_looking = True
        try:
            values = [(name, value) for name, value in frame.f_locals.items() if name.isidentifier()]
            return {name: shown_value(value) for name, value in values[:MOST_NAMES]}
        finally:
            self._is_looking = False


class _FrameVisits:
    """Follows one call from block to block."""

    def __init__(self, trace: VisitTrace, path: str, blocks: Mapping[int, Block]) -> None:
        self._trace = trace
        self._path = path
        self._blocks = blocks
        self._block: Block | None = None
        self._record: RecordedVisit | None = None

    def on_event(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        if event == "line":
            block = self._blocks.get(frame.f_lineno)
            if block is not None and block != self._block:
                self._leave(frame)
                self._block = block
                self._record = self._trace.enter(self._path, block, frame)
        elif event == "return":
            self._leave(frame)
        return self.on_event

    def _leave(self, frame: FrameType) -> None:
        if self._record is not None:
            self._trace.leave(self._record, frame)
            self._record = None
