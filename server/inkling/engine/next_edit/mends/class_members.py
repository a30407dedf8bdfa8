"""Methods and attributes of `self` that changed lines use and that their class lacks."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.mends.stubs import Stub, parameters_of
from inkling.engine.next_edit.reading.tree_parts import nodes_on

STORED = 0.9  # a parameter that nothing stores, and an attribute of its name that is read
_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def missing_members(view: FileView, tree: ast.Module, ages: dict[int, int]) -> Iterator[Stub]:
    """Yields methods and attributes of `self` that changed lines use and that a class without other bases lacks."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or node.decorator_list or node.keywords:
            continue
        if not any(node.lineno - 1 <= line < (node.end_lineno or 0) for line in ages):
            continue
        if any(not (isinstance(base, ast.Name) and base.id == "object") for base in node.bases):
            continue  # the bases may have them
        yield from _members_of(view, node, ages)


def _members_of(view: FileView, owner: ast.ClassDef, ages: dict[int, int]) -> Iterator[Stub]:
    methods = [node for node in owner.body if isinstance(node, _FunctionNode)]
    if {"__getattr__", "__getattribute__"} & {method.name for method in methods}:
        return
    initial = next((each for each in methods if each.name == "__init__"), None)
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
        if name in seen or name.startswith("__") or used_at not in ages:
            continue
        seen.add(name)
        method = next((each for each in methods if each.lineno - 1 <= used_at < (each.end_lineno or 0)), None)
        argument = _unstored_argument(owner, initial, name) if initial is not method else ""
        if argument and initial is not None:
            yield replace(_attribute(view, initial, name, argument, used_at), certainty=STORED)
        if argument or _is_spoken_of(view, name, ages):
            continue
        if method is not None and node in calls:
            parameters = parameters_of(calls[node])
            if parameters is not None:
                yield _method(view, method, parameters, name, used_at)
        elif initial is not None and initial is not method:
            value = _zero_for(added_to[name]) if name in added_to else "None"
            if value:
                yield _attribute(view, initial, name, value, used_at)


def _unstored_argument(owner: ast.ClassDef, initial: _FunctionNode | None, name: str) -> str:
    """Returns the parameter of `__init__` that is read as an attribute which nothing sets; empty if none is."""
    if initial is None:
        return ""
    arguments = initial.args
    parameters = {each.arg for each in (*arguments.posonlyargs, *arguments.args[1:], *arguments.kwonlyargs)}
    parameter = next((each for each in (name, name.removeprefix("_")) if each in parameters), "")
    if not parameter:
        return ""
    if any(isinstance(node, ast.Name) and node.id == name for each in owner.body for node in _targets(each)):
        return ""
    for node in ast.walk(owner):
        match node:
            case ast.Attribute(attr=attribute, ctx=ast.Store() | ast.Del()) if attribute == name:
                return ""
            case ast.FunctionDef(name=method) | ast.AsyncFunctionDef(name=method) if method == name:
                return ""
            case ast.Call(func=ast.Name(id="setattr")) | ast.Attribute(attr="__dict__"):
                return ""
            case _:
                continue
    return parameter


def _targets(statement: ast.stmt) -> list[ast.expr]:
    """Returns what an assignment binds."""
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign) else []


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


def _method(view: FileView, caller: ast.stmt, parameters: Sequence[str], name: str, used_at: int) -> Stub:
    """Returns a method below the one that calls it."""
    lead = indentation(view.lines[caller.lineno - 1])
    is_awaited = f"await self.{name}(" in view.lines[used_at]
    header = f"{lead}{'async ' if is_awaited else ''}def {name}({', '.join(['self', *parameters])}):"
    line = caller.end_lineno or caller.lineno
    return Stub(
        uri=view.uri,
        name=name,
        line=line,
        lines=("", header, f"{lead}    raise NotImplementedError"),
        words=f"`self.{name}` is called and not defined",
        used_at=used_at,
    )


def _attribute(view: FileView, initial: _FunctionNode, name: str, value: str, used_at: int) -> Stub:
    """Returns an attribute below the last one that `__init__` sets, or at its end."""
    last = initial.body[-1]
    for statement in initial.body:
        if any(isinstance(target, ast.Attribute) for target in _targets(statement)):
            last = statement
    lead = indentation(view.lines[last.lineno - 1])
    return Stub(
        uri=view.uri,
        name=name,
        line=last.end_lineno or last.lineno,
        lines=(f"{lead}self.{name} = {value}",),
        words=f"`self.{name}` is read and never set",
        used_at=used_at,
    )
