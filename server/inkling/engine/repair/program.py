"""The program under repair: its files as syntax trees, changes of them, and the code that they compile to.

A change names a node of the original tree and what stands in its place. A mutant's tree is made by copying the way from
the root to the changed places and sharing all the rest: it costs microseconds, nothing has to be undone, and a node of
the original tells by its identity that its text is unchanged. Changes of several places are put together in one go.
"""

import __future__

import ast
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import CodeType

from inkling.engine.repair.nodes import copied, placed

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Replacement = ast.AST | tuple[ast.AST, ...]
Change = tuple[ast.AST, Replacement]
"""A node of the original, and what takes its place; several nodes, or none, where it stands in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A changed program that may pass the tests.

    Attributes:
        changes: What is changed.
        kind: The template that made it.
        weight: How likely it is before it was tried, above 0.
        size: How much it changes, 1 for a smallest change.
        n_edits: Changes by templates it is made of.
        imports: Statements that must stand among the imports of a file, for names that the changes need.
    """

    changes: tuple[Change, ...]
    kind: str
    weight: float
    size: int = 1
    n_edits: int = 1
    imports: tuple[tuple[PurePosixPath, str], ...] = ()


@dataclass(eq=False, slots=True, kw_only=True)
class Unit:
    """A function that can be exchanged in a running program: one that is not inside of another function.

    Attributes:
        file: The file that it is in.
        classes: The classes around it, outermost first.
        function: It.
        index: Its number in the program.
    """

    file: "SourceFile"
    classes: tuple[ast.ClassDef, ...]
    function: FunctionNode
    index: int

    @property
    def qualified_name(self) -> str:
        """Its name with those of the classes around it, as `co_qualname` has it."""
        return ".".join([*(node.name for node in self.classes), self.function.name])


@dataclass(eq=False, slots=True, kw_only=True)
class SourceFile:
    """A file of the program.

    Attributes:
        path: Within the project.
        text: Its text.
        tree: Its syntax tree; never changed.
        parents: By `id` of a node: the node that holds it.
        unit_of: By `id` of a function's node: its unit.
        flags: The compiler's, for `from __future__ import`.
    """

    path: PurePosixPath
    text: str
    tree: ast.Module
    parents: dict[int, ast.AST] = field(default_factory=dict)
    unit_of: dict[int, Unit] = field(default_factory=dict)
    flags: int = 0


