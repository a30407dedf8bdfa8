"""The plugin of pytest that tells what happens, event by event, as it happens."""

from collections.abc import Generator
from typing import Any

import pytest

from .event_writer import EventWriter
from .failures import OutOfTime, describe, root_cause
from .line_trace import LineTrace
from .project import Project
from .visit_counting import counted_in_a_fork
from .visit_trace import VisitTrace

OUTPUT_CHARS = 8000  # of a test that failed; its beginning and its end
OUTPUT_CHARS_OF_PASSED = 800


class Recorder:
    """Told of everything by pytest; tells it to the runner.

    It uses hooks in the form that pytest 7 knows, too.
    """

    def __init__(
        self,
        events: EventWriter,
        project: Project,
        *,
        lines: LineTrace | None = None,
        visit_counting_s: float | None = None,
    ) -> None:
        """Takes where to tell it.

        Args:
            events: Takes the events.
            project: Whose files are named in them.
            lines: Gathers the lines of each test; None: nobody asked for them.
            visit_counting_s: Longest time for counting the visits of blocks, before the first test is followed block by
                block; None: nobody asked for that.
        """
        self._events = events
        self._project = project
        self._lines = lines
        self._visit_counting_s = visit_counting_s
        self._line_sets: dict[tuple[str, frozenset[int]], int] = {}
        self._phases: dict[str, Any] = {}
        self._raised: dict[str, object] | None = None
        self._session: Any = None

    def out_of_time(self) -> None:
        """Ends what runs now with an exception, and the session after it."""
        self._events.write({"kind": "out_of_time"})
        if self._session is not None:
            self._session.shouldstop = "out of time"
        raise OutOfTime("the time for this run was over here")

    # What goes wrong before or between tests.

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_cmdline_parse(self) -> Generator[None, Any, None]:
        """Sees what keeps pytest from starting, conftest files that cannot be imported included."""
        outcome = yield
        self._tell_if_stopped(outcome)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_cmdline_main(self) -> Generator[None, Any, None]:
        """Sees what ends pytest, names that are no tests included."""
        outcome = yield
        self._tell_if_stopped(outcome)

    def pytest_internalerror(self, excinfo: Any) -> None:
        """Sees an exception that is no test's."""
        self._tell_stopped(excinfo.value)

    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        """Sees files that cannot be collected."""
        if isinstance(node, pytest.Collector):
            cause = root_cause(call.excinfo.value)
            self._events.write({"kind": "not_collected", "id": node.nodeid, "raised": describe(cause, self._project)})

    def pytest_sessionstart(self, session: Any) -> None:
        """Keeps the session, to be able to end it."""
        self._session = session

    def pytest_deselected(self, items: Any) -> None:
        """Counts what the project's options leave out."""
        self._events.write({"kind": "deselected", "n": len(items)})

    def pytest_collection_finish(self, session: Any) -> None:
        """Tells what was found."""
        self._events.write({"kind": "collected", "n": len(session.items)})
        if session.config.option.collectonly:
            for item in session.items:
                path, line, _ = item.location
                self._events.write({"kind": "found", "id": item.nodeid, "path": path, "line": (line or 0) + 1})

    def _tell_if_stopped(self, outcome: Any) -> None:
        if outcome.excinfo is not None:
            self._tell_stopped(outcome.excinfo[1])

    def _tell_stopped(self, error: BaseException) -> None:
        described = describe(root_cause(error), self._project)
        self._events.write({"kind": "stopped", "raised": described, "usage": isinstance(error, pytest.UsageError)})

    # Tests.

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Generator[None, Any, None]:
        """Surrounds one test, its fixtures included."""
        self._phases, self._raised = {}, None
        self._events.write({"kind": "began", "id": item.nodeid})
        visits = self._begin_visits(item, nextitem)
        if self._lines is not None:
            self._lines.start()
        outcome = yield
        lines = self._lines.stop() if self._lines is not None else None
        if visits is not None:
            visits.stop()
        if outcome.excinfo is not None:  # the test asked pytest to stop, or a plugin broke
            self._raised = describe(outcome.excinfo[1], self._project)
            self._phases.setdefault("call", None)
        self._tell_case(item.nodeid, lines)
        for record in visits.recorded if visits is not None else ():
            self._events.write(
                {
                    "kind": "visit",
                    "path": record.path,
                    "lines": record.block,
                    "function": record.function,
                    "visit": record.visit,
                    "before": record.before,
                    "after": record.after,
                }
            )

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)  # outermost: after others have had their say
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Generator[None, Any, None]:
        """Sees the reports on a test with the exceptions behind them."""
        outcome = yield
        report = outcome.get_result()
        if report.when == "setup":  # of a first try, or of another one by a plugin that tries again
            self._phases, self._raised = {}, None
        known = self._phases.get(report.when)
        if known is not None and known.failed:
            return  # a part of the test failed before; it stays failed
        self._phases[report.when] = report
        if report.failed and call.excinfo is not None and self._raised is None:
            self._raised = describe(call.excinfo.value, self._project)
        elif report.failed and self._raised is None:
            self._raised = {"type": "Failed", "message": str(report.longrepr)[:1000], "frames": []}

    def _begin_visits(self, item: Any, nextitem: Any) -> VisitTrace | None:
        if self._visit_counting_s is None:
            return None
        totals = counted_in_a_fork(item, nextitem, self._project, self._visit_counting_s)
        self._visit_counting_s = None
        visits = VisitTrace(self._project, totals)
        visits.start()
        return visits

    def _tell_case(self, node_id: str, lines: dict[str, set[int]] | None) -> None:
        outcome = self._outcome()
        last = next((report for report in reversed(self._phases.values()) if report is not None), None)
        most = OUTPUT_CHARS_OF_PASSED if outcome == "passed" else OUTPUT_CHARS
        event: dict[str, object] = {
            "kind": "case",
            "id": node_id,
            "outcome": outcome,
            "s": sum(getattr(report, "duration", 0.0) for report in self._phases.values()),
            "raised": self._raised if outcome in ("failed", "error") else None,
            "output": _cut(last.capstdout + last.capstderr, most) if last is not None else "",
        }
        if lines is not None and self._events.has_room_for_coverage:
            event["lines"] = {path: self._line_set(path, frozenset(numbers)) for path, numbers in lines.items()}
        self._events.write(event)

    def _outcome(self) -> str:
        setup, call, teardown = (self._phases.get(when) for when in ("setup", "call", "teardown"))
        if self._raised is not None:
            return "failed" if (call is None or call.failed) and "call" in self._phases else "error"
        decisive = setup if setup is not None and setup.skipped else call
        if teardown is not None and teardown.failed:
            return "error"
        if decisive is None:
            return "error"
        is_expected = hasattr(decisive, "wasxfail")
        if decisive.skipped:
            return "expected_failure" if is_expected else "skipped"
        return "unexpected_pass" if is_expected else "passed"

    def _line_set(self, path: str, numbers: frozenset[int]) -> int:
        """Returns the number of a set of lines, which is told once: tests of one thing run much the same lines."""
        key = (path, numbers)
        number = self._line_sets.get(key)
        if number is None:
            number = self._line_sets[key] = len(self._line_sets)
            self._events.write({"kind": "lines", "set": number, "ranges": _ranges(numbers)})
        return number


def _ranges(numbers: frozenset[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}\n… {len(text) - most} characters left out …\n{text[-most // 2 :]}"
