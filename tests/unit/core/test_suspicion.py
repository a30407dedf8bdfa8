from pathlib import PurePosixPath

import pytest

from inkling.core.execution import CaseOutcome, CaseResult, LinesByFile, RaisedException, RaisedFrame
from inkling.core.suspicion import rank_lines

CART = PurePosixPath("shop/cart.py")
TESTS = PurePosixPath("tests/test_cart.py")


def failed(name: str, *frames: tuple[PurePosixPath | None, int]) -> CaseResult:
    raised = RaisedException(
        type_name="ValueError",
        message="",
        frames=tuple(RaisedFrame(path=path, line=line, function="f") for path, line in frames),
    )
    return CaseResult(node_id=f"tests/test_cart.py::{name}", outcome=CaseOutcome.FAILED, duration_s=0.0, raised=raised)


def ran(*lines: int, path: PurePosixPath = CART) -> LinesByFile:
    return {path: frozenset(lines), TESTS: frozenset({1, 2})}


def test_ochiai_alone_where_only_the_test_raised() -> None:
    coverage = {
        "tests/test_cart.py::bad": ran(10, 11, 12),
        "tests/test_cart.py::good": ran(10, 11),
        "tests/test_cart.py::fine": ran(10),
    }
    ranked = rank_lines([failed("bad", (TESTS, 2))], ["tests/test_cart.py::good", "tests/test_cart.py::fine"], coverage)
    assert [(found.path, found.line) for found in ranked] == [(CART, 12), (CART, 11), (CART, 10)]
    # e_f / sqrt((e_f + n_f) (e_f + e_p)), by hand
    assert [found.suspiciousness for found in ranked] == pytest.approx([1.0, 1 / 2**0.5, 1 / 3**0.5])


def test_the_line_that_raised_comes_first_and_its_caller_next() -> None:
    coverage = {"tests/test_cart.py::bad": ran(10, 11, 12, 13)}
    ranked = rank_lines([failed("bad", (TESTS, 2), (CART, 11), (None, 99), (CART, 13))], [], coverage)
    assert [found.line for found in ranked] == [13, 11, 10, 12]
    assert ranked[0].suspiciousness == pytest.approx(1.0)


def test_a_line_that_raised_is_named_even_where_no_coverage_tells_of_it() -> None:
    ranked = rank_lines([failed("bad", (CART, 7))], [], {})
    assert [(found.line, found.suspiciousness > 0) for found in ranked] == [(7, True)]


def test_a_helper_that_failing_tests_do_not_run_is_not_suspicious() -> None:
    coverage = {"tests/test_cart.py::bad": ran(1), "tests/test_cart.py::good": ran(2)}
    assert [found.line for found in rank_lines([failed("bad")], ["tests/test_cart.py::good"], coverage)] == [1]


def test_files_of_tests_are_left_out_whatever_their_name_but_not_those_with_doctests() -> None:
    checks = PurePosixPath("checks/cart.py")
    bad = CaseResult(node_id="checks/cart.py::bad", outcome=CaseOutcome.FAILED, duration_s=0.0)
    doctest = CaseResult(node_id="shop/cart.py::shop.cart.total", outcome=CaseOutcome.FAILED, duration_s=0.0)
    coverage = {bad.node_id: ran(3, path=checks), doctest.node_id: ran(4)}
    assert [(found.path, found.line) for found in rank_lines([bad, doctest], [], coverage)] == [(CART, 4)]


def test_no_failure_no_suspicion() -> None:
    assert rank_lines([], ["tests/test_cart.py::good"], {"tests/test_cart.py::good": ran(1)}) == ()
