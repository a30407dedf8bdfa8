"""Reads the facts of a scope from the source: its names, and what its receivers and callees stand for."""

import ast
import builtins
import keyword
import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkling.context.analysis.judge import module_of
from inkling.context.analysis.namespaces import Source, module_level, names_bound_by, parse_text
from inkling.context.analysis.scope_facts import ScopeFacts, scope_at
from inkling.context.analysis.scope_types import Meanings, Place
from inkling.core.text import split_lines

BUDGET_S: Final = 0.1  # of CPU for finding out what names stand for; a question that comes meanwhile waits that long
MAX_CHAINS: Final = 60  # receivers and callees that are looked up
MAX_ATTRIBUTES: Final = 400  # of a receiver; one with more is left out
LINES_AROUND: Final = 60  # in which receivers and callees are looked for, before the cursor and behind it
LINES_OF_STATEMENT: Final = 60  # above the cursor, in which its statement begins
_CHAIN: Final = re.compile(r"(?<![\w.\"'])([^\W\d]\w*(?:\.[^\W\d]\w*)*)[ \t]*([.(]?)")
_NAME: Final = re.compile(r"(?<![\w.])[^\W\d]\w*")
_STRING_OR_COMMENT: Final = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|#.*")
_BUILTINS: Final = frozenset(dir(builtins))

_DEFINES: Final = re.compile(r"[ \t]*(?:async[ \t]+)?(?:def|class)\b")
_HEADERS: Final = ("if True:", "except Exception:")  # that stand in for the header of a block

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = _Function | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlace:
    """Where facts are wanted.

    Attributes:
        text: The document.
        path: Where it lies; None where it does not.
        line_number: The cursor's line, from 0.
        known: Receivers and callees that are known already, and not looked up.
    """

    text: str
    path: Path | None
    line_number: int
    known: Collection[str] = ()


def read_scope(
    place: ReadingPlace,
    meanings: Meanings,
    usual_import: Callable[[str], str | None],
    budget_s: float = BUDGET_S,
) -> ScopeFacts | None:
    """Returns the facts of the scope around a line; None where the document does not parse even without that line.

    Args:
        place: Where they are wanted.
        meanings: Finds what names stand for.
        usual_import: Returns the statement with which a name is usually imported.
        budget_s: CPU time in which names are looked up, seconds; one answer may take longer.
    """
    lines = split_lines(place.text)
    lines.extend([""] * (place.line_number + 1 - len(lines)))
    parsed = _parsed_without(lines, place.line_number)
    if parsed is None:
        return None
    tree, line_of_tree = parsed
    scopes = tuple(_scopes_around(tree, line_of_tree))
    local_names = _bound_in(scopes[-1] if scopes else tree)
    outer_names = frozenset[str]().union(
        *(_bound_in(scope) for scope in (tree, *scopes)[: len(scopes)] if not isinstance(scope, ast.ClassDef))
    )
    unbound = _mentioned_names(lines) - local_names - outer_names - _BUILTINS
    module, is_package = ((), False) if place.path is None else module_of(place.path)
    document = Source(tree, module, is_package, is_stub=False)
    attributes: dict[str, frozenset[str]] = {}
    parameters: dict[str, tuple[str, ...]] = {}
    end_s = time.thread_time() + budget_s
    chains = _chains(lines, place.line_number, (*sorted(local_names), *sorted(outer_names)))
    for chain in [chain for chain in chains if chain not in frozenset(place.known)][:MAX_CHAINS]:
        if time.thread_time() > end_s:
            break
        meaning = meanings.of_chain(chain, Place(source=document, scopes=scopes))
        if meaning is None:
            continue
        names = meanings.attributes(meaning)
        if names is not None and len(names) <= MAX_ATTRIBUTES:
            attributes[chain] = names
        called = meanings.parameters(meaning)
        if called is not None:
            parameters[chain] = called
    meanings.forget(document)
    return ScopeFacts(
        scope=scope_at(lines, place.line_number, len(_margin(lines[place.line_number]).expandtabs(8))),
        local_names=local_names,
        outer_names=outer_names - local_names,
        attributes=attributes,
        parameters=parameters,
        imports={name: usual for name in sorted(unbound) if (usual := usual_import(name)) is not None},
    )


