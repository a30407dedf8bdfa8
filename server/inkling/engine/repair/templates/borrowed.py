"""Statements from elsewhere: of the same function, varied for a missing branch, of other functions and other files."""

import ast
from collections.abc import Iterable, Iterator

from inkling.engine.repair.nodes import copied, moved, placed
from inkling.engine.repair.program import Change
from inkling.engine.repair.sites import StatementSite
from inkling.engine.repair.templates.ideas import Rewrite, Surroundings

_MOST_NODES = 40  # of a statement that is borrowed
_N_BORROWED = 60  # statements that are tried at one place
_LENT_PRIOR = 0.35  # of what a function of another file says that is the same but for this


def missing_else(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields an `else` that does what the branch does, with a part of its expression."""
    node = site.node
    if not isinstance(node, ast.If) or node.orelse or len(node.body) > 2:
        return
    for statement in node.body:
        for varied in _varied(statement):
            yield Rewrite("inserted_else", 0.3, ((node, (copied(node, orelse=[varied]),)),), 2)
    if len(node.body) == 1 and site.index + 1 < len(site.block):
        for varied in _varied(site.block[site.index + 1]):
            yield Rewrite("inserted_else", 0.1, ((node, (copied(node, orelse=[varied]),)),), 2)


def statements_of_the_function(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields simple statements of the same function once more, before the statement or at the end of its block."""
    function = site.scope.function
    if function is None or surroundings.is_large:
        return
    for other in _simple_statements([function]):
        if other is not site.node and not isinstance(other, ast.Return):
            yield Rewrite("borrowed", 0.15, ((site.node, (moved(other), site.node)),), 2)
            if site.is_last and not isinstance(site.node, ast.Return | ast.Break | ast.Continue | ast.Raise):
                yield Rewrite("borrowed", 0.15, ((site.node, (site.node, moved(other))),), 2)


def statements_elsewhere(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields statements of other functions whose names are all known here, in place of the statement or before it."""
    function = site.scope.function
    if function is None:
        return
    known = {*site.scope.names, *surroundings.functions, "self", "cls"}
    n_borrowed = 0
    for other in _simple_statements(_other_functions(surroundings, function)):
        if n_borrowed >= _N_BORROWED:
            return
        names = {each.id for each in ast.walk(other) if isinstance(each, ast.Name)}
        bound = {each.id for each in ast.walk(other) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        if not names or not bound <= known or not (names & known):
            continue
        n_borrowed += 1
        alike = 0.3 if type(other) is type(site.node) else 0.1
        changes: list[Change] = [(site.node, (moved(other), site.node))]
        if isinstance(site.node, ast.Assign | ast.AugAssign | ast.Expr | ast.Return):
            changes.append((site.node, (moved(other),)))
        for change in changes:
            yield Rewrite("borrowed", alike, (change,), 2)


def statements_of_the_workspace(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields what similar functions in other files say, in place of the statement, before or after it."""
    for lent in surroundings.lent.get(id(site.scope.function), ()):
        alike = type(lent.statement) is type(site.node)
        prior = _LENT_PRIOR * lent.likeness * (1.0 if alike or isinstance(lent.statement, ast.If) else 0.5)
        changes: list[Change] = [(site.node, (moved(lent.statement), site.node))]
        if alike:
            changes.append((site.node, (moved(lent.statement),)))
        if site.is_last and not isinstance(site.node, ast.Return | ast.Break | ast.Continue | ast.Raise):
            changes.append((site.node, (site.node, moved(lent.statement))))
        for change in changes:
            yield Rewrite("borrowed", prior, (change,), 2, imports=lent.imports)


def guards_elsewhere(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields guards that other functions begin with, before the first statement."""
    function = site.scope.function
    if function is None or site.depth or site.index:
        return
    known = {*site.scope.names, *surroundings.functions, "self", "cls"}
    for other_function in _other_functions(surroundings, function):
        for other in other_function.body:  # type: ignore[attr-defined]  # a function
            if isinstance(other, ast.If) and len(other.body) == 1 and isinstance(other.body[0], ast.Raise | ast.Return):
                names = {each.id for each in ast.walk(other.test) if isinstance(each, ast.Name)}
                if names & known:
                    yield Rewrite("borrowed", 0.3, ((site.node, (moved(other), site.node)),), 2)


def _varied(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yields the statement with a part of its value, or another operator."""
    if isinstance(statement, ast.AugAssign):
        for part in _parts(statement.value):
            yield copied(statement, value=part)
        other = {ast.Add: ast.Sub, ast.Sub: ast.Add}.get(type(statement.op))
        if other is not None:
            yield copied(statement, op=other())
    elif isinstance(statement, ast.Assign | ast.Return) and statement.value is not None:
        for part in _parts(statement.value):
            yield copied(statement, value=part)
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and statement.value.args:
        call = statement.value
        for part in _parts(call.args[-1]):
            yield copied(statement, value=copied(call, args=[*call.args[:-1], part]))


def _parts(value: ast.expr) -> Iterator[ast.expr]:
    """Yields expressions within a value, and simple ones of the opposite sense."""
    if isinstance(value, ast.BinOp):
        yield value.left
        yield value.right
    elif isinstance(value, ast.Call):
        yield from value.args
        if isinstance(value.func, ast.Attribute):
            yield value.func.value
    elif isinstance(value, ast.Constant):
        if isinstance(value.value, bool):
            yield placed(ast.Constant(not value.value))
        elif isinstance(value.value, int):
            yield placed(ast.Constant(0 if value.value else 1))
            yield placed(ast.UnaryOp(ast.USub(), value))
    elif isinstance(value, ast.Subscript):
        yield value.value
        yield value.slice


def _simple_statements(functions: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    for function in functions:
        for node in ast.walk(function):
            if not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Return):
                continue
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not is_text and sum(1 for _ in ast.walk(node)) <= _MOST_NODES:
                yield node


def _other_functions(surroundings: Surroundings, function: ast.AST) -> list[ast.AST]:
    """Returns the functions of the program but one, those of the same file first."""
    program = surroundings.program
    own = program.file_of(function)
    units = sorted(program.units, key=lambda unit: unit.file is not own)
    return [unit.function for unit in units if unit.function is not function]
