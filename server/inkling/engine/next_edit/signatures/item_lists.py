"""Items between parentheses and commas as they stand in the text: arguments of a call, parameters of a `def`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_OPENING, _CLOSING = "([{", ")]}"
_MOST_LINES = 200  # Of one list; a longer one is data.

Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A stretch of a file and what comes in its place; lines from 0, columns in code points."""

    start: Place
    end: Place
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemList:
    """What stands between two parentheses.

    Attributes:
        lines: The file.
        items: Where each item begins and ends.
        open: Where the opening parenthesis stands.
        close: Where the closing parenthesis stands.
    """

    lines: Sequence[str]
    items: tuple[tuple[Place, Place], ...]
    open: Place
    close: Place

    def text(self, number: int) -> str:
        """Returns an item as it is written, its lines joined by line feeds."""
        return text_between(self.lines, *self.items[number])

    @property
    def texts(self) -> tuple[str, ...]:
        """All items as they are written."""
        return tuple(self.text(number) for number in range(len(self.items)))

    def without(self, number: int) -> Replacement:
        """Returns the removal of an item and of one comma, and of its lines where it has them for itself."""
        start, end = self.items[number]
        before, after = self.lines[start[0]][: start[1]], self.lines[end[0]][end[1] :]
        if not before.strip() and re.match(r"\s*,\s*(#.*)?$", after):
            return Replacement(start=(start[0], 0), end=(end[0] + 1, 0), text="")
        if number:
            return Replacement(start=self.items[number - 1][1], end=end, text="")
        if len(self.items) > 1:
            return Replacement(start=start, end=self.items[1][0], text="")
        return Replacement(start=start, end=self.close, text="")

    def replaced(self, number: int, text: str) -> Replacement:
        """Returns the replacement of an item."""
        start, end = self.items[number]
        return Replacement(start=start, end=end, text=text)

    def with_item(self, number: int, text: str) -> Replacement:
        """Returns the insertion of an item, on a line of its own where the others have theirs."""
        if not self.items:
            after_open = (self.open[0], self.open[1] + 1)
            return Replacement(start=after_open, end=after_open, text=text)
        if number == 0:
            start = self.items[0][0]
            return Replacement(start=start, end=start, text=f"{text},{self._space()}")
        end = self.items[number - 1][1]
        return Replacement(start=end, end=end, text=f",{self._space()}{text}")

    def _space(self) -> str:
        lines = [start[0] for start, _ in self.items]
        has_own_lines = lines[0] != self.open[0] and len(set(lines)) == len(lines)
        return "\n" + " " * self.items[0][0][1] if has_own_lines else " "


def item_list(lines: Sequence[str], opening: Place) -> ItemList | None:
    """Returns the items after an opening parenthesis; None where it is not closed or something is not an item."""
    items: list[tuple[Place, Place]] = []
    depth = 0
    first: Place | None = None
    last: Place = opening
    line, column = opening
    quote = ""
    while line < min(len(lines), opening[0] + _MOST_LINES):
        text = lines[line]
        while column < len(text):
            if quote:
                if text.startswith(quote, column):
                    column += len(quote) - 1
                    quote = ""
                elif text[column] == "\\":
                    column += 1
                last = (line, min(column, len(text) - 1) + 1)
                column += 1
                continue
            character = text[column]
            if character == "#":
                break
            is_separator = depth == 1 and character in ",)"
            if is_separator and first is not None:
                items.append((first, last))
                first = None
            elif is_separator and character == ",":
                return None
            if character in _OPENING:
                depth += 1
            elif character in _CLOSING:
                depth -= 1
                if depth == 0:
                    return ItemList(lines=lines, items=tuple(items), open=opening, close=(line, column))
            if character in "\"'":
                quote = character * 3 if text.startswith(character * 3, column) else character
            if not is_separator and not character.isspace() and (line, column) != opening:
                first = first or (line, column)
                last = (line, column + len(quote or character))
            column += len(quote or character)
        if len(quote) == 1:
            return None  # A string that goes on over the line's end; too rare to be read right.
        line, column = line + 1, 0
    return None


def text_between(lines: Sequence[str], start: Place, end: Place) -> str:
    """Returns a stretch of lines, joined by line feeds."""
    if start[0] == end[0]:
        return lines[start[0]][start[1] : end[1]]
    return "\n".join([lines[start[0]][start[1] :], *lines[start[0] + 1 : end[0]], lines[end[0]][: end[1]]])


def rewritten(lines: Sequence[str], replacements: Sequence[Replacement]) -> tuple[int, int, tuple[str, ...]]:
    """Returns first line, line after the last and the new lines; a line of which nothing stays is left out.

    Args:
        lines: The file.
        replacements: One or more, which do not overlap; a place on the line after the last one is the file's end.
    """
    ordered = sorted(replacements, key=lambda replacement: (replacement.start, replacement.end))
    first, last = ordered[0].start[0], max(replacement.end[0] for replacement in ordered)
    if last >= len(lines):
        lines = [*lines, ""]
    parts: list[str] = []
    place: Place = (first, 0)
    for replacement in ordered:
        parts += [text_between(lines, place, replacement.start), replacement.text]
        place = replacement.end
    parts.append(lines[last][place[1] :])
    removed = lines[first : last + 1]
    inserted = [line for line in "".join(parts).split("\n") if line.strip() or line in removed]
    end = last + 1
    while first < end and inserted and lines[end - 1] == inserted[-1]:
        end, inserted = end - 1, inserted[:-1]
    while first < end and inserted and lines[first] == inserted[0]:
        first, inserted = first + 1, inserted[1:]
    return first, end, tuple(inserted)
