"""Operations that the synthesis builds expressions of: a table of source texts, each compiled to a function.

`{0}` and `{1}` stand for the operands. The order is that of trying: common ones first.
"""

import collections
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_MOST_REPETITIONS = 50
_HIGHEST_EXPONENT = 12
_HIGHEST_BASE = 10**4
_HIGHEST_FACTORIAL = 50
_MOST_DIGITS = 20
_RARE = 2  # the cost of a rare operation

_UNARY = (
    "len({0})",
    "int({0})",
    "str({0})",
    "list({0})",
    "sorted({0})",
    "set({0})",
    "tuple({0})",
    "sum({0})",
    "max({0})",
    "min({0})",
    "abs({0})",
    "{0}[::-1]",
    "{0}[0]",
    "{0}[-1]",
    "{0}[1:]",
    "{0}[:-1]",
    "(not {0})",
    "(-{0})",
)
_RARE_UNARY = (
    "round({0}, 2)",
    "{0}.lower()",
    "{0}.upper()",
    "{0}.split()",
    "{0}.strip()",
    "''.join({0})",
    "' '.join({0})",
    "[str(q) for q in {0}]",
    "[int(q) for q in {0}]",
    "[tuple(q) for q in {0}]",
    "[list(q) for q in {0}]",
    "[len(q) for q in {0}]",
    "[sum(q) for q in {0}]",
    "[q[0] for q in {0}]",
    "[q[1] for q in {0}]",
    "bool({0})",
    "math.sqrt({0})",
    "math.factorial({0})",
    "{0}.isdigit()",
    "{0}.isalpha()",
    "{0}.isupper()",
    "sorted({0}, reverse=True)",
    "dict({0})",
    "list({0}.values())",
    "list({0}.keys())",
    "collections.Counter({0})",
    "ord({0})",
    "bin({0})[2:]",
    "[q for q in {0} if q]",
    "list(zip(*{0}))",
    "math.ceil({0})",
    "{0}.items()",
    "any({0})",
    "all({0})",
    "[q for sub in {0} for q in sub]",
)
_BINARY = (
    "({0} + {1})",
    "({0} - {1})",
    "({0} * {1})",
    "({0} // {1})",
    "({0} % {1})",
    "({0} / {1})",
    "({0} == {1})",
    "({0} < {1})",
    "({0} <= {1})",
    "({0} in {1})",
    "({0} not in {1})",
    "{0}[{1}]",
    "{0}[:{1}]",
    "{0}[{1}:]",
    "({0} != {1})",
    "({0} and {1})",
    "({0} or {1})",
    "max({0}, {1})",
    "min({0}, {1})",
    "({0}, {1})",
    "[{0}, {1}]",
)
_RARE_BINARY = (
    "({0} ** {1})",
    "{0}.count({1})",
    "{0}.split({1})",
    "{0}.index({1})",
    "{0}.get({1}, 0)",
    "math.gcd({0}, {1})",
    "[q for q in {0} if q in {1}]",
    "[q for q in {0} if q not in {1}]",
    "[q for q in {0} if q > {1}]",
    "[q for q in {0} if q < {1}]",
    "[q for q in {0} if q != {1}]",
    "list(zip({0}, {1}))",
    "{0}.join({1})",
    "{0}.startswith({1})",
    "{0}.endswith({1})",
    "round({0}, {1})",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    Attributes:
        text: Its source with places for the operands.
        function: What it computes.
        n_operands: One or two.
        cost: What it adds to an expression's size: more for what is rarely meant.
    """

    text: str
    function: Callable[..., Any]
    n_operands: int
    cost: int


def _product(left: Any, right: Any) -> Any:
    for sequence, number in ((left, right), (right, left)):
        if isinstance(sequence, str | list | tuple) and isinstance(number, int) and number > _MOST_REPETITIONS:
            raise ValueError("too long")
    return left * right


def _power(base: Any, exponent: Any) -> Any:
    if abs(exponent) > _HIGHEST_EXPONENT or abs(base) > _HIGHEST_BASE:
        raise ValueError("too large")
    return base**exponent


def _factorial(number: Any) -> int:
    if number > _HIGHEST_FACTORIAL:
        raise ValueError("too large")
    return math.factorial(number)


def _rounded(number: Any, digits: Any) -> Any:
    if abs(digits) > _MOST_DIGITS:
        raise ValueError("too many digits")
    return round(number, digits)


# These could take forever within one instruction, which no alarm interrupts.
_BOUNDED: dict[str, Callable[..., Any]] = {
    "({0} * {1})": _product,
    "({0} ** {1})": _power,
    "math.factorial({0})": _factorial,
    "round({0}, {1})": _rounded,
}


def _operation(text: str, n_operands: int, cost: int = 1) -> Operation:
    function = _BOUNDED.get(text)
    if function is None:
        source = f"lambda a, b=None: {text.format('a', 'b')}"
        function = eval(source, {"math": math, "collections": collections})  # noqa: S307 - from the tables above
    return Operation(text=text, function=function, n_operands=n_operands, cost=cost)


OPERATIONS = (
    *(_operation(text, 1) for text in _UNARY),
    *(_operation(text, 1, _RARE) for text in _RARE_UNARY),
    *(_operation(text, 2) for text in _BINARY),
    *(_operation(text, 2, _RARE) for text in _RARE_BINARY),
)
