"""Whether what would be inserted stands there already: a member, a branch, an entry, an import is written once."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from inkling.engine.next_edit.file_view import FileView, indentation

MOST_LINES: Final = 300  # that are looked at on each side of the place
_IMPORT = re.compile(r"(?:import|from)\s")
_DEFINITION = re.compile(r"(?:async\s+)?(?:def|class)\s+\w+")
_BRANCH = re.compile(r"(?:case|elif|except)\b.*:")
_ENTRY = re.compile(r"([\w.]+|\"[^\"]*\"|'[^']*')\s*:\s*\S")
_KEYWORD = re.compile(r"(?:else|try|finally|if|for|while|with|lambda|return)\b")


def stands_already(view: FileView, line: int, inserted: Sequence[str]) -> bool:
    """Tells whether lines that begin as the inserted ones do stand in the same block.

    Args:
        view: The file.
        line: The line before which they would come.
        inserted: What would be inserted, without line ends.
    """
    head, depth = _head_of_block(inserted)
    if not head:
        return False
    if _IMPORT.match(head):
        return any(each.strip() == head for each in view.lines)
    return any(_head(each) == head for each in _same_block(view, line, depth))


def _head_of_block(lines: Sequence[str]) -> tuple[str, str]:
    """Returns what the first line that can be there only once begins with, and its indentation; empty if none is."""
    for line in lines[:3]:
        if head := _head(line):
            return head, indentation(line)
        if line.strip() and not line.strip().startswith("@"):
            break
    return "", ""


def _head(line: str) -> str:
    text = line.strip()
    if _IMPORT.match(text):
        return text
    for pattern in (_DEFINITION, _BRANCH):
        if found := pattern.match(text):
            return found[0]
    entry = _ENTRY.match(text)
    return entry[1] if entry is not None and not _KEYWORD.match(text) else ""


def _same_block(view: FileView, line: int, depth: str) -> Iterator[str]:
    """Yields the lines of an indentation around a place, up to where their block ends."""
    above = range(line - 1, max(-1, line - 1 - MOST_LINES), -1)
    below = range(line, min(len(view.lines), line + MOST_LINES))
    for numbers in (above, below):
        for number in numbers:
            text = view.lines[number]
            if not text.strip():
                continue
            own = indentation(text)
            if len(own) < len(depth):
                break
            if own == depth:
                yield text
