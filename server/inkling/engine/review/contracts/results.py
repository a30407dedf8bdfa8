"""Callers that take what a function returned before for what it returns now."""

import ast
from collections.abc import Iterator, Sequence

from inkling.core.counted import counted
from inkling.core.review import ReviewComment
from inkling.engine.review.changed_code import ChangedDefinition, Definition
from inkling.engine.review.contracts.references import Reference
from inkling.engine.review.contracts.uses_comment import comment_on, places


def of_coroutine(pair: ChangedDefinition, uses: Sequence[Reference]) -> Iterator[ReviewComment]:
    """Yields a comment where a function became a coroutine, and callers go on as if it were none."""
    before, after = pair.before, pair.after
    if before is None or after is None:
        return
    if not (isinstance(after.node, ast.AsyncFunctionDef) and isinstance(before.node, ast.FunctionDef)):
        return
    forgotten = [use for use in uses if use.call is not None and not _is_awaited(use)]
    if forgotten:
        yield comment_on(
            pair,
            rule="contract.not-awaited",
            message=f"`{after.qualified_name}` is a coroutine now, and "
            f"{counted(len(forgotten), 'call does', 'calls do')} not await it: {places(forgotten)}.",
            uses=forgotten,
            confidence=0.9,
        )


def of_unpacking(pair: ChangedDefinition, uses: Sequence[Reference]) -> Iterator[ReviewComment]:
    """Yields a comment where another number of values is returned than callers unpack."""
    before, after = _n_returned(pair.before), _n_returned(pair.after)
    if before is None or after is None or before == after:
        return
    broken = [use for use in uses if (n := _n_unpacked(use)) is not None and n == before]
    if broken:
        yield comment_on(
            pair,
            rule="contract.unpacking",
            message=f"`{pair.definition.qualified_name}` returns {counted(after, 'value')} now, and "
            f"{counted(len(broken), 'place unpacks', 'places unpack')} {before}: {places(broken)}.",
            uses=broken,
            confidence=0.9,
        )


def _n_returned(definition: Definition | None) -> int | None:
    """Returns how many values each `return` gives as a tuple; None where they differ or are none."""
    if definition is None or isinstance(definition.node, ast.ClassDef):
        return None
    counts = set()
    waiting: list[ast.AST] = list(definition.node.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return None
        if isinstance(node, ast.Return):
            value = node.value
            is_plain = isinstance(value, ast.Tuple) and not any(isinstance(each, ast.Starred) for each in value.elts)
            counts.add(len(value.elts) if isinstance(value, ast.Tuple) and is_plain else None)
        waiting += ast.iter_child_nodes(node)
    return counts.pop() if len(counts) == 1 else None


def _n_unpacked(use: Reference) -> int | None:
    call = use.call
    if call is None:
        return None
    parent = use.file.parents.get(call)
    if isinstance(parent, ast.Await):
        parent = use.file.parents.get(parent)
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
        return None
    target = parent.targets[0]
    if not isinstance(target, ast.Tuple) or any(isinstance(each, ast.Starred) for each in target.elts):
        return None
    return len(target.elts)


def _is_awaited(use: Reference) -> bool:
    """Tells whether somebody takes care of a coroutine; where it is passed on, or kept, that is believed."""
    call = use.call
    parent = use.file.parents.get(call) if call is not None else None
    if isinstance(parent, ast.Expr):
        return False
    if isinstance(parent, ast.Attribute | ast.Subscript | ast.BinOp | ast.Compare):
        return False
    return not (isinstance(parent, ast.For) and parent.iter is call)
