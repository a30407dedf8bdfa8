"""A next edit in one line for a person, such as "`timeout` → `timeout_s`" or "+ import os"."""

import re
from collections.abc import Sequence
from typing import Final

from inkling.core.edit import minimal_edit

MAX_SIDE_CHARS: Final = 40  # of what is quoted on either side of the arrow; a hint beside a line has no room for more
MAX_LINE_CHARS: Final = 60  # of a whole line that comes or goes


_PART = re.compile(r"\w+|\s+|[^\w\s]+")


def edit_label(removed: Sequence[str], inserted: Sequence[str], *, reason: str = "") -> str:
    """Returns a change of lines in a few words; quoted parts are whole words, and long ones are cut.

    Args:
        removed: The lines that go, without their ends.
        inserted: The lines that come.
        reason: Why, in words; said where nothing can be quoted, instead of counting lines.
    """
    removed, inserted = _without_common_lines(removed, inserted)
    if not removed:
        return f"+ {_in_short(inserted)}"
    if not inserted:
        return f"\N{MINUS SIGN} {_in_short(removed)}"
    if len(removed) == len(inserted):
        parts = {_changed_words(old, new) for old, new in zip(removed, inserted, strict=True) if old != new}
        if len(parts) == 1:
            return _arrow(*parts.pop())
        return reason or f"{len(removed)} lines changed"
    return reason or f"{_n_lines(len(removed))} \N{RIGHTWARDS ARROW} {_n_lines(len(inserted))}"


def _without_common_lines(old: Sequence[str], new: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Returns both without the lines at their beginning and end that they share."""
    shorter = min(len(old), len(new))
    first = next((index for index in range(shorter) if old[index] != new[index]), shorter)
    last = next((index for index in range(shorter - first) if old[-1 - index] != new[-1 - index]), shorter - first)
    return old[first : len(old) - last], new[first : len(new) - last]


def _in_short(lines: Sequence[str]) -> str:
    """Returns the only line that is not blank, or how many lines there are."""
    written = [line for line in lines if line.strip()]
    if len(written) == 1:
        return _cut(written[0].strip(), MAX_LINE_CHARS)
    return _n_lines(len(written)) if written else f"{len(lines)} blank {'line' if len(lines) == 1 else 'lines'}"


def _n_lines(count: int) -> str:
    return f"{count} {'line' if count == 1 else 'lines'}"


def _changed_words(old: str, new: str) -> tuple[str, str]:
    """Returns what changes between two lines, widened to whole words; once where the same changes several times."""
    parts = [(before, after) for before, after in _paired_parts(old, new) if before != after]
    if len(parts) > 1 and len(set(parts)) == 1:
        return parts[0][0].strip(), parts[0][1].strip()
    edit = minimal_edit(old, new)
    start, end = edit.offset, edit.end
    n_behind = len(old) - end
    while start > 0 and _is_inside_word(old, start, end, new, len(new) - n_behind, at_start=True):
        start -= 1
    while n_behind > 0 and _is_inside_word(old, start, len(old) - n_behind, new, len(new) - n_behind, at_start=False):
        n_behind -= 1
    return old[start : len(old) - n_behind].strip(), new[start : len(new) - n_behind].strip()


def _paired_parts(old: str, new: str) -> list[tuple[str, str]]:
    """Returns the words of two lines, and what stands between them, side by side; none if one has more of them."""
    before, after = _PART.findall(old), _PART.findall(new)
    return list(zip(before, after, strict=True)) if len(before) == len(after) else []


def _is_inside_word(old: str, start: int, old_end: int, new: str, new_end: int, *, at_start: bool) -> bool:
    """Tells whether the changed part of either line begins, or ends, between two characters of one word."""
    for line, end in ((old, old_end), (new, new_end)):
        place = start if at_start else end
        if 0 < place < len(line) and _is_of_word(line[place - 1]) and _is_of_word(line[place]):
            return True
    return False


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _arrow(old: str, new: str) -> str:
    if old and new:
        return f"`{_cut(old, MAX_SIDE_CHARS)}` \N{RIGHTWARDS ARROW} `{_cut(new, MAX_SIDE_CHARS)}`"
    if old or new:
        return f"+ `{_cut(new, MAX_SIDE_CHARS)}`" if new else f"\N{MINUS SIGN} `{_cut(old, MAX_SIDE_CHARS)}`"
    return "white space"


def _cut(text: str, n_chars: int) -> str:
    return text if len(text) <= n_chars else f"{text[: n_chars - 1].rstrip()}…"
