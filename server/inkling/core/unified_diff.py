"""Unified diffs of one file, for people to read."""

import difflib
from collections.abc import Sequence
from pathlib import PurePosixPath

from inkling.core.text import split_lines


def file_diff(path: PurePosixPath, before: str, after: str) -> str:
    """Returns what differs between two texts of a file; line ends make no difference."""
    lines = difflib.unified_diff(_unended(before), _unended(after), f"a/{path}", f"b/{path}", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _unended(text: str) -> Sequence[str]:
    """Returns lines without their ends; a last line without one is marked as diffs mark it."""
    lines = [line.rstrip("\r\n") for line in split_lines(text)]
    if lines and not text.endswith(("\n", "\r")):
        lines[-1] += "\n\\ No newline at end of file"
    return lines
