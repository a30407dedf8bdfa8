"""One change of one document while the document goes on changing."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from inkling.context.edit_history.layout import is_blank
from inkling.context.edit_history.tracked_text import LineHunk, parts_of, trimmed
from inkling.core.next_edit import ChangeOrigin, LineChange
from inkling.core.snapshot import DocumentUri

N_AROUND = 3  # lines before and after a change that are kept with it; see core.next_edit.LineChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a change that is over was, when it ended.

    Attributes:
        removed: The lines that were there before.
        inserted: The lines that came.
        above: The lines before it.
        below: The lines after it.
        parts: Its runs of changed lines, in lines from its beginning; between them stand lines that stayed.
    """

    removed: tuple[str, ...]
    inserted: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]
    parts: tuple[LineHunk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A change, and where it stands now.

    Attributes:
        number: Tells it from all others, through all its keystrokes.
        touched: Its place in the order of all keystrokes.
        first_line: Where it begins.
        n_lines: How many lines it has now.
        focus: The line that was typed at last, counted from its first.
        removed: The lines that stood there before it began.
        at_ms: When it was last typed at, milliseconds since the Unix epoch.
        origin: How it came about.
        written: What it was when it ended; None while it may go on.
    """

    number: int
    touched: int
    first_line: int
    n_lines: int
    focus: int
    removed: tuple[str, ...]
    at_ms: int
    origin: ChangeOrigin
    written: Written | None = None

    @property
    def end_line(self) -> int:
        """The line after its last one."""
        return self.first_line + self.n_lines

    def takes_in(self, hunk: LineHunk) -> bool:
        """Tells whether a hunk is more of the same change: it falls on its lines, or right beside them.

        A line that is rewritten beside one that was rewritten is a change of its own: who does the same to line after
        line does it several times.
        """
        if hunk.first_line > self.end_line or hunk.end_line < self.first_line:
            return False
        overlaps = hunk.first_line < self.end_line and hunk.end_line > self.first_line
        rewrites_both = 0 < self.n_lines == len(self.removed) and 0 < len(hunk.removed) == len(hunk.inserted)
        return overlaps or not rewrites_both

    def grown(self, hunk: LineHunk, lines: Sequence[str]) -> "Record":
        """Returns it with a hunk beside it made part of it.

        Args:
            hunk: The hunk.
            lines: The document before the hunk.
        """
        first, end = min(self.first_line, hunk.first_line), max(self.end_line, hunk.end_line)
        removed = (*lines[first : self.first_line], *self.removed, *lines[self.end_line : end])
        n_lines, focus = end - first + hunk.shift, hunk.first_line - first
        return replace(self, first_line=first, n_lines=n_lines, focus=focus, removed=removed)

    def moved(self, hunk: LineHunk) -> "Record":
        """Returns it where it is after a hunk that is no part of it; nothing of it may be left."""
        first, end, from_line, to_line = self.first_line, self.end_line, hunk.first_line, hunk.end_line
        if from_line >= end:
            return self
        if to_line <= first:
            return replace(self, first_line=first + hunk.shift)
        if first <= from_line and to_line <= end:
            return replace(self, n_lines=self.n_lines + hunk.shift)
        if from_line <= first and end <= to_line:
            return replace(self, first_line=from_line, n_lines=0)
        if from_line < first:
            return replace(self, first_line=to_line + hunk.shift, n_lines=end - to_line)
        return replace(self, n_lines=from_line - first)

    def ended(self, lines: Sequence[str]) -> "Record":
        """Returns it as a change that is over, with the document's lines as they are now."""
        hunk = trimmed(
            LineHunk(
                first_line=self.first_line,
                removed=self.removed,
                inserted=tuple(lines[self.first_line : self.end_line]),
            )
        )
        first, end = hunk.first_line, hunk.first_line + len(hunk.inserted)
        return replace(
            self,
            first_line=first,
            n_lines=end - first,
            focus=self.focus - (first - self.first_line),
            written=Written(
                removed=hunk.removed,
                inserted=hunk.inserted,
                above=tuple(lines[max(0, first - N_AROUND) : first]),
                below=tuple(lines[end : end + N_AROUND]),
                parts=_parts(hunk.removed, hunk.inserted),
            ),
        )

    @property
    def changes_something(self) -> bool:
        """Whether an ended one left anything else than what was there before."""
        return self.written is not None and self.written.removed != self.written.inserted

    def is_crossed_by(self, hunk: LineHunk) -> bool:
        """Tells whether a hunk touches lines of it and others, too."""
        overlaps = hunk.first_line < self.end_line and hunk.end_line > self.first_line
        return overlaps and not (self.first_line <= hunk.first_line and hunk.end_line <= self.end_line)

    def rewritten(self, lines: Sequence[str]) -> "Record":
        """Returns an ended one with what stands at its place now."""
        if self.written is None:
            return self
        inserted = tuple(lines[self.first_line : self.end_line])
        parts = _parts(self.written.removed, inserted)
        return replace(self, written=replace(self.written, inserted=inserted, parts=parts))

    def stands(self, lines: Sequence[str]) -> bool:
        """Tells whether all that it inserted stands at its place."""
        return self.written is not None and tuple(lines[self.first_line : self.end_line]) == self.written.inserted

    def changes(self, uri: DocumentUri) -> list[LineChange]:
        """Returns an ended one as others see it, run by run; the one that was typed at last comes last.

        Runs in which nothing but white space is changed are left out.
        """
        written = self.written
        if written is None:
            return []
        runs, grown = list[tuple[bool, LineChange]](), 0
        for part in written.parts:
            start = part.first_line + grown  # in the lines that came
            end, grown = start + len(part.inserted), grown + part.shift
            if not is_blank(part.removed) or not is_blank(part.inserted):
                change = LineChange(
                    uri=uri,
                    first_line=self.first_line + start,
                    removed=part.removed,
                    inserted=part.inserted,
                    above=(written.above + written.inserted[:start])[-N_AROUND:],
                    below=(written.inserted[end:] + written.below)[:N_AROUND],
                    at_ms=self.at_ms,
                    origin=self.origin,
                )
                runs.append((start <= self.focus <= end, change))
        return [change for _, change in sorted(runs, key=lambda run: run[0])]

    def is_reverse_of(self, earlier: "Record") -> bool:
        """Tells whether this takes back what an earlier change at the same place did."""
        mine, its = self.written, earlier.written
        if mine is None or its is None or self.first_line != earlier.first_line:
            return False
        return mine.removed == its.inserted and mine.inserted == its.removed


def _parts(removed: tuple[str, ...], inserted: tuple[str, ...]) -> tuple[LineHunk, ...]:
    if removed == inserted:
        return ()
    return tuple(parts_of(LineHunk(first_line=0, removed=removed, inserted=inserted)))


def joined(records: Sequence[Record], lines: Sequence[str]) -> Record:
    """Returns changes under way, at least one, as one with the lines between them."""
    first, *others = sorted(records, key=lambda record: (record.first_line, record.number))
    for other in others:
        removed = (*first.removed, *lines[first.end_line : other.first_line], *other.removed)
        n_lines = max(first.end_line, other.end_line) - first.first_line
        first = replace(first, removed=removed, n_lines=n_lines, number=min(first.number, other.number))
    return first


def moved(records: Iterable[Record], hunks: Sequence[LineHunk]) -> list[Record]:
    """Returns records after disjoint hunks, from the top, that are no part of them."""
    ends = [hunk.end_line for hunk in hunks]
    shifts = list(accumulate((hunk.shift for hunk in hunks), initial=0))
    after = []
    for record in records:
        n_above = bisect_left(ends, record.first_line)
        n_not_below = bisect_right(ends, record.end_line, lo=n_above) + 1
        for hunk in reversed(hunks[n_above:n_not_below]):
            record = record.moved(hunk)
        after.append(replace(record, first_line=record.first_line + shifts[n_above]) if shifts[n_above] else record)
    return after


def standing_around(records: Iterable[Record], hunks: Sequence[LineHunk], lines: Sequence[str]) -> frozenset[int]:
    """Returns the numbers of ended changes that stand as they were written, and that no hunk crosses the border of."""
    return frozenset(
        record.number
        for record in records
        if record.stands(lines) and not any(record.is_crossed_by(hunk) for hunk in hunks)
    )
