"""Lists of things in a file: what stands side by side in brackets, one below the other in a block, or as branches."""

import ast
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import zip_longest
from typing import NamedTuple
from weakref import WeakKeyDictionary

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.mended_tree import mended_tree

MOST_BROKEN_LINES = 1500  # of a file that does not parse; it is parsed up to six times to find out what does

_TOKEN = re.compile(r"""[rRbBuUfF]{0,2}(?:"[^"\n]*"|'[^'\n]*')|\w+|[^\w\s]""")
_STRING = re.compile(r"""[rRbBuUfF]{0,2}(["'])(.*)\1""")
_CLOSING = (")", "]", "}", None)


Lines = tuple[str, ...]


class Place(NamedTuple):
    """A place in a file: the line and the code point in it, both from 0."""

    line: int
    column: int


class ListingKind(StrEnum):
    """What things are listed in.

    BLOCK: statements one below the other. BRANCHES: `if` and its `elif`, or the cases of a `match`, or handlers.
    ITEMS: elements between brackets. OPERANDS: what operators join. NAMES: what one import names. ARGUMENTS: of a call.
    """

    BLOCK = "block"
    BRANCHES = "branches"
    ITEMS = "items"
    OPERANDS = "operands"
    NAMES = "names"
    ARGUMENTS = "arguments"

    @property
    def has_whole_lines(self) -> bool:
        """Whether its items are lines of their own."""
        return self in (ListingKind.BLOCK, ListingKind.BRANCHES)


@dataclass(frozen=True, eq=False)
class Item:
    """One of the things that a listing lists.

    Attributes:
        file_lines: The lines of the file.
        first: The part of the tree that it begins with.
        last: The part that it ends with.
        head: What names it: a key, a test, a target; the whole of it where nothing does.
        has_whole_lines: Whether it is lines of its own.
    """

    file_lines: Lines
    first: ast.AST
    last: ast.AST
    head: ast.AST
    has_whole_lines: bool

    @cached_property
    def line(self) -> int:
        """The line with which it begins, decorators left out."""
        return int(self.first.lineno) - 1  # type: ignore[attr-defined]  # all that is listed has a place

    @cached_property
    def start(self) -> Place:
        """Where it begins, decorators included."""
        if self.has_whole_lines:
            decorators = getattr(self.first, "decorator_list", None)
            return Place((decorators[0].lineno if decorators else self.line + 1) - 1, 0)
        return _place(self.file_lines, self.line + 1, self.first.col_offset)  # type: ignore[attr-defined]  # see `line`

    @cached_property
    def end(self) -> Place:
        """Where it ends."""
        line, column = self.last.end_lineno, self.last.end_col_offset  # type: ignore[attr-defined]  # see `line`
        return (
            Place(line - 1, len(self.file_lines[line - 1]))
            if self.has_whole_lines
            else _place(self.file_lines, line, column)
        )

    @cached_property
    def lines(self) -> Lines:
        """Its text: whole lines, or from its first code point on."""
        return _text_between(self.file_lines, self.start, self.end)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Its words, signs and strings."""
        return tokens_of("\n".join(self.lines))

    @cached_property
    def head_tokens(self) -> tuple[str, ...]:
        """The tokens of what names it."""
        match self.head:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return (self.head.name,)
            case ast.keyword():
                return (str(self.head.arg),)
            case ast.alias():
                return (self.head.asname or self.head.name.rpartition(".")[2],)
            case _ if self.head is self.first is self.last:
                return self.tokens
            case _:
                first, last = self.head.lineno, self.head.end_lineno  # type: ignore[attr-defined]  # see `line`
                start = _place(self.file_lines, first, self.head.col_offset)  # type: ignore[attr-defined]  # see `line`
                end = _place(self.file_lines, last, self.head.end_col_offset)  # type: ignore[attr-defined]  # see `line`
                return tokens_of("\n".join(_text_between(self.file_lines, start, end)))

    @cached_property
    def sort(self) -> tuple[object, ...]:
        """What things of one kind have in common: what they are, are derived from, decorated with or given."""
        value: ast.AST | None = None
        marks: list[str] = []
        match self.first:
            case ast.Assign() | ast.AnnAssign():
                value = self.first.value
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                marks = [_last_name(each) for each in self.first.decorator_list]
            case ast.ClassDef():
                marks = [_last_name(each) for each in (*self.first.decorator_list, *self.first.bases)]
        of_constant = type(self.head.value) if isinstance(self.head, ast.Constant) else None
        return type(self.first), type(self.head), of_constant, type(value), *marks


@dataclass(frozen=True, eq=False)
class Listing:
    """Things that stand side by side, in the order of the text."""

    kind: ListingKind
    items: tuple[Item, ...]

    def between(self, first: int, last: int) -> range:
        """Returns the numbers of the items that stand on one of some lines, the last one included."""
        start = bisect_left(self.items, first, key=lambda item: item.end.line)
        return range(start, bisect_right(self.items, last, lo=start, key=lambda item: item.start.line))


def tokens_of(text: str) -> tuple[str, ...]:
    """Returns the words, signs and strings of a text; a comma before a closing bracket is layout and left out."""
    words = _TOKEN.findall(text)
    return tuple(word for word, following in zip_longest(words, words[1:]) if word != "," or following not in _CLOSING)


def replaced_tokens(text: str, changed: dict[int, str]) -> str:
    """Returns a text with some of its `tokens_of`, by number, in other words."""
    number, parts, at = 0, list[str](), 0
    found = list(_TOKEN.finditer(text))
    for index, token in enumerate(found):
        following = found[index + 1][0] if index + 1 < len(found) else None
        if token[0] == "," and following in _CLOSING:
            continue
        if number in changed:
            parts += [text[at : token.start()], changed[number]]
            at = token.end()
        number += 1
    return "".join([*parts, text[at:]])


def content_of_string(token: str) -> str:
    """Returns what a token says: a string without its quotes, everything else as it is."""
    found = _STRING.fullmatch(token)
    return found[2] if found else token


# What is kept for a view holds its lines but not the view, which would never be dropped.
_listings: WeakKeyDictionary[FileView, dict[ast.AST, tuple[Listing, ...]]] = WeakKeyDictionary()


def listings_of(view: FileView, node: ast.AST) -> tuple[Listing, ...]:
    """Returns the listings that a part of a file's tree is, itself."""
    known = _listings.setdefault(view, {})
    if node not in known:
        found = ((kind, _apart(items) if kind.has_whole_lines else items) for kind, items in _read(view.lines, node))
        known[node] = tuple(Listing(kind, items) for kind, items in found if items)
    return known[node]


