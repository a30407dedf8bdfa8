"""The functions and classes of a file, and which of them belong together by name."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from weakref import WeakKeyDictionary

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.mended_tree import mended_tree
from inkling.engine.next_edit.reading.scopes import FunctionNode
from inkling.engine.next_edit.situation import Situation

_MOST_GENERATIONS = 8  # Of base classes that are followed; a circle of names ends here.

# Stands for the constructor that is made of a class's fields.
CONSTRUCTOR_OF_FIELDS = ast.FunctionDef(
    name="__init__",
    args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
    body=[],
    decorator_list=[],
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Function:
    """A `def` and where it stands.

    Attributes:
        node: The syntax tree.
        owner: The class whose method it is; None for a plain function.
        outer: The function in which it stands; None at the level of the module or of a class.
    """

    node: FunctionNode
    owner: ast.ClassDef | None
    outer: FunctionNode | None

    @property
    def name(self) -> str:
        """Its name."""
        return self.node.name

    @property
    def called(self) -> str:
        """The name that calls of it have: the class for `__init__`."""
        return self.owner.name if self.owner is not None and self.name == "__init__" else self.name

    @property
    def header(self) -> range:
        """The lines from `def` up to the body; decorators left out."""
        first, body = self.node.lineno - 1, self.node.body[0]
        body_line = min([body.lineno, *(node.lineno for node in getattr(body, "decorator_list", ()))]) - 1
        return range(first, max(body_line, first + 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """The functions and classes of a file, in the order of the text."""

    functions: tuple[Function, ...]
    classes: tuple[ast.ClassDef, ...]

    def function_at(self, line: int) -> Function | None:
        """Returns the innermost function that a line belongs to."""
        around = [found for found in self.functions if found.node.lineno - 1 <= line < (found.node.end_lineno or 0)]
        return around[-1] if around else None

    def methods(self, node: ast.ClassDef) -> list[Function]:
        """Returns the methods of a class."""
        return [function for function in self.functions if function.owner is node]


_outlines: WeakKeyDictionary[FileView, Outline] = WeakKeyDictionary()


def outline(view: FileView) -> Outline:
    """Returns the functions and classes of a file; none where too much of it is broken."""
    known = _outlines.get(view)
    if known is None:
        functions: list[Function] = []
        classes: list[ast.ClassDef] = []
        mended = mended_tree(view)
        if mended is not None:
            _read(mended.tree.body, None, None, functions, classes)
        known = _outlines[view] = Outline(functions=tuple(functions), classes=tuple(classes))
    return known


def _read(
    statements: Sequence[ast.stmt],
    owner: ast.ClassDef | None,
    outer: FunctionNode | None,
    functions: list[Function],
    classes: list[ast.ClassDef],
) -> None:
    for node in statements:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                functions.append(Function(node=node, owner=owner, outer=outer))
                _read(node.body, None, node, functions, classes)
            case ast.ClassDef():
                classes.append(node)
                _read(node.body, node, outer, functions, classes)
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
                _read(node.body, owner, outer, functions, classes)
                _read(node.orelse, owner, outer, functions, classes)
            case ast.With() | ast.AsyncWith():
                _read(node.body, owner, outer, functions, classes)
            case ast.Try() | ast.TryStar():
                for part in (node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody):
                    _read(part, owner, outer, functions, classes)
            case ast.Match():
                for case in node.cases:
                    _read(case.body, owner, outer, functions, classes)
            case _:
                pass


def base_names(node: ast.ClassDef) -> list[str]:
    """Returns the last parts of the names of a class's bases; `Base` for `package.Base[int]`."""
    names: list[str] = []
    for base in node.bases:
        expression = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(expression, ast.Name):
            names.append(expression.id)
        elif isinstance(expression, ast.Attribute):
            names.append(expression.attr)
    return names


def subclasses(situation: Situation, name: str) -> Iterator[tuple[FileView, ast.ClassDef]]:
    """Yields the classes of all files that derive from one of a name, directly or not, by the names of bases alone."""
    names, seen = {name}, {name}
    for _ in range(_MOST_GENERATIONS):
        found: set[str] = set()
        for uri in situation.nearest_first:
            view = situation.files[uri]
            if not any(known in view.lines_with for known in names):
                continue
            for node in outline(view).classes:
                if names.intersection(base_names(node)) and node.name not in seen:
                    found.add(node.name)
                    yield view, node
        if not found:
            return
        seen |= found
        names = found


def inherits(situation: Situation, heir: ast.ClassDef, owner: ast.ClassDef, name: str) -> bool:
    """Returns whether no class between a class and the one that has a method has another one of that name."""
    between = {node.name: (at, node) for at, node in subclasses(situation, owner.name)}
    bases, seen = base_names(heir), {heir.name}
    while bases:
        base = bases.pop()
        if base in seen or base not in between:
            continue
        seen.add(base)
        at, node = between[base]
        if any(method.name == name for method in outline(at).methods(node)):
            return False
        bases += base_names(node)
    return True


def definers(situation: Situation, name: str) -> Iterator[tuple[FileView, Function]]:
    """Yields the functions of a name in all files."""
    for uri in situation.nearest_first:
        view = situation.files[uri]
        if any(
            view.lines[number].lstrip().startswith(("def ", "async def ")) for number in view.lines_with.get(name, ())
        ):
            for function in outline(view).functions:
                if function.name == name:
                    yield view, function


def imports_file(importer: FileView, node: ast.ImportFrom, imported: FileView) -> float:
    """Returns how surely a `from … import` means a file: 1 by its path, 0.8 for a package around it, 0 if it cannot."""
    if imported.path is None or importer.path is None:
        return 0.0
    path = _module_path(imported.path)
    parts = tuple(node.module.split(".")) if node.module else ()
    if node.level:
        folder = importer.path.parent.parts
        folder = folder[: len(folder) - (node.level - 1)]
        return _sameness(folder + parts, path, is_whole=True)
    return _sameness(parts, path, is_whole=False)


def imports_module(node: ast.Import, name: str, imported: FileView) -> bool:
    """Returns whether an `import` binds a name to a file's module."""
    if imported.path is None:
        return False
    path = _module_path(imported.path)
    for alias in node.names:
        parts = tuple(alias.name.split("."))
        if name == (alias.asname or alias.name) and path[-len(parts) :] == parts:
            return True
    return False


def _module_path(path: PurePath) -> tuple[str, ...]:
    without_suffix = path.with_suffix("")
    return without_suffix.parent.parts if without_suffix.name == "__init__" else without_suffix.parts


def _sameness(parts: tuple[str, ...], path: tuple[str, ...], *, is_whole: bool) -> float:
    if not parts:
        return 0.0
    if path[-len(parts) :] == parts and (not is_whole or len(path) == len(parts)):
        return 1.0
    if is_whole:
        return 0.8 if path[: len(parts)] == parts else 0.0
    is_around = any(path[start : start + len(parts)] == parts for start in range(len(path) - len(parts)))
    return 0.8 if is_around else 0.0
