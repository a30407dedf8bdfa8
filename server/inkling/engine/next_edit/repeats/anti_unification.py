"""The least general rewrite that two changes are both examples of: what differs between them becomes holes.

Statements are compared as sequences of tokens in which brackets stay balanced: a line that is being written need not
parse.

Source: Plotkin 1970, "A note on inductive generalization"; for edits, Miltner et al. 2019, "On the fly synthesis of
edit suggestions".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import chain, takewhile
from typing import NamedTuple

from inkling.engine.next_edit.repeats.changed_statements import Statement
from inkling.engine.next_edit.repeats.line_tokens import is_balanced, is_whole, is_word
from inkling.engine.next_edit.repeats.phrases import Element, Hole, Phrase, phrase_of, with_holes, with_ranges_as_holes
from inkling.engine.next_edit.repeats.rewrites import Rewrite, rewrite_of_statement, rewrites_of_whole

MOST_TOKENS = 80  # of a statement that is generalised
_QUOTES = frozenset("\"'")
_ENDS_TEXT = frozenset("\"'%{}\\")
LEAST_IN_COMMON = 0.5  # of a statement's tokens; two that differ in most of them are not two of one kind

Substitution = tuple[tuple[Element, ...], tuple[Element, ...]]


@lru_cache(maxsize=1024)
def generalised(newer: Statement, older: Statement) -> tuple[Rewrite, ...]:
    """Returns the rewrites that both changes of a statement are examples of; none where they have little in common.

    What differs between the old statements becomes a hole for each pair of expressions; the new statements may differ
    only in the same pairs.
    """
    if any(len(tokens) > MOST_TOKENS for statement in (newer, older) for tokens in statement):
        return ()
    newer_old, newer_new = (phrase_of(tokens) for tokens in newer)
    older_old, older_new = (phrase_of(tokens) for tokens in older)
    if not any(is_word(str(text)) for text in {*newer_old.elements} & {*older_old.elements}):
        return ()
    with_whole_texts = _generalised((newer_old, newer_new), (older_old, older_new), takes_whole_texts=True)
    if with_whole_texts or _QUOTES.isdisjoint(newer_old.elements):
        return with_whole_texts
    # What was added to texts, or moved out of them, is seen where only the words that differ are holes.
    return _generalised((newer_old, newer_new), (older_old, older_new), takes_whole_texts=False)


def _generalised(
    newer: tuple[Phrase, Phrase], older: tuple[Phrase, Phrase], *, takes_whole_texts: bool
) -> tuple[Rewrite, ...]:
    found_differences = [
        _differences(*phrases, takes_whole_texts=takes_whole_texts) for phrases in zip(newer, older, strict=True)
    ]
    holes: dict[Substitution, Hole] = {}
    old = _with_holes(newer[0], older[0], found_differences[0], holes, may_add=True)
    new = _with_holes(newer[1], older[1], found_differences[1], holes, may_add=False) if old is not None else None
    if old is None or new is None or not holes or _n_literal(old) < LEAST_IN_COMMON * len(newer[0].elements):
        return ()
    prefixes = {hole: replace(hole, prefix=_common_prefix(*pair)) for pair, hole in holes.items()}
    found: dict[object, Rewrite] = {}
    # What both have in common may still be a coincidence where it was only moved: holes for it are a second reading.
    for reading in ((old, new), with_holes(old, new)):
        in_statement = rewrite_of_statement(*(_with(prefixes, phrase) for phrase in reading))
        rewrite = next(chain(rewrites_of_whole(*reading), in_statement), None)
        # Without a hole it is a rewrite that each of the two gives alone.
        if rewrite is not None and any(isinstance(element, Hole) for element in rewrite.pattern):
            found[rewrite.key] = rewrite
    return tuple(found.values())


def _common_prefix(content: Sequence[Element], other: Sequence[Element]) -> str:
    """Returns the words that two names begin with, such as `test_`; nothing for other expressions."""
    if len(content) != 1 or len(other) != 1:
        return ""
    pairs = zip(str(content[0]), str(other[0]), strict=False)
    prefix = "".join(char for char, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return prefix[: prefix.rfind("_") + 1]


def _with(holes: Mapping[Hole, Hole], phrase: Phrase) -> Phrase:
    return Phrase(tuple(holes.get(e, e) if isinstance(e, Hole) else e for e in phrase.elements), phrase.gaps)


class _TextOrCode(NamedTuple):
    """What differs between two statements, and whether it lies in a string."""

    bounds: tuple[int, int, int, int]
    is_text: bool


def _differences(newer: Phrase, older: Phrase, *, takes_whole_texts: bool) -> Iterator[_TextOrCode]:
    in_text = _in_text(newer.elements)
    for bounds in _differing(newer.elements, older.elements):
        is_text = in_text[bounds[0]] if bounds[0] < len(in_text) else False
        if is_text and takes_whole_texts:
            bounds = _with_text_beside(newer.elements, older.elements, bounds)
        yield _TextOrCode(bounds, is_text)


def _with_holes(
    newer: Phrase,
    older: Phrase,
    differences: Iterable[_TextOrCode],
    holes: dict[Substitution, Hole],
    *,
    may_add: bool,
) -> Phrase | None:
    """Returns what two phrases have in common, laid out as the newer; None where a difference cannot be a hole."""
    ranges: list[tuple[int, int, Hole]] = []
    for (newer_start, newer_end, older_start, older_end), is_text in differences:
        pair = newer.elements[newer_start:newer_end], older.elements[older_start:older_end]
        if ranges and ranges[-1][1] > newer_start:
            return None
        if pair not in holes:
            if not may_add or not all(content if is_text else _is_expression(content) for content in pair):
                return None
            is_list = any("," in content for content in pair)
            holes[pair] = Hole(len(holes), is_list=is_list, is_text=is_text)
        ranges.append((newer_start, newer_end, holes[pair]))
    return with_ranges_as_holes(newer, ranges)


def _in_text(elements: Sequence[Element]) -> list[bool]:
    """Returns for each element whether it lies in a string."""
    found, quote = list[bool](), ""
    for element in elements:
        if quote:
            found.append(element != quote)
            quote = "" if element == quote else quote
        else:
            found.append(False)
            quote = element if isinstance(element, str) and element in _QUOTES else ""
    return found


def _with_text_beside(
    newer: Sequence[Element], older: Sequence[Element], bounds: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """Returns a difference within strings with the same text around it: to quotes, conversions and braces."""
    newer_start, newer_end, older_start, older_end = bounds
    while min(newer_start, older_start) > 0 and newer[newer_start - 1] not in _ENDS_TEXT:
        newer_start, older_start = newer_start - 1, older_start - 1
    while newer_end < len(newer) and older_end < len(older) and newer[newer_end] not in _ENDS_TEXT:
        newer_end, older_end = newer_end + 1, older_end + 1
    return newer_start, newer_end, older_start, older_end


def _n_literal(phrase: Phrase) -> int:
    return sum(not isinstance(element, Hole) for element in phrase.elements)


def _differing(newer: Sequence[Element], older: Sequence[Element]) -> list[tuple[int, int, int, int]]:
    """Returns what differs, widened until brackets are balanced on both sides."""
    found: list[tuple[int, int, int, int]] = []
    for tag, newer_start, newer_end, older_start, older_end in SequenceMatcher(
        None, newer, older, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        if found and not (_is_closed(newer, found[-1][:2]) and _is_closed(older, found[-1][2:])):
            last = found.pop()
            newer_start, older_start = last[0], last[2]
        found.append((newer_start, newer_end, older_start, older_end))
    return found


def _is_closed(elements: Sequence[Element], bounds: Sequence[int]) -> bool:
    return is_balanced([str(element) for element in elements[bounds[0] : bounds[1]]])


def _is_expression(content: Sequence[Element]) -> bool:
    texts = [str(element) for element in content]
    return bool(texts) and is_whole(texts)