class Program:
    """All files that a repair may change."""

    def __init__(self, texts: Iterable[tuple[PurePosixPath, str]]) -> None:
        """Parses the files; those that cannot be parsed are left out."""
        self.files: list[SourceFile] = []
        self.units: list[Unit] = []
        self._file_of_tree: dict[int, SourceFile] = {}
        self._file_of_node: dict[int, SourceFile] = {}
        for path, text in texts:
            try:
                tree = ast.parse(text)
            except (SyntaxError, ValueError, RecursionError):
                continue
            self._add(SourceFile(path=path, text=text, tree=_with_own_contexts(tree)))

    def file_of(self, node: ast.AST) -> SourceFile:
        """Returns the file that a node of an original tree is in."""
        return self._file_of_node[id(node)]

    def is_original(self, node: ast.AST) -> bool:
        """Tells whether the node is one of an original tree, with all that is below it."""
        return id(node) in self._file_of_node

    def parent_of(self, node: ast.AST) -> ast.AST | None:
        """Returns the node that holds an original one; None for a module."""
        return self._file_of_node[id(node)].parents.get(id(node))

    def unit_of(self, node: ast.AST) -> Unit | None:
        """Returns the unit whose code changes with this node; None where a module must be imported anew.

        Defaults and decorators belong to what is around the function: they are evaluated there.
        """
        file = self._file_of_node[id(node)]
        found: Unit | None = None
        inner: ast.AST = node
        outer = file.parents.get(id(inner))
        while outer is not None:
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                is_outside = any(inner is decorator for decorator in outer.decorator_list) or inner is outer.returns
                found = None if is_outside else file.unit_of.get(id(outer), found)
            elif isinstance(outer, ast.arguments) and not isinstance(inner, ast.arg):
                function = file.parents.get(id(outer))
                if function is not None and id(function) in file.unit_of:
                    return None
            inner, outer = outer, file.parents.get(id(outer))
        return found

    def needs_import(self, changes: Sequence[Change]) -> bool:
        """Tells whether modules must be imported anew for what changes: exchanged functions would not show it."""
        for change in changes:
            unit = self.unit_of(change[0])
            if unit is None or _brings_super(change, unit):
                return True
        return False

    def compiled_units(self, changes: Sequence[Change]) -> list[tuple[int, CodeType]] | None:
        """Returns the code of each function that the changes touch, by the unit's index.

        Returns:
            None where the changes reach outside of functions, and a module must be imported anew.

        Raises:
            SyntaxError: The changed program is none.
            ValueError: Likewise, where the compiler says so in this way.
        """
        by_unit: dict[int, list[Change]] = {}
        for change in changes:
            unit = self.unit_of(change[0])
            if unit is None or _brings_super(change, unit):
                return None
            by_unit.setdefault(unit.index, []).append(change)
        compiled = []
        for index, its_changes in by_unit.items():
            unit = self.units[index]
            function = rebuilt(unit.function, its_changes, unit.file)
            compiled.append((index, _function_code(unit, function)))
        return compiled

    def changed_files(self, changes: Sequence[Change]) -> list[tuple[SourceFile, ast.Module]]:
        """Returns the files that the changes touch, with their new trees."""
        by_file: dict[int, list[Change]] = {}
        files = {}
        for change in changes:
            file = self.file_of(change[0])
            files[id(file)] = file
            by_file.setdefault(id(file), []).append(change)
        return [(files[key], rebuilt(files[key].tree, its_changes, files[key])) for key, its_changes in by_file.items()]

    def _add(self, file: SourceFile) -> None:
        self.files.append(file)
        self._file_of_node[id(file.tree)] = file
        for node in ast.walk(file.tree):
            for child in ast.iter_child_nodes(node):
                file.parents[id(child)] = node
                self._file_of_node[id(child)] = file
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for alias in node.names:
                    feature = getattr(__future__, alias.name, None)
                    file.flags |= feature.compiler_flag if feature is not None else 0
        for classes, function in _outermost_functions(file.tree.body, ()):
            unit = Unit(file=file, classes=classes, function=function, index=len(self.units))
            self.units.append(unit)
            file.unit_of[id(function)] = unit


def rebuilt(root: ast.AST, changes: Sequence[Change], file: SourceFile) -> ast.Module:
    """Returns `root` with the changes made, new on the way to them and shared elsewhere."""
    replacements = {id(target): new for target, new in changes}
    touched = set()
    are_nested = False
    for target, _ in changes:
        node: ast.AST | None = target
        while node is not None:
            touched.add(id(node))
            if node is root:
                break
            node = file.parents.get(id(node))
            are_nested = are_nested or (len(changes) > 1 and id(node) in replacements)
    builder = _Rebuilder(replacements, touched, are_nested=are_nested)
    (result,) = builder.replaced(root)
    return result  # type: ignore[return-value]  # as the type of root is: no change replaces the root


