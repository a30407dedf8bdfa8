"""Stubs for what was just used and is nowhere defined: functions, methods and attributes of `self`."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkling.core.next_edit import EditKind, LineChange
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.imports.import_index import imports_of, index_of
from inkling.engine.next_edit.imports.import_subject import names_in_code
from inkling.engine.next_edit.imports.standard_library import is_known_to_all
from inkling.engine.next_edit.reading.binding_reader import bindings_of
from inkling.engine.next_edit.reading.bindings import ALWAYS_BOUND
from inkling.engine.next_edit.reading.tree_parts import nodes_on
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 2  # what was used before that is defined by now, or comes from where nobody can see
MOST_LINES = 200  # of changes that are searched
_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stub:
    """Lines that define a name; they come in before `line`."""

    name: str
    line: int
    lines: tuple[str, ...]
    words: str
    used_at: int


def propose_definitions(situation: Situation) -> Iterator[EditCandidate]:
    """Yields stubs for what the latest changes use."""
    changes = situation.history[-MOST_CHANGES:]
    for uri in dict.fromkeys(change.uri for change in reversed(changes)):
        view = situation.files.get(uri)
        if view is None or view.tree is None:
            continue
        ages = _ages_of_lines(view, changes)
        stubs = [*_functions(situation, view, view.tree, ages), *_members(view, view.tree, ages)]
        for rank, stub in enumerate(stubs):
            yield EditCandidate(
                uri=uri,
                first_line=stub.line,
                end_line=stub.line,
                inserted=stub.lines,
                kind=EditKind.DEFINITION,
                proposer="definitions",
                group=f"definition:{stub.name}",
                words=stub.words,
                grounds=Grounds(
                    age=ages[stub.used_at],
                    n_places=len(stubs),
                    rank=rank,
                    n_matched_chars=len(stub.name),
                    certainty=0.1 if "argument_" in stub.lines[0] else 0.3,
                ),
            )


def _ages_of_lines(view: FileView, changes: Sequence[LineChange]) -> dict[int, int]:
    """Returns the lines that changes brought into a file with the changes since."""
    ages: dict[int, int] = {}
    for age, change in enumerate(reversed(changes)):
        if change.uri == view.uri and len(change.inserted) <= MOST_LINES:
            for line in range(change.first_line, min(change.end_line, len(view.lines))):
                ages.setdefault(line, age)
    return ages


def _functions(situation: Situation, view: FileView, tree: ast.Module, ages: dict[int, int]) -> Iterator[_Stub]:
    """Yields functions that changed lines call and that nothing binds and no import is known for."""
    known = imports_of(view).outer_names | imports_of(view).definitions
    names = {
        name
        for line in ages
        for name in names_in_code(view.lines[line])
        if f"{name}(" in view.lines[line] and name not in known and name.islower() and not is_known_to_all(name)
    }
    if not names:
        return
    index = situation.imports if situation.imports is not None else index_of(situation.files.values())
    names = {name for name in names if not index.is_known(name)}
    seen: set[str] = set()
    calls = {node.func: node for node in nodes_on(tree, ages) if isinstance(node, ast.Call)}
    for use in bindings_of(view, tree, names).unbound():
        call = calls.get(use.node) if isinstance(use.node, ast.Name) else None
        if call is None or use.name in seen or use.line not in ages:
            continue
        seen.add(use.name)
        parameters = ", ".join(_parameters(call))
        header = f"def {use.name}({parameters}):"
        body = "    raise NotImplementedError"
        yield _Stub(
            name=use.name,
            line=_top_level_around(tree, use.line),
            lines=(header, body, "", ""),
            words=f"`{use.name}` is called and not defined",
            used_at=use.line,
        )


def _top_level_around(tree: ast.Module, line: int) -> int:
    """Returns the first line of the statement at the left margin that a line stands in."""
    for node in tree.body:
        decorators = getattr(node, "decorator_list", None)
        first = int(decorators[0].lineno if decorators else node.lineno) - 1
        if first <= line < (node.end_lineno or node.lineno):
            return first
    return line


def _parameters(call: ast.Call) -> list[str]:
    """Returns parameters named after the arguments of a call."""
    names: list[str] = []
    for number, argument in enumerate(call.args):
        name = f"argument_{number + 1}"
        match argument:
            case ast.Starred():
                name = "*args"
            case ast.Name():
                name = argument.id
            case ast.Attribute():
                name = argument.attr.lstrip("_") or name
            case ast.Call(func=ast.Name(id=called)) if called.islower():
                name = called.removeprefix("get_")
        is_free = name not in names and name not in ALWAYS_BOUND and name not in ("self", "cls")
        names.append(name if is_free else f"argument_{number + 1}")
    names += [keyword.arg if keyword.arg is not None else "**kwargs" for keyword in call.keywords]
    return list(dict.fromkeys(names))


def _members(view: FileView, tree: ast.Module, ages: dict[int, int]) -> Iterator[_Stub]:
    """Yields methods and attributes of `self` that changed lines use and that a class without other bases lacks."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or node.decorator_list or node.keywords:
            continue
        if not any(node.lineno - 1 <= line < (node.end_lineno or 0) for line in ages):
            continue
        if any(not (isinstance(base, ast.Name) and base.id == "object") for base in node.bases):
            continue  # the bases may have them
        yield from _members_of(view, node, ages)