def _parsed_without(lines: Sequence[str], line_number: int) -> tuple[ast.Module, int] | None:
    """Returns the tree of a document without one line, and a line of it, from 1, that is in the same scope."""
    line = lines[line_number]
    margin, before, after = _margin(line), lines[:line_number], lines[line_number + 1 :]
    opened = _opened_by(lines, line_number)
    stands_in: list[tuple[Sequence[str], Sequence[str]]] = []
    if opened is not None:
        stands_in.append((before, ["\n", *after]))
        if not _DEFINES.match(lines[opened]):  # else the scope to be is not there yet
            stands_in.append((lines[:opened], [f"{_margin(lines[opened])}pass\n", *after]))
    elif _is_deeper(after, margin):
        stands_in.append((before, [f"{margin}pass\n", line, *after]))
        stands_in.extend((before, [f"{margin}{header}\n", *after]) for header in _HEADERS)
    else:
        stands_in.append((before, [f"{margin}pass\n", *after]))
    stands_in.append((before, [f"{margin}pass\n", line, *after]))
    stands_in.append((before, ["\n", *after]))
    for above, below in stands_in:
        tree = parse_text("".join((*above, *below)))
        if tree is not None:
            return tree, len(above) + 1
    return None


def _opened_by(lines: Sequence[str], line_number: int) -> int | None:
    """Returns the line above with a bracket that is open at a line; None where there is none."""
    depth = 0
    for number in range(line_number - 1, max(-1, line_number - 1 - LINES_OF_STATEMENT), -1):
        code = _STRING_OR_COMMENT.sub("", lines[number])
        depth += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
        if depth > 0:
            return number
    return None


def _is_deeper(after: Sequence[str], margin: str) -> bool:
    """Tells whether the next line with code is indented more than by a margin."""
    below = next((line for line in after if line.strip()), "")
    return len(_margin(below).expandtabs()) > len(margin.expandtabs())


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())].rstrip("\r\n")


def _scopes_around(tree: ast.AST, line: int) -> Iterator[_Scope]:
    """Yields the functions and classes whose bodies hold a line, from 1, the outermost first."""
    for node in module_level(tree):
        if isinstance(node, _Scope) and node.body[0].lineno <= line <= (node.end_lineno or node.lineno):
            yield node
            yield from _scopes_around(node, line)
            return


def _bound_in(scope: ast.AST) -> frozenset[str]:
    """Returns what a scope binds, a function's parameters among them, but not what comprehensions bind."""
    inner = {id(node) for each in module_level(scope) if isinstance(each, ast.comprehension) for node in ast.walk(each)}
    return frozenset(name for node in module_level(scope) if id(node) not in inner for name in names_bound_by(node))


def _mentioned_names(lines: Sequence[str]) -> set[str]:
    """Returns the names that stand in a document, attributes and what is in strings of one line aside."""
    return {name for line in lines for name in _NAME.findall(_STRING_OR_COMMENT.sub("", line))}


def _chains(lines: Sequence[str], line_number: int, names: Sequence[str]) -> list[str]:
    """Returns what stands before a dot or a parenthesis near a line, the nearest first, then the names of its scope."""
    found: dict[str, None] = {}
    near = range(max(0, line_number - LINES_AROUND), min(len(lines), line_number + LINES_AROUND))
    for number in sorted(near, key=lambda number: abs(number - line_number)):
        code = lines[number].lstrip()
        if code.startswith(("def ", "class ", "async def ", "import ", "from ", "#")):
            continue
        for match in _CHAIN.finditer(code.partition("#")[0]):
            parts = match.group(1).split(".")
            if any(map(keyword.iskeyword, parts)):
                continue
            if match.group(2):
                found[match.group(1)] = None
            for end in range(1, len(parts)):
                found[".".join(parts[:end])] = None
    found.update(dict.fromkeys(names))
    return list(found)
