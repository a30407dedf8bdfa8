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

from inkling.engine.next_edit.repeats.changed_statements import Statement
from inkling.engine.next_edit.repeats.line_tokens import (
    depth_change,
    is_telling,
    is_whole,
    is_word,
)
from inkling.engine.next_edit.repeats.phrases import (
    Difference,
    Element,
    Hole,
    Phrase,
    closing_bracket,
    depth_of,
    differences_of,
    names_added,
    names_removed,
    numbered_anew,
    opening_bracket,
    phrase_of,
    with_holes,
    with_ranges_as_holes,
)

MOST_DIFFERENCES = 6  # in one statement; beyond it was rewritten as a whole
MOST_CONTEXT = 8  # tokens on each side that are compared with a place's
LEAST_OF_STATEMENT = 3  # words and signs of a pattern that is a statement without a word that says something
MOST_NEIGHBOURS = 5  # tokens beside a difference that says too little


_APART = frozenset(("def", "async", "class", "from", "import", "@"))  # what these begin is not done in other statements
_COMPARISONS, _CONSTANTS = frozenset(("==", "!=", "is")), frozenset(("None", "True", "False"))


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
        statement: The keyword of the definition or import that the statement was; empty for others.
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
    statement: str = ""
    is_part: bool = False
    is_statement: bool = False

    @property
    def only_adds(self) -> bool:
        """Whether all that the pattern stands for stays."""
        copied = [piece.element for piece in self.replacement if isinstance(piece.element, int)]
        return copied == list(range(len(self.pattern)))

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


_Growth = Callable[["Phrase", "Phrase", "Difference"], "Difference | None"]


def statement_keyword(elements: Sequence[Element]) -> str:
    """Returns what a definition or an import begins with; nothing for other statements."""
    first = elements[0] if elements else ""
    return first if isinstance(first, str) and first in _APART else ""


@lru_cache(maxsize=512)
def rewrites_of(statement: Statement) -> tuple[Rewrite, ...]:
    """Returns the rewrites that a changed statement is an example of; one that was made twice in it comes twice.

    What is but another name is so throughout a statement: that comes once.
    """
    old, new = (phrase_of(tokens) for tokens in statement)
    differences = differences_of(old, new)
    if len(differences) > MOST_DIFFERENCES:
        return ()
    is_part = len(differences) > 1
    removed = {name.content for difference in differences for name in names_removed(old, difference)}
    added = {name.content for difference in differences for name in names_added(new, difference)}
    found = [
        replace(rewrite, is_part=is_part)
        for difference in differences
        # What was moved within the statement is neither taken away nor brought by a part of the change.
        if added.isdisjoint(name.content for name in names_removed(old, difference))
        and removed.isdisjoint(name.content for name in names_added(new, difference))
        for rewrite in _rewrites_of_one(old, new, difference, differences)
    ]
    if is_part:
        with_old_holes, with_new_holes = with_holes(old, new)
        found.extend(rewrites_of_whole(with_old_holes, with_new_holes))
        found.extend(_rewrites_of_brackets(with_old_holes, with_new_holes))
    renames = {rewrite.key: rewrite for rewrite in found if rewrite.is_rename}
    return (*(rewrite for rewrite in found if not rewrite.is_rename), *renames.values())


