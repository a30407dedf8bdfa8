"""Reads the facts of a scope: names from its tree, attributes and parameters from jedi, as far as there is time."""

import ast
import builtins
import keyword
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jedi

from inkling.context.analysis.namespaces import module_level, names_bound_by, parse_text
from inkling.context.analysis.scope_facts import ScopeFacts, scope_at
from inkling.core.text import split_lines

BUDGET_S: Final = 0.1  # of CPU for asking jedi; a question that comes meanwhile waits that long
MAX_RECEIVERS: Final = 16
MAX_CALLEES: Final = 16
MAX_ATTRIBUTES: Final = 400  # of one receiver
LINES_AROUND: Final = 60  # in which receivers and callees are looked for, before the cursor and behind it
_CHAIN: Final = re.compile(r"(?<![\w.\"'])([^\W\d]\w*(?:\.[^\W\d]\w*)*)[ \t]*([.(]?)")
_BUILTINS: Final = frozenset(dir(builtins))

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = _Function | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlace:
    """Where facts are wanted.

    Attributes:
        text: The document.
        path: Where it lies; None where it does not.
        line_number: The cursor's line, from 0.
        known: Receivers and callees that are known already, and not asked about.
    """

    text: str
    path: Path | None
    line_number: int
    known: Collection[str] = ()


def read_scope(
    place: ReadingPlace,
    open_script: Callable[[str, Path | None], jedi.Script],
    usual_import: Callable[[str], str | None],
    budget_s: float = BUDGET_S,
) -> ScopeFacts | None:
    """Returns the facts of the scope around a line; None where the document does not parse even without that line.

    Args:
        place: Where they are wanted.
        open_script: Makes a script of a text and its path.
        usual_import: Returns the statement with which a name is usually imported.
        budget_s: CPU time in which jedi is asked, seconds; one answer may take longer.
    """
    lines = split_lines(place.text)
    lines.extend([""] * (place.line_number + 1 - len(lines)))
    line = lines[place.line_number]
    margin = line[: len(line) - len(line.lstrip())].rstrip("\r\n")
    before, after = "".join(lines[: place.line_number]), "".join(lines[place.line_number + 1 :])
    tree = parse_text(f"{before}{margin}pass\n{after}")
    if tree is None:
        after = line + after
        tree = parse_text(f"{before}{margin}pass\n{after}")
    if tree is None:
        return None
    scopes = list(_scopes_around(tree, place.line_number + 1))
    local_names = _bound_in(scopes[-1] if scopes else tree)
    outer_names = frozenset[str]().union(
        *(_bound_in(scope) for scope in [tree, *scopes][: len(scopes)] if not isinstance(scope, ast.ClassDef))
    )
    unbound = _loaded_names(tree) - local_names - outer_names - _BUILTINS
    facts = ScopeFacts(
        scope=scope_at(lines, place.line_number, len(margin.expandtabs(8))),
        local_names=local_names,
        outer_names=outer_names - local_names,
        attributes={},
        parameters={},
        imports={name: usual for name in sorted(unbound) if (usual := usual_import(name)) is not None},
    )
    known = frozenset(place.known)
    receivers, callees = (
        [name for name in names if name not in known] for names in _chains(lines, place.line_number, local_names)
    )
    asked = [*((name, f"{margin}{name}.") for name in receivers), *((name, f"{margin}{name}()") for name in callees)]
    probes = "".join(f"{code}x\n" if code.endswith(".") else f"{code}\n" for _, code in asked)
    probed = f"{before}{probes}{margin}pass\n{after}"
    if not asked or parse_text(probed) is None:
        return facts
    attributes: dict[str, frozenset[str]] = {}
    parameters: dict[str, tuple[str, ...]] = {}
    end_s = time.thread_time() + budget_s
    numbered = list(enumerate(asked, place.line_number + 1))
    # Half of what is asked are callees: neither kind may use up the other's time.
    for number, (name, code) in _alternating(numbered[: len(receivers)], numbered[len(receivers) :]):
        if time.thread_time() > end_s:
            break
        # A new script each time: jedi limits what is inferred in one, and says nothing any more past that.
        script = open_script(probed, place.path)
        if code.endswith("."):
            attributes[name] = _attributes(script, number, len(code))
        else:
            parameters[name] = _parameters(script, number, len(code) - 1)
    return ScopeFacts(
        scope=facts.scope,
        local_names=facts.local_names,
        outer_names=facts.outer_names,
        attributes={name: found for name, found in attributes.items() if found},
        parameters={name: found for name, found in parameters.items() if found},
        imports=facts.imports,
    )


def _attributes(script: jedi.Script, line: int, column: int) -> frozenset[str]:
    names = (row.name for row in script.complete(line, column))
    return frozenset([name for name in names if not name.startswith("__")][:MAX_ATTRIBUTES])


def _parameters(script: jedi.Script, line: int, column: int) -> tuple[str, ...]:
    found = script.get_signatures(line, column)
    return tuple(parameter.name for parameter in found[0].params) if found else ()


def _alternating(
    one: Sequence[tuple[int, tuple[str, str]]], other: Sequence[tuple[int, tuple[str, str]]]
) -> Iterator[tuple[int, tuple[str, str]]]:
    for place in range(max(len(one), len(other))):
        yield from one[place : place + 1]
        yield from other[place : place + 1]


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


def _loaded_names(tree: ast.Module) -> frozenset[str]:
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def _chains(lines: Sequence[str], line_number: int, local_names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Returns what stands before a dot and before a parenthesis near a line, the nearest first, then local names."""
    receivers: dict[str, None] = {}
    callees: dict[str, None] = {}
    near = range(max(0, line_number - LINES_AROUND), min(len(lines), line_number + LINES_AROUND))
    for number in sorted(near, key=lambda number: abs(number - line_number)):
        code = lines[number].lstrip()
        if code.startswith(("def ", "class ", "async def ", "import ", "from ", "#", "@")):
            continue
        for match in _CHAIN.finditer(code.partition("#")[0]):
            parts = match.group(1).split(".")
            if any(map(keyword.iskeyword, parts)):
                continue
            whole = match.group(1)
            if match.group(2) == "(":
                callees[whole] = None
            elif match.group(2) == ".":
                receivers[whole] = None
            for end in range(1, len(parts)):
                receivers[".".join(parts[:end])] = None
    receivers.update(dict.fromkeys(sorted(local_names)))
    return list(receivers)[:MAX_RECEIVERS], [name for name in callees if name not in _BUILTINS][:MAX_CALLEES]
