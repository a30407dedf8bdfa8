"""Which scope a name belongs to, for a few names of one file.

Only the parts of the syntax tree that stand on lines with these names are read, so that a question about one name
costs little in a long file.

Source: The Python Language Reference, "Execution model", section 4.2 (naming and binding).
"""

import ast
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from weakref import WeakKeyDictionary

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.mended_tree import mended_tree

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Role(StrEnum):
    """What a name is at one place.

    NAME: a variable, read or written. PARAMETER: in a `def` or `lambda`. DEFINITION: after `def` or `class`. IMPORTED:
    bound by an import. SOURCE: imported under another name. DECLARED: after `global` or `nonlocal`. ATTRIBUTE: after
    a dot. KEYWORD: before the equals sign of an argument.
    """

    NAME = "name"
    PARAMETER = "parameter"
    DEFINITION = "definition"
    IMPORTED = "imported"
    SOURCE = "source"
    DECLARED = "declared"
    ATTRIBUTE = "attribute"
    KEYWORD = "keyword"


@dataclass(eq=False, slots=True, kw_only=True)
class Scope:
    """A stretch of code with names of its own.

    Attributes:
        node: The module, class, function, lambda or comprehension.
        parent: The scope around it; None for the module.
        binding: Where it binds the names that were asked for.
        declared_global: Names that it declares `global`.
        declared_nonlocal: Names that it declares `nonlocal`.
    """

    node: ast.AST
    parent: "Scope | None"
    binding: "list[Occurrence]" = field(default_factory=list)
    declared_global: set[str] = field(default_factory=set)
    declared_nonlocal: set[str] = field(default_factory=set)

    @property
    def is_class(self) -> bool:
        """Whether it is the body of a class."""
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_comprehension(self) -> bool:
        """Whether it is a comprehension or generator expression."""
        return isinstance(self.node, _Comprehension)

    @property
    def lines(self) -> range:
        """The lines it stands on; decorators left out."""
        if isinstance(self.node, ast.stmt | ast.expr):
            return range(self.node.lineno - 1, self.node.end_lineno or self.node.lineno)
        return range(1 << 30)

    def binds(self, name: str) -> bool:
        """Whether it binds a name itself."""
        return any(occurrence.name == name for occurrence in self.binding)

    def method_around(self) -> tuple[FunctionNode, ast.ClassDef] | None:
        """Returns the method that this is or lies in, and its class; None outside of methods."""
        scope = self
        while scope.parent is not None:
            if isinstance(scope.parent.node, ast.ClassDef):
                return (scope.node, scope.parent.node) if isinstance(scope.node, FunctionNode) else None
            scope = scope.parent
        return None


@dataclass(eq=False, slots=True, kw_only=True)
class Occurrence:
    """One of the names at one place.

    Attributes:
        name: The name.
        line: Its line, from 0.
        column: Where it begins there, in code points.
        role: What it is there.
        binds: Whether it is written or defined there; for an attribute, whether it is assigned.
        scope: The innermost scope in which it is read or bound.
        node: What it is part of: the import statement, the call of a keyword, else the node of the name itself.
    """

    name: str
    line: int
    column: int
    role: Role
    binds: bool
    scope: Scope
    node: ast.AST

    @property
    def place(self) -> tuple[int, int]:
        """Its line and column."""
        return self.line, self.column


@dataclass(eq=False, slots=True, kw_only=True)
class NamesInFile:
    """Where a few names stand in the code of one file.

    Attributes:
        module: The outermost scope.
        occurrences: All places, in no order; none in comments and strings.
        calls: The call of which a name or attribute is the called function, by the node of that.
        has_star_import: Whether an import binds names that cannot be known.
    """

    module: Scope
    occurrences: list[Occurrence] = field(default_factory=list)
    calls: dict[ast.AST, ast.Call] = field(default_factory=dict)
    has_star_import: bool = False

    def named(self, name: str, *roles: Role) -> Iterator[Occurrence]:
        """Yields the occurrences of a name in some roles; in all of them without any."""
        return (found for found in self.occurrences if found.name == name and (not roles or found.role in roles))

    def owner(self, occurrence: Occurrence, also: "tuple[Scope, str] | None" = None) -> Scope | None:
        """Returns the scope that binds what a name means at a place; None where none does.

        Args:
            occurrence: The place; not an attribute or keyword.
            also: A scope, and a name that it is taken to bind as well.
        """
        return self.owner_of(occurrence.name, occurrence.scope, also)

    def owner_of(self, name: str, innermost: Scope, also: "tuple[Scope, str] | None" = None) -> Scope | None:
        """Returns the scope that binds what a name means when it is read in a scope; None where none does."""
        scope: Scope | None = innermost
        while scope is not None:
            if name in scope.declared_global:
                scope = self.module
            is_visible = scope is innermost or not scope.is_class
            is_bound = scope.binds(name) or (also is not None and also[0] is scope and also[1] == name)
            if is_visible and is_bound and name not in scope.declared_nonlocal:
                return scope
            scope = scope.parent
        return None


