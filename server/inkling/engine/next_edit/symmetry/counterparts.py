"""Where the siblings of a newcomer have entries, and what its own entry would be."""

import ast
import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.symmetry.casings import pieces_of, similar_words, spoken_forms
from inkling.engine.next_edit.symmetry.listings import (
    Item,
    Listing,
    ListingKind,
    content_of_string,
    listings_of,
    replaced_tokens,
    tokens_of,
    tree_of,
)
from inkling.engine.next_edit.symmetry.newcomers import Newcomer, Sibling

LEAST_NAMED = 0.3  # of the siblings; what fewer of them have is their own
MOST_MENTIONS = 40  # of one name in one file; a name that stands everywhere is no entry of a list
MOST_LINES_APART = 30  # from one mention of a sibling to the next
MOST_LINES = 12  # of an entry; longer ones are not copies
MOST_ENTRIES = 3  # of one sibling in one listing
MOST_APART = 12  # items between two entries of one block; what is further apart is no list

_WORD = re.compile(r"[^\W\d]\w*")


class _Mention(NamedTuple):
    line: int
    sibling: Sibling


@dataclass(frozen=True, slots=True)
class Entry:
    """The item of a listing that is about one sibling."""

    sibling: Sibling
    number: int
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """An entry that a newcomer lacks.

    Attributes:
        view: The file.
        listing: Where.
        entries: Those of siblings, in the order of the text.
        number: The item beside which it belongs.
        is_before: Whether it belongs before that item; else after it.
        lines: What it says; empty where the siblings' entries do not tell.
        n_agreeing: Entries that say the same but for the names.
    """

    view: FileView
    listing: Listing
    entries: tuple[Entry, ...]
    number: int
    is_before: bool
    lines: tuple[str, ...]
    n_agreeing: int


def counterparts(view: FileView, newcomer: Newcomer) -> Iterator[Counterpart]:
    """Yields the entries that siblings have in a file and the newcomer lacks."""
    if len(newcomer.siblings) == 1 and not (newcomer.is_copy and view is newcomer.view):
        return  # One example is enough where all of it was copied.
    mentions = _mentions(view, newcomer)
    tree = tree_of(view) if mentions else None
    if tree is None:
        return
    for node in _nodes_about(tree, mentions, newcomer):
        for listing in listings_of(view, node):
            if not _is_of_other_use(listing, newcomer):
                for column in _columns(view, listing, newcomer, mentions):
                    found = _counterpart(view, listing, column, newcomer)
                    if found is not None:
                        yield found


def _nodes_about(node: ast.AST, mentions: Sequence[_Mention], newcomer: Newcomer) -> Iterator[ast.AST]:
    """Yields the parts of a tree in which enough siblings are named, each before what is in it."""
    yield node
    for child in ast.iter_child_nodes(node):
        last = getattr(child, "end_lineno", None)
        if last is None:
            yield from _nodes_about(child, mentions, newcomer)
            continue
        decorators = getattr(child, "decorator_list", None)
        within = _between(mentions, (decorators or [child])[0].lineno - 1, last - 1)
        if _are_enough(within, newcomer):
            yield from _nodes_about(child, within, newcomer)


def _mentions(view: FileView, newcomer: Newcomer) -> list[_Mention]:
    """Returns where siblings are named, in order, another one being near; none where too few of them are."""
    lines_of = [(_lines_with(view, sibling.renaming.old), sibling) for sibling in newcomer.siblings]
    if sum(bool(lines) for lines, _ in lines_of) < _least_entries(newcomer):
        return []
    prose = view.prose_lines
    mentions = [_Mention(line, sibling) for lines, sibling in lines_of for line in lines if line not in prose]
    mentions.sort(key=lambda mention: mention.line)
    runs: list[list[_Mention]] = []
    for mention in mentions:
        if not runs or mention.line - runs[-1][-1].line > MOST_LINES_APART:
            runs.append([])
        runs[-1].append(mention)
    return [mention for run in runs if _are_enough(run, newcomer) for mention in run]


def _lines_with(view: FileView, name: str) -> set[int]:
    lines = {line for word in similar_words(name) for line in view.lines_with.get(word, ())}
    if forms := spoken_forms(name):
        of_pieces = [view.lines_with.get(piece, ()) for piece in pieces_of(name)]
        rarest = min(of_pieces, key=len)
        lines |= {line for line in rarest if any(form in view.lines[line].lower() for form in forms)}
    return lines if len(lines) <= MOST_MENTIONS else set()


def _between(mentions: Sequence[_Mention], first: int, last: int) -> Sequence[_Mention]:
    start = bisect_left(mentions, first, key=lambda mention: mention.line)
    return mentions[start : bisect_right(mentions, last, lo=start, key=lambda mention: mention.line)]


