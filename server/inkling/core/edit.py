"""Edits of a text, and places that move with them. Offsets count code points."""

from dataclasses import dataclass

from inkling.core.text import split_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEdit:
    """A replacement in a text.

    Attributes:
        offset: Where it begins.
        n_removed: Code points that are taken out there.
        inserted: What is put in their place.
    """

    offset: int
    n_removed: int
    inserted: str

    @property
    def end(self) -> int:
        """Where the removed text ended, in the text before the edit."""
        return self.offset + self.n_removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a text from `start` up to `end`; an empty one is a place between two characters."""

    start: int
    end: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return self.start == self.end

    def text(self, text: str) -> str:
        """Returns what stands in it."""
        return text[self.start : self.end]


def apply_edit(text: str, edit: TextEdit) -> str:
    """Returns the text after the edit."""
    return text[: edit.offset] + edit.inserted + text[edit.end :]


def move_span(span: Span, edit: TextEdit) -> Span:
    """Returns where a span of the text before the edit lies after it.

    An edit inside the span makes it longer or shorter, one across a border takes away what it removes, and one that
    removes more than the whole span leaves an empty one. Text that is inserted at a border stays outside; an empty
    span stays before what is inserted at its place.
    """
    shift = len(edit.inserted) - edit.n_removed
    if edit.offset >= span.end:
        return span
    if edit.end <= span.start:
        return Span(start=span.start + shift, end=span.end + shift)
    if span.start <= edit.offset and edit.end <= span.end:
        return Span(start=span.start, end=span.end + shift)
    if edit.offset <= span.start and span.end <= edit.end:
        return Span(start=edit.offset, end=edit.offset)
    if edit.offset < span.start:
        return Span(start=edit.offset + len(edit.inserted), end=span.end + shift)
    return Span(start=span.start, end=edit.offset)


def swallows(edit: TextEdit, span: Span) -> bool:
    """Tells whether the edit removes the whole span and something beside it."""
    if span.is_empty:
        return edit.offset < span.start < edit.end
    return edit.offset <= span.start and span.end <= edit.end and edit.n_removed > span.end - span.start


def minimal_edit(before: str, after: str) -> TextEdit:
    """Returns one edit from `before` to `after` that leaves their common beginning and end alone."""
    longest = min(len(before), len(after))
    n_first = common_prefix(before, after)
    low, high = 0, longest - n_first
    while low < high:
        middle = (low + high + 1) // 2
        if before.endswith(after[len(after) - middle :]):
            low = middle
        else:
            high = middle - 1
    return TextEdit(offset=n_first, n_removed=len(before) - n_first - low, inserted=after[n_first : len(after) - low])


def common_prefix(left: str, right: str, right_start: int = 0) -> int:
    """Returns how many code points `left` and `right`, the latter from `right_start` on, have in common at first.

    It halves the range and compares slices, which for large texts is far faster than going by characters.
    """
    low, high = 0, min(len(left), max(0, len(right) - right_start))
    while low < high:
        middle = (low + high + 1) // 2
        if right.startswith(left[low:middle], right_start + low):
            low = middle
        else:
            high = middle - 1
    return low


def without_trailing_space(text: str) -> str:
    """Returns the text with line feeds for line ends, and without white space at the ends of its lines."""
    return "\n".join(line.rstrip() for line in split_lines(text)).rstrip()
