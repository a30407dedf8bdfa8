"""What was just added beside others of its kind: a function, a member, an entry, a branch, an import."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from keyword import iskeyword

from inkling.core.next_edit import LineChange
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.tree_parts import nodes_on
from inkling.engine.next_edit.symmetry.casings import Renaming, pieces_of, renaming_of
from inkling.engine.next_edit.symmetry.listings import (
    Item,
    Listing,
    ListingKind,
    Place,
    content_of_string,
    listings_of,
    tokens_of,
    tree_of,
)

MOST_SIBLINGS = 10  # the nearest
MOST_OF_CHANGE = 4  # newcomers; who brings more brings a file, not an entry
MOST_REWRITTEN_LINES = 12  # of a change that replaces lines; in more of them it is not clear what was added
SHORTEST_NAME = 2
MOST_PIECES = 6  # of a name; a longer string is a text

_ONE_BLOCK = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

_Span = tuple[Place, Place]


@dataclass(frozen=True, slots=True, eq=False)
class Sibling:
    """What stands beside a newcomer: how its name becomes the newcomer's, and the item itself."""

    renaming: Renaming
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """An item that a change added, with its siblings.

    Attributes:
        name: What names it.
        age: Changes since.
        view: The file.
        item: The item.
        listing: What it was added to.
        siblings: In their order; never empty.
        n_before: How many of them stand before it.
    """

    name: str
    age: int
    view: FileView
    item: Item
    listing: Listing
    siblings: tuple[Sibling, ...]
    n_before: int

    @property
    def is_definition(self) -> bool:
        """Whether it is a function or a class."""
        return _is_definition(self.item)

    @property
    def is_import(self) -> bool:
        """Whether it is what an import names."""
        return self.listing.kind is ListingKind.NAMES or isinstance(self.item.first, ast.Import | ast.ImportFrom)

    @property
    def function(self) -> int | None:
        """The line of the function whose local name it is; None for what can be named elsewhere."""
        if not isinstance(self.item.head, ast.Name) or not isinstance(self.item.first, ast.Assign | ast.AnnAssign):
            return None
        owner = self.view.definition_of[self.item.line]
        is_function = owner >= 0 and not self.view.lines[owner].lstrip().startswith("class")
        return owner if is_function else None

    @property
    def is_copy(self) -> bool:
        """Whether it is a line that is its only sibling's but for the names, and of more than local names."""
        if (
            len(self.siblings) > 1
            or self.function is not None
            or not self.item.has_whole_lines
            or len(self.item.lines) > 1
        ):
            return False
        renaming, other = self.siblings[0].renaming, self.siblings[0].item
        return tokens_of(renaming.renamed("\n".join(other.lines))) == self.item.tokens


def newcomers(view: FileView, change: LineChange, age: int) -> Iterator[Newcomer]:
    """Yields what a change added beside siblings; nothing where it only rewrote lines."""
    spans = _added(view, change)
    tree = tree_of(view) if spans else None
    if tree is None:
        return
    removed = {word for line in change.removed for word in tokens_of(line)}
    taken: list[Item] = []
    ends = spans[0][0].line, spans[-1][1].line - (spans[-1][1].column == 0)
    # What was added to has more than the change, and so goes beyond an end of it.
    for node in (tree, *nodes_on(tree, {*ends})):
        if isinstance(node, _ONE_BLOCK) and not any(ends[0] <= each.lineno - 1 <= ends[1] for each in node.body):
            continue
        for listing in listings_of(view, node):
            if listing.kind is ListingKind.ARGUMENTS:
                continue  # Those belong to a signature.
            new = [number for number in listing.between(*ends) if _is_within(listing.items[number], spans)]
            if (
                not new
                or len(new) == len(listing.items)
                or any(_is_part(listing.items[new[0]], item) for item in taken)
            ):
                continue
            taken += [listing.items[number] for number in new]
            for number in new[:MOST_OF_CHANGE]:
                found = _newcomer(view, listing, number, new, age)
                if found is not None and found.name not in removed:
                    yield found


