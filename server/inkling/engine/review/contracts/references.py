"""Where a project uses a function, class or method: by imports, by scope, and by receivers whose class is plain."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from inkling.engine.review.changed_code import Definition
from inkling.engine.review.project_code import CodeFile, ProjectCode

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A use of a name.

    Attributes:
        file: Where it is.
        node: The name, or the attribute with its receiver; the import itself.
    """

    file: CodeFile
    node: ast.expr | ast.alias

    @property
    def line(self) -> int:
        """One-based."""
        return self.node.lineno

    @property
    def call(self) -> ast.Call | None:
        """The call, where it is called right there."""
        parent = self.file.parents.get(self.node)
        return parent if isinstance(parent, ast.Call) and parent.func is self.node else None


def uses_of(project: ProjectCode, path: PurePosixPath, definition: Definition) -> Iterator[Reference]:
    """Yields the uses of a function, class or method of a file."""
    if definition.owner is None:
        if "." not in definition.qualified_name:
            yield from module_uses(project, path, definition.name)
    elif not definition.name.startswith("__"):
        yield from method_uses(project, path, definition.owner.name, definition.name)


def constructions_of(project: ProjectCode, path: PurePosixPath, definition: Definition) -> Iterator[Reference]:
    """Yields the uses of the class that a constructor, `__init__`, belongs to."""
    if definition.owner is not None and definition.qualified_name.count(".") == 1:
        yield from module_uses(project, path, definition.owner.name)


def module_uses(project: ProjectCode, path: PurePosixPath, name: str) -> Iterator[Reference]:
    """Yields the uses of what a module defines at its top, in the module itself and where it is imported.

    Args:
        project: The project, after the change.
        path: The module's file.
        name: What it defines.
    """
    for file in project.files_with(name):
        if file.tree is None:
            continue
        if file.path == path:
            yield from _named(file, {name})
            continue
        imported, modules = set(), set()
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if alias.name == name and means_module(project, file.path, node, path):
                        imported.add(alias.asname or alias.name)
                        yield Reference(file=file, node=alias)
                    elif means_module(project, file.path, node, path, submodule=alias.name):
                        modules.add(alias.asname or alias.name)
            elif isinstance(node, ast.Import):
                modules |= {
                    alias.asname or alias.name
                    for alias in node.names
                    if _is_path_of(project, alias.name.split("."), path)
                }
        if imported:
            yield from _named(file, imported)
        for node in ast.walk(file.tree) if modules else ():
            if isinstance(node, ast.Attribute) and node.attr == name and ast.unparse(node.value) in modules:
                yield Reference(file=file, node=node)


def method_uses(project: ProjectCode, path: PurePosixPath, owner: str, name: str) -> Iterator[Reference]:
    """Yields uses of a method whose receiver is plain: `self` in its class, the class itself, `Class(…).method`.

    Further receivers are not guessed at.

    Args:
        project: The project, after the change.
        path: The file of the class.
        owner: The class's name.
        name: The method's.
    """
    for file in project.files_with(name):
        classes = {owner} if file.path == path else _imported_as(project, file, path, owner)
        if file.tree is None or not classes:
            continue
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Attribute) and node.attr == name and _is_of(file, node.value, classes, path):
                yield Reference(file=file, node=node)


def means_module(
    project: ProjectCode,
    importer: PurePosixPath,
    node: ast.ImportFrom,
    path: PurePosixPath,
    submodule: str | None = None,
) -> bool:
    """Tells whether `from … import` in a file names a module by its path, or has it as a submodule."""
    parts = node.module.split(".") if node.module else []
    if submodule is not None:
        parts.append(submodule)
    if node.level == 0:
        return _is_path_of(project, parts, path)
    package = importer.parent
    for _ in range(node.level - 1):
        package = package.parent
    return (*package.parts, *parts) == _module_parts(path)


def _is_path_of(project: ProjectCode, parts: list[str], path: PurePosixPath) -> bool:
    """Tells whether an absolute import means a file: it begins in a folder that is no package itself."""
    module = _module_parts(path)
    if not 0 < len(parts) <= len(module) or module[-len(parts) :] != tuple(parts):
        return False
    root = PurePosixPath(*module[: len(module) - len(parts)])
    return project.file(root / "__init__.py") is None


def _module_parts(path: PurePosixPath) -> tuple[str, ...]:
    parts = path.with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def _imported_as(project: ProjectCode, file: CodeFile, path: PurePosixPath, name: str) -> set[str]:
    if file.tree is None:
        return set()
    return {
        alias.asname or alias.name
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ImportFrom) and means_module(project, file.path, node, path)
        for alias in node.names
        if alias.name == name
    }


def _named(file: CodeFile, names: set[str]) -> Iterator[Reference]:
    """Yields loads of names that no function around them binds to something else."""
    if file.tree is None:
        return
    for node in ast.walk(file.tree):
        if not (isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load)):
            continue
        if not any(node.id in _bound_in(scope) for scope in _scopes_around(file, node)):
            yield Reference(file=file, node=node)


def _scopes_around(file: CodeFile, node: ast.AST) -> Iterator[_Scope]:
    around = file.parents.get(node)
    while around is not None:
        if isinstance(around, _Scope):
            yield around
        around = file.parents.get(around)


def _bound_in(scope: _Scope) -> set[str]:
    arguments = scope.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    bound = {argument.arg for argument in every if argument is not None}
    for node in ast.walk(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node is not scope:
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return bound


def _is_of(file: CodeFile, receiver: ast.expr, classes: set[str], path: PurePosixPath) -> bool:
    """Tells whether a receiver is an object of one of these classes, or the class."""
    if isinstance(receiver, ast.Name) and receiver.id in classes:
        return True
    if isinstance(receiver, ast.Call) and isinstance(receiver.func, ast.Name) and receiver.func.id in classes:
        return True
    if not (isinstance(receiver, ast.Name) and receiver.id in ("self", "cls")):
        return False
    around = file.parents.get(receiver)
    while around is not None and not isinstance(around, ast.ClassDef):
        around = file.parents.get(around)
    return around is not None and (around.name in classes and file.path == path)
