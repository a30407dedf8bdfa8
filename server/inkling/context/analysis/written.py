"""What an edit writes, line by line: words as a whole, and the names that hang on them."""

import re
from collections.abc import Iterator

from inkling.core.edit import TextEdit, apply_edit
from inkling.core.text import line_end, line_start

_WORD_BEFORE = re.compile(r"\w*\Z")
_WORDS_AFTER = re.compile(r"\w*(?:\s*\.\s*\w+)*")

Written = tuple[str, int, str]
"""A text, an offset in it, and what is written there on one line."""


def written_by(text: str, edit: TextEdit) -> Iterator[Written]:
    """Yields what an edit writes on each line, with the text around it; lines that it only moves are left out.

    Args:
        text: The text before the edit.
        edit: The edit.
    """
    after = apply_edit(text, edit)
    start, end = edit.offset, edit.offset + len(edit.inserted)
    before_edit = text[line_start(text, edit.offset) : line_end(text, edit.end)]
    lines_before = {line.strip() for line in re.split(r"\r\n|\n|\r", before_edit)}
    at = line_start(after, start)
    while True:
        stop = line_end(after, at)
        if after[at:stop].strip() not in lines_before:
            yield _written(after, max(at, start), min(stop, end), at)
        at = stop + (2 if after.startswith("\r\n", stop) else 1)
        if at >= end or at > len(after):
            return


def _written(after: str, start: int, end: int, line: int) -> Written:
    before = _WORD_BEFORE.search(after, line, start)
    start = before.start() if before is not None else start
    following = _WORDS_AFTER.match(after, end, line_end(after, end))
    end = following.end() if following is not None else end
    return after[:start] + after[end:], start, after[start:end]
