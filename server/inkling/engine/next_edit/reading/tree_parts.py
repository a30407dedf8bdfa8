"""The parts of a syntax tree that stand on some lines."""

import ast
from bisect import bisect_left
from collections.abc import Collection, Iterator


def nodes_on(root: ast.AST, lines: Collection[int]) -> Iterator[ast.AST]:
    """Yields the parts of a tree that stand on one of some lines, zero-based, each before what is in it.

    Parts without a place of their own, such as parameters, come with what they are part of.
    """
    wanted = sorted(lines)
    pending = list(ast.iter_child_nodes(root))[::-1]
    while pending:
        node = pending.pop()
        first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
        if first is not None and last is not None:
            decorators = getattr(node, "decorator_list", None)
            at = bisect_left(wanted, (decorators[0].lineno if decorators else first) - 1)
            if at == len(wanted) or wanted[at] >= last:
                continue
        yield node
        pending.extend(list(ast.iter_child_nodes(node))[::-1])
