"""The lines of one text, looked up by number many times, and whole lines replaced by others."""

import bisect
from collections.abc import Sequence
from itertools import accumulate

from inkling.core.edit import TextEdit, minimal_edit
from inkling.core.text import Position, split_lines

_BREAKS = "\r\n"


class NumberedLines:
    """A text with its lines counted once."""

    def __init__(self, text: str) -> None:
        """Counts the lines of `text`."""
        self.text = text
        self._lines = split_lines(text)
        self._starts = [0, *accumulate(map(len, self._lines))]

    def position(self, offset: int) -> Position:
        """Returns the position of an offset in the text; behind the last line break one more line begins."""
        line = bisect.bisect_right(self._starts, offset) - 1
        if line == len(self._lines) and line > 0 and not _break_of(self._lines[-1]):
            line -= 1
        return Position(line=line, column=offset - self._starts[line])

    @property
    def n_lines(self) -> int:
        """How many lines there are; a text that ends in a break has no empty last line."""
        return len(self._lines)

    def start_of(self, line: int) -> int:
        """Returns the offset at which a line begins; the text's length for the number of lines."""
        return self._starts[line]

    def stand_at(self, first_line: int, lines: Sequence[str]) -> bool:
        """Tells whether just these lines, given without their ends, stand from a line on."""
        if not 0 <= first_line <= first_line + len(lines) <= len(self._lines):
            return False
        return [line.rstrip(_BREAKS) for line in self._lines[first_line : first_line + len(lines)]] == list(lines)

    def replacement(self, first_line: int, removed: Sequence[str], inserted: Sequence[str]) -> TextEdit | None:
        """Returns the one edit that puts lines in the place of others, as small as it can be.

        The lines that come end as those in whose place they come do, and a text without a break at its end has none
        after.

        Args:
            first_line: Where the removed lines begin; the number of lines for the text's end.
            removed: The lines that stand there, without their ends.
            inserted: The lines that come there.

        Returns:
            The edit; None where other lines stand there, where nothing would change, or where lines that end in a
            carriage return alone would run into others.
        """
        lines, end_line = self._lines, first_line + len(removed)
        if not self.stand_at(first_line, removed) or list(removed) == list(inserted):
            return None
        replaced, above = lines[first_line:end_line], lines[max(0, first_line - 1) : first_line]
        start = self._starts[first_line]
        before, after = "".join(replaced), _with_breaks(inserted, replaced, [*above, *lines[:1]])
        if end_line == len(lines) and lines and not _break_of(lines[-1]):
            # The text ends without a break, and shall after: the one that comes, or goes, is the one above.
            after = after[: len(after) - len(_break_of(split_lines(after)[-1]))] if after else after
            if not removed:
                after = _first_break(lines) + after
            elif not inserted and above and above[0].rstrip(_BREAKS):  # a blank line is one by its break alone
                start, before = start - len(_break_of(above[0])), _break_of(above[0]) + before
        if self._joins_breaks(start, before, after):
            return None
        change = minimal_edit(before, after)
        return self._with_whole_breaks(
            TextEdit(offset=start + change.offset, n_removed=change.n_removed, inserted=change.inserted)
        )

    def _joins_breaks(self, start: int, before: str, after: str) -> bool:
        """Tells whether a carriage return that ends a line would come to stand before a line feed: two lines in one."""
        text, end = self.text, start + len(before)
        around = text[max(0, start - 1) : start] + after + text[end : end + 1]
        return "\r\n" in (around[:2], around[-2:]) and "\r\n" not in (text[max(0, start - 1) : start + 1], after[-2:])

    def _with_whole_breaks(self, edit: TextEdit) -> TextEdit:
        r"""Returns the same edit with borders that the protocol can name: no position lies between `\r` and `\n`."""
        text, offset, end, inserted = self.text, edit.offset, edit.end, edit.inserted
        if text[max(0, end - 1) : end + 1] == "\r\n":
            end, inserted = end + 1, inserted + "\n"
        if text[max(0, offset - 1) : offset + 1] == "\r\n":
            offset, inserted = offset - 1, "\r" + inserted
        return TextEdit(offset=offset, n_removed=end - offset, inserted=inserted)


def _with_breaks(inserted: Sequence[str], replaced: Sequence[str], around: Sequence[str]) -> str:
    """Returns the lines that come, each with the break of the line in whose place it comes, else with a usual one."""
    breaks = [_break_of(line) for line in replaced[: len(inserted)]]
    usual = next((each for each in reversed(breaks) if each), _first_break(around))
    breaks += [usual] * (len(inserted) - len(breaks))
    return "".join(line + (each or usual) for line, each in zip(inserted, breaks, strict=True))


def _first_break(lines: Sequence[str]) -> str:
    """Returns the first line break of lines; a line feed where there is none."""
    return next((each for line in lines if (each := _break_of(line))), "\n")


def _break_of(line: str) -> str:
    return line[len(line.rstrip(_BREAKS)) :]
