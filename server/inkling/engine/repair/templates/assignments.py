"""Assignments of another kind or to another name, expressions whose value was to be returned."""

import ast
from collections.abc import Iterator

from inkling.engine.repair.nodes import copied, expression, name, placed
from inkling.engine.repair.sites import StatementSite
from inkling.engine.repair.templates.ideas import Rewrite, Surroundings
from inkling.engine.repair.templates.operators import ARITHMETIC, arithmetic_prior


def augmented(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields `x += y` with another operator, as plain assignment, or to another name."""
    node = site.node
    if not isinstance(node, ast.AugAssign):
        return
    for other in ARITHMETIC:
        if not isinstance(node.op, other):
            prior = 0.8 if arithmetic_prior(type(node.op), other) > 0.5 else 0.3
            yield Rewrite("arithmetic", prior, ((node, (copied(node, op=other()),)),))
    plain = placed(ast.Assign([node.target], node.value))
    yield Rewrite("assignment_kind", 0.4, ((node, (plain,)),))
    for variable in site.scope.names:
        yield Rewrite("assignment_target", 0.3, ((node, (copied(node, target=_stored(variable)),)),))


def plain(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields `x = y` as an augmented assignment, an extreme, or to another name."""
    node = site.node
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple) and len(target.elts) == len(node.value.elts):
        ones = zip(target.elts, node.value.elts, strict=True)
        one_by_one = tuple(placed(ast.Assign([left], right)) for left, right in ones)
        yield Rewrite("assignment_kind", 0.25, ((node, one_by_one),))
        yield Rewrite("assignment_kind", 0.25, ((node, tuple(reversed(one_by_one))),))
    if not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
        return
    for operator, prior in ((ast.Add, 0.5), (ast.Sub, 0.3), (ast.Mult, 0.3)):
        new = placed(ast.AugAssign(target, operator(), node.value))
        yield Rewrite("assignment_kind", prior, ((node, (new,)),))
    read = copied(target, ctx=ast.Load())
    for template in ("max(X_, Y_)", "min(X_, Y_)"):
        extreme = expression(template, read, node.value)
        yield Rewrite("assignment_kind", 0.4, ((node, (copied(node, value=extreme),)),), 2)
    if isinstance(target, ast.Name):
        for variable in site.scope.names:
            if variable != target.id:
                yield Rewrite("assignment_target", 0.25, ((node, (copied(node, targets=[_stored(variable)]),)),))


def dropped_values(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields a value that nobody takes as a returned one, and the result of a method assigned back."""
    node = site.node
    if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant | ast.Yield | ast.YieldFrom):
        return
    value = node.value
    yield Rewrite("missing_return", 0.3, ((node, (placed(ast.Return(value)),)),))
    if not isinstance(value, ast.Call):
        return
    if isinstance(site.scope.function, ast.AsyncFunctionDef):
        yield Rewrite("missing_await", 0.8, ((node, (placed(ast.Expr(placed(ast.Await(value)))),)),))
    if isinstance(value.func, ast.Name) and value.func.id == "print" and value.args:
        yield Rewrite("missing_return", 0.9, ((node, (placed(ast.Return(value.args[0])),)),))
    if isinstance(value.func, ast.Attribute) and isinstance(value.func.value, ast.Name | ast.Attribute):
        target = copied(value.func.value, ctx=ast.Store())
        yield Rewrite("missing_assignment", 0.4, ((node, (placed(ast.Assign([target], value)),)),))
    elif value.args and isinstance(value.args[0], ast.Name):
        target_name = copied(value.args[0], ctx=ast.Store())
        yield Rewrite("missing_assignment", 0.3, ((node, (placed(ast.Assign([target_name], value)),)),))


def loop_targets(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields a loop with its targets exchanged, or over other pairs."""
    node = site.node
    if not isinstance(node, ast.For):
        return
    if isinstance(node.target, ast.Tuple) and len(node.target.elts) == 2:
        first, second = node.target.elts
        yield Rewrite("swapped_names", 0.5, ((node.target, copied(node.target, elts=[second, first])),))
        yield Rewrite("loop_kind", 0.3, ((node.iter, expression("enumerate(X_)", node.iter)),))
        yield Rewrite("loop_kind", 0.4, ((node.iter, expression("X_.items()", node.iter)),))
        yield Rewrite("loop_kind", 0.3, ((node.iter, expression("zip(X_, X_[1:])", node.iter)),))


def _stored(variable: str) -> ast.expr:
    return copied(name(variable), ctx=ast.Store())