def _are_enough(mentions: Sequence[_Mention], newcomer: Newcomer) -> bool:
    return len({mention.sibling.renaming.old for mention in mentions}) >= _least_entries(newcomer)


def _is_of_other_use(listing: Listing, newcomer: Newcomer) -> bool:
    """Tells whether a listing has what it needs: arguments of a call; imports, where another file's are no example."""
    if listing.kind is ListingKind.ARGUMENTS:
        return not newcomer.is_definition
    return newcomer.is_import and listing.kind is ListingKind.NAMES


def _least_entries(newcomer: Newcomer) -> int:
    """Returns of how many siblings there must be entries: of two, where there are two, and not of the fewest."""
    n_siblings = len(newcomer.siblings)
    return max(min(2, n_siblings), math.ceil(LEAST_NAMED * n_siblings))


def _columns(
    view: FileView, listing: Listing, newcomer: Newcomer, mentions: Sequence[_Mention]
) -> Iterator[list[Entry]]:
    """Yields the first entry of each sibling, then the second ones, where all siblings have as many."""
    mentions = _between(mentions, listing.items[0].start.line, listing.items[-1].end.line)
    if not _are_enough(mentions, newcomer):
        return
    names_of: defaultdict[int, set[Sibling]] = defaultdict(set)
    for line, sibling in mentions:
        for number in listing.between(line, line):
            if _is_about(listing.items[number], sibling.renaming.old):
                names_of[number].add(sibling)
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for number, siblings in sorted(names_of.items()):
        item = listing.items[number]
        (sibling, *others) = siblings
        if newcomer.function not in (None, view.definition_of[item.line]):
            continue  # Nobody else knows of a local name.
        is_own = any(item is each.item for each in newcomer.siblings) or item is newcomer.item
        is_import = newcomer.is_import and isinstance(item.first, ast.Import | ast.ImportFrom)
        if not (others or is_own or is_import) and item.end.line - item.start.line < MOST_LINES:
            entries[sibling.renaming.old].append(Entry(sibling, number, item))
    if len(entries) < _least_entries(newcomer) or len({len(each) for each in entries.values()}) > 1:
        return
    for column in list(zip(*entries.values(), strict=True))[:MOST_ENTRIES]:
        yield sorted(column, key=lambda entry: entry.number)


def _is_about(item: Item, name: str) -> bool:
    """Tells whether an item names something, of more than a line in its header."""
    words, forms = similar_words(name), spoken_forms(name)
    lines = item.lines
    if item.has_whole_lines and len(lines) > 1:
        lines = lines[: item.line - item.start.line + 1]
    return any(
        not words.isdisjoint(_WORD.findall(line)) or any(form in line.lower() for form in forms) for line in lines
    )


def _counterpart(view: FileView, listing: Listing, column: Sequence[Entry], newcomer: Newcomer) -> Counterpart | None:
    if any(other.number - one.number > MOST_APART for one, other in pairwise(column)):
        return None
    if _is_there(listing, column, newcomer):
        return None
    lines, n_agreeing = _content(column, newcomer)
    number, is_before = _position(listing, column, newcomer)
    return Counterpart(
        view=view,
        listing=listing,
        entries=tuple(column),
        number=number,
        is_before=is_before,
        lines=lines,
        n_agreeing=n_agreeing,
    )


def _is_there(listing: Listing, column: Sequence[Entry], newcomer: Newcomer) -> bool:
    """Tells whether the newcomer has its entry already: one that names it, in a block near those of siblings."""
    near = range(column[0].number - 1, column[-1].number + 2)
    for number, item in enumerate(listing.items):
        if _holds(item, newcomer.item):
            continue
        if (number in near or not listing.kind.has_whole_lines) and _is_about(item, newcomer.name):
            return True
    return False


def _holds(item: Item, other: Item) -> bool:
    return item.file_lines is other.file_lines and item.start <= other.start and other.end <= item.end


def _content(column: Sequence[Entry], newcomer: Newcomer) -> tuple[tuple[str, ...], int]:
    """Returns what entries say with the newcomer's name, and how many of them agree; nothing where they do not tell."""
    renamed = [_renamed(entry) for entry in column]
    shapes = [tokens_of("\n".join(lines)) for lines in renamed]
    if any(shape == entry.item.tokens for shape, entry in zip(shapes, column, strict=True)):
        return (), 0
    shape, n_agreeing = Counter(shapes).most_common(1)[0]
    if (n_agreeing > 1 or len(column) == 1) and 2 * n_agreeing >= len(column):
        return renamed[shapes.index(shape)], n_agreeing
    values = _values(shapes, column, newcomer)
    if values is None:
        return (), 0
    return tuple(replaced_tokens("\n".join(renamed[-1]), values).split("\n")), len(column)


