"""A syntax tree also of a file that is being written."""

import ast
import warnings
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from inkling.engine.next_edit.file_view import FileView, indentation

MOST_ATTEMPTS = 6  # each costs a parse; what is broken in more places tells little


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedTree:
    """The tree of a file, line for line.

    Attributes:
        tree: The tree.
        lost_lines: Lines that did not parse and are missing in it; empty for a file that parses.
    """

    tree: ast.Module
    lost_lines: frozenset[int]


_mended: WeakKeyDictionary[FileView, MendedTree | None] = WeakKeyDictionary()


def mended_tree(view: FileView) -> MendedTree | None:
    """Returns the tree of a file, with what does not parse replaced by nothing; None where that is too much.

    First the line at which the parser gives up is taken out, then the definitions around the places that it names.
    """
    if view not in _mended:
        if view.tree is not None:
            _mended[view] = MendedTree(tree=view.tree, lost_lines=frozenset())
        else:
            _mended[view] = None if view.broken_line is None else _without_broken_lines(view, view.broken_line)
    return _mended[view]


def _without_broken_lines(view: FileView, broken_line: int) -> MendedTree | None:
    lines = list(view.lines)
    lost: set[int] = set()
    line = broken_line
    for attempt in range(MOST_ATTEMPTS):
        # A statement that is not finished is often reported at the line below it.
        while line > 0 and (not lines[line].strip() or lines[line].strip() == "pass"):
            line -= 1
        if attempt == 0:
            taken = range(line, line + 1)
            lines[line] = indentation(lines[line]) + "pass"
        else:
            if attempt == 1:
                lines[broken_line] = view.lines[broken_line]
            taken = _definition_around(view, line)
            lines[taken.start : taken.stop] = [""] * len(taken)
            lines[taken.start] = indentation(view.lines[taken.start]) + "pass"
        lost.update(taken)
        parsed = _parse("\n".join(lines) + "\n")
        if isinstance(parsed, ast.Module):
            changed = frozenset(number for number in lost if lines[number] != view.lines[number])
            return MendedTree(tree=parsed, lost_lines=changed)
        if parsed is None:
            return None
        line = min(max(0, parsed), len(lines) - 1)
    return None


def _definition_around(view: FileView, line: int) -> range:
    """Returns the lines of the innermost definition around a line and of its decorators; else the line itself."""
    first = view.definition_of[line]
    if first < 0:
        return range(line, line + 1)
    width = len(indentation(view.lines[first]))
    end = first + 1
    while end < len(view.lines):
        text = view.lines[end]
        if text.strip() and len(indentation(text)) <= width and text.strip()[0] not in ")]}":
            break
        end += 1
    while first > 0 and view.lines[first - 1].lstrip().startswith("@"):
        first -= 1
    return range(first, end)


def _parse(text: str) -> ast.Module | int | None:
    """Returns the tree, or the line of the fault, or nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return (error.lineno or 1) - 1
    except (ValueError, RecursionError, MemoryError):
        return None