def _added(view: FileView, change: LineChange) -> list[_Span]:
    """Returns what a change brought without taking anything away for it."""
    if not change.inserted or len(change.removed) > MOST_REWRITTEN_LINES:
        return []
    end = min(change.end_line, len(view.lines))
    if not any(line.strip() for line in change.removed):
        filled = [number for number in range(change.first_line, end) if view.lines[number].strip()]
        return [(Place(filled[0], 0), Place(filled[-1] + 1, 0))] if filled else []
    if len(change.inserted) > MOST_REWRITTEN_LINES:
        return []
    old = [token for line in change.removed for token in tokens_of(line)]
    new: list[tuple[str, Place]] = []
    for number, line in enumerate(view.lines[change.first_line : end], start=change.first_line):
        at = 0
        for token in tokens_of(line):
            at = line.index(token, at)
            new.append((token, Place(number, at)))
            at += len(token)
    matcher = SequenceMatcher(None, old, [token for token, _ in new], autojunk=False)
    spans = []
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        is_added = tag == "insert" or (tag == "replace" and not any(map(pieces_of, old[old_start:old_end])))
        if is_added:
            spans.append((new[new_start][1], new[new_end][1] if new_end < len(new) else Place(end, 0)))
    return spans


def _is_within(item: Item, spans: Sequence[_Span]) -> bool:
    start = Place(item.line, item.start.column)
    return any(first <= start < last and (item.end <= last or item.end.line > item.line) for first, last in spans)


def _is_part(item: Item, other: Item) -> bool:
    return other.start <= item.start and item.end <= other.end


def _newcomer(view: FileView, listing: Listing, number: int, added: Sequence[int], age: int) -> Newcomer | None:
    item = listing.items[number]
    nearest = sorted({*range(len(listing.items))} - {*added}, key=lambda other: abs(other - number))
    pairs: list[tuple[Item, str, str]] = []
    for index in nearest:
        other = listing.items[index]
        names = _names(item, other)
        if names is not None:
            pairs.append((other, *names))
        if len(pairs) == MOST_SIBLINGS:
            break
    if not pairs:
        return None
    name = Counter(new for _, _, new in pairs).most_common(1)[0][0]
    siblings: dict[str, Sibling] = {}  # a property and its setter have one name; the first of them is the sibling
    for other, old, new in sorted(pairs, key=lambda pair: pair[0].start):
        if new == name and old not in siblings and (renaming := renaming_of(old, new)) is not None:
            siblings[old] = Sibling(renaming, other)
    if not siblings or len(name) < SHORTEST_NAME or iskeyword(name):
        return None
    return Newcomer(
        name=name,
        age=age,
        view=view,
        item=item,
        listing=listing,
        siblings=tuple(siblings.values()),
        n_before=sum(each.item.start < item.start for each in siblings.values()),
    )


def _names(item: Item, other: Item) -> tuple[str, str] | None:
    """Returns the names of a sibling and of the newcomer: the first words in which what names them differs."""
    if item.sort != other.sort or len(item.head_tokens) != len(other.head_tokens):
        return None
    pairs = [(old, new) for new, old in zip(item.head_tokens, other.head_tokens, strict=True) if new != old]
    if not pairs or any(_sort_of_token(old) != _sort_of_token(new) for old, new in pairs):
        return None
    names = [(content_of_string(old), content_of_string(new)) for old, new in pairs if _is_name(old) and _is_name(new)]
    if not names:
        return None
    # Statements that differ in most of their words are siblings by chance.
    is_named = item.head is not item.first or _is_definition(item)
    words = [token for token in item.head_tokens if _is_name(token)]
    if not is_named and len(words) > 1 and 2 * len({*names}) > len(words):
        return None
    old, new = names[0]
    is_alike = old.startswith("_") == new.startswith("_") and not old.startswith("__") and not new.startswith("__")
    return (old, new) if is_alike else None


def _is_definition(item: Item) -> bool:
    return isinstance(item.first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _sort_of_token(token: str) -> str:
    last = token[-1]
    if last in "\"'":
        return "string"
    if token.isdigit():
        return "number"
    return "word" if last.isalnum() or last == "_" else token


def _is_name(token: str) -> bool:
    content = content_of_string(token)
    return 0 < len(pieces_of(content)) <= MOST_PIECES and not content.isdigit() and not iskeyword(content)
