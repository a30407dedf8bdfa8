"""Reads from a syntax tree what some names are bound to and used by.

Only names that are asked for are followed, and only statements on whose lines they stand are visited: an answer about a
handful of names costs a fraction of a walk over the whole tree.

Source: The Python Language Reference, 4.2 "Naming and binding", for all rules of scopes.
"""

import ast
import warnings
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.bindings import Binding, BindingKind, Bindings, Scope, ScopeKind, Use

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def bindings_of(view: FileView, tree: ast.Module, names: Collection[str]) -> Bindings:
    """Returns how names are bound and used in a file.

    Args:
        view: The file.
        tree: Its syntax tree; line for line that of the file, or of one in which broken lines were replaced.
        names: The names that matter.
    """
    lines = sorted({line for name in names for line in view.lines_with.get(name, ())})
    walker = _Walker(names, lines)
    module = Scope(kind="module", parent=None, node=tree)
    walker.statements(tree.body, module, ())
    walker.globals_into(module)
    return Bindings(module=module, has_star_import=_has_star_import(view, tree), exported=_exported(view, tree))


def _has_star_import(view: FileView, tree: ast.Module) -> bool:
    return "*" in view.text and any(
        isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in _flat(tree.body)
    )


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yields statements and those within their `if`, `try` and `with`, not those of functions and classes."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            for name in ("body", "orelse", "finalbody"):
                yield from _flat(getattr(statement, name, ()))
            for handler in getattr(statement, "handlers", ()):
                yield from _flat(handler.body)


def _exported(view: FileView, tree: ast.Module) -> frozenset[str]:
    names: set[str] = set()
    if "__all__" in view.lines_with:
        for statement in tree.body:
            if isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr) and any(
                isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(statement)
            ):
                names.update(
                    node.value
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                )
    return frozenset(names)