def class_of_receiver(attribute: Occurrence) -> ast.ClassDef | None:
    """Returns the class that stands around where an attribute is one of `self`, `cls` or `super()`; else None."""
    if not isinstance(attribute.node, ast.Attribute):
        return None
    around = attribute.scope.method_around()
    if around is None:
        return None
    method, owner = around
    match attribute.node.value:
        case ast.Name(id=name):
            parameters = [*method.args.posonlyargs, *method.args.args]
            is_static = any(
                isinstance(found, ast.Name) and found.id == "staticmethod" for found in method.decorator_list
            )
            return owner if parameters and parameters[0].arg == name and not is_static else None
        case ast.Call(func=ast.Name(id="super")):
            return owner
        case _:
            return None


_MOST_KEPT = 8  # Answers for one file; a question asks for the same names again and again.
_read_before: WeakKeyDictionary[FileView, dict[frozenset[str], NamesInFile]] = WeakKeyDictionary()


def column_in(line: str, utf8_column: int) -> int:
    """Returns the column in code points of a column in bytes of UTF-8, as syntax trees count them."""
    return utf8_column if line.isascii() else len(line.encode()[:utf8_column].decode(errors="ignore"))


def names_in(view: FileView, names: Collection[str]) -> NamesInFile | None:
    """Returns where names stand in the code of a file, broken lines left out; None where too much is broken."""
    mended = mended_tree(view)
    if mended is None:
        return None
    known = _read_before.setdefault(view, {})
    key = frozenset(names)
    if key not in known:
        if len(known) >= _MOST_KEPT:
            del known[next(iter(known))]
        reader = _Reader(view, key)
        reader.read(mended.tree)
        known[key] = reader.found
    return known[key]