def tree_of(view: FileView) -> ast.Module | None:
    """Returns the tree of a file, with what does not parse left out; None where that is too much or takes too long."""
    if view.tree is None and len(view.lines) > MOST_BROKEN_LINES:
        return None
    mended = mended_tree(view)
    return mended.tree if mended is not None else None


def _read(lines: Lines, node: ast.AST) -> Iterator[tuple[ListingKind, tuple[Item, ...]]]:
    for name in ("body", "orelse", "finalbody"):
        statements = getattr(node, name, None)
        if isinstance(statements, list) and statements:
            yield ListingKind.BLOCK, tuple(_statement(lines, each) for each in statements)
    match node:
        case ast.If() if lines[node.lineno - 1].lstrip().startswith("if"):
            yield ListingKind.BRANCHES, tuple(Item(lines, one, one.body[-1], one.test, True) for one in _chain(node))
        case ast.Match():
            cases = node.cases
            yield ListingKind.BRANCHES, tuple(Item(lines, c.pattern, c.body[-1], c.pattern, True) for c in cases)
        case ast.Try() | ast.TryStar():
            found = [handler for handler in node.handlers if handler.type is not None]
            yield ListingKind.BRANCHES, tuple(Item(lines, h, h, h.type or h, True) for h in found)
        case ast.List() | ast.Set() | ast.Tuple() if node.elts and _is_bracketed(node):
            yield ListingKind.ITEMS, tuple(_part(lines, each) for each in node.elts)
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            yield (
                ListingKind.ITEMS,
                tuple(Item(lines, key, value, key, False) for key, value in pairs if key is not None),
            )
        case ast.Import() | ast.ImportFrom():
            yield ListingKind.NAMES, tuple(_part(lines, each) for each in node.names)
        case ast.Call():
            parts = [_part(lines, each) for each in (*node.args, *node.keywords)]
            yield ListingKind.ARGUMENTS, tuple(sorted(parts, key=lambda each: each.start))
        case ast.BinOp(op=ast.BitOr()):
            yield ListingKind.OPERANDS, tuple(_part(lines, each) for each in _alternatives(node))
        case ast.BoolOp():
            yield ListingKind.OPERANDS, tuple(_part(lines, each) for each in node.values)


def _last_name(node: ast.expr) -> str:
    """Returns the last part of a name, also of one that is called or subscripted."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _statement(lines: Lines, node: ast.stmt) -> Item:
    head: ast.AST = node
    match node:
        case ast.Assign():
            head = node.targets[0]
        case ast.AnnAssign():
            head = node.target
        case ast.Import() | ast.ImportFrom() if len(node.names) == 1:
            head = node.names[0]
        case ast.If():
            head = node.test
    return Item(lines, node, node, head, True)


def _part(lines: Lines, node: ast.AST) -> Item:
    return Item(lines, node, node, node, False)


def _chain(node: ast.If) -> list[ast.If]:
    """Returns an `if` with its `elif`."""
    chain = [node]
    while len(chain[-1].orelse) == 1 and isinstance(following := chain[-1].orelse[0], ast.If):
        if following.col_offset != node.col_offset:
            break
        chain.append(following)
    return chain


def _is_bracketed(node: ast.List | ast.Set | ast.Tuple) -> bool:
    """Tells whether elements have brackets of their own: what is returned or unpacked together is no list."""
    return (node.lineno, node.col_offset) < (node.elts[0].lineno, node.elts[0].col_offset)


def _alternatives(node: ast.expr) -> list[ast.expr]:
    operands: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        operands.append(node.right)
        node = node.left
    return [node, *operands[::-1]]


def _apart(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Returns the items that can be taken and set one by one: those that share no line with another."""
    firsts = [*(getattr(item.first, "lineno", 0) for item in items[1:]), math.inf]
    lasts = [0, *(getattr(item.last, "end_lineno", 0) for item in items)]
    return tuple(
        item
        for item, before, own_last, after in zip(items, lasts, lasts[1:], firsts, strict=False)
        if before < item.line + 1 and own_last < after
    )


def _place(lines: Lines, lineno: int, byte_offset: int) -> Place:
    line = lines[lineno - 1]
    column = byte_offset if line.isascii() else len(line.encode()[:byte_offset].decode(errors="ignore"))
    return Place(lineno - 1, column)


def _text_between(file_lines: Lines, start: Place, end: Place) -> Lines:
    lines = list(file_lines[start.line : end.line + 1])
    lines[-1] = lines[-1][: end.column]
    lines[0] = lines[0][start.column :]
    return tuple(lines)