def _rewrites_of_one(
    old: Phrase, new: Phrase, difference: Difference, differences: Sequence[Difference]
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
    differences = differences_of(old, new)
    if differences:
        yield from _rewrites_of_run(old, new, differences)


def _rewrites_of_brackets(old: Phrase, new: Phrase) -> Iterator[Rewrite]:
    """Yields the rewrite of each run of differences that takes away or brings both ends of brackets."""
    runs: list[list[Difference]] = [[]]
    old_depth = new_depth = 0
    for difference in differences_of(old, new):
        runs[-1].append(difference)
        old_depth += depth_of(old.elements[difference.old_start : difference.old_end])
        new_depth += depth_of(new.elements[difference.new_start : difference.new_end])
        if old_depth == new_depth == 0:
            runs.append([])
    for run in runs:
        if len(run) > 1 and len(runs) > 2:
            for rewrite in _rewrites_of_run(old, new, run):
                yield replace(rewrite, pattern=numbered_anew(rewrite.pattern), is_part=True)


def _rewrites_of_run(old: Phrase, new: Phrase, differences: Sequence[Difference]) -> Iterator[Rewrite]:
    first, last = differences[0], differences[-1]
    whole = Difference(first.old_start, last.old_end, first.new_start, last.new_end)
    if says_enough(old.elements[whole.old_start : whole.old_end]):
        widened: Difference | None = whole
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
    whole = Difference(0, len(old.elements), 0, len(new.elements))
    has_word = any(is_word(str(element)) for element in old.elements)
    if n_literal >= LEAST_OF_STATEMENT and has_word and _is_bound(old, new, whole):
        yield from (replace(rewrite, is_statement=True) for rewrite in _rewrite(old, new, whole))


def _is_bound(old: Phrase, new: Phrase, difference: Difference) -> bool:
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


def _with_call(old: Phrase, new: Phrase, difference: Difference, others: Sequence[Difference]) -> Iterator[Rewrite]:
    """Yields the rewrite of the call around a difference, with holes for the arguments that stayed."""
    elements = old.elements
    opening = opening_bracket(elements, difference.old_start)
    if opening is None or opening == 0 or not says_enough(elements[opening - 1 : opening]):
        return
    closing = closing_bracket(elements, opening, len(elements))
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
        if start < end and is_whole([str(element) for element in elements[start:end]]):
            hole = Hole(len(old_ranges), is_list=True)
            old_ranges.append((start, end, hole))
            new_ranges.append((start + shift, end + shift, hole))
    n_after, n_after_new = len(elements) - closing - 1, len(new.elements) - (closing + 1 + shift_after)
    old, new = with_ranges_as_holes(old, old_ranges), with_ranges_as_holes(new, new_ranges)
    yield from _rewrite(
        old,
        new,
        Difference(
            opening - 1, len(old.elements) - n_after, opening - 1 + shift_before, len(new.elements) - n_after_new
        ),
    )


def _without_commas(elements: Sequence[Element], start: int, end: int) -> tuple[int, int]:
    while start < end and elements[start] == ",":
        start += 1
    while start < end and elements[end - 1] == ",":
        end -= 1
    return start, end


def _with_words_before(old: Phrase, new: Phrase, difference: Difference) -> Difference | None:
    """Returns a difference with the words before it, as many as it takes to say something; None where they do not."""
    grown = _grown(old, new, difference, _grown_left)
    # What was inserted after a word belongs before what follows, too: the word alone stands in many places.
    if grown is not None and difference.old_start == difference.old_end:
        return _grown_right(old, new, grown) or grown
    return grown


def _with_words_after(old: Phrase, new: Phrase, difference: Difference) -> Difference | None:
    """Returns a difference with the words after it, as many as it takes to say something; None where they do not."""
    return _grown(old, new, difference, _grown_right)


def _grown(old: Phrase, new: Phrase, difference: Difference, grow: _Growth) -> Difference | None:
    grown: Difference | None = difference
    for _ in range(MOST_NEIGHBOURS):
        grown = grow(old, new, grown) if grown is not None else None
        if grown is not None and says_enough(old.elements[grown.old_start : grown.old_end]):
            return grown
    return None


def _grown_left(old: Phrase, new: Phrase, difference: Difference) -> Difference | None:
    """Returns a difference with what stands before it; None where that is not the same on both sides."""
    old_start, new_start = difference.old_start - 1, difference.new_start - 1
    if min(old_start, new_start) < 0 or old.elements[old_start] != new.elements[new_start]:
        return None
    return Difference(old_start, difference.old_end, new_start, difference.new_end)


def _grown_right(old: Phrase, new: Phrase, difference: Difference) -> Difference | None:
    """Returns a difference with what stands after it; None where that is not the same on both sides."""
    old_end, new_end = difference.old_end, difference.new_end
    if old_end >= len(old.elements) or new_end >= len(new.elements) or old.elements[old_end] != new.elements[new_end]:
        return None
    return Difference(difference.old_start, old_end + 1, difference.new_start, new_end + 1)


def _rewrite(old: Phrase, new: Phrase, difference: Difference) -> Iterator[Rewrite]:
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
    depth = depth_of(new.elements[: difference.new_start])
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
        statement=statement_keyword(old.elements),
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
