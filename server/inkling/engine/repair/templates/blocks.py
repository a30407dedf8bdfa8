"""Statements deleted, repeated, moved, taken into a block or out of it, branches exchanged, loops ended otherwise."""

import ast
from collections.abc import Iterator

from inkling.engine.repair.nodes import copied, expression, moved, placed, statements
from inkling.engine.repair.program import Change
from inkling.engine.repair.sites import StatementSite
from inkling.engine.repair.templates.ideas import Rewrite, Surroundings

_BLOCKS = ("body", "orelse")
_RETURNED = ("True", "False", "0", "-1", "[]", "''", "None", "1")
_HALF = 0.5
_PLACES = ("{0} % 2 == 0", "{0} % 2 != 0", "{0} > 0", "{0} % 3 == 0")


def deletions(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields the block without the statement, or with it twice."""
    if isinstance(site.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    yield Rewrite("deleted_statement", 0.35 if isinstance(site.node, ast.Return) else 0.5, ((site.node, ()),))
    yield Rewrite("duplicated_statement", 0.15, ((site.node, (site.node, moved(site.node))),))


def moves(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields the statement a few places further down, and later ones before it."""
    for distance in (1, 2, 3):
        if site.index + distance >= len(site.block):
            return
        other = site.block[site.index + distance]
        prior = 0.4 / distance
        yield Rewrite("moved_statement", prior, ((site.node, ()), (other, (other, moved(site.node)))))
        if distance > 1:
            yield Rewrite("moved_statement", prior, ((other, ()), (site.node, (moved(other), site.node))))


def indentation(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields statements at the edge of a block on its other side, and blocks without their head."""
    node = site.node
    for field in _BLOCKS:
        block = getattr(node, field, None)
        if not isinstance(block, list) or not block:
            continue
        for n in range(1, min(3, len(block)) + 1):
            last, first = block[-n:], block[:n]
            out = tuple(moved(statement) for statement in last)
            yield _block_rewrite(0.7, [(statement, ()) for statement in last], (node, (node, *out)))
            out = tuple(moved(statement) for statement in first)
            yield _block_rewrite(0.35, [(statement, ()) for statement in first], (node, (*out, node)))
            following = site.block[site.index + 1 : site.index + 1 + n]
            if len(following) == n:
                inside = tuple(moved(statement) for statement in following)
                yield _block_rewrite(
                    0.5, [(statement, ()) for statement in following], (block[-1], (block[-1], *inside))
                )
        if site.index:
            before = site.block[site.index - 1]
            yield _block_rewrite(0.3, [(before, ())], (block[0], (moved(before), block[0])))
        yield Rewrite("indentation", 0.4, ((node, tuple(moved(statement) for statement in block)),))


def branches(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields branches exchanged, `else` dropped or added, conditions of two statements joined."""
    node = site.node
    if not isinstance(node, ast.If):
        return
    following = site.block[site.index + 1 :]
    if node.orelse:
        yield Rewrite("swapped_branches", 0.6, ((node, (copied(node, body=node.orelse, orelse=node.body),)),))
        out = tuple(moved(statement) for statement in node.orelse)
        yield Rewrite("else_branch", 0.5, ((node, (copied(node, orelse=[]), *out)),))
    elif following:
        inside = [moved(statement) for statement in following]
        removed: list[Change] = [(statement, ()) for statement in following]
        yield Rewrite("else_branch", 0.4, ((node, (copied(node, orelse=inside),)), *removed))
        if isinstance(following[0], ast.If):
            joined = copied(node, orelse=[moved(following[0])])
            yield Rewrite("else_branch", 0.5, ((node, (joined,)), (following[0], ())))
    if len(node.body) == 1 and isinstance(node.body[0], ast.If) and not node.orelse and not node.body[0].orelse:
        both = expression("X_ and Y_", node.test, node.body[0].test)
        yield Rewrite("else_branch", 0.2, ((node, (copied(node, test=both, body=node.body[0].body),)),))
    yield Rewrite("loop_kind", 0.25, ((node, (placed(ast.While(node.test, node.body, [])),)),))


def branch_ends(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields branches that go on with `break`, `continue`, `return` or an assignment."""
    node = site.node
    if not isinstance(node, ast.If):
        return
    names = site.scope.names[:10]
    if site.is_in_loop:
        for jump in ("break", "continue"):
            yield Rewrite("inserted_jump", 0.3, (_at_end(node, "body", jump),))
            yield Rewrite("inserted_jump", 0.2, (_at_end(node, "orelse", jump),))
    for value in (*_RETURNED, *names):
        yield Rewrite("inserted_return", 0.2, (_at_end(node, "body", f"return {value}"),), 2)
        if not node.orelse:
            yield Rewrite("inserted_return", 0.15, (_at_end(node, "orelse", f"return {value}"),), 2)
    if not node.orelse and site.is_in_loop:
        sources = [f"{variable} = {value}" for variable in names for value in ("0", "1", "''", "[]")]
        sources += [f"{variable} {sign}= 1" for variable in names for sign in "+-"]
        for source in sources:
            yield Rewrite("inserted_else", 0.12, (_at_end(node, "orelse", source),), 2)
    if not surroundings.is_large:
        for source in [f"{variable} {sign}= 1" for variable in names for sign in "+-"]:
            yield Rewrite("inserted_statement", 0.1, (_at_end(node, "body", source),), 2)


def loops(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields loops that end otherwise, and `break` and `continue` for each other."""
    node = site.node
    if isinstance(node, ast.While):
        yield Rewrite("loop_kind", 0.3, ((node, (placed(ast.If(node.test, node.body, [])),)),))
    if isinstance(node, ast.For | ast.While):
        for jump in ("break", "continue"):
            yield Rewrite("inserted_jump", 0.15, (_at_end(node, "body", jump),))
    if isinstance(node, ast.For | ast.While) and node.orelse:
        out = tuple(moved(statement) for statement in node.orelse)
        yield Rewrite("else_branch", 0.4, ((node, (copied(node, orelse=[]), *out)),))
    if isinstance(node, ast.Break):
        yield Rewrite("jump", 0.6, ((node, tuple(statements("continue"))),))
    elif isinstance(node, ast.Continue):
        yield Rewrite("jump", 0.6, ((node, tuple(statements("break"))),))
    elif isinstance(node, ast.Pass) and site.is_in_loop:
        for jump in ("break", "continue"):
            yield Rewrite("jump", 0.5, ((node, tuple(statements(jump))),))
    if isinstance(node, ast.Return) and site.is_in_loop:
        yield Rewrite("jump", 0.3, ((node, tuple(statements("break"))),))
        yield Rewrite("jump", 0.3, ((node, tuple(statements("continue"))),))


def counted_loops(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields a loop that counts, with conditions on the element's place where they were on the element."""
    node = site.node
    if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name) or _is_counted(node.iter):
        return
    counter = next(each for each in ("index", "place", "number") if each not in site.scope.names)
    target = placed(ast.Tuple([placed(ast.Name(counter, ast.Store())), node.target], ast.Store()))
    head: tuple[Change, ...] = ((node.target, target), (node.iter, expression("enumerate(X_)", node.iter)))
    tests = [
        each.test
        for statement in node.body
        for each in ast.walk(statement)
        if isinstance(each, ast.If | ast.IfExp) and node.target.id in _names_in(each.test)
    ]
    for test in tests[:2]:
        for template in _PLACES:
            yield Rewrite("loop_kind", 0.12, (*head, (test, expression(template.format(counter)))), 3)
    uses = [
        each
        for statement in node.body
        for each in ast.walk(statement)
        if isinstance(each, ast.Name) and each.id == node.target.id and isinstance(each.ctx, ast.Load)
    ]
    for use in uses[:4]:
        yield Rewrite("loop_kind", 0.1, (*head, (use, expression(counter))), 3)


def _is_counted(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("range", "enumerate", "zip")


def _names_in(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _block_rewrite(prior: float, removed: list[Change], added: Change) -> Rewrite:
    merged = {id(target): (target, new) for target, new in removed}
    target, new = added
    if id(target) in merged:  # the only statement of its block moves: nothing stays at its place but the newcomers
        new = tuple(node for node in new if node is not target) if isinstance(new, tuple) else new
    merged[id(target)] = (target, new)
    return Rewrite("indentation", prior, tuple(merged.values()), 1, _HALF)


def _at_end(node: ast.If | ast.For | ast.While, field: str, source: str) -> Change:
    block = [*getattr(node, field), *statements(source)]
    return node, (copied(node, **{field: block}),)
