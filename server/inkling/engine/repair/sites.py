"""Places that may be changed: every expression and statement, with what a template needs to know about it."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from inkling.engine.repair.program import FunctionNode, Program, SourceFile, Unit, line_range

_NESTED_FUNCTION_SUSPICIOUSNESS = 0.2  # a `def` inside of a function is rarely the fault itself
_DEFAULT_SUSPICIOUSNESS = 0.5  # of that of the function's own lines
_N_ATTRIBUTES = 8  # attributes of `self` that count as names in scope
_N_VARIABLES = 6  # of the module that count as names in scope


class Role(StrEnum):
    """What an expression is for."""

    RETURNED = "returned"
    CONDITION = "condition"
    ITERATED = "iterated"
    VALUE = "value"
    ELEMENT = "element"
    DEFAULT = "default"
    PART = "part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is around a place.

    Attributes:
        unit: The exchangeable function that it is in; None at the level of a module or class.
        function: The innermost function.
        names: Local names, parameters first, then attributes of `self` such as `self.total`, then the module's own.
        is_in_comprehension: Whether names are bound by an expression around the place.
    """

    unit: Unit | None
    function: FunctionNode | None
    names: tuple[str, ...]
    is_in_comprehension: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionSite:
    """An expression that is read.

    Attributes:
        node: It.
        parent: The node that holds it.
        statement: The statement that it is in.
        suspiciousness: In [0, 1].
        scope: What is around it.
        role: What it is for.
        is_called: Whether it is the function of a call.
    """

    node: ast.expr
    parent: ast.AST
    statement: ast.stmt
    suspiciousness: float
    scope: Scope
    role: Role
    is_called: bool

    @property
    def is_whole(self) -> bool:
        """Whether it is what its statement evaluates, not a part of that."""
        return self.parent is self.statement


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSite:
    """A statement in its block.

    Attributes:
        node: It.
        owner: The node whose block it stands in.
        block: All statements of that block.
        index: Its place in the block.
        suspiciousness: In [0, 1], of the lines of its head.
        scope: What is around it.
        depth: Blocks between it and its function.
        is_in_loop: Whether a loop of its function is around it.
    """

    node: ast.stmt
    owner: ast.AST
    block: tuple[ast.stmt, ...]
    index: int
    suspiciousness: float
    scope: Scope
    depth: int
    is_in_loop: bool

    @property
    def is_last(self) -> bool:
        """Whether nothing follows it in its block."""
        return self.index == len(self.block) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """All places of a program that failing tests run."""

    expressions: tuple[ExpressionSite, ...]
    statements: tuple[StatementSite, ...]
    functions: tuple[tuple[FunctionNode, Scope, float], ...]


def find_sites(program: Program, suspicious: Mapping[PurePosixPath, Mapping[int, float]]) -> Sites:
    """Returns the places on suspicious lines, and definitions of module and class that functions on such lines use.

    Args:
        program: The program.
        suspicious: Suspiciousness in [0, 1] by file and one-based line.
    """
    expressions: list[ExpressionSite] = []
    statements: list[StatementSite] = []
    functions: list[tuple[FunctionNode, Scope, float]] = []
    for file in program.files:
        walk = _Walk(file, suspicious.get(file.path, {}), expressions, statements, functions)
        walk.block(file.tree, file.tree.body, Scope(unit=None, function=None, names=()), depth=0, is_in_loop=False)
    return Sites(expressions=tuple(expressions), statements=tuple(statements), functions=tuple(functions))


def names_bound_in(function: FunctionNode) -> list[str]:
    """Returns parameters and names that a function binds, in order, without those of functions inside of it."""
    arguments = function.args
    found = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    if arguments.vararg is not None:
        found.append(arguments.vararg.arg)
    if arguments.kwarg is not None:
        found.append(arguments.kwarg.arg)
    found += _names_stored_below(function)
    return list(dict.fromkeys(found))


