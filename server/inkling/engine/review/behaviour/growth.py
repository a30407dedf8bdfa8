"""Whether the new version does more work than the old one on inputs that grow.

Work is counted in bytecodes of the project's own code, which is the same on every machine; what a built-in function
does inside is not seen.
"""

import ast
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from types import FrameType
from typing import Any

from inkling.context.parsing import parse_expression
from inkling.engine.judging.values import is_literal
from inkling.engine.review.behaviour.exchange import Input

SIZES = (16, 32, 64, 128)  # items of an argument, or characters
_LEAST_STEPS = 4000  # of the new version on the largest input: less is never waited for
_FACTOR = 3.0  # that the new version does more on the largest input
_FASTER_GROWTH = 1.4  # by which its work grows more with each doubling: a constant factor alone is no finding


def grown(given: Input) -> list[Input]:
    """Returns the same call with its first list, text or mapping at each of the sizes; nothing without one."""
    try:
        tree = parse_expression(given.call)
    except SyntaxError:
        return []
    if given.setup or given.node_id or not isinstance(tree, ast.Call):
        return []
    for place in [*tree.args, *(keyword.value for keyword in tree.keywords)]:
        value = ast.literal_eval(place) if is_literal(place) else None
        if isinstance(value, list | str | dict) and value:
            return [replace(given, call=_with(tree, place, _larger(value, size))) for size in SIZES]
    return []


def is_slower(before: Sequence[int], after: Sequence[int]) -> bool:
    """Tells whether the new version does more work, and more so the larger the input is.

    Args:
        before: Steps of the old version, by size.
        after: Steps of the new one.
    """
    if len(before) != len(SIZES) or len(after) != len(SIZES) or min(*before, *after) <= 0:
        return False
    if after[-1] < _LEAST_STEPS or after[-1] < _FACTOR * before[-1]:
        return False
    growth_before, growth_after = (max(two / one for one, two in pairwise(steps[1:])) for steps in (before, after))
    return growth_after >= _FASTER_GROWTH * growth_before


@contextlib.contextmanager
def counted_steps(files: frozenset[str]) -> Iterator[list[int]]:
    """Counts the bytecodes of some files that are run meanwhile; the count is the only item of what is yielded."""
    steps = [0]

    def local(frame: FrameType, event: str, _argument: object) -> Callable[..., Any] | None:
        steps[0] += event == "opcode"
        return local

    def on_call(frame: FrameType, _event: str, _argument: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename not in files:
            return None
        frame.f_trace_opcodes = True
        return local

    previous = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield steps
    finally:
        sys.settrace(previous)


def _larger(value: list[object] | str | dict[object, object], size: int) -> object:
    """Returns a value of so many items like its own, different from each other where they can be."""
    if isinstance(value, str):
        return (value * size)[:size]
    if isinstance(value, dict):
        items = list(value.items())
        return {_other(key, at // len(items)): item for at, (key, item) in _repeated(items, size)}
    return [_other(item, at // len(value)) for at, item in _repeated(value, size)]


def _repeated(items: Sequence[Any], size: int) -> Iterator[tuple[int, Any]]:
    return ((at, items[at % len(items)]) for at in range(size))


def _other(item: object, number: int) -> object:
    match item:
        case bool():
            return item
        case int() | float():
            return item + 7 * number
        case str():
            return item + (str(number) if number else "")
        case _:
            return item


def _with(tree: ast.Call, place: ast.expr, value: object) -> str:
    larger = ast.parse(repr(value), mode="eval").body
    call = ast.Call(
        func=tree.func,
        args=[larger if item is place else item for item in tree.args],
        keywords=[
            ast.keyword(arg=item.arg, value=larger if item.value is place else item.value) for item in tree.keywords
        ],
    )
    return ast.unparse(ast.fix_missing_locations(call))
