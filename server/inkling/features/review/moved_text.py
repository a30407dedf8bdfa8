"""A reviewed text and what stands in the editor: where its lines are now, and whether a suggestion still fits.

The two differ where what was reviewed is not what is open: the index, a branch or a past commit, with unsaved edits or
later commits in the document. Line ends do not count, because git may have stored others.
"""

import difflib
import itertools
from bisect import bisect_right
from dataclasses import dataclass

from inkling.core.edit import TextEdit
from inkling.core.text import split_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceNow:
    """Where lines of a reviewed text stand.

    Attributes:
        first: The first line, one-based.
        last: The last one.
        is_rewritten: Whether these lines are not there any more as they were reviewed; the place is then the nearest.
    """

    first: int
    last: int
    is_rewritten: bool


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of the reviewed text and those in their place now, zero-based, ends excluded."""

    is_same: bool
    old_from: int
    old_to: int
    new_from: int
    new_to: int


class MovedText:
    """Follows places of a reviewed text into the text as it is now."""

    def __init__(self, reviewed: str, now: str) -> None:
        """Takes both texts."""
        self._reviewed, self._now = reviewed, now
        old, new = split_lines(reviewed), split_lines(now)
        self._old_starts, self._new_starts = _starts(old), _starts(new)
        matcher = difflib.SequenceMatcher(None, _without_kind_of_end(old), _without_kind_of_end(new))
        self._blocks = [_Block(tag == "equal", *lines) for tag, *lines in matcher.get_opcodes()]

    def lines(self, first: int, last: int) -> PlaceNow:
        """Returns where lines stand, one-based, the last one included."""
        if self._reviewed == self._now:
            return PlaceNow(first=first, last=last, is_rewritten=False)
        n_lines = max(1, len(self._old_starts) - 1)
        start = min(max(first, 1), n_lines) - 1
        end = min(max(last, start + 1), n_lines)
        block = self._standing(start, end)
        if block is not None:
            shift = block.new_from - block.old_from
            return PlaceNow(first=start + shift + 1, last=end + shift, is_rewritten=False)
        nearest = self._nearest(start)
        return PlaceNow(first=nearest + 1, last=max(nearest, self._nearest(end - 1)) + 1, is_rewritten=True)

    def edit(self, edit: TextEdit) -> TextEdit | None:
        """Returns an edit of the reviewed text as one of the text as it is now.

        Returns:
            None where the lines that it touches are not there any more, or not as they were.
        """
        if self._reviewed == self._now:
            return edit
        n_lines = len(self._old_starts) - 1
        if n_lines == 0:
            return None
        first = min(bisect_right(self._old_starts, edit.offset) - 1, n_lines - 1)
        last = min(bisect_right(self._old_starts, max(edit.offset, edit.end - 1)) - 1, n_lines - 1)
        block = self._standing(first, last + 1)
        if block is None:
            return None
        shift = block.new_from - block.old_from
        is_at_end = edit.offset == len(self._reviewed)
        if is_at_end and last + 1 + shift != len(self._new_starts) - 1:
            return None  # What is put at the end of the file belongs behind what was its last line.
        offset, end = (self._moved(place, line, shift) for place, line in ((edit.offset, first), (edit.end, last)))
        return TextEdit(offset=offset, n_removed=end - offset, inserted=edit.inserted)

    def _standing(self, start: int, end: int) -> _Block | None:
        """Returns the block that holds lines, all of which are as they were."""
        return next(
            (each for each in self._blocks if each.is_same and each.old_from <= start and end <= each.old_to), None
        )

    def _nearest(self, line: int) -> int:
        """Returns the line that stands where a line was; zero-based."""
        n_lines = max(1, len(self._new_starts) - 1)
        for block in self._blocks:
            if block.old_from <= line < block.old_to:
                n_further = min(line - block.old_from, max(0, block.new_to - block.new_from - 1))
                return min(block.new_from + n_further, n_lines - 1)
        return min(line, n_lines - 1)

    def _moved(self, offset: int, line: int, shift: int) -> int:
        """Returns the offset now of a place in a line that stands, or behind its end."""
        if offset == self._old_starts[line + 1]:
            return self._new_starts[line + 1 + shift]
        return self._new_starts[line + shift] + offset - self._old_starts[line]


def _starts(lines: list[str]) -> list[int]:
    """Returns the offsets at which lines begin, and that of the end of the text."""
    return [0, *itertools.accumulate(map(len, lines))]


def _without_kind_of_end(lines: list[str]) -> list[str]:
    """Returns lines that differ only if their texts do, or if one of them has no end."""
    stripped = [line.rstrip("\r\n") for line in lines]
    return [text if text == line else f"{text}\n" for text, line in zip(stripped, lines, strict=True)]
