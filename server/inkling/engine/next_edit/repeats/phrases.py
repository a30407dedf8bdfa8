"""Statements with holes, and what differs between two of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from keyword import iskeyword, kwlist
from operator import itemgetter
from typing import NamedTuple

from inkling.engine.next_edit.repeats.line_tokens import Token, depth_change, is_sign, is_whole, is_word

_SEPARATORS = frozenset((",", ":", "=", *(word for word in kwlist if word not in {"None", "True", "False", "not"})))
_BEGINS_OPERAND = frozenset("([{\"'-")
_ENDS_OPERAND = frozenset(")]}\"'")


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


@dataclass(frozen=True, slots=True)
class Difference:
    """Elements of an old phrase and the elements of a new one that came in their place; one of them may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def phrase_of(tokens: Sequence[Token]) -> Phrase:
    """Returns a statement without holes."""
    return Phrase(tuple(token.text for token in tokens), tuple(token.gap for token in tokens))


def differences_of(old: Phrase, new: Phrase) -> list[Difference]:
    """Returns what differs; what only signs of a line stand between is one difference, unless they are commas."""
    found: list[Difference] = []
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
        found.append(Difference(old_start, old_end, new_start, new_end))
    return found


def with_holes(old: Phrase, new: Phrase) -> tuple[Phrase, Phrase]:
    """Returns both phrases with holes for what stayed between the first and the last difference, and for what moved."""
    differences = differences_of(old, new)
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
    removed = [name for difference in differences for name in names_removed(old, difference)]
    added = [name for difference in differences for name in names_added(new, difference)]
    moved = {name.content for name in removed} & {name.content for name in added}
    for names, ranges in ((removed, old_ranges), (added, new_ranges)):
        for start, end, content in names:
            if content in moved:
                ranges.append((start, end, numbers.setdefault(content, Hole(n_before + len(numbers)))))
    return with_ranges_as_holes(old, sorted(old_ranges, key=itemgetter(0))), with_ranges_as_holes(
        new, sorted(new_ranges, key=itemgetter(0))
    )


def depth_of(elements: Sequence[Element]) -> int:
    """Returns how many brackets elements leave open; negative where they close more than they open."""
    return sum(depth_change(element) for element in elements if isinstance(element, str))


def numbered_anew(pattern: Sequence[Element]) -> tuple[Element, ...]:
    """Returns a pattern with its holes counted from 0, so that it is the same wherever it stood."""
    numbers: dict[int, int] = {}
    return tuple(
        replace(element, number=numbers.setdefault(element.number, len(numbers)))
        if isinstance(element, Hole)
        else element
        for element in pattern
    )


class Name(NamedTuple):
    """A name with its attributes in a phrase."""

    start: int
    end: int
    content: tuple[Element, ...]


def names_removed(old: Phrase, difference: Difference) -> list[Name]:
    """Returns the names that a difference takes away."""
    return list(_names(old.elements, difference.old_start, difference.old_end))


def names_added(new: Phrase, difference: Difference) -> list[Name]:
    """Returns the names that a difference brings."""
    return list(_names(new.elements, difference.new_start, difference.new_end))


def _names(elements: Sequence[Element], start: int, end: int) -> Iterator[Name]:
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
            yield Name(first, index, tuple(elements[first:index]))


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
        closing = closing_bracket(elements, index, end) if isinstance(text, str) and depth_change(text) > 0 else None
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
    if is_whole(content) and not all(is_sign(text) for text in content):
        yield start, end


def closing_bracket(elements: Sequence[Element], opening: int, end: int) -> int | None:
    """Returns the bracket before `end` that closes another one; None where there is none."""
    depth = 0
    for index in range(opening, end):
        element = elements[index]
        depth += depth_change(element) if isinstance(element, str) else 0
        if depth == 0:
            return index
    return None


def opening_bracket(elements: Sequence[Element], before: int) -> int | None:
    """Returns the bracket around a position that is still open there."""
    depth = 0
    for index in range(before - 1, -1, -1):
        element = elements[index]
        depth += depth_change(element) if isinstance(element, str) else 0
        if depth > 0:
            return index
    return None
