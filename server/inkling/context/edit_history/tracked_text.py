"""The lines of one document, kept up to date at the cost of the lines that an edit touches."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

from inkling.core.edit import TextEdit, minimal_edit
from inkling.core.text import line_end

MAX_LINES_COMPARED: Final = 1000  # of a hunk or several; comparing or summing them up takes milliseconds then
_MAX_TEXTS_KNOWN: Final = 40  # from before and after large changes
_BORDER = "\n"  # stands for what is above the first line and below the last; no line is like it
_KEY_MASK = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LineHunk:
    """Lines that are replaced by others; those that stay the same at its beginning and end are no part of it.

    Attributes:
        first_line: Where the removed lines begin, in the text before.
        removed: The lines that go.
        inserted: The lines that come.
    """

    first_line: int
    removed: tuple[str, ...]
    inserted: tuple[str, ...]

    @property
    def end_line(self) -> int:
        """The line after the last removed one, in the text before."""
        return self.first_line + len(self.removed)

    @property
    def shift(self) -> int:
        """By how many lines what stands below is moved."""
        return len(self.inserted) - len(self.removed)


@dataclass(slots=True)
class _Window:
    """A stretch of whole lines that edits touch, and the edits."""

    start: int
    end: int
    edits: list[TextEdit]


class TrackedText:
    """A document's text by lines, and a key of its state that is the same whenever the lines are the same again.

    Attributes:
        lines: The lines, without their ends.
        key: Sums up which line follows which, so that an edit changes it at the cost of the lines it touches. It counts
            from the text at first: keys of different objects say nothing of each other. After a change of more than
            `MAX_LINES_COMPARED` lines the whole text is looked up instead: texts from right before and after such a
            change are known again, be it undone or redone at once.
    """

    def __init__(self, text: str) -> None:
        self.lines = list(_without_ends(text))
        self.key = 0
        self._text = text
        self._has_carriage_returns = "\r" in text
        # The beginning of a line above the latest edit: the next one is seldom far from there.
        self._known_offset, self._known_line = 0, 0
        self._keys_of_texts: OrderedDict[int, int] = OrderedDict()

    @property
    def text(self) -> str:
        """The text itself."""
        return self._text

    def hunks(self, after: str, edits: Sequence[TextEdit]) -> list[LineHunk]:
        """Returns what a notification changes, from the top, in lines of the text before it; none touches another.

        Args:
            after: The text after it.
            edits: Its edits, each in offsets of the text that the one before it left.
        """
        edits = [edit for edit in edits if edit.inserted or edit.n_removed]
        disjoint = _disjoint(edits)
        if disjoint is None or len(self._text) + sum(map(_growth, disjoint)) != len(after):
            disjoint = [minimal_edit(self._text, after)]
        if any("\r" in edit.inserted for edit in disjoint):
            self._has_carriage_returns = True
        hunks = []
        offset, line = self._known_offset, self._known_line
        for number, window in enumerate(self._windows(disjoint)):
            line += self._n_breaks(offset, window.start)
            offset = window.start
            hunks.append(_hunk(line, self._text[window.start : window.end], window))
            if number == 0:  # above all edits, so it stands there afterwards, too
                self._known_offset, self._known_line = offset, line
        return [hunk for hunk in hunks if hunk.removed or hunk.inserted]

    def key_after(self, hunks: Sequence[LineHunk], after: str) -> int:
        """Returns the key of the text after hunks that `hunks` returned."""
        if is_large(hunks):
            known = self._keys_of_texts.get(hash(after))
            return known if known is not None else hash((self.key, hash(after))) & _KEY_MASK
        key = self.key
        for hunk in hunks:
            above = self.lines[hunk.first_line - 1] if hunk.first_line > 0 else _BORDER
            below = self.lines[hunk.end_line] if hunk.end_line < len(self.lines) else _BORDER
            key += _key((above, *hunk.inserted, below)) - _key((above, *hunk.removed, below))
        return key & _KEY_MASK

    def apply(self, hunks: Sequence[LineHunk], after: str) -> None:
        """Goes on to the text after hunks that `hunks` returned."""
        key = self.key_after(hunks, after)
        if is_large(hunks):
            self._keys_of_texts[hash(self._text)] = self.key
            self._keys_of_texts[hash(after)] = key
            while len(self._keys_of_texts) > _MAX_TEXTS_KNOWN:
                self._keys_of_texts.popitem(last=False)
        self.key = key
        for hunk in reversed(hunks):
            self.lines[hunk.first_line : hunk.end_line] = hunk.inserted
        self._text = after

    def _windows(self, edits: Iterable[TextEdit]) -> list[_Window]:
        windows: list[_Window] = []
        for edit in edits:
            # A lone carriage return joins with a line feed that comes to stand beside it: the line above counts.
            start = self._line_start(max(0, edit.offset - 1))
            end = line_end(self._text, edit.end)
            end = min(len(self._text), end + (2 if self._text.startswith("\r\n", end) else 1))
            if windows and start <= windows[-1].end:
                windows[-1].end = max(windows[-1].end, end)
                windows[-1].edits.append(edit)
            else:
                windows.append(_Window(start, end, [edit]))
        return windows

    def _line_start(self, offset: int) -> int:
        start = self._text.rfind("\n", 0, offset) + 1
        if not self._has_carriage_returns:
            return start
        start = max(start, self._text.rfind("\r", 0, offset) + 1)
        is_within_break = start > 0 and self._text.startswith("\r\n", start - 1)
        return self._line_start(start - 1) if is_within_break else start

    def _n_breaks(self, start: int, end: int) -> int:
        """Returns how many lines lie between two beginnings of lines; less than zero where the end comes first."""
        if end < start:
            return -self._n_breaks(end, start)
        n_feeds = self._text.count("\n", start, end)
        if not self._has_carriage_returns:
            return n_feeds
        return n_feeds + self._text.count("\r", start, end) - self._text.count("\r\n", start, end)


def trimmed(hunk: LineHunk) -> LineHunk:
    """Returns a hunk without the lines that stay the same at its beginning and end."""
    removed, inserted = hunk.removed, hunk.inserted
    shorter = min(len(removed), len(inserted))
    n_first = 0
    while n_first < shorter and removed[n_first] == inserted[n_first]:
        n_first += 1
    n_last = 0
    while n_last < shorter - n_first and removed[-1 - n_last] == inserted[-1 - n_last]:
        n_last += 1
    return LineHunk(
        first_line=hunk.first_line + n_first,
        removed=removed[n_first : len(removed) - n_last],
        inserted=inserted[n_first : len(inserted) - n_last],
    )


def _hunk(line: int, before: str, window: _Window) -> LineHunk:
    pieces, done = [], 0
    for edit in window.edits:
        pieces += [before[done : edit.offset - window.start], edit.inserted]
        done = edit.end - window.start
    after = "".join(pieces) + before[done:]
    return trimmed(LineHunk(first_line=line, removed=_without_ends(before), inserted=_without_ends(after)))


def is_large(hunks: Sequence[LineHunk]) -> bool:
    """Tells whether hunks have so many lines that going through them all would take too long."""
    return sum(len(hunk.removed) + len(hunk.inserted) for hunk in hunks) > MAX_LINES_COMPARED


def parts_of(hunk: LineHunk) -> list[LineHunk]:
    """Returns what is changed within a hunk, from the top: who loads a file anew replaces all between two changes."""
    if min(len(hunk.removed), len(hunk.inserted)) < 2 or is_large((hunk,)):
        return [hunk]
    matcher = SequenceMatcher(None, hunk.removed, hunk.inserted, autojunk=False)
    return [
        LineHunk(first_line=hunk.first_line + i1, removed=hunk.removed[i1:i2], inserted=hunk.inserted[j1:j2])
        for what, i1, i2, j1, j2 in matcher.get_opcodes()
        if what != "equal"
    ]


def _disjoint(edits: Sequence[TextEdit]) -> list[TextEdit] | None:
    """Returns edits in offsets of the text before all of them, from the top; None where one changes what another did.

    Editors send the edits of several places from the bottom up, or from the top down.
    """
    if all(lower.end <= upper.offset for upper, lower in pairwise(edits)):
        return list(reversed(edits))
    if not all(upper.offset + len(upper.inserted) <= lower.offset for upper, lower in pairwise(edits)):
        return None
    moved, growth = [], 0
    for edit in edits:
        moved.append(TextEdit(offset=edit.offset - growth, n_removed=edit.n_removed, inserted=edit.inserted))
        growth += _growth(edit)
    return moved


def _growth(edit: TextEdit) -> int:
    return len(edit.inserted) - edit.n_removed


def _without_ends(text: str) -> tuple[str, ...]:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    return tuple(lines if lines[-1] else lines[:-1])


def _key(lines: Iterable[str]) -> int:
    # Hashes of strings can be summed up; those of pairs are so regular that sums of other pairs are the same.
    return sum(hash(f"{above}\n{below}") for above, below in pairwise(lines)) & _KEY_MASK
