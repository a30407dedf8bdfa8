"""How a file writes its imports: order of names and statements, blocks and widths, read from those that it has."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_statements import ImportStatement, written_module

USUAL_WIDTHS = (79, 88, 99, 100, 119, 120)  # characters a line: PEP 8, Black, and what projects settle on
_SHARE_TOO_LONG = 0.002  # lines of code that are longer than the width all the same
_DIGITS = re.compile(r"(\d+)")

SortKey = tuple[Any, ...]
NameKey = Callable[[str], SortKey]


def _natural(text: str) -> SortKey:
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in _DIGITS.split(text) if part)


def by_type(name: str) -> SortKey:
    """Constants, then classes, then the rest, each in alphabetical order.

    Source: isort's documentation, option `order_by_type`, its default; ruff's `lint.isort.order-by-type` is the same.
    """
    group = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return (group, *_natural(name.lower()))


def by_letters(name: str) -> SortKey:
    """Alphabetical order whatever the case."""
    return _natural(name.lower())


def by_code_points(name: str) -> SortKey:
    """The order of `sorted`."""
    return (name,)


def is_sorted(names: Sequence[str], key: NameKey) -> bool:
    """Returns whether names are in a key's order."""
    keys = [key(name) for name in names]
    return all(first <= second for first, second in pairwise(keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportStyle:
    """What the imports of a file have in common.

    Attributes:
        name_key: The order of names within one statement.
        is_mixed: Whether `import x` and `from x import y` stand in one order by module; else the former come first.
        is_one_name_each: Whether each name has a statement of its own.
        is_one_name_a_line: Whether names in parentheses have a line each.
        width: The longest line, in characters.
    """

    name_key: NameKey
    is_mixed: bool
    is_one_name_each: bool
    is_one_name_a_line: bool
    width: int

    def statement_key(self, module: str, is_from: bool) -> SortKey:
        """Returns what statements of one block are ordered by; `module` as it is written."""
        bare = module.lstrip(".")
        dots = len(module) - len(bare)
        return (0 if self.is_mixed else int(is_from), -dots, _natural(bare.lower()))


def style_of(view: FileView, statements: Sequence[ImportStatement]) -> ImportStyle:
    """Returns the style of a file with these imports."""
    lists = [[alias.name for alias in node.names] for node in statements if isinstance(node, ast.ImportFrom)]
    lists = [names for names in lists if len(names) > 1]
    keys: tuple[NameKey, ...] = (by_type, by_letters, by_code_points)
    votes = [sum(is_sorted(names, key) for names in lists) for key in keys]
    singles = [
        node
        for node in statements
        if isinstance(node, ast.ImportFrom) and len(node.names) == 1 and node.names[0].asname is None
    ]
    modules = [written_module(node) for node in singles]
    wrapped = [node for node in statements if node.end_lineno != node.lineno and len(node.names) > 1]
    a_line_each = sum(len({alias.lineno for alias in node.names}) == len(node.names) for node in wrapped)
    return ImportStyle(
        name_key=keys[votes.index(max(votes))],
        is_mixed=any(
            isinstance(first, ast.ImportFrom) and isinstance(second, ast.Import) and is_adjacent(first, second)
            for first, second in pairwise(statements)
        ),
        is_one_name_each=len(modules) - len(set(modules)) >= 2,  # once may be by accident
        is_one_name_a_line=2 * a_line_each >= len(wrapped),
        width=_width(view),
    )


def is_adjacent(first: ast.stmt, second: ast.stmt) -> bool:
    """Returns whether no line lies between two statements."""
    return second.lineno - (first.end_lineno or first.lineno) <= 1


def _width(view: FileView) -> int:
    # Strings and comments are longer than the width where nobody could break them.
    long_lines = [line for line in view.lines if len(line) > USUAL_WIDTHS[0]]
    lengths = [len(line) for line in long_lines if not any(mark in line for mark in "\"'#`")]
    allowed = len(view.lines) * _SHARE_TOO_LONG
    for width in USUAL_WIDTHS:
        if sum(length > width for length in lengths) <= allowed:
            return width
    return USUAL_WIDTHS[-1]