def _renamed(entry: Entry) -> tuple[str, ...]:
    lines = [entry.sibling.renaming.renamed(line) for line in entry.item.lines]
    if entry.item.file_lines[entry.item.line].lstrip().startswith("if ") and _is_elif(entry):
        lines[0] = lines[0].replace("if ", "elif ", 1)
    return tuple(lines)


def _is_elif(entry: Entry) -> bool:
    return entry.item.has_whole_lines and entry.item.first is not entry.item.last


def _values(shapes: Sequence[tuple[str, ...]], column: Sequence[Entry], newcomer: Newcomer) -> dict[int, str] | None:
    """Returns what stands for the newcomer where entries differ in more than names; None where nothing tells.

    It is said by what was added, where siblings' entries repeat what their own items say, or it is the next number.
    """
    if len({len(shape) for shape in shapes}) > 1:
        return None
    values: dict[int, str] = {}
    own = [entry.sibling.item.tokens for entry in column]
    for index, there in enumerate(zip(*shapes, strict=True)):
        if len({*there}) == 1:
            continue
        value = _as_in_own(there, own, newcomer.item.tokens) or _next_number(there)
        if value is None:
            return None
        values[index] = value
    return values


def _as_in_own(there: Sequence[str], own: Sequence[tuple[str, ...]], added: tuple[str, ...]) -> str | None:
    if any(len(tokens) != len(added) for tokens in own):
        return None
    contents = [content_of_string(token) for token in there]
    for index, token in enumerate(added):
        if [content_of_string(tokens[index]) for tokens in own] == contents:
            return there[0].replace(contents[0], content_of_string(token), 1)
    return None


def _next_number(there: Sequence[str]) -> str | None:
    if not all(value.isdigit() for value in there):
        return None
    numbers = [int(value) for value in there]
    return str(numbers[-1] + 1) if all(after == before + 1 for before, after in pairwise(numbers)) else None


def _position(listing: Listing, column: Sequence[Entry], newcomer: Newcomer) -> tuple[int, bool]:
    """Returns the item beside which the newcomer's entry belongs, and whether before it.

    It is in the order of the alphabet where that is kept, else in the order of the newcomer's own list, or in reverse.
    """
    if listing is newcomer.listing and _follow_own(listing, column, newcomer):
        return listing.items.index(newcomer.item), False
    siblings = [each.renaming.old for each in newcomer.siblings]
    names = [entry.sibling.renaming.old for entry in column]
    in_own_order = [name for name in siblings if name in names]
    smaller = {name for name in siblings if name < newcomer.name}
    above = {*siblings[: newcomer.n_before]}
    has_others = not listing.kind.has_whole_lines and len(listing.items) > len(column)
    if _is_alphabetical(listing, column) and (len(smaller) == len(above) or names != in_own_order or has_others):
        before = smaller
    elif names == in_own_order:
        before = above
    elif names == in_own_order[::-1]:
        before = {*siblings} - above
    else:
        before = {*siblings}
    numbers = [entry.number for entry in column if entry.sibling.renaming.old in before]
    return (numbers[-1], False) if numbers else _first(listing, column)


def _first(listing: Listing, column: Sequence[Entry]) -> tuple[int, bool]:
    """Returns the place before all entries; behind the first one where that begins a chain."""
    is_chain = listing.kind is ListingKind.BRANCHES and column[0].number == 0
    return column[0].number, not is_chain


def _follow_own(listing: Listing, column: Sequence[Entry], newcomer: Newcomer) -> bool:
    """Tells whether each entry stands behind the item of its sibling, before the item of another one."""
    own = {each.renaming.old: listing.items.index(each.item) for each in newcomer.siblings}
    all_own = {listing.items.index(newcomer.item), *own.values()}
    spans = [range(own[entry.sibling.renaming.old] + 1, entry.number) for entry in column]
    return all(
        entry.number > own[entry.sibling.renaming.old] and all_own.isdisjoint(span)
        for entry, span in zip(column, spans, strict=True)
    )


def _is_alphabetical(listing: Listing, column: Sequence[Entry]) -> bool:
    """Tells whether a listing, or the entries in a block, are in the order of the alphabet."""
    if listing.kind.has_whole_lines:
        heads = [entry.item.head_tokens for entry in column]
    else:
        heads = [tuple(content_of_string(token) for token in item.head_tokens) for item in listing.items]
    return len(heads) > 1 and heads == sorted(heads)
