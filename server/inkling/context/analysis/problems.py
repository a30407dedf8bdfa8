"""What is wrong near a place, as far as the text alone proves it: syntax errors, and names that nothing binds."""

import ast
import builtins
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from inkling.context.analysis.binding import parse_around
from inkling.context.analysis.namespaces import hide_byte_order_mark, names_bound_by, parse_text
from inkling.core.text import line_end, line_start, position_at

NEAR_LINES: Final = 20  # above and below the cursor
MAX_PROBLEMS: Final = 4
_LEFT_OPEN: Final = re.compile("never closed|unterminated|expected an indented block|EOF|expected 'except'")
_WORD: Final = re.compile(r"\w+")
_OF_EVERY_MODULE: Final = frozenset(
    {"__annotations__", "__builtins__", "__file__", "__path__", "WindowsError", "__class__"}
) | frozenset(dir(builtins))
_BINDS_UNSEEN: Final = frozenset({"globals", "locals", "vars", "exec", "eval"})

Problem = tuple[int, str]
"""A line, from 1, and what is the matter with it."""


def find_problems(text: str, offset: int) -> list[Problem]:
    """Returns what is wrong on the lines near `offset`, by line; never of the line itself, which is being written."""
    here = position_at(text, offset).line + 1
    before, line, after = _around(text, offset)
    tree = parse_text(text) or parse_around(before, line, after)
    found = _syntax_error(before, line, after) if tree is None else _unbound_names(tree, line)
    near = {problem for problem in found if problem[0] != here and abs(problem[0] - here) <= NEAR_LINES}
    return sorted(sorted(near, key=lambda problem: (abs(problem[0] - here), problem))[:MAX_PROBLEMS])


def _around(text: str, offset: int) -> tuple[str, str, str]:
    start, end = line_start(text, offset), line_end(text, offset)
    return text[:start], text[start:end], text[end:]


def _syntax_error(before: str, line: str, after: str) -> Iterator[Problem]:
    """Yields where parsing stops above the line that is being written; below, it may be that line's fault."""
    indentation = line[: len(line) - len(line.lstrip())]
    try:
        ast.parse(hide_byte_order_mark(before + indentation + "pass" + after))
    except SyntaxError as error:
        is_above = error.lineno is not None and error.lineno <= before.count("\n")
        # What is open above may be about to be closed here.
        if is_above and error.lineno is not None and not _LEFT_OPEN.search(error.msg):
            yield error.lineno, f"syntax error: {error.msg}"
    except (ValueError, RecursionError, MemoryError):
        return


def _unbound_names(tree: ast.Module, line: str) -> Iterator[Problem]:
    """Yields names that no statement of the file binds in any scope; none where there are other ways to bind one."""
    nodes = list(ast.walk(tree))
    read = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    has_star = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in nodes)
    if has_star or any(node.id in _BINDS_UNSEEN for node in read):
        return
    # The line may be what binds a name, and is left out of the tree where it does not parse. The parser has normalised
    # the names in the tree. Source: the Python language reference, section 2.3.
    words = _WORD.findall(unicodedata.normalize("NFKC", line))
    bound = {name for node in nodes for name in names_bound_by(node)}.union(words, _OF_EVERY_MODULE)
    bound |= {
        getattr(node, "name", "") for node in nodes if type(node).__name__ in {"TypeVar", "ParamSpec", "TypeVarTuple"}
    }
    for node in read:
        if node.id not in bound and not (node.id.startswith("__") and node.id.endswith("__")):
            yield node.lineno, f"undefined name {node.id!r}"
