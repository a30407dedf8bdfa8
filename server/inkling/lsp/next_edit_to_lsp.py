"""From predicted edits to the client's ranges: minimal, in its units, and with the line ends of the document."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from inkling.core.edit import TextEdit, minimal_edit
from inkling.core.next_edit import PredictedEdit
from inkling.core.suggestion import SuggestionId
from inkling.core.text import split_lines
from inkling.lsp.documents import to_units
from inkling.lsp.fix_messages import WirePosition, WireRange, WireTextEdit
from inkling.lsp.next_edit_label import edit_label
from inkling.lsp.next_edit_messages import WireNextEdit

_BREAKS = "\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """A file as the client has it.

    Attributes:
        uri: What the client calls it.
        version: Of the open document; None for a file that the client has not open.
        path: Relative to its workspace folder, or the file's name.
        text: The whole text, line ends as the file has them.
    """

    uri: str
    version: int | None
    path: str
    text: str


class EditWriter:
    """Writes predictions for one file as it is now.

    Args:
        seen: The file.
        encoding: Units of the client's columns: utf-8, utf-16 or utf-32.
    """

    def __init__(self, seen: SeenFile, encoding: str) -> None:
        self._seen = seen
        self._encoding = encoding
        self._lines = split_lines(seen.text)
        self._starts = [0, *accumulate(map(len, self._lines))]

    def next_edit(self, suggestion_id: SuggestionId, edit: PredictedEdit) -> WireNextEdit | None:
        """Returns a prediction as the client reads it; None where it no longer fits, or changes nothing."""
        replaced = self.text_edit(edit)
        if replaced is None:
            return None
        return WireNextEdit(
            id=suggestion_id,
            uri=self._seen.uri,
            version=self._seen.version,
            path=self._seen.path,
            range=self._range(replaced),
            old_text=self._seen.text[replaced.offset : replaced.end],
            new_text=replaced.inserted,
            kind=edit.kind.value,
            label=edit_label(edit.removed, edit.inserted),
            words=edit.words,
            probability=edit.probability,
            n_in_group=edit.n_in_group,
        )

    def text_edits(self, edits: Sequence[PredictedEdit]) -> list[WireTextEdit] | None:
        """Returns edits from top to bottom; None where one does not fit, or two touch one another."""
        found = []
        end_line = end = 0
        for edit in sorted(edits, key=lambda each: each.first_line):
            replaced = self.text_edit(edit)
            if replaced is None or edit.first_line < end_line or replaced.offset < end:
                return None
            found.append(WireTextEdit(range=self._range(replaced), new_text=replaced.inserted))
            # Two insertions at one place would have no order.
            end_line, end = edit.first_line + max(1, len(edit.removed)), replaced.end
        return found

    def text_edit(self, edit: PredictedEdit) -> TextEdit | None:
        """Returns the one replacement that does what a prediction says, as small as it can be.

        The lines that come end as those in whose place they come do, and a text without a break at its end has none
        after.

        Returns:
            The replacement; None where other lines stand there now, or where nothing would change.
        """
        lines, end_line = self._lines, edit.first_line + len(edit.removed)
        if not 0 <= edit.first_line <= end_line <= len(lines) or edit.removed == edit.inserted:
            return None
        replaced, above = lines[edit.first_line : end_line], lines[max(0, edit.first_line - 1) : edit.first_line]
        if tuple(line.rstrip(_BREAKS) for line in replaced) != edit.removed:
            return None
        start = self._starts[edit.first_line]
        before, after = "".join(replaced), _with_breaks(edit.inserted, replaced, [*above, *lines[:1]])
        if end_line == len(lines) and lines and not _break_of(lines[-1]):
            # The text ends without a break, and shall after: the one that comes, or goes, is the one above.
            after = after[: len(after) - len(_break_of(split_lines(after)[-1]))] if after else after
            if not edit.removed:
                after = _first_break(lines) + after
            elif not edit.inserted and above and above[0].rstrip(_BREAKS):  # a blank line is one by its break alone
                start, before = start - len(_break_of(above[0])), _break_of(above[0]) + before
        if self._joins_breaks(start, before, after):
            return None
        change = minimal_edit(before, after)
        return self._with_whole_breaks(
            TextEdit(offset=start + change.offset, n_removed=change.n_removed, inserted=change.inserted)
        )

    def _joins_breaks(self, start: int, before: str, after: str) -> bool:
        """Tells whether a carriage return that ends a line would come to stand before a line feed: two lines in one."""
        text, end = self._seen.text, start + len(before)
        around = text[max(0, start - 1) : start] + after + text[end : end + 1]
        return "\r\n" in (around[:2], around[-2:]) and "\r\n" not in (text[max(0, start - 1) : start + 1], after[-2:])

    def _with_whole_breaks(self, edit: TextEdit) -> TextEdit:
        r"""Returns the same edit with borders that the protocol can name: no position lies between `\r` and `\n`."""
        text, offset, end, inserted = self._seen.text, edit.offset, edit.end, edit.inserted
        if text[max(0, end - 1) : end + 1] == "\r\n":
            end, inserted = end + 1, inserted + "\n"
        if text[max(0, offset - 1) : offset + 1] == "\r\n":
            offset, inserted = offset - 1, "\r" + inserted
        return TextEdit(offset=offset, n_removed=end - offset, inserted=inserted)

    def _range(self, edit: TextEdit) -> WireRange:
        return WireRange(start=self._position(edit.offset), end=self._position(edit.end))

    def _position(self, offset: int) -> WirePosition:
        """Returns the position of an offset; behind the last line break that is the beginning of one more line."""
        line = bisect.bisect_right(self._starts, offset) - 1
        if line == len(self._lines) and line > 0 and not _break_of(self._lines[-1]):
            line -= 1
        before = self._seen.text[self._starts[line] : offset]
        return WirePosition(line=line, character=to_units(before, self._encoding))


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
