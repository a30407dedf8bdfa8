"""Which lines of the project run: by `sys.monitoring` where there is one (3.12 and later), else by `sys.settrace`.

Either way a line costs something only the first time that a test comes by.
"""

import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Protocol

from .project import Project

_TOOL = 4  # one that no kind of tool is meant to take; `sys.monitoring` has six


class LineTrace(Protocol):
    """Gathers lines while a test runs."""

    def start(self) -> None:
        """Begins anew."""
        ...

    def stop(self) -> dict[str, set[int]]:
        """Returns the one-based lines that ran since `start`, by path within the project."""
        ...


def line_trace(project: Project) -> LineTrace:
    """Returns the fastest way that this Python has."""
    if sys.version_info >= (3, 12):
        return MonitoredLines(project)
    return TracedLines(project)


def _by_path(lines: dict[CodeType, set[int]], project: Project) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for code, numbers in lines.items():
        path = project.path_of(code.co_filename)
        if path is not None and numbers:
            found.setdefault(path, set()).update(numbers)
    return found


class TracedLines:
    """Lines by `sys.settrace`."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lines: dict[CodeType, set[int]] = {}
        self._bodies: dict[CodeType, set[int]] = {}
        self._is_own: dict[str, bool] = {}

    def start(self) -> None:
        """Begins anew."""
        self._lines = {}
        on_call = self._on_call()
        threading.settrace(on_call)
        sys.settrace(on_call)

    def stop(self) -> dict[str, set[int]]:
        """Returns the lines that ran since `start`."""
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type,unused-ignore]  # None ends it, as `threading` documents
        return _by_path(self._lines, self._project)

    def _on_call(self) -> Callable[[FrameType, str, Any], Callable[..., Any] | None]:
        """Returns what is called at each call of a function, most often of one that is not the project's."""
        is_own, path_of, trace_of = self._is_own, self._project.path_of, self._trace_of

        def on_call(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
            filename = frame.f_code.co_filename
            if filename not in is_own:
                is_own[filename] = path_of(filename) is not None
            return trace_of(frame.f_code) if is_own[filename] else None

        return on_call

    def _trace_of(self, code: CodeType) -> Callable[..., Any] | None:
        lines = self._lines.setdefault(code, set())
        if self._body(code) <= lines:  # nothing more to learn
            return None
        add = lines.add

        def on_line(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
            if event == "line":
                add(frame.f_lineno)
            return on_line

        return on_line

    def _body(self, code: CodeType) -> set[int]:
        """Returns the lines of a function, without that of its `def` unless it has no other."""
        body = self._bodies.get(code)
        if body is None:
            lines = {line for _, _, line in code.co_lines() if line is not None}
            body = self._bodies[code] = lines - {code.co_firstlineno} or lines
        return body


class MonitoredLines:
    """Lines by `sys.monitoring`: each place is looked at once, then not again until the next test."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lines: dict[CodeType, set[int]] = {}
        self._monitoring: Any = getattr(sys, "monitoring")  # noqa: B009 - unknown to 3.11
        self._monitoring.use_tool_id(_TOOL, "inkling")
        events = self._monitoring.events
        self._monitoring.register_callback(_TOOL, events.PY_START, self._on_start)
        self._monitoring.register_callback(_TOOL, events.LINE, self._on_line)

    def start(self) -> None:
        """Begins anew."""
        self._lines = {}
        self._monitoring.set_events(_TOOL, self._monitoring.events.PY_START)
        self._monitoring.restart_events()

    def stop(self) -> dict[str, set[int]]:
        """Returns the lines that ran since `start`."""
        self._monitoring.set_events(_TOOL, 0)
        return _by_path(self._lines, self._project)

    def _on_start(self, code: CodeType, _: int) -> Any:
        if self._project.path_of(code.co_filename) is not None:
            self._monitoring.set_local_events(_TOOL, code, self._monitoring.events.LINE)
        return self._monitoring.DISABLE

    def _on_line(self, code: CodeType, line: int) -> Any:
        self._lines.setdefault(code, set()).add(line)
        return self._monitoring.DISABLE
