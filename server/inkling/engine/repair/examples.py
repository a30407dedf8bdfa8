"""Examples in docstrings as further checks.

Doctests (`>>> f(1)` with what is printed below) and calls with a result behind `==`, `=>`, `->` or `returns` are read.
An example that holds on the unchanged program must go on holding: it counts as a test that passes. One that does not
hold is a wish: documentation may be as wrong as code, so a change that grants it is preferred and none is refused.
"""

import ast
import doctest
import re
from collections.abc import Iterator, Sequence

from inkling.engine.repair.program import Program
from inkling.engine.repair.sites import Sites

Example = tuple[int, str, str]
"""The index of the unit whose module it is evaluated in, the call, and the result, both as source."""

_N_EXAMPLES = 12
_LONGEST = 300
_IN_WORDS = re.compile(r"^\s*(?:>>>\s*)?(\w+\(.*\))\s*(?:#\s*)?(?:==|=>|->|➞|→|returns?|should be)\s*(.+?)\s*$")
_SAFE = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context)


def find_examples(program: Program, sites: Sites) -> tuple[Example, ...]:
    """Returns the examples in the docstrings of suspicious functions."""
    found: dict[Example, None] = {}
    for function, scope, _ in sites.functions:
        unit = scope.unit
        if unit is None or unit.function is not function or unit.classes:
            continue
        for call, result in _examples_in(ast.get_docstring(function) or ""):
            if _is_call_of(call, function.name) and _is_literal(result):
                found[unit.index, call, result] = None
    return tuple(found)[:_N_EXAMPLES]


def _examples_in(docstring: str) -> Iterator[tuple[str, str]]:
    try:
        parsed: Sequence[doctest.Example] = doctest.DocTestParser().get_examples(docstring)
    except ValueError:
        parsed = ()
    for example in parsed:
        if example.exc_msg is None and example.want:
            yield example.source.strip(), example.want.strip()
    for line in docstring.splitlines():
        if match := _IN_WORDS.match(line):
            yield match[1], match[2].rstrip(".")


def _is_call_of(source: str, name: str) -> bool:
    try:
        node = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    return is_call and len(source) <= _LONGEST


def _is_literal(source: str) -> bool:
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return len(source) <= _LONGEST and all(isinstance(node, _SAFE) for node in ast.walk(tree))
