"""Another operator, another order of operands, one operand less."""

import ast
from collections.abc import Iterator

from inkling.engine.repair.nodes import copied, expression, name, placed, swapped, without
from inkling.engine.repair.sites import ExpressionSite
from inkling.engine.repair.templates.ideas import Idea, Surroundings

_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.In, ast.NotIn)
_NEAR_COMPARISONS = {
    frozenset(pair)
    for pair in (
        (ast.Lt, ast.LtE),
        (ast.Gt, ast.GtE),
        (ast.Eq, ast.NotEq),
        (ast.In, ast.NotIn),
        (ast.Is, ast.IsNot),
        (ast.Lt, ast.Gt),
        (ast.LtE, ast.GtE),
        (ast.Is, ast.Eq),
        (ast.IsNot, ast.NotEq),
    )
}
ARITHMETIC = (
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.Pow,
    ast.BitAnd,
    ast.BitOr,
    ast.BitXor,
    ast.LShift,
    ast.RShift,
)
_NEAR_ARITHMETIC = {
    frozenset(pair)
    for pair in (
        (ast.Add, ast.Sub),
        (ast.Div, ast.FloorDiv),
        (ast.FloorDiv, ast.Mod),
        (ast.Mult, ast.Pow),
        (ast.Mult, ast.Add),
        (ast.BitXor, ast.BitAnd),
        (ast.BitAnd, ast.BitOr),
        (ast.BitXor, ast.BitOr),
        (ast.Div, ast.Mult),
        (ast.Mod, ast.Div),
        (ast.LShift, ast.RShift),
    )
}


def arithmetic_prior(old: type[ast.operator], new: type[ast.operator]) -> float:
    """Returns how likely one operator was written for the other."""
    return 0.9 if frozenset((old, new)) in _NEAR_ARITHMETIC else 0.35


def comparisons(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields a comparison with another operator or the sides exchanged."""
    node = site.node
    if not isinstance(node, ast.Compare):
        return
    for index, operator in enumerate(node.ops):
        identities = (ast.Is, ast.IsNot) if isinstance(operator, ast.Is | ast.IsNot | ast.Eq | ast.NotEq) else ()
        for other in (*_COMPARISONS, *identities):
            if not isinstance(operator, other):
                operators = list(node.ops)
                operators[index] = other()
                prior = 1.0 if frozenset((type(operator), other)) in _NEAR_COMPARISONS else 0.35
                if other in identities:
                    prior = 0.1
                yield Idea("comparison", prior, copied(node, ops=operators))
    if len(node.ops) == 1:
        yield Idea("swapped_operands", 0.4, copied(node, left=node.comparators[0], comparators=[node.left]))
        if site.role != "condition":
            for variable in site.scope.names[:8]:
                yield Idea("extended_condition", 0.15, expression("X_ and Y_", node, name(variable)), 2)
                yield Idea("extended_condition", 0.15, expression("X_ or Y_", node, name(variable)), 2)
    else:
        yield Idea("unwrapped", 0.4, copied(node, ops=node.ops[:1], comparators=node.comparators[:1]))
        last = copied(node, left=node.comparators[-2], ops=node.ops[-1:], comparators=node.comparators[-1:])
        yield Idea("unwrapped", 0.4, last)


def arithmetic(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields arithmetic with another operator, order, association, or one operand alone."""
    node = site.node
    if not isinstance(node, ast.BinOp):
        return
    for other in ARITHMETIC:
        if not isinstance(node.op, other):
            yield Idea("arithmetic", arithmetic_prior(type(node.op), other), copied(node, op=other()))
    if not isinstance(node.op, ast.Mult):
        yield Idea("swapped_operands", 0.4, copied(node, left=node.right, right=node.left))
    yield Idea("unwrapped", 0.45, node.left)
    yield Idea("unwrapped", 0.4, node.right)
    if isinstance(node.left, ast.BinOp):
        right = placed(ast.BinOp(node.left.right, node.op, node.right))
        yield Idea("association", 0.4, copied(node, left=node.left.left, op=node.left.op, right=right))
    if isinstance(node.right, ast.BinOp):
        left = placed(ast.BinOp(node.left, node.op, node.right.left))
        yield Idea("association", 0.4, copied(node, left=left, op=node.right.op, right=node.right.right))


def connectives(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields `and` for `or` and the reverse, a part less, and `not` taken away."""
    node = site.node
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield Idea("connective", 1.0, copied(node, op=other))
        for index, value in enumerate(node.values):
            yield Idea("unwrapped", 0.5, value)
            negated = list(node.values)
            negated[index] = expression("not X_", value)
            yield Idea("negation", 0.3, copied(node, values=negated))
            if len(node.values) > 2:
                yield Idea("unwrapped", 0.6, copied(node, values=without(node.values, index)))
                if index:
                    together = placed(ast.BoolOp(other, [node.values[index - 1], value]))
                    values = [*node.values[: index - 1], together, *node.values[index + 1 :]]
                    yield Idea("connective", 0.4, copied(node, values=values))
        if len(node.values) == 2:
            first, second = node.values
            for template in ("X_ & Y_", "X_ | Y_", "X_ ^ Y_", "X_ != Y_", "X_ == Y_"):
                yield Idea("connective", 0.4, expression(template, first, second))
            yield Idea("swapped_operands", 0.3, copied(node, values=swapped(node.values, 0, 1)))
    elif isinstance(node, ast.UnaryOp):
        yield Idea("unwrapped", 0.7, node.operand)


def alternatives(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields `a if c else b` with its branches exchanged, or one of them alone."""
    node = site.node
    if isinstance(node, ast.IfExp):
        yield Idea("swapped_branches", 0.8, copied(node, body=node.orelse, orelse=node.body))
        yield Idea("unwrapped", 0.3, node.body)
        yield Idea("unwrapped", 0.3, node.orelse)


def conditions(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields a condition negated, fixed, or with a further condition on names in scope."""
    if site.role != "condition":
        return
    node = site.node
    yield Idea("negation", 0.7, expression("not X_", node))
    yield Idea("constant_condition", 0.3, expression("True"))
    yield Idea("constant_condition", 0.3, expression("False"))
    variables = site.scope.names[:10]
    for variable in variables:
        for template, prior in (("X_ and Y_", 0.3), ("X_ or Y_", 0.2), ("X_ and not Y_", 0.2), ("X_ or not Y_", 0.2)):
            yield Idea("extended_condition", prior, expression(template, node, name(variable)), 2)
        if surroundings.is_large:
            continue
        for other in variables:
            if variable != other:
                for operator, prior in (
                    ("!=", 0.12),
                    ("<", 0.12),
                    ("==", 0.08),
                    ("in", 0.08),
                    ("not in", 0.08),
                    ("<=", 0.08),
                ):
                    further = expression(f"{variable} {operator} {other}")
                    yield Idea("extended_condition", prior, expression("X_ and Y_", node, further), 3)
                for operator in ("==", "<", "in"):
                    further = expression(f"{variable} {operator} {other}")
                    yield Idea("extended_condition", 0.06, expression("X_ or Y_", node, further), 3)
        for value in ("0", "1", "2", "-1", "''"):
            for operator in ("==", "!=", ">", "<"):
                further = expression(f"{variable} {operator} {value}")
                yield Idea("extended_condition", 0.06, expression("X_ and Y_", node, further), 3)
                yield Idea("extended_condition", 0.06, expression("X_ or Y_", node, further), 3)