class _Walker:
    """Fills scopes with the names that matter."""

    def __init__(self, names: Collection[str], lines: Sequence[int]) -> None:
        self._names = frozenset(names)
        self._lines = lines
        self._global_bindings: list[Binding] = []

    def globals_into(self, module: Scope) -> None:
        """Binds in the module what functions bind there by `global`."""
        module.bindings.extend(self._global_bindings)

    def statements(self, body: Sequence[ast.stmt], scope: Scope, within: tuple[ast.stmt, ...]) -> None:
        """Visits the statements of a block on whose lines a name stands."""
        for statement in body:
            decorators = getattr(statement, "decorator_list", None)
            first = decorators[0].lineno if decorators else statement.lineno
            if self._matters(first, statement.end_lineno or first):
                self._statement(statement, scope, within)

    def _matters(self, first: int, last: int) -> bool:
        """Returns whether a name stands on these lines, one-based."""
        index = bisect_left(self._lines, first - 1)
        return index < len(self._lines) and self._lines[index] < last

    def _statement(self, node: ast.stmt, scope: Scope, within: tuple[ast.stmt, ...]) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._bind(scope, node.name, "definition", node, within)
                self._each(node.decorator_list, scope)
                self._function(node, self._type_parameters(node, scope))
            case ast.ClassDef():
                self._bind(scope, node.name, "definition", node, within)
                self._each(node.decorator_list, scope)
                around = self._type_parameters(node, scope)
                self._each(node.bases, around)
                self._each([keyword.value for keyword in node.keywords], around)
                self.statements(node.body, self._inner("class", around, node), ())
            case ast.Import():
                for alias in node.names:
                    self._bind(scope, alias.asname or alias.name.partition(".")[0], "import", node, within)
            case ast.ImportFrom():
                for alias in node.names:
                    self._bind(scope, alias.asname or alias.name, "import", node, within)
            case ast.Global() | ast.Nonlocal():
                scope.outer.update((name, isinstance(node, ast.Global)) for name in node.names if name in self._names)
            case ast.AnnAssign():
                self._annotation(node.annotation, scope)
                self._expression(node.target, scope, within)
                if node.value is not None:
                    self._expression(node.value, scope, within)
            case ast.AugAssign():
                self._expression(node.value, scope, within)
                self._expression(node.target, scope, within)
                if isinstance(node.target, ast.Name):
                    self._use(node.target, scope)
            case _:
                self._compound(node, scope, within)

    def _compound(self, node: ast.stmt, scope: Scope, within: tuple[ast.stmt, ...]) -> None:
        inside = (*within, node)
        for _, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                self._expression(value, scope, within)
            elif isinstance(value, list) and value:
                if isinstance(value[0], ast.stmt):
                    self.statements(value, scope, inside)
                else:
                    for item in value:
                        self._part(item, scope, inside)

    def _part(self, item: ast.AST, scope: Scope, within: tuple[ast.stmt, ...]) -> None:
        """Visits what is neither statement nor expression: handlers, cases, items of `with`, type parameters."""
        match item:
            case ast.ExceptHandler():
                if item.type is not None:
                    self._expression(item.type, scope, within)
                if item.name is not None:
                    self._bind(scope, item.name, "except", item, within)
                self.statements(item.body, scope, within)
            case ast.match_case():
                self._pattern(item.pattern, scope, within)
                if item.guard is not None:
                    self._expression(item.guard, scope, within)
                self.statements(item.body, scope, within)
            case ast.withitem():
                self._expression(item.context_expr, scope, within)
                if item.optional_vars is not None:
                    self._expression(item.optional_vars, scope, within)
            case ast.expr():
                self._expression(item, scope, within)

    def _pattern(self, pattern: ast.pattern, scope: Scope, within: tuple[ast.stmt, ...]) -> None:
        for node in ast.walk(pattern):
            if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name is not None:
                self._bind(scope, node.name, "assignment", node, within)
            elif isinstance(node, ast.MatchMapping) and node.rest is not None:
                self._bind(scope, node.rest, "assignment", node, within)
            elif isinstance(node, ast.Name):
                self._use(node, scope)

    def _type_parameters(self, node: ast.AST, scope: Scope) -> Scope:
        """Returns the scope that the header of a definition is read in."""
        parameters = getattr(node, "type_params", None)
        if not parameters:
            return scope
        around = self._inner("function", scope, node)
        for parameter in parameters:
            self._bind(around, parameter.name, "parameter", parameter, ())
        return around

    def _function(self, node: _Function, scope: Scope) -> None:
        arguments = node.args
        self._each([*arguments.defaults, *(default for default in arguments.kw_defaults if default)], scope)
        inner = self._inner("function", scope, node)
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        parameters += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
        for parameter in parameters:
            self._bind(inner, parameter.arg, "parameter", parameter, ())
            if parameter.annotation is not None:
                self._annotation(parameter.annotation, scope)
        if isinstance(node, ast.Lambda):
            self._expression(node.body, inner, ())
        else:
            if node.returns is not None:
                self._annotation(node.returns, scope)
            self.statements(node.body, inner, ())

    def _inner(self, kind: ScopeKind, parent: Scope, node: ast.AST) -> Scope:
        scope = Scope(kind=kind, parent=parent, node=node)
        parent.inner.append(scope)
        return scope

    def _each(self, nodes: Iterable[ast.expr], scope: Scope) -> None:
        for node in nodes:
            self._expression(node, scope, ())

    def _expression(
        self, node: ast.expr, scope: Scope, within: tuple[ast.stmt, ...], above: ast.AST | None = None
    ) -> None:
        if node.end_lineno != node.lineno and not self._matters(node.lineno, node.end_lineno or node.lineno):
            return
        match node:
            case ast.Name():
                if isinstance(node.ctx, ast.Store):
                    self._bind(scope, node.id, "assignment", node, within)
                else:
                    self._use(node, scope, above)
            case ast.Lambda():
                self._function(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._comprehension(node, scope)
            case ast.NamedExpr():
                target = scope
                while target.kind == "comprehension" and target.parent is not None:
                    target = target.parent
                self._bind(target, node.target.id, "assignment", node.target, within)
                self._expression(node.value, scope, within)
            case ast.Call() if _is_cast(node):
                self._expression(node.func, scope, within, node)
                self._annotation(node.args[0], scope)
                for argument in node.args[1:]:
                    self._expression(argument, scope, within)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._expression(child, scope, within, node)
                    elif isinstance(child, ast.keyword):
                        self._expression(child.value, scope, within)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope) -> None:
        inner = self._inner("comprehension", scope, node)
        for number, generator in enumerate(node.generators):
            self._expression(generator.iter, inner if number else scope, ())
            self._expression(generator.target, inner, ())
            self._each(generator.ifs, inner)
        self._each([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt], inner)

    def _annotation(self, node: ast.expr, scope: Scope) -> None:
        """Reads a type: names in it and in its strings; the strings of `Literal` are values."""
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                self._string_annotation(node, node.value, scope)
        elif isinstance(node, ast.Name):
            self._use(node, scope, is_annotation=True)
        elif isinstance(node, ast.Subscript) and _last_name(node.value) == "Literal":
            self._annotation(node.value, scope)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.Name):
                    self._use(child, scope, node, is_annotation=True)
                elif isinstance(child, ast.expr):
                    self._annotation(child, scope)

    def _string_annotation(self, node: ast.Constant, text: str, scope: Scope) -> None:
        if not any(name in text for name in self._names):
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                parsed = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for child in ast.walk(parsed):
            if isinstance(child, ast.Name) and child.id in self._names:
                scope.uses.append(Use(name=child.id, line=node.lineno - 1, node=node, is_annotation=True))

    def _bind(self, scope: Scope, name: str, kind: BindingKind, node: ast.AST, within: tuple[ast.stmt, ...]) -> None:
        if name not in self._names:
            return
        line = getattr(node, "lineno", 1) - 1
        binding = Binding(name=name, line=line, kind=kind, node=node, within=within)
        if scope.outer.get(name):
            self._global_bindings.append(binding)
        elif name not in scope.outer:
            scope.bindings.append(binding)

    def _use(self, node: ast.Name, scope: Scope, above: ast.AST | None = None, is_annotation: bool = False) -> None:
        if node.id in self._names:
            scope.uses.append(
                Use(
                    name=node.id,
                    line=node.lineno - 1,
                    node=node,
                    is_annotation=is_annotation,
                    attribute=above.attr if isinstance(above, ast.Attribute) else "",
                    is_called=isinstance(above, ast.Call) and above.func is node,
                )
            )


def _is_cast(node: ast.Call) -> bool:
    return bool(node.args) and _last_name(node.func) == "cast"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
