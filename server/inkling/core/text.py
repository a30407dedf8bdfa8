r"""Lines and offsets of a text, in code points.

A line ends with ``\n``, ``\r\n`` or ``\r`` and nothing else: `str.splitlines` also splits at form
feeds and Unicode separators, which editors do not.

Source: Language Server Protocol 3.17, "Text Documents" (end-of-line characters).
"""

import re
from dataclasses import dataclass

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_LINE_BREAKS = "\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a text: zero-based line, and column in code points."""

    line: int
    column: int


def split_lines(text: str) -> list[str]:
    """Returns the lines of `text` with their ends; a text that ends in a line break has no empty last line."""
    if "\r" not in text:
        lines = text.split("\n")
        last = lines.pop()
        lines = [line + "\n" for line in lines]
        if last:
            lines.append(last)
        return lines
    return _LINE.findall(text)


def line_start(text: str, offset: int) -> int:
    """Returns the offset at which the line that holds `offset` begins."""
    start = text.rfind("\n", 0, offset) + 1
    return max(start, text.rfind("\r", start, offset) + 1)


def line_end(text: str, offset: int) -> int:
    """Returns the offset of the line break that ends the line holding `offset`, or the text's length."""
    line_feed = text.find("\n", offset)
    end = len(text) if line_feed < 0 else line_feed
    carriage_return = text.find("\r", offset, end)
    return end if carriage_return < 0 else carriage_return


def line_prefix(text: str, offset: int) -> str:
    """Returns what stands before `offset` on its line."""
    return text[line_start(text, offset) : offset]


def line_suffix(text: str, offset: int) -> str:
    """Returns what stands after `offset` on its line, without the line break."""
    return text[offset : line_end(text, offset)]


def position_at(text: str, offset: int) -> Position:
    """Returns the position of `offset`, which is clamped to the text."""
    offset = max(0, min(offset, len(text)))
    before = text[:offset]
    start = line_start(text, offset)
    if "\r" not in before:
        return Position(line=before.count("\n"), column=offset - start)
    n_breaks = before.count("\n") + before.count("\r") - before.count("\r\n")
    return Position(line=n_breaks, column=offset - start)


def offset_at(text: str, position: Position) -> int | None:
    """Returns the offset of `position`, or None when the text has no such line or column."""
    if position.line < 0 or position.column < 0:
        return None
    start = 0
    if "\r" not in text:
        for _ in range(position.line):
            start = text.find("\n", start) + 1
            if start == 0:
                return None
    else:
        for _ in range(position.line):
            end = line_end(text, start)
            if end == len(text):
                return None
            start = end + (2 if text.startswith("\r\n", end) else 1)
    offset = start + position.column
    return offset if offset <= line_end(text, start) else None


def has_line_break(text: str) -> bool:
    """Tells whether `text` spans more than one line."""
    return any(char in text for char in _LINE_BREAKS)
