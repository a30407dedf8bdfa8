"""What the events of a job say, read with suspicion: the tests' own code can write anything where they come from."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from inkling.core.execution import (
    BlockVisit,
    CaseOutcome,
    CaseResult,
    CollectedCase,
    LinesByFile,
    RaisedException,
    RaisedFrame,
)
from inkling.core.redact import redact
from inkling.sandbox.suite.child.frames import MAX_LINE_BYTES

MOST_LINE = 1_000_000  # number of a line; ranges are written out, so their ends must be bounded
MOST_LINES = 4_000_000  # of all sets together
MOST_FRAMES = 100
MOST_NAMES = 100
MOST_PATH_CHARS = 4096
MOST_TEXT_CHARS = 20_000
SHOWN_CHARS = 80  # of a value, after secrets in it were masked


class _GarbledError(Exception):
    """An event that no job of ours writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception with what it says about the environment.

    Attributes:
        exception: The exception.
        needs_network: Whether it, or what led to it, is for want of a network.
        missing: The module that could not be imported; empty: another reason.
        syntax: File and line of a syntax error, and what is wrong; the file is None outside of the project.
    """

    exception: RaisedException
    needs_network: bool = False
    missing: str = ""
    syntax: tuple[PurePosixPath | None, int, str] | None = None


@dataclass(slots=True, kw_only=True)
class Told:
    """All that the events of one job said.

    Attributes:
        cases: Results by name, in order.
        raised: What ended them, where something did, by name.
        coverage: Lines by name of the test.
        visits: Values by basic block.
        found: What was collected, where only that was asked for.
        not_collected: Files that could not be collected, by name.
        stopped: What kept pytest from running at all, or ended it.
        is_usage: Whether that was the command line: most often a name that is no test's.
        n_collected: Tests to run; None before that was known.
        n_deselected: Tests that the project's options leave out.
        running: The test that began and has not ended.
        running_since_s: When it began, by `time.monotonic`.
        is_out_of_time: Whether the run was ended because its time was over.
        exit_code: pytest's; None when it did not come to its end.
        is_garbled: Whether something else than events came.
    """

    cases: dict[str, CaseResult] = field(default_factory=dict)
    raised: dict[str, Raised] = field(default_factory=dict)
    coverage: dict[str, LinesByFile] = field(default_factory=dict)
    visits: list[BlockVisit] = field(default_factory=list)
    found: list[CollectedCase] = field(default_factory=list)
    not_collected: dict[str, Raised] = field(default_factory=dict)
    stopped: Raised | None = None
    is_usage: bool = False
    n_collected: int | None = None
    n_deselected: int = 0
    running: str | None = None
    running_since_s: float = 0.0
    is_out_of_time: bool = False
    exit_code: int | None = None
    is_garbled: bool = False


class EventReader:
    """Reads events as they come, in pieces."""

    def __init__(self) -> None:
        self.told = Told()
        self._pending = bytearray()
        self._line_sets: dict[int, frozenset[int]] = {}
        self._n_lines = 0
        self._paths: dict[str, PurePosixPath] = {}

    def feed(self, data: bytes) -> None:
        """Takes what came next; after the first nonsense nothing more is believed."""
        if self.told.is_garbled:
            return
        self._pending += data
        *lines, rest = bytes(self._pending).split(b"\n") if b"\n" in data else [bytes(self._pending)]
        if lines:
            self._pending[:] = rest
        try:
            if len(self._pending) > MAX_LINE_BYTES:
                raise _GarbledError("a line without an end")
            for line in lines:
                self._take(line)
        except (_GarbledError, ValueError, RecursionError):
            self.told.is_garbled = True
            self._pending.clear()

    def _take(self, line: bytes) -> None:
        event = json.loads(line)
        if not isinstance(event, dict):
            raise _GarbledError("no object")
        take: Callable[[dict[str, Any]], None] | None = {
            "began": self._take_began,
            "case": self._take_case,
            "lines": self._take_lines,
            "visit": self._take_visit,
            "found": self._take_found,
            "collected": self._take_collected,
            "deselected": self._take_deselected,
            "not_collected": self._take_not_collected,
            "stopped": self._take_stopped,
            "out_of_time": self._take_out_of_time,
            "ended": self._take_ended,
        }.get(_text(event.get("kind")))
        if take is None:
            raise _GarbledError("no such kind")
        take(event)

    def _take_began(self, event: dict[str, Any]) -> None:
        self.told.running, self.told.running_since_s = _text(event.get("id")), time.monotonic()

    def _take_case(self, event: dict[str, Any]) -> None:
        node_id = _text(event.get("id"))
        raised = None if event.get("raised") is None else self._raised(event["raised"])
        case = CaseResult(
            node_id=node_id,
            outcome=CaseOutcome(_text(event.get("outcome"))),
            duration_s=_seconds(event.get("s")),
            raised=None if raised is None else raised.exception,
            output=redact(_text(event.get("output"))),
        )
        if "lines" in event:
            sets = _items(event["lines"])
            self.told.coverage[node_id] = {
                self._path(path): self._line_sets.get(_number(number), frozenset()) for path, number in sets
            }
        self.told.cases[node_id] = case
        if raised is not None:
            self.told.raised[node_id] = raised
        self.told.running = None

    def _take_lines(self, event: dict[str, Any]) -> None:
        lines: set[int] = set()
        for ends in _list(event.get("ranges")):
            first, last = _list(ends)
            numbers = range(_line(first), _line(last) + 1)
            self._n_lines += len(numbers)
            if self._n_lines > MOST_LINES:
                raise _GarbledError("more lines than a project has")
            lines.update(numbers)
        self._line_sets[_number(event.get("set"))] = frozenset(lines)

    def _take_visit(self, event: dict[str, Any]) -> None:
        first, last = _list(event.get("lines"))
        self.told.visits.append(
            BlockVisit(
                path=self._path(event.get("path")),
                first_line=_line(first),
                last_line=_line(last),
                function=_text(event.get("function"))[:SHOWN_CHARS],
                visit=_number(event.get("visit")),
                before=_values(event.get("before")),
                after=_values(event.get("after")),
            )
        )

    def _take_found(self, event: dict[str, Any]) -> None:
        case = CollectedCase(
            node_id=_text(event.get("id")), path=self._path(event.get("path")), line=_line(event.get("line"))
        )
        self.told.found.append(case)

    def _take_collected(self, event: dict[str, Any]) -> None:
        self.told.n_collected = _number(event.get("n"))

    def _take_deselected(self, event: dict[str, Any]) -> None:
        self.told.n_deselected += _number(event.get("n"))

    def _take_not_collected(self, event: dict[str, Any]) -> None:
        self.told.not_collected[_text(event.get("id"))] = self._raised(event.get("raised"))

    def _take_stopped(self, event: dict[str, Any]) -> None:
        if self.told.stopped is None:
            self.told.stopped = self._raised(event.get("raised"))
            self.told.is_usage = event.get("usage") is True

    def _take_out_of_time(self, _: dict[str, Any]) -> None:
        self.told.is_out_of_time = True

    def _take_ended(self, event: dict[str, Any]) -> None:
        self.told.exit_code = _number(event.get("exit_code"))

    def _raised(self, value: object) -> Raised:
        fields = dict(_items(value))
        exception = RaisedException(
            type_name=_text(fields.get("type"))[:SHOWN_CHARS],
            message=redact(_text(fields.get("message"))),
            frames=tuple(self._frame(frame) for frame in _list(fields.get("frames"))[:MOST_FRAMES]),
        )
        syntax = None
        if "syntax" in fields:
            place = dict(_items(fields["syntax"]))
            path = None if place.get("path") is None else self._path(place["path"])
            syntax = (path, max(1, _number(place.get("line"))), _text(place.get("text")))
        return Raised(
            exception=exception,
            needs_network=fields.get("needs_network") is True,
            missing=_text(fields.get("missing", ""))[:SHOWN_CHARS],
            syntax=syntax,
        )

    def _frame(self, value: object) -> RaisedFrame:
        path, line, function = _list(value)
        return RaisedFrame(
            path=None if path is None else self._path(path), line=_line(line), function=_text(function)[:SHOWN_CHARS]
        )

    def _path(self, value: object) -> PurePosixPath:
        text = _text(value)
        path = self._paths.get(text)
        if path is None:
            path = PurePosixPath(text)
            if not text or len(text) > MOST_PATH_CHARS or path.is_absolute() or ".." in path.parts or "\0" in text:
                raise _GarbledError("no path within a project")
            self._paths[text] = path
        return path


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _GarbledError("no text")
    # Half of a surrogate pair cannot be written anywhere; what is cut here is longer than what a job writes.
    return value[:MOST_TEXT_CHARS].encode("utf-8", "replace").decode()


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise _GarbledError("no number")
    return value


def _line(value: object) -> int:
    line = _number(value)
    if not 1 <= line <= MOST_LINE:
        raise _GarbledError("no line")
    return line


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e9:
        raise _GarbledError("no seconds")
    return float(value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise _GarbledError("no list")
    return value


def _items(value: object) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise _GarbledError("no object")
    return list(value.items())


def _values(value: object) -> dict[str, str]:
    shown = {}
    for name, text in _items(value)[:MOST_NAMES]:
        name = _text(name)[:SHOWN_CHARS]
        text = redact(_text(text), line_prefix=f"{name} = ")
        shown[name] = text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 1] + "…"
    return shown