def _members_of(view: FileView, owner: ast.ClassDef, ages: dict[int, int]) -> Iterator[_Stub]:
    methods = [node for node in owner.body if isinstance(node, _FunctionNode)]
    if {"__getattr__", "__getattribute__"} & {method.name for method in methods}:
        return
    calls: dict[ast.expr, ast.Call] = {}
    seen: set[str] = set()
    for node in nodes_on(owner, ages):
        if isinstance(node, ast.Call):
            calls[node.func] = node
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or node.value.id != "self":
            continue
        name, used_at = node.attr, node.lineno - 1
        if name in seen or name.startswith("__") or used_at not in ages or _is_spoken_of(view, name, ages):
            continue
        seen.add(name)
        method = next((each for each in methods if each.lineno - 1 <= used_at < (each.end_lineno or 0)), None)
        initial = next((each for each in methods if each.name == "__init__"), None)
        if method is not None and node in calls:
            yield _method(view, method, calls[node], name, used_at)
        elif initial is not None and initial is not method:
            yield _attribute(view, initial, name, used_at)


def _is_spoken_of(view: FileView, name: str, ages: dict[int, int]) -> bool:
    """Returns whether other lines know a name, or the changed ones define it."""
    binding = re.compile(rf"\b(?:def|class)\s+{name}\b|\b{name}\s*(?::[^=]*)?=(?!=)")
    return any(line not in ages or binding.search(view.lines[line]) for line in view.lines_with.get(name, ()))


def _method(view: FileView, caller: ast.stmt, call: ast.Call, name: str, used_at: int) -> _Stub:
    """Returns a method below the one that calls it."""
    lead = indentation(view.lines[caller.lineno - 1])
    is_awaited = f"await self.{name}(" in view.lines[used_at]
    header = f"{lead}{'async ' if is_awaited else ''}def {name}({', '.join(['self', *_parameters(call)])}):"
    line = caller.end_lineno or caller.lineno
    return _Stub(
        name=name,
        line=line,
        lines=("", header, f"{lead}    raise NotImplementedError"),
        words=f"`self.{name}` is called and not defined",
        used_at=used_at,
    )


def _attribute(view: FileView, initial: _FunctionNode, name: str, used_at: int) -> _Stub:
    """Returns an attribute below the last one that `__init__` sets, or at its end."""
    last = initial.body[-1]
    for statement in initial.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if any(isinstance(target, ast.Attribute) for target in targets):
            last = statement
    lead = indentation(view.lines[last.lineno - 1])
    return _Stub(
        name=name,
        line=last.end_lineno or last.lineno,
        lines=(f"{lead}self.{name} = None",),
        words=f"`self.{name}` is read and never set",
        used_at=used_at,
    )
