"""Exceptions as plain data."""

import errno
import os
import socket
from types import TracebackType
from typing import Any

from .project import Project

MESSAGE_CHARS = 4000
FIRST_FRAMES = 20  # of a deep recursion
LAST_FRAMES = 40
_NO_NETWORK = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ECONNREFUSED})

_OWN_FOLDER = os.path.dirname(__file__) + os.sep  # noqa: PTH120 - compared with names of files, which are strings


class OutOfTime(BaseException):
    """Raised in the middle of a test when its time is over; no `except Exception` takes it."""


def describe(error: BaseException, project: Project) -> dict[str, object]:
    """Returns an exception's type, text and frames, and what it says about the environment."""
    if type(error).__name__ in ("DocTestFailure", "DoctestFailure", "UnexpectedException", "MultipleDoctestFailures"):
        return _describe_doctest(error, project)
    described: dict[str, object] = {
        "type": type(error).__name__,
        "message": _message(error),
        "frames": _frames(error.__traceback__, project),
        "needs_network": any(_is_for_network(link) for link in _chain(error)),
    }
    if isinstance(error, ModuleNotFoundError) and error.name:
        described["missing"] = error.name
    if isinstance(error, SyntaxError):
        path = project.path_of(error.filename) if error.filename else None
        described["syntax"] = {"path": path, "line": error.lineno or 1, "text": str(error.msg)[:MESSAGE_CHARS]}
    return described


def _describe_doctest(error: Any, project: Project) -> dict[str, object]:
    if hasattr(error, "failures"):
        error = error.failures[0]
    example, test = error.example, error.test
    frames: list[list[object]] = []
    path = project.path_of(test.filename) if test.filename else None
    line = (test.lineno or 0) + example.lineno + 1
    frames.append([path, line, test.name])
    if hasattr(error, "exc_info"):
        inner = error.exc_info[1]
        described = describe(inner, project)
        inner_frames = described["frames"]
        return {**described, "frames": frames + (inner_frames if isinstance(inner_frames, list) else [])}
    message = f"{example.source.strip()}\nexpected: {example.want.strip()}\ngot: {error.got.strip()}"
    return {"type": "AssertionError", "message": message[:MESSAGE_CHARS], "frames": frames, "needs_network": False}


def _message(error: BaseException) -> str:
    if type(error).__name__ == "FixtureLookupError":
        return f"fixture '{getattr(error, 'argname', '?')}' not found"
    try:
        return str(error)[:MESSAGE_CHARS]
    except Exception as failure:  # noqa: BLE001 - a test's exception may do anything in its __str__
        return f"its text could not be made: {type(failure).__name__}"


def _frames(trace: TracebackType | None, project: Project) -> list[list[object]]:
    frames: list[list[object]] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        path = project.path_of(code.co_filename)
        is_ours = code.co_filename.startswith(_OWN_FOLDER)  # where an `OutOfTime` is raised
        if (path is not None or frames) and not is_ours:  # pytest's own frames come first
            frames.append([path, trace.tb_lineno or code.co_firstlineno, code.co_name])
        trace = trace.tb_next
    return frames if len(frames) <= FIRST_FRAMES + LAST_FRAMES else frames[:FIRST_FRAMES] + frames[-LAST_FRAMES:]


def _chain(error: BaseException) -> list[BaseException]:
    links = [error]
    while len(links) < 20 and (following := links[-1].__cause__ or links[-1].__context__) is not None:
        links.append(following)
    return links


def _is_for_network(error: BaseException) -> bool:
    return isinstance(error, socket.gaierror) or (isinstance(error, OSError) and error.errno in _NO_NETWORK)


def root_cause(error: BaseException) -> BaseException:
    """Returns what pytest wrapped when it could not import a file."""
    while error.__cause__ is not None and type(error).__module__.startswith("_pytest"):
        error = error.__cause__
    return error