def _names_stored_below(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child.name
        elif isinstance(child, ast.Name):
            if isinstance(child.ctx, ast.Store):
                yield child.id
        elif not isinstance(child, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            yield from _names_stored_below(child)


def _attributes_of_self(class_: ast.ClassDef) -> list[str]:
    found = [
        f"self.{statement.target.id}"
        for statement in class_.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
    found += [
        f"self.{node.attr}"
        for node in ast.walk(class_)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]
    return list(dict.fromkeys(found))[:_N_ATTRIBUTES]


def _variables_of_module(tree: ast.Module) -> list[str]:
    """Returns names that the module assigns and its functions may read."""
    found = [
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name) and not target.id.startswith("__")
    ]
    return list(dict.fromkeys(found))


class _Walk:
    """Collects the sites of one file."""

    def __init__(
        self,
        file: SourceFile,
        suspicious: Mapping[int, float],
        expressions: list[ExpressionSite],
        statements: list[StatementSite],
        functions: list[tuple[FunctionNode, Scope, float]],
    ) -> None:
        self._file = file
        self._suspicious = suspicious
        self._expressions = expressions
        self._statements = statements
        self._functions = functions
        self._class: ast.ClassDef | None = None
        self._variables = _variables_of_module(file.tree)[:_N_VARIABLES]

    def block(self, owner: ast.AST, block: list[ast.stmt], scope: Scope, *, depth: int, is_in_loop: bool) -> None:
        for index, statement in enumerate(block):
            suspiciousness = self._of_head(statement, scope)
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                self._function(statement, scope)
            elif isinstance(statement, ast.ClassDef):
                outer_class, self._class = self._class, statement
                self.block(statement, statement.body, scope, depth=depth, is_in_loop=is_in_loop)
                self._class = outer_class
                continue
            if suspiciousness > 0:
                self._statements.append(
                    StatementSite(
                        node=statement,
                        owner=owner,
                        block=tuple(block),
                        index=index,
                        suspiciousness=suspiciousness,
                        scope=scope,
                        depth=depth,
                        is_in_loop=is_in_loop,
                    )
                )
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                self._head(statement, suspiciousness, scope)
                inside_loop = is_in_loop or isinstance(statement, ast.For | ast.AsyncFor | ast.While)
                for inner in (statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                    for name in ("body", "orelse", "finalbody"):
                        if inner_block := getattr(inner, name, None):
                            self.block(inner, inner_block, scope, depth=depth + 1, is_in_loop=inside_loop)

    def _function(self, function: FunctionNode, scope: Scope) -> None:
        names = names_bound_in(function)
        is_method = self._class is not None and scope.function is None
        if is_method and self._class is not None:
            # `self` by itself is rarely what is missing; what it holds often is.
            names = [name for name in names if name not in ("self", "cls")] + _attributes_of_self(self._class)
        names += [name for name in (*scope.names, *self._variables) if name not in names]
        unit = self._file.unit_of.get(id(function), scope.unit)
        inner = Scope(unit=unit, function=function, names=tuple(names))
        first, last = line_range(function)
        most = max((self._suspicious.get(line, 0.0) for line in range(first, last + 1)), default=0.0)
        if most > 0:
            self._functions.append((function, inner, most))
        for default in (*function.args.defaults, *function.args.kw_defaults):
            if default is not None:
                outside = Scope(unit=None, function=None, names=scope.names)
                weight = most * _DEFAULT_SUSPICIOUSNESS
                self._expression(function.args, default, function, weight, outside, Role.DEFAULT)
        self.block(function, function.body, inner, depth=0, is_in_loop=False)

    def _of_head(self, statement: ast.stmt, scope: Scope) -> float:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return _NESTED_FUNCTION_SUSPICIOUSNESS if scope.function is not None else 0.0
        first, last = line_range(statement)
        body = getattr(statement, "body", None)
        if isinstance(body, list) and body:
            last = max(first, line_range(body[0])[0] - 1)
        return max((self._suspicious.get(line, 0.0) for line in range(first, last + 1)), default=0.0)

    def _head(self, statement: ast.stmt, suspiciousness: float, scope: Scope) -> None:
        if suspiciousness <= 0:
            return
        for field, value in ast.iter_fields(statement):
            if field in ("body", "orelse", "finalbody", "handlers", "annotation"):
                continue
            role = {"test": Role.CONDITION, "iter": Role.ITERATED}.get(field, Role.VALUE)
            if isinstance(statement, ast.Return):
                role = Role.RETURNED
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.withitem):
                    self._expression(child, child.context_expr, statement, suspiciousness, scope, Role.VALUE)
                elif isinstance(child, ast.expr):
                    self._expression(statement, child, statement, suspiciousness, scope, role)

    def _expression(
        self, parent: ast.AST, node: ast.expr, statement: ast.stmt, suspiciousness: float, scope: Scope, role: Role
    ) -> None:
        is_read = not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
        if is_read and not isinstance(node, ast.Starred | ast.JoinedStr | ast.FormattedValue):
            self._expressions.append(
                ExpressionSite(
                    node=node,
                    parent=parent,
                    statement=statement,
                    suspiciousness=suspiciousness,
                    scope=scope,
                    role=role,
                    is_called=isinstance(parent, ast.Call) and parent.func is node,
                )
            )

        def inside(holder: ast.AST, child: ast.AST, inner_role: Role, inner_scope: Scope) -> None:
            if isinstance(child, ast.expr):
                self._expression(holder, child, statement, suspiciousness, inner_scope, inner_role)

        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            _comprehension_parts(node, scope, inside)
        elif isinstance(node, ast.Lambda):
            bound = [argument.arg for argument in node.args.args]
            inside(node, node.body, Role.ELEMENT, _within(scope, bound))
        elif not isinstance(node, ast.JoinedStr):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.keyword):
                    inside(child, child.value, Role.PART, scope)
                elif isinstance(node, ast.IfExp) and child is node.test:
                    inside(node, child, Role.CONDITION, scope)
                else:
                    inside(node, child, Role.PART, scope)
        else:
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    inside(part, part.value, Role.PART, scope)


def _comprehension_parts(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
    scope: Scope,
    inside: Callable[[ast.AST, ast.AST, Role, Scope], None],
) -> None:
    bound = [
        target.id
        for generator in node.generators
        for target in ast.walk(generator.target)
        if isinstance(target, ast.Name)
    ]
    within = _within(scope, bound)
    for index, generator in enumerate(node.generators):
        inside(generator, generator.iter, Role.ITERATED, scope if index == 0 else within)
        for condition in generator.ifs:
            inside(generator, condition, Role.CONDITION, within)
    elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    for element in elements:
        inside(node, element, Role.ELEMENT, within)


def _within(scope: Scope, bound: list[str]) -> Scope:
    names = (*bound, *(name for name in scope.names if name not in bound))
    return Scope(unit=scope.unit, function=scope.function, names=names, is_in_comprehension=True)
