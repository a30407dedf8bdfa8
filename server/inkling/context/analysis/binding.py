"""What a name in the document stands for, where that is beyond doubt."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from inkling.context.analysis.namespaces import (
    Source,
    Target,
    module_level,
    names_bound_by,
    parse_text,
    targets_of_import,
)

_COMPLETED_ELSEWHERE: Final = re.compile(r"Mixin|Base|Abstract|^I[A-Z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalClass:
    """A class of the document, by its name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOf:
    """What a call of `callee`, a chain of names, makes."""

    callee: tuple[str, ...]


Binding = Target | LocalClass | InstanceOf


def parse_around(before: str, line: str, after: str) -> ast.Module | None:
    """Returns the tree of a document in which one line is being written.

    Args:
        before: All lines above it.
        line: The line as it would be.
        after: What follows it, from its line break on.
    """
    indentation = line[: len(line) - len(line.lstrip())]
    tree = parse_text(before + indentation + "pass" + after)
    return tree if tree is not None else parse_text(before + line + after)


def resolve_name(source: Source, name: str, line: str, line_number: int) -> Binding | None:
    """Returns what `name` stands for on a line, or None unless there is one answer in the whole document.

    Args:
        source: The document.
        name: The first name of a chain.
        line: The line, which may bind the name itself.
        line_number: Its number, starting at 1.
    """
    if name in ("self", "cls"):
        return _class_around(source, name, line_number)
    if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w|\s*\.)", line):
        return None
    bindings = {_binding(source, node, name) for node in ast.walk(source.tree) if name in names_bound_by(node)}
    if len(bindings) != 1:
        return None
    binding = bindings.pop()
    if binding is not None:
        return binding
    return _instance(source.tree, name)


def _binding(source: Source, node: ast.AST, name: str) -> Binding | None:
    if isinstance(node, ast.Import | ast.ImportFrom):
        targets = {
            target
            for bound, target in targets_of_import(node, source.module, is_package=source.is_package)
            if bound == name
        }
        return targets.pop() if len(targets) == 1 else None
    if isinstance(node, ast.ClassDef) and node in module_level(source.tree):
        return LocalClass(name=name)
    return None


def _instance(tree: ast.Module, name: str) -> InstanceOf | None:
    """Returns the call that makes `name`, when one assignment is all that binds it."""
    n_bindings = sum(list(names_bound_by(node)).count(name) for node in ast.walk(tree))
    if n_bindings != 1:
        return None
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Call(func=callee)) if bound == name:
                chain = tuple(_chain(callee))
                return InstanceOf(callee=chain) if chain else None
            case _:
                continue
    return None


def _chain(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        outer = list(_chain(node.value))
        if outer:
            yield from (*outer, node.attr)


def _class_around(source: Source, name: str, line_number: int) -> LocalClass | None:
    """Returns the class whose method holds the line, unless other classes are meant to complete it."""
    classes = [node for node in module_level(source.tree) if isinstance(node, ast.ClassDef)]
    for node in classes:
        for method in node.body:
            if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and _holds(method, line_number):
                arguments = [*method.args.posonlyargs, *method.args.args]
                is_own = bool(arguments) and arguments[0].arg == name and not _is_bound_twice(method, name)
                return LocalClass(name=node.name) if is_own and not _is_completed_elsewhere(classes, node) else None
    return None


def _holds(node: ast.stmt, line_number: int) -> bool:
    return node.lineno <= line_number <= (node.end_lineno or node.lineno)


def _is_bound_twice(method: ast.AST, name: str) -> bool:
    return sum(list(names_bound_by(node)).count(name) for node in ast.walk(method)) != 1


def _is_completed_elsewhere(classes: list[ast.ClassDef], node: ast.ClassDef) -> bool:
    """Tells whether subclasses may provide what the class uses: a mixin, an abstract class, a base class."""
    if _COMPLETED_ELSEWHERE.search(node.name):
        return True
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id in ("abstractmethod", "NotImplementedError", "ABC"):
            return True
        if isinstance(inner, ast.Attribute) and inner.attr in ("abstractmethod", "ABC"):
            return True
    return any(node.name in ast.unparse(base) for other in classes for base in other.bases)
