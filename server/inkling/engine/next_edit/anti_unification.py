"""The least general rewrite that two changes are both examples of: what differs between them becomes holes.

Statements are compared as sequences of tokens in which brackets stay balanced: a line that is being written need not
parse.

Source: Plotkin 1970, "A note on inductive generalization"; for edits, Miltner et al. 2019, "On the fly synthesis of
edit suggestions".
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from inkling.engine.next_edit.changed_statements import Statement
from inkling.engine.next_edit.line_tokens import is_balanced, is_telling
from inkling.engine.next_edit.rewrites import (
    Element,
    Hole,
    Phrase,
    Rewrite,
    phrase_of,
    rewrites_of_whole,
    with_ranges_as_holes,
)

MOST_TOKENS = 80  # of a statement that is generalised
LEAST_IN_COMMON = 0.5  # of a statement's tokens; two that differ in most of them are not two of one kind

Substitution = tuple[tuple[Element, ...], tuple[Element, ...]]


@lru_cache(maxsize=1024)
def generalised(newer: Statement, older: Statement) -> Rewrite | None:
    """Returns the rewrite that both changes of a statement are examples of; None where they have too little in common.

    What differs between the old statements becomes a hole for each pair of expressions; the new statements may differ
    only in the same pairs.
    """
    if any(len(tokens) > MOST_TOKENS for statement in (newer, older) for tokens in statement):
        return None
    newer_old, newer_new = (phrase_of(tokens) for tokens in newer)
    older_old, older_new = (phrase_of(tokens) for tokens in older)
    if not any(is_telling(str(text)) for text in {*newer_old.elements} & {*older_old.elements}):
        return None
    holes: dict[Substitution, Hole] = {}
    old = _with_differences_as_holes(newer_old, older_old, holes, may_add=True)
    new = _with_differences_as_holes(newer_new, older_new, holes, may_add=False) if old is not None else None
    if old is None or new is None or not holes or _n_literal(old) < LEAST_IN_COMMON * len(newer_old.elements):
        return None
    rewrite = next(iter(rewrites_of_whole(old, new)), None)
    if rewrite is None or not any(isinstance(element, Hole) for element in rewrite.pattern):
        return None  # What the two have in common is a rewrite without holes, which each of them gives alone.
    return rewrite


def _with_differences_as_holes(
    newer: Phrase, older: Phrase, holes: dict[Substitution, Hole], *, may_add: bool
) -> Phrase | None:
    """Returns what two phrases have in common, laid out as the newer; None where a difference cannot be a hole."""
    ranges: list[tuple[int, int, Hole]] = []
    for newer_start, newer_end, older_start, older_end in _differing(newer.elements, older.elements):
        pair = newer.elements[newer_start:newer_end], older.elements[older_start:older_end]
        if pair not in holes:
            if not may_add or not all(_is_expression(content) for content in pair):
                return None
            holes[pair] = Hole(len(holes), is_list=any("," in content for content in pair))
        ranges.append((newer_start, newer_end, holes[pair]))
    return with_ranges_as_holes(newer, ranges)


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
    return bool(texts) and is_balanced(texts) and all(texts.count(quote) % 2 == 0 for quote in ('"', "'"))
