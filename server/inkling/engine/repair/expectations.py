"""Tests that tell how nearly they passed: `assert a == b` compared by us, with both sides in hand.

A test function's code is exchanged for one with calls of `EQUAL` and `PASSED` in place of its comparisons. They raise
as `assert` does, so that a test passes exactly when it did before.
"""

import ast
import builtins
import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from inkling.engine.repair.nodes import copied
from inkling.engine.repair.similarity import similarity

EQUAL = "__inkling_equal__"
PASSED = "__inkling_passed__"
_NEARLY = 0.98  # a comparison that fails never counts as much as one that holds

_N_BY_CODE: dict[CodeType, int] = {}  # comparisons of code that was exchanged


class Expectations:
    """What the comparisons of the running test came to."""

    def __init__(self) -> None:
        self._n_passed = 0
        self._partial = 0.0
        self._listener: Callable[[Any, Any], None] | None = None
        setattr(builtins, EQUAL, self._equal)
        setattr(builtins, PASSED, self._passed)

    def start(self) -> None:
        """Begins a test."""
        self._n_passed = 0
        self._partial = 0.0

    def fitness(self, n_expected: int) -> float:
        """Returns how far a failed test came, in [0, 1).

        Args:
            n_expected: Comparisons that the test's source has.
        """
        return min(_NEARLY, (self._n_passed + self._partial) / max(n_expected, self._n_passed + 1))

    def listen(self, listener: Callable[[Any, Any], None]) -> None:
        """Tells `listener` both sides of each comparison from now on, and lets none of them fail."""
        self._listener = listener

    def _equal(self, value: Any, wanted: Any) -> None:
        if self._listener is not None:
            self._listener(value, wanted)
            return
        if value == wanted:
            self._n_passed += 1
            return
        self._partial = _NEARLY * similarity(value, wanted)
        raise AssertionError

    def _passed(self) -> None:
        self._n_passed += 1


def instrument(function: FunctionType) -> int:
    """Exchanges the code of a test function for one that reports its comparisons; returns how many there are.

    A function whose source cannot be found as it was stays as it is: it has one expectation, to pass.
    """
    code = function.__code__
    if code in _N_BY_CODE:  # a test with parameters is one function for all of them
        return _N_BY_CODE[code]
    try:
        tree = _parsed(code.co_filename)
    except (OSError, ValueError, SyntaxError):
        return 1
    path = copy.deepcopy(_path_to(tree, code))
    if not path:
        return 1
    test = path[-1]
    reporter = _Reporter()
    new = reporter.visit(test)
    new.decorator_list = []
    node: ast.stmt = new
    for class_ in reversed(path[:-1]):
        node = copied(class_, bases=[], keywords=[], body=[node], decorator_list=[])
    module = ast.fix_missing_locations(ast.Module([node], []))
    try:
        compiled = _named(compile(module, code.co_filename, "exec", dont_inherit=True), code.co_qualname)
    except (SyntaxError, ValueError):
        return 1
    if compiled is None or compiled.co_freevars != code.co_freevars:
        return 1
    function.__code__ = compiled
    _N_BY_CODE[compiled] = max(1, reporter.n_expectations)
    return _N_BY_CODE[compiled]


@cache
def _parsed(filename: str) -> ast.Module:
    return ast.parse(Path(filename).read_text("utf-8"))


class _Reporter(ast.NodeTransformer):
    def __init__(self) -> None:
        self.n_expectations = 0

    def visit_Assert(self, node: ast.Assert) -> ast.stmt | list[ast.stmt]:
        self.n_expectations += 1
        sides = _sides(node.test)
        if sides is not None:
            return ast.copy_location(ast.Expr(ast.Call(ast.Name(EQUAL, ast.Load()), sides, [])), node)
        return [node, ast.copy_location(ast.Expr(ast.Call(ast.Name(PASSED, ast.Load()), [], [])), node)]

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in ("assertEqual", "assertEquals", "assertListEqual", "assertDictEqual")
            and len(call.args) == 2
        ):
            self.n_expectations += 1
            return ast.copy_location(ast.Expr(ast.Call(ast.Name(EQUAL, ast.Load()), call.args, [])), node)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        return node


def _sides(test: ast.expr) -> list[ast.expr] | None:
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        return [test.left, test.comparators[0]]
    return None


def _path_to(tree: ast.AST, code: CodeType) -> list[Any]:
    """Returns the classes around the function that `code` was compiled from, and it; nothing if it is not there."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = {node.lineno, *(decorator.lineno for decorator in node.decorator_list)}
            if node.name == code.co_name and code.co_firstlineno in lines:
                return [node]
        elif isinstance(node, ast.ClassDef):
            if path := _path_to(node, code):
                return [node, *path]
        elif path := _path_to(node, code):
            return path
    return []


def _named(code: CodeType, qualified_name: str) -> CodeType | None:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_qualname == qualified_name:
                return inner
            if (found := _named(inner, qualified_name)) is not None:
                return found
    return None
