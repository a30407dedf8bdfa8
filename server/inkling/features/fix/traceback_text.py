"""What a traceback says of where it comes from, as Python and as pytest print it."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_SUMMARY = re.compile(r"^(?:FAILED|ERROR) (\S+?\.py(?:::\S+?)*)(?: - .*)?$", re.MULTILINE)
_PYTHON_FRAME = re.compile(r'^\s*File "([^"\n]+)", line (\d+)(?:, in (\S+))?', re.MULTILINE)
_PYTEST_FRAME = re.compile(r"^(\S+?\.py):(\d+): (?:in (\S+)|\S+)", re.MULTILINE)
_LAST_LINE = re.compile(r"^(?:E\s+)?([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Iteration|Warning)\b.*)$", re.M)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class TracebackFrame:
    """One frame, in a file of the project.

    Attributes:
        path: The file.
        line: One-based.
        function: The function's name; empty where it is not said.
    """

    path: PurePosixPath
    line: int
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTraceback:
    """What was found in a text.

    Attributes:
        node_ids: Failing tests that it names.
        frames: Frames in files of the project, outermost first.
        message: The exception as its last line has it; empty where there is none.
    """

    node_ids: tuple[str, ...]
    frames: tuple[TracebackFrame, ...]
    message: str


def read_traceback(text: str, folder: Path) -> ReadTraceback:
    """Returns what a text says of a failure in the project at `folder`.

    A text with several tracebacks is read as one; what other tracebacks came before does not matter for where the
    last one ended.
    """
    text = _COLOUR.sub("", text)
    found = [match for pattern in (_PYTHON_FRAME, _PYTEST_FRAME) for match in pattern.finditer(text)]
    frames = []
    for match in sorted(found, key=lambda match: match.start(1)):
        path = _within(match.group(1), folder)
        if path is not None:
            frames.append(TracebackFrame(path=path, line=int(match.group(2)), function=match.group(3) or ""))
    messages = _LAST_LINE.findall(text)
    return ReadTraceback(
        node_ids=tuple(dict.fromkeys(_SUMMARY.findall(text))),
        frames=tuple(frames),
        message=messages[-1].strip() if messages else "",
    )


def _within(name: str, folder: Path) -> PurePosixPath | None:
    """Returns a file's path within the project; None for one outside, and for `<string>` and the like."""
    path = Path(name)
    if name.startswith("<"):
        return None
    if not path.is_absolute():
        return None if ".." in path.parts else PurePosixPath(path.as_posix())
    inside = path.relative_to(folder) if path.is_relative_to(folder) else None
    if inside is None or "site-packages" in inside.parts:
        return None
    return PurePosixPath(inside.as_posix())
