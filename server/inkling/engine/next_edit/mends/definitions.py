"""Stubs for what was just used and is nowhere defined: functions, methods and attributes of `self`."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from keyword import iskeyword

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.imports.import_index import imports_of, index_of
from inkling.engine.next_edit.imports.import_sources import is_habit
from inkling.engine.next_edit.imports.import_subject import names_in_code
from inkling.engine.next_edit.reading.binding_reader import bindings_of
from inkling.engine.next_edit.reading.bindings import ALWAYS_BOUND
from inkling.engine.next_edit.reading.changed_lines import ages_of_lines
from inkling.engine.next_edit.reading.tree_parts import nodes_on
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 2  # what was used before that is defined by now, or comes from where nobody can see
MOST_LINES = 200  # of changes that are searched
_BEGINNING_OF_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
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
        ages = ages_of_lines(view, changes, MOST_LINES)
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
                    certainty=0.3,
                ),
            )


def _functions(situation: Situation, view: FileView, tree: ast.Module, ages: dict[int, int]) -> Iterator[_Stub]:
    """Yields functions that changed lines call and that nothing binds and no import is known for."""
    known = imports_of(view).outer_names | imports_of(view).definitions
    names = {
        name
        for line in ages
        for name in names_in_code(view.lines[line])
        if f"{name}(" in view.lines[line] and name not in known and name.islower()
    }
    if not names:
        return
    index = situation.imports if situation.imports is not None else index_of(situation.files.values())
    names = {name for name in names if not index.is_known(name) and not is_habit(index.packages.sources(name))}
    seen: set[str] = set()
    calls = {node.func: node for node in nodes_on(tree, ages) if isinstance(node, ast.Call)}
    for use in bindings_of(view, tree, names).unbound():
        call = calls.get(use.node) if isinstance(use.node, ast.Name) else None
        if call is None or use.name in seen or use.line not in ages:
            continue
        seen.add(use.name)
        parameters = _parameters(call)
        if parameters is None:
            continue
        header = f"def {use.name}({', '.join(parameters)}):"
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


def _parameters(call: ast.Call) -> list[str] | None:
    """Returns parameters named after the arguments of a call; None where one of them has no name of its own."""
    names: list[str] = []
    for argument in call.args:
        name = "*args" if isinstance(argument, ast.Starred) else _name_for(argument)
        if not name or name in names or name in ALWAYS_BOUND or name in ("self", "cls"):
            return None
        names.append(name)
    names += [keyword.arg if keyword.arg is not None else "**kwargs" for keyword in call.keywords]
    return list(dict.fromkeys(names))


def _name_for(argument: ast.expr) -> str:
    """Returns the name of an argument, else one for its type, else nothing."""
    match argument:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name.lstrip("_")
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key if key.isidentifier() and not iskeyword(key) else ""
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
            name = _BEGINNING_OF_WORD.sub("_", called.lstrip("_")).lower().removeprefix("get_")
            return name if name.isidentifier() and not iskeyword(name) else ""
        case ast.Constant(value=bool()):
            return ""
        case ast.Constant(value=int() | float()):
            return "number"
        case ast.Constant(value=str()) | ast.JoinedStr():
            return "text"
        case ast.List() | ast.ListComp():
            return "items"
    return ""


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
    added_to = {
        node.target.attr: node
        for node in nodes_on(owner, ages)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute)
    }
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
            parameters = _parameters(calls[node])
            if parameters is not None:
                yield _method(view, method, parameters, name, used_at)
        elif initial is not None and initial is not method:
            value = _zero_for(added_to[name]) if name in added_to else "None"
            if value:
                yield _attribute(view, initial, name, value, used_at)


def _zero_for(added: ast.AugAssign) -> str:
    """Returns what an attribute is before the first value is added to it; nothing where that is not clear."""
    match added.op, added.value:
        case ast.Add() | ast.Sub(), ast.Constant(value=float()):
            return "0.0"
        case ast.Add() | ast.Sub(), ast.Constant(value=int()) | ast.Call(func=ast.Name(id="len")):
            return "0"
        case ast.Add(), ast.Constant(value=str()) | ast.JoinedStr():
            return '""'
        case ast.Add(), ast.List() | ast.ListComp():
            return "[]"
        case ast.BitOr(), ast.Set() | ast.SetComp():
            return "set()"
        case ast.BitOr(), ast.Dict() | ast.DictComp():
            return "{}"
    return ""


def _is_spoken_of(view: FileView, name: str, ages: dict[int, int]) -> bool:
    """Returns whether other lines know a name, or the changed ones define it."""
    binding = re.compile(rf"\b(?:def|class)\s+{name}\b|\b{name}\s*(?::[^=]*)?=(?!=)")
    return any(line not in ages or binding.search(view.lines[line]) for line in view.lines_with.get(name, ()))


def _method(view: FileView, caller: ast.stmt, parameters: Sequence[str], name: str, used_at: int) -> _Stub:
    """Returns a method below the one that calls it."""
    lead = indentation(view.lines[caller.lineno - 1])
    is_awaited = f"await self.{name}(" in view.lines[used_at]
    header = f"{lead}{'async ' if is_awaited else ''}def {name}({', '.join(['self', *parameters])}):"
    line = caller.end_lineno or caller.lineno
    return _Stub(
        name=name,
        line=line,
        lines=("", header, f"{lead}    raise NotImplementedError"),
        words=f"`self.{name}` is called and not defined",
        used_at=used_at,
    )


def _attribute(view: FileView, initial: _FunctionNode, name: str, value: str, used_at: int) -> _Stub:
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
        lines=(f"{lead}self.{name} = {value}",),
        words=f"`self.{name}` is read and never set",
        used_at=used_at,
    )
