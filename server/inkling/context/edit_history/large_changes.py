"""Changes of thousands of lines at once: their topmost places say what was done, and the rest is not gone through."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Final

from inkling.context.edit_history.records import Record
from inkling.context.edit_history.tracked_text import MAX_LINES_COMPARED, LineHunk, is_large, parts_of

MAX_LINES_OF_CHANGE: Final = 200  # that are kept of one place; more say nothing about what is done next


def topmost_parts(hunk: LineHunk, n_parts: int) -> list[LineHunk]:
    """Returns the topmost changes within a hunk; the whole where nothing near its top stays the same.

    Where no line came or went, lines are compared in pairs. Else only so many lines are compared as `parts_of` compares
    at once.
    """
    if len(hunk.removed) == len(hunk.inserted):
        return list(islice(_changed_pairs(hunk), n_parts))
    n_each = MAX_LINES_COMPARED // 2
    head = LineHunk(first_line=hunk.first_line, removed=hunk.removed[:n_each], inserted=hunk.inserted[:n_each])
    # What comes after the last line that is the same in both heads may go on below them.
    return parts_of(head)[:-1][:n_parts] or [hunk]


def cut(hunks: Iterable[LineHunk]) -> list[LineHunk]:
    """Returns the topmost hunks with their topmost lines, so few that going through all of them costs little."""
    kept: list[LineHunk] = []
    for hunk in hunks:
        removed, inserted = hunk.removed[:MAX_LINES_OF_CHANGE], hunk.inserted[:MAX_LINES_OF_CHANGE]
        kept.append(LineHunk(first_line=hunk.first_line, removed=removed, inserted=inserted))
        if is_large(kept):
            break
    return kept


def first_lines_after(hunks: Sequence[LineHunk]) -> list[int]:
    """Returns where each of several hunks, from the top, begins in the text after all of them."""
    shifts = accumulate((hunk.shift for hunk in hunks), initial=0)
    return [hunk.first_line + shift for hunk, shift in zip(hunks, shifts, strict=False)]


def untouched(records: Iterable[Record], hunks: Sequence[LineHunk]) -> list[Record]:
    """Returns the records whose lines large hunks leave as they are, at the places that they have after them."""
    kept = list(records)
    for hunk in reversed(hunks):
        outside = [record.moved(hunk) for record in kept if _is_outside(record, hunk)]
        kept = outside + [record for record in kept if _is_same_in(record, hunk)]
    return kept


def _is_outside(record: Record, hunk: LineHunk) -> bool:
    return record.first_line >= hunk.end_line or record.end_line <= hunk.first_line


def _is_same_in(record: Record, hunk: LineHunk) -> bool:
    """Tells whether a hunk that replaces line by line puts the lines of a record that it holds in their place again."""
    if len(hunk.removed) != len(hunk.inserted) or _is_outside(record, hunk) or record.first_line < hunk.first_line:
        return False
    first, end = record.first_line - hunk.first_line, record.end_line - hunk.first_line
    return hunk.removed[first:end] == hunk.inserted[first:end]


def _changed_pairs(hunk: LineHunk) -> Iterator[LineHunk]:
    removed, inserted = hunk.removed, hunk.inserted
    pairs = enumerate(zip(removed, inserted, strict=True))
    for first, end in _runs(number for number, (old, new) in pairs if old != new):
        yield LineHunk(first_line=hunk.first_line + first, removed=removed[first:end], inserted=inserted[first:end])


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yields the first number and the end of each run of consecutive numbers."""
    first = end = -1
    for number in numbers:
        if number != end:
            if first >= 0:
                yield first, end
            first = number
        end = number + 1
    if first >= 0:
        yield first, end