def line_range(node: ast.stmt) -> tuple[int, int]:
    """Returns the first and last line of a statement, decorators included, one-based."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]), node.end_lineno or node.lineno


class _Rebuilder:
    def __init__(self, replacements: dict[int, Replacement], touched: set[int], *, are_nested: bool) -> None:
        self._replacements = replacements
        self._touched = touched
        self._are_nested = are_nested
        self._active: set[int] = set()

    def replaced(self, node: ast.AST) -> tuple[ast.AST, ...]:
        key = id(node)
        replacement = self._replacements.get(key)
        if replacement is not None and key not in self._active:
            new = replacement if isinstance(replacement, tuple) else (replacement,)
            if not self._are_nested:
                return new
            # What takes the place may hold the node itself, and within it another place that is changed as well.
            self._active.add(key)
            inside = tuple(itertools.chain.from_iterable(self._inside_new(child) for child in new))
            self._active.discard(key)
            return inside
        if key in self._touched:
            return (self._with_children(node),)
        return (node,)

    def _inside_new(self, node: ast.AST) -> tuple[ast.AST, ...]:
        if id(node) in self._touched:
            return self.replaced(node)
        if any(id(inner) in self._touched for inner in ast.walk(node)):
            return (self._with_children(node, are_new=True),)
        return (node,)

    def _with_children(self, node: ast.AST, *, are_new: bool = False) -> ast.AST:
        visit = self._inside_new if are_new else self.replaced
        changes: dict[str, object] = {}
        for name, value in node.__dict__.items():
            if isinstance(value, list):
                if are_new or any(id(child) in self._touched for child in value):
                    children: list[object] = []
                    for child in value:
                        children += visit(child) if isinstance(child, ast.AST) else [child]
                    if name == "body" and not children:
                        children = [placed(ast.Pass())]
                    changes[name] = children
            elif isinstance(value, ast.AST) and (are_new or id(value) in self._touched):
                new = visit(value)
                changes[name] = new[0] if new else None
        return copied(node, **changes)


def _outermost_functions(
    body: Sequence[ast.stmt], classes: tuple[ast.ClassDef, ...]
) -> Iterator[tuple[tuple[ast.ClassDef, ...], FunctionNode]]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield classes, statement
        elif isinstance(statement, ast.ClassDef):
            yield from _outermost_functions(statement.body, (*classes, statement))
        else:
            for name in ("body", "orelse", "finalbody"):
                yield from _outermost_functions(getattr(statement, name, None) or (), classes)
            for handler in getattr(statement, "handlers", ()):
                yield from _outermost_functions(handler.body, classes)


def _with_own_contexts(tree: ast.Module) -> ast.Module:
    # The parser shares one Load node, and one Add node, among all: a node with one parent is what is needed here.
    for node in ast.walk(tree):
        for name, value in node.__dict__.items():
            if isinstance(value, ast.operator | ast.cmpop | ast.unaryop | ast.boolop | ast.expr_context):
                node.__dict__[name] = value.__class__()
            elif name == "ops":
                node.__dict__[name] = [operator.__class__() for operator in value]
    return tree


def _brings_super(change: Change, unit: Unit) -> bool:
    """Tells whether a change has a `super` where the function had none: it needs a cell that the old one has not."""
    _, new = change
    parts = new if isinstance(new, tuple) else (new,)
    if not any(_names_super(part) for part in parts):
        return False
    return not _names_super(unit.function)


def _names_super(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "super" for each in ast.walk(node))


def _function_code(unit: Unit, function: ast.AST) -> CodeType:
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - a unit's root stays a function
    arguments = copied(function.args, defaults=[], kw_defaults=[None] * len(function.args.kwonlyargs))
    node: ast.stmt = copied(function, decorator_list=[], returns=None, args=_without_annotations(arguments))
    for around in reversed(unit.classes):
        node = copied(around, body=[node], bases=[], keywords=[], decorator_list=[])
    module = ast.Module([node], [])
    code = compile(module, str(unit.file.path), "exec", flags=unit.file.flags, dont_inherit=True)
    found = _code_named(code, unit.qualified_name)
    if found is None:
        raise SyntaxError(f"{unit.qualified_name} compiled to nothing")
    return found


def _without_annotations(arguments: ast.arguments) -> ast.arguments:
    def bare(argument: ast.arg) -> ast.arg:
        return argument if argument.annotation is None else copied(argument, annotation=None)

    return copied(
        arguments,
        posonlyargs=[bare(argument) for argument in arguments.posonlyargs],
        args=[bare(argument) for argument in arguments.args],
        kwonlyargs=[bare(argument) for argument in arguments.kwonlyargs],
        vararg=None if arguments.vararg is None else bare(arguments.vararg),
        kwarg=None if arguments.kwarg is None else bare(arguments.kwarg),
    )


def _code_named(code: CodeType, qualified_name: str) -> CodeType | None:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_qualname == qualified_name:
                return inner
            found = _code_named(inner, qualified_name)
            if found is not None:
                return found
    return None
