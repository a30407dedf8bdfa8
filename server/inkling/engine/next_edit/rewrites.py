"""What a change did to its lines, as rewrites that can be applied elsewhere: a pattern, and what comes in its place.

A pattern is made of words and signs that must stand there, and of holes that whole expressions fit in. Each difference
between the old and the new line is a rewrite of its own; all differences of a statement together are another one, with
what stayed between them as holes: `assert_equal(a, b)` that became `assert a == b` rewrites any two arguments. A
difference that says too little, such as an added argument, takes in the call around it or the words beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from keyword import iskeyword, kwlist
from operator import itemgetter

from inkling.engine.next_edit.changed_statements import Statement
from inkling.engine.next_edit.line_tokens import (
    Token,
    depth_change,
    is_balanced,
    is_sign,
    is_telling,
    is_word,
)

MOST_DIFFERENCES = 6  # in one statement; beyond it was rewritten as a whole
MOST_CONTEXT = 8  # tokens on each side that are compared with a place's
LEAST_OF_STATEMENT = 3  # words and signs of a pattern that is a statement without a word that says something
MOST_NEIGHBOURS = 5  # tokens beside a difference that says too little


@dataclass(frozen=True, slots=True)
class Hole:
    """A place of a pattern that any expression fits in.

    Attributes:
        number: Holes of one number must hold the same.
        is_list: Whether several expressions with commas between them fit in as well.
        is_text: Whether it lies in a string and holds words and signs of its text instead.
        prefix: What the one word that fits in begins with; anything fits in where it is empty.
    """

    number: int
    is_list: bool = False
    is_text: bool = False
    prefix: str = ""


Element = str | Hole

_SEPARATORS = frozenset((",", ":", "=", *(word for word in kwlist if word not in {"None", "True", "False", "not"})))
_COMPARISONS, _CONSTANTS = frozenset(("==", "!=", "is")), frozenset(("None", "True", "False"))
_BEGINS_OPERAND = frozenset("([{\"'-")
_ENDS_OPERAND = frozenset(")]}\"'")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what a rewrite writes.

    Attributes:
        element: The word or sign, or the number of the pattern's element that is copied.
        gap: The white space before it; None where it is as in the place.
        is_argument: Whether it begins an argument or item, which stands on a line of its own where the others do.
    """

    element: str | int
    gap: str | None
    is_argument: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """A statement with or without holes: its elements and the white space before each."""

    elements: tuple[Element, ...]
    gaps: tuple[str, ...]

    def text(self, start: int, end: int) -> str:
        """Returns the elements of a range as a person reads them; a hole is an ellipsis."""
        words = ("…" if isinstance(element, Hole) else element for element in self.elements[start:end])
        text = "".join(gap + word for gap, word in zip(self.gaps[start:end], words, strict=True))
        return " ".join(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """One way to rewrite a part of a statement.

    Attributes:
        pattern: What must stand there; at least one word of it says something.
        replacement: What comes in its place.
        gap_after: White space before what follows; None where it stays as it is.
        left: What stood before it on its line, the nearest first.
        right: What stood after it on its line, the nearest first.
        indentation: What the statement was indented by.
        before: The pattern as a person reads it.
        after: What came in its place as a person reads it.
        is_part: Whether the statement was changed elsewhere, too.
        is_statement: Whether nothing may stand before or after it.
    """

    pattern: tuple[Element, ...]
    replacement: tuple[Piece, ...]
    gap_after: str | None
    left: tuple[Element, ...]
    right: tuple[Element, ...]
    indentation: str
    before: str
    after: str
    is_part: bool = False
    is_statement: bool = False

    @property
    def is_rename(self) -> bool:
        """Whether one name comes in place of another."""
        elements = (*self.pattern, *(piece.element for piece in self.replacement))
        return len(elements) == 2 and all(isinstance(element, str) and is_word(element) for element in elements)

    @property
    def adds_comment(self) -> bool:
        """Whether nothing may follow on the line."""
        return any(piece.element == "#" for piece in self.replacement)

    @property
    def key(self) -> tuple[tuple[Element, ...], tuple[str | int, ...]]:
        """What makes two rewrites the same: layout and surroundings do not count."""
        return self.pattern, tuple(piece.element for piece in self.replacement)


_Growth = Callable[["Phrase", "Phrase", "_Difference"], "_Difference | None"]


@dataclass(frozen=True, slots=True)
class _Difference:
    old_start: int
    old_end: int
    new_start: int
    new_end: int


@lru_cache(maxsize=512)
def rewrites_of(statement: Statement) -> tuple[Rewrite, ...]:
    """Returns the rewrites that a changed statement is an example of."""
    old, new = (phrase_of(tokens) for tokens in statement)
    differences = _differences(old, new)
    if len(differences) > MOST_DIFFERENCES:
        return ()
    is_part = len(differences) > 1
    found = [
        replace(rewrite, is_part=is_part)
        for difference in differences
        for rewrite in _rewrites_of_one(old, new, difference, differences)
    ]
    if is_part:
        found.extend(rewrites_of_whole(*with_holes(old, new)))
    return tuple({rewrite.key: rewrite for rewrite in found}.values())


def phrase_of(tokens: Sequence[Token]) -> Phrase:
    """Returns a statement without holes."""
    return Phrase(tuple(token.text for token in tokens), tuple(token.gap for token in tokens))


def _differences(old: Phrase, new: Phrase) -> list[_Difference]:
    """Returns what differs; what only signs of a line stand between is one difference, unless they are commas."""
    found: list[_Difference] = []
    matcher = SequenceMatcher(None, old.elements, new.elements, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        if found:
            kept = range(found[-1].old_end, old_start)
            if all(
                is_sign(old.elements[index]) and old.elements[index] != "," and "\n" not in old.gaps[index]
                for index in kept
            ) and not (old_start < old_end and "\n" in old.gaps[old_start]):
                last = found.pop()
                old_start, new_start = last.old_start, last.new_start
        found.append(_Difference(old_start, old_end, new_start, new_end))
    return found


def _rewrites_of_one(
    old: Phrase, new: Phrase, difference: _Difference, differences: Sequence[_Difference]
) -> Iterator[Rewrite]:
    if says_enough(old.elements[difference.old_start : difference.old_end]):
        yield from _rewrite(old, new, difference)
        return
    yield from _with_call(old, new, difference, differences)
    for beside in (_with_words_before(old, new, difference), _with_words_after(old, new, difference)):
        if beside is not None:
            yield from _rewrite(old, new, beside)


def rewrites_of_whole(old: Phrase, new: Phrase) -> Iterator[Rewrite]:
    """Yields the rewrite from the first difference of two phrases with holes to their last."""
    differences = _differences(old, new)
    if not differences:
        return
    first, last = differences[0], differences[-1]
    whole = _Difference(first.old_start, last.old_end, first.new_start, last.new_end)
    if says_enough(old.elements[whole.old_start : whole.old_end]):
        widened: _Difference | None = whole
    else:
        widened = _with_words_before(old, new, whole) or _with_words_after(old, new, whole)
    if widened is not None:
        # A hole at an end could hold too little or too much: what stands beside it says where it ends.
        if isinstance(old.elements[widened.old_start], Hole):
            widened = _grown_left(old, new, widened) or widened
        if isinstance(old.elements[widened.old_end - 1], Hole):
            widened = _grown_right(old, new, widened) or widened
        if _is_bound(old, new, widened):
            yield from _rewrite(old, new, widened)


def rewrite_of_statement(old: Phrase, new: Phrase) -> Iterator[Rewrite]:
    """Yields the rewrite of a whole statement, of which no part says enough by itself."""
    n_literal = sum(isinstance(element, str) for element in old.elements)
    whole = _Difference(0, len(old.elements), 0, len(new.elements))
    has_word = any(is_word(str(element)) for element in old.elements)
    if n_literal >= LEAST_OF_STATEMENT and has_word and _is_bound(old, new, whole):
        yield from (replace(rewrite, is_statement=True) for rewrite in _rewrite(old, new, whole))


def _is_bound(old: Phrase, new: Phrase, difference: _Difference) -> bool:
    """Tells whether each hole of what comes stands in what goes."""
    known = {
        element for element in old.elements[difference.old_start : difference.old_end] if isinstance(element, Hole)
    }
    used = {element for element in new.elements[difference.new_start : difference.new_end] if isinstance(element, Hole)}
    return used <= known


def says_enough(elements: Sequence[Element]) -> bool:
    """Tells whether a pattern has a word, or compares with a constant, so that its places are not coincidences."""
    if any(isinstance(element, str) and is_telling(element) for element in elements):
        return True
    return not _COMPARISONS.isdisjoint(elements) and not _CONSTANTS.isdisjoint(elements)


def with_holes(old: Phrase, new: Phrase) -> tuple[Phrase, Phrase]:
    """Returns both phrases with holes for what stayed between the first and the last difference, and for what moved."""
    differences = _differences(old, new)
    numbers: dict[tuple[Element, ...], Hole] = {}
    n_before = sum(isinstance(element, Hole) for element in old.elements)
    old_ranges, new_ranges = list[tuple[int, int, Hole]](), list[tuple[int, int, Hole]]()
    for before, after in pairwise(differences):
        shift = before.new_end - before.old_end
        for start, end in _expressions(old.elements, before.old_end, after.old_start):
            content = old.elements[start:end]
            if isinstance(content[0], Hole) and len(content) == 1:
                continue
            hole = numbers.setdefault(content, Hole(n_before + len(numbers), "," in content))
            old_ranges.append((start, end, hole))
            new_ranges.append((start + shift, end + shift, hole))
    removed = [name for d in differences for name in _names(old.elements, d.old_start, d.old_end)]
    added = [name for d in differences for name in _names(new.elements, d.new_start, d.new_end)]
    moved = {content for *_, content in removed} & {content for *_, content in added}
    for names, ranges in ((removed, old_ranges), (added, new_ranges)):
        for start, end, content in names:
            if content in moved:
                ranges.append((start, end, numbers.setdefault(content, Hole(n_before + len(numbers)))))
    return with_ranges_as_holes(old, sorted(old_ranges, key=itemgetter(0))), with_ranges_as_holes(
        new, sorted(new_ranges, key=itemgetter(0))
    )


def _names(elements: Sequence[Element], start: int, end: int) -> Iterator[tuple[int, int, tuple[Element, ...]]]:
    """Yields the names of a range with their attributes; called functions are none."""
    index = start
    while index < end:
        first = index
        while index + 2 < end and is_word(str(elements[index])) and elements[index + 1] == ".":
            index += 2
        index += 1
        element = elements[first]
        is_called = index < len(elements) and elements[index] == "("
        if isinstance(element, str) and is_word(element) and not iskeyword(element) and not is_called:
            yield first, index, tuple(elements[first:index])


def with_ranges_as_holes(phrase: Phrase, ranges: Sequence[tuple[int, int, Hole]]) -> Phrase:
    """Returns a phrase with holes in place of ranges, which are in order and do not overlap."""
    elements, gaps, at = list[Element](), list[str](), 0
    for start, end, hole in ranges:
        elements += [*phrase.elements[at:start], hole]
        gaps += [*phrase.gaps[at:start], phrase.gaps[start]]
        at = end
    return Phrase((*elements, *phrase.elements[at:]), (*gaps, *phrase.gaps[at:]))


def _expressions(elements: Sequence[Element], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yields the expressions that a range is made of; called functions and the names of arguments are none."""
    first = index = start
    while index <= end:
        text = elements[index] if index < end else ","
        closing = _closing(elements, index, end) if isinstance(text, str) and depth_change(text) > 0 else None
        if closing is not None:
            index = closing
        elif isinstance(text, str) and (text in _SEPARATORS or depth_change(text)):
            if text != "=" and depth_change(text) <= 0:
                yield from _trimmed(elements, first, index)
            first = index + 1
        index += 1


def _trimmed(elements: Sequence[Element], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yields a range without the operators at its ends and the attributes at its beginning, if anything is left."""
    while start < end and is_sign(elements[start]) and elements[start] not in _BEGINS_OPERAND:
        start += 2 if elements[start] == "." else 1
    while start < end and is_sign(elements[end - 1]) and elements[end - 1] not in _ENDS_OPERAND:
        end -= 1
    content = [str(element) for element in elements[start:end]]
    has_whole_strings = all(content.count(quote) % 2 == 0 for quote in ('"', "'"))
    if has_whole_strings and is_balanced(content) and not all(is_sign(text) for text in content):
        yield start, end


def _closing(elements: Sequence[Element], opening: int, end: int) -> int | None:
    depth = 0
    for index in range(opening, end):
        element = elements[index]
        depth += depth_change(element) if isinstance(element, str) else 0
        if depth == 0:
            return index
    return None


def _opening(elements: Sequence[Element], before: int) -> int | None:
    """Returns the bracket around a position that is still open there."""
    depth = 0
    for index in range(before - 1, -1, -1):
        element = elements[index]
        depth += depth_change(element) if isinstance(element, str) else 0
        if depth > 0:
            return index
    return None


def _with_call(old: Phrase, new: Phrase, difference: _Difference, others: Sequence[_Difference]) -> Iterator[Rewrite]:
    """Yields the rewrite of the call around a difference, with holes for the arguments that stayed."""
    elements = old.elements
    opening = _opening(elements, difference.old_start)
    if opening is None or opening == 0 or not says_enough(elements[opening - 1 : opening]):
        return
    closing = _closing(elements, opening, len(elements))
    if closing is None or closing < difference.old_end:
        return
    if any(opening - 1 < other.old_end and other.old_start <= closing for other in others if other != difference):
        return
    shift_before, shift_after = difference.new_start - difference.old_start, difference.new_end - difference.old_end
    old_ranges, new_ranges = list[tuple[int, int, Hole]](), list[tuple[int, int, Hole]]()
    for start, end, shift in (
        (opening + 1, difference.old_start, shift_before),
        (difference.old_end, closing, shift_after),
    ):
        start, end = _without_commas(elements, start, end)
        if start < end and is_balanced([str(element) for element in elements[start:end]]):
            hole = Hole(len(old_ranges), is_list=True)
            old_ranges.append((start, end, hole))
            new_ranges.append((start + shift, end + shift, hole))
    n_after, n_after_new = len(elements) - closing - 1, len(new.elements) - (closing + 1 + shift_after)
    old, new = with_ranges_as_holes(old, old_ranges), with_ranges_as_holes(new, new_ranges)
    yield from _rewrite(
        old,
        new,
        _Difference(
            opening - 1, len(old.elements) - n_after, opening - 1 + shift_before, len(new.elements) - n_after_new
        ),
    )


def _without_commas(elements: Sequence[Element], start: int, end: int) -> tuple[int, int]:
    while start < end and elements[start] == ",":
        start += 1
    while start < end and elements[end - 1] == ",":
        end -= 1
    return start, end


def _with_words_before(old: Phrase, new: Phrase, difference: _Difference) -> _Difference | None:
    """Returns a difference with the words before it, as many as it takes to say something; None where they do not."""
    grown = _grown(old, new, difference, _grown_left)
    # What was inserted after a word belongs before what follows, too: the word alone stands in many places.
    if grown is not None and difference.old_start == difference.old_end:
        return _grown_right(old, new, grown) or grown
    return grown


def _with_words_after(old: Phrase, new: Phrase, difference: _Difference) -> _Difference | None:
    """Returns a difference with the words after it, as many as it takes to say something; None where they do not."""
    return _grown(old, new, difference, _grown_right)


def _grown(old: Phrase, new: Phrase, difference: _Difference, grow: _Growth) -> _Difference | None:
    grown: _Difference | None = difference
    for _ in range(MOST_NEIGHBOURS):
        grown = grow(old, new, grown) if grown is not None else None
        if grown is not None and says_enough(old.elements[grown.old_start : grown.old_end]):
            return grown
    return None


def _grown_left(old: Phrase, new: Phrase, difference: _Difference) -> _Difference | None:
    """Returns a difference with what stands before it; None where that is not the same on both sides."""
    old_start, new_start = difference.old_start - 1, difference.new_start - 1
    if min(old_start, new_start) < 0 or old.elements[old_start] != new.elements[new_start]:
        return None
    return _Difference(old_start, difference.old_end, new_start, difference.new_end)


def _grown_right(old: Phrase, new: Phrase, difference: _Difference) -> _Difference | None:
    """Returns a difference with what stands after it; None where that is not the same on both sides."""
    old_end, new_end = difference.old_end, difference.new_end
    if old_end >= len(old.elements) or new_end >= len(new.elements) or old.elements[old_end] != new.elements[new_end]:
        return None
    return _Difference(difference.old_start, old_end + 1, difference.new_start, new_end + 1)


def _rewrite(old: Phrase, new: Phrase, difference: _Difference) -> Iterator[Rewrite]:
    """Yields the rewrite of a range of a statement; every hole of the new range stands in the old one.

    There is none where the lines around were wrapped anew and the range is no longer a part of one line.
    """
    pattern = old.elements[difference.old_start : difference.old_end]
    gaps = old.gaps[difference.old_start : difference.old_end]
    written = new.elements[difference.new_start : difference.new_end]
    written_gaps = new.gaps[difference.new_start : difference.new_end]
    is_rewrapped = _n_breaks_around(old, difference.old_start, difference.old_end) != _n_breaks_around(
        new, difference.new_start, difference.new_end
    )
    depth = sum(depth_change(element) for element in new.elements[: difference.new_start] if isinstance(element, str))
    if is_rewrapped and ("#" in written or _begins_statement(written, written_gaps, depth)):
        return
    gap_after = None
    if difference.old_end < len(old.gaps) and difference.new_end < len(new.gaps):
        gap_after = new.gaps[difference.new_end]
        if gap_after == old.gaps[difference.old_end] or is_rewrapped:
            gap_after = None
    yield Rewrite(
        pattern=pattern,
        replacement=_pieces(pattern, gaps, written, written_gaps, depth),
        gap_after=gap_after,
        left=_left_on_line(old, difference.old_start),
        right=_right_on_line(old, difference.old_end),
        indentation=old.gaps[0].rpartition("\n")[2],
        before=old.text(difference.old_start, difference.old_end),
        after=new.text(difference.new_start, difference.new_end),
    )


def _pieces(
    pattern: Sequence[Element],
    gaps: Sequence[str],
    written: Sequence[Element],
    written_gaps: Sequence[str],
    depth: int,
) -> tuple[Piece, ...]:
    """Returns what is written as new words and copies of the pattern's elements.

    Line breaks within brackets are layout and left out; `depth` is how many brackets are open before.
    """
    copied = {
        match.b + step: match.a + step
        for match in SequenceMatcher(None, pattern, written, autojunk=False).get_matching_blocks()
        for step in range(match.size)
    }
    pieces: list[Piece] = []
    before: Element = ""
    for index, (element, gap) in enumerate(zip(written, written_gaps, strict=True)):
        source = copied.get(index, pattern.index(element) if isinstance(element, Hole) else None)
        is_argument = depth > 0 and isinstance(before, str) and (before == "," or depth_change(before) > 0)
        is_closing = isinstance(element, str) and depth_change(element) < 0
        if "\n" in gap and depth > 0:
            gap = " " if before == "," or not (is_argument or is_closing) else ""
        if source is None:
            pieces.append(Piece(str(element), gap, is_argument))
        else:
            old_before = pattern[source - 1] if source else None
            # The white space before a place goes to whatever comes first there.
            is_kept = (source or not index) and (
                before == old_before if is_argument else is_closing or gaps[source] == written_gaps[index]
            )
            pieces.append(Piece(source, None if is_kept else gap, is_argument))
        depth += depth_change(element) if isinstance(element, str) else 0
        before = element
    return tuple(pieces)


def _left_on_line(phrase: Phrase, end: int) -> tuple[Element, ...]:
    start = end
    while start > 0 and end - start < MOST_CONTEXT and not (start < len(phrase.gaps) and "\n" in phrase.gaps[start]):
        start -= 1
    return phrase.elements[start:end][::-1]


def _right_on_line(phrase: Phrase, start: int) -> tuple[Element, ...]:
    end = start
    while end < len(phrase.elements) and end - start < MOST_CONTEXT and "\n" not in phrase.gaps[end]:
        end += 1
    return phrase.elements[start:end]


def _begins_statement(elements: Sequence[Element], gaps: Sequence[str], depth: int) -> bool:
    for element, gap in zip(elements, gaps, strict=True):
        if depth <= 0 and "\n" in gap:
            return True
        depth += depth_change(element) if isinstance(element, str) else 0
    return False


def _n_breaks_around(phrase: Phrase, start: int, end: int) -> int:
    """Returns how many lines begin outside of a range; where that changed, a formatter wrapped the statement anew."""
    return sum("\n" in gap for gap in (*phrase.gaps[1:start], *phrase.gaps[max(1, end) :]))