class _Reader:
    """Walks over the parts of a tree that stand on lines with some of the names."""

    def __init__(self, view: FileView, names: frozenset[str]) -> None:
        self._view = view
        self._names = names
        self._lines = sorted({number for name in names for number in view.lines_with.get(name, ())})
        self._in_f_string: ast.JoinedStr | None = None
        self.found = NamesInFile(module=Scope(node=ast.Module(body=[], type_ignores=[]), parent=None))

    def read(self, tree: ast.Module) -> None:
        self.found.module.node = tree
        self._all(tree.body, self.found.module)
        for occurrence in self.found.occurrences:
            if occurrence.binds and occurrence.role is not Role.ATTRIBUTE:
                self._binding_scope(occurrence).binding.append(occurrence)

    def _binding_scope(self, occurrence: Occurrence) -> Scope:
        scope = occurrence.scope
        if occurrence.name in scope.declared_global:
            return self.found.module
        if occurrence.name in scope.declared_nonlocal:
            outer = scope.parent
            while outer is not None and not isinstance(outer.node, FunctionNode):
                outer = outer.parent
            return outer or scope
        return scope

    def _all(self, nodes: Iterable[ast.AST | None], scope: Scope) -> None:
        for node in nodes:
            if node is not None:
                self._visit(node, scope)

    def _stands_on_a_line(self, node: ast.AST) -> bool:
        if self._in_f_string is not None:
            return True  # Positions inside of f-strings cannot be relied on before Python 3.12.
        first = getattr(node, "lineno", None)
        if first is None:
            return True
        decorators = getattr(node, "decorator_list", None)
        if decorators:
            first = min(first, decorators[0].lineno)
        at = bisect_left(self._lines, first - 1)
        return at < len(self._lines) and self._lines[at] < (getattr(node, "end_lineno", None) or first)

    def _visit(self, node: ast.AST, scope: Scope) -> None:
        if not self._stands_on_a_line(node):
            return
        match node:
            case ast.Name():
                if node.id in self._names:
                    self._add(node.id, node, Role.NAME, scope, binds=isinstance(node.ctx, ast.Store))
            case ast.Attribute():
                if node.attr in self._names:
                    self._add_attribute(node, scope)
                self._visit(node.value, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._function(node, scope)
            case ast.ClassDef():
                self._all(node.decorator_list, scope)
                self._all([*node.bases, *node.keywords], scope)
                self._definition(node, scope)
                self._all(node.body, Scope(node=node, parent=scope))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node, scope)
            case ast.NamedExpr():
                target = scope
                while target.is_comprehension and target.parent is not None:
                    target = target.parent
                self._visit(node.target, target)
                self._visit(node.value, scope)
            case ast.Call():
                self.found.calls[node.func] = node
                self._visit(node.func, scope)
                self._all(node.args, scope)
                for keyword in node.keywords:
                    if keyword.arg in self._names and keyword.arg is not None:
                        self._add(keyword.arg, keyword, Role.KEYWORD, scope, part_of=node)
                    self._visit(keyword.value, scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.Global() | ast.Nonlocal():
                self._declaration(node, scope)
            case ast.JoinedStr():
                outer, self._in_f_string = self._in_f_string, self._in_f_string or node
                self._all(ast.iter_child_nodes(node), scope)
                self._in_f_string = outer
            case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
                if node.name in self._names and node.name is not None:
                    self._add_by_text(node.name, node, scope)
                self._all(ast.iter_child_nodes(node), scope)
            case ast.MatchMapping():
                if node.rest in self._names and node.rest is not None:
                    self._add_by_text(node.rest, node, scope)
                self._all(ast.iter_child_nodes(node), scope)
            case _:
                self._all(ast.iter_child_nodes(node), scope)

    def _function(self, node: FunctionNode | ast.Lambda, scope: Scope) -> None:
        arguments = node.args
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        parameters += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
        self._all([*arguments.defaults, *arguments.kw_defaults], scope)
        self._all((parameter.annotation for parameter in parameters), scope)
        inner = Scope(node=node, parent=scope)
        for parameter in parameters:
            if parameter.arg in self._names:
                self._add(parameter.arg, parameter, Role.PARAMETER, inner, binds=True)
        if isinstance(node, ast.Lambda):
            self._visit(node.body, inner)
            return
        self._all([*node.decorator_list, node.returns], scope)
        self._definition(node, scope)
        self._all(node.body, inner)

    def _comprehension(self, node: _Comprehension, scope: Scope) -> None:
        inner = Scope(node=node, parent=scope)
        for number, generator in enumerate(node.generators):
            self._visit(generator.iter, inner if number else scope)
            self._visit(generator.target, inner)
            self._all(generator.ifs, inner)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._all(parts, inner)

    def _definition(self, node: FunctionNode | ast.ClassDef, scope: Scope) -> None:
        if node.name in self._names:
            line = self._view.lines[node.lineno - 1]
            start = column_in(line, node.col_offset)
            found = re.compile(rf"\b{node.name}\b").search(line, start + len("def"))
            if found:
                self._append(node.name, (node.lineno - 1, found.start()), Role.DEFINITION, scope, node, binds=True)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.found.has_star_import = True
                continue
            name = alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0]
            if name in self._names:
                role = Role.SOURCE if alias.asname else Role.IMPORTED
                self._add(name, alias, role, scope, binds=not alias.asname, part_of=node)
            if alias.asname and alias.asname in self._names and alias.end_lineno and alias.end_col_offset:
                line = self._view.lines[alias.end_lineno - 1]
                column = column_in(line, alias.end_col_offset) - len(alias.asname)
                self._append(alias.asname, (alias.end_lineno - 1, column), Role.IMPORTED, scope, node, binds=True)

    def _declaration(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        for name in self._names.intersection(node.names):
            declared = scope.declared_global if isinstance(node, ast.Global) else scope.declared_nonlocal
            declared.add(name)
            self._add_by_text(name, node, scope, role=Role.DECLARED)

    def _add_attribute(self, node: ast.Attribute, scope: Scope) -> None:
        end_line, end_column = (node.end_lineno or node.lineno) - 1, node.end_col_offset or 0
        if end_line < len(self._view.lines):
            column = column_in(self._view.lines[end_line], end_column) - len(node.attr)
            binds = isinstance(node.ctx, ast.Store)
            self._append(node.attr, (end_line, column), Role.ATTRIBUTE, scope, node, binds=binds)

    def _add(
        self,
        name: str,
        node: ast.Name | ast.arg | ast.alias | ast.keyword,
        role: Role,
        scope: Scope,
        *,
        binds: bool = False,
        part_of: ast.AST | None = None,
    ) -> None:
        line = node.lineno - 1
        if line < len(self._view.lines):
            column = column_in(self._view.lines[line], node.col_offset)
            self._append(name, (line, column), role, scope, part_of or node, binds=binds)

    def _add_by_text(self, name: str, node: ast.AST, scope: Scope, role: Role = Role.NAME) -> None:
        first, last = getattr(node, "lineno", 1) - 1, getattr(node, "end_lineno", 1)
        for number in range(first, last):
            for found in re.finditer(rf"\b{name}\b", self._view.lines[number]):
                self._append(name, (number, found.start()), role, scope, node, binds=role is Role.NAME)
                return

    def _append(
        self, name: str, place: tuple[int, int], role: Role, scope: Scope, node: ast.AST, *, binds: bool
    ) -> None:
        if not self._view.lines[place[0]].startswith(name, place[1]):
            found = self._place_in_f_string(name)
            if found is None:
                return
            place = found
        self.found.occurrences.append(
            Occurrence(name=name, line=place[0], column=place[1], role=role, binds=binds, scope=scope, node=node)
        )

    def _place_in_f_string(self, name: str) -> tuple[int, int] | None:
        """Returns the first place of a name in the f-string at hand that was not taken yet."""
        string = self._in_f_string
        if string is None:
            return None
        taken = {occurrence.place for occurrence in self.found.occurrences if occurrence.name == name}
        for number in range(string.lineno - 1, string.end_lineno or string.lineno):
            line = self._view.lines[number]
            for found in re.finditer(rf"\b{name}\b", line):
                if "{" in line[: found.start()] and (number, found.start()) not in taken:
                    return number, found.start()
        return None
