"""What the search knows before it starts: suspicious lines, nearness of values, examples in docstrings."""

from pathlib import Path, PurePosixPath

import pytest

from inkling.core.execution import CaseOutcome, CaseResult, ProjectView
from inkling.core.repair import Failure, RepairRequest, SuspiciousLine
from inkling.engine.repair.examples import find_examples
from inkling.engine.repair.program import Program
from inkling.engine.repair.repairer import suspicious_lines
from inkling.engine.repair.similarity import similarity
from inkling.engine.repair.sites import find_sites

PATH = PurePosixPath("program.py")
TEST = PurePosixPath("test_program.py")


def test_lines_that_failing_tests_ran_are_suspected_a_little_and_tests_never() -> None:
    name = "test_program.py::test_f"
    failure = Failure(
        failing=(CaseResult(node_id=name, outcome=CaseOutcome.FAILED, duration_s=0.1),),
        passing=(),
        coverage={name: {PATH: frozenset({2, 3}), TEST: frozenset({4}), PurePosixPath("other.py"): frozenset({1})}},
        suspicious=(
            SuspiciousLine(path=PATH, line=2, suspiciousness=0.9),
            SuspiciousLine(path=TEST, line=4, suspiciousness=1.0),
        ),
    )
    view = ProjectView(folder=Path("/p"), interpreter=Path("/p/python"))
    lines = suspicious_lines(RepairRequest(view=view, failure=failure))
    assert set(lines) == {PATH}
    assert lines[PATH][2] == 0.9
    assert 0 < lines[PATH][3] < 0.9


@pytest.mark.parametrize(
    ("near", "far", "wanted"),
    [
        (9, 3, 10),
        ("hallo", "x", "hello"),
        ([1, 2, 4], [7, 8, 9], [1, 2, 3]),
        ({"a": 1, "b": 3}, {"c": 1}, {"a": 1, "b": 2}),
        ({1, 2, 5}, {7}, {1, 2, 3}),
        ((1, 2), "12", [1, 2]),
        (9, 3, pytest.approx(10)),
    ],
)
def test_a_value_that_is_nearly_right_is_nearer(near: object, far: object, wanted: object) -> None:
    assert 0 < similarity(far, wanted) < similarity(near, wanted) < 1


def test_equal_values_of_one_type_are_the_nearest() -> None:
    assert similarity([1, "a"], [1, "a"]) == 1
    assert similarity(1, True) < 1


def test_values_that_cannot_be_compared_are_not_near() -> None:
    class Broken:
        def __eq__(self, other: object) -> bool:
            raise ValueError

        def __hash__(self) -> int:
            return 0

    assert 0 < similarity(Broken(), Broken()) < 1


def test_examples_are_calls_of_the_function_with_a_literal_result() -> None:
    text = '''
def f(a, b=0):
    """Adds.

    >>> f(1, 2)
    3
    >>> f(1)  # doctest: +SKIP
    1
    >>> print(f(1))
    1
    f(2, 2) == 4
    f(5, 5) returns 10.
    f(7) => seven
    g(1) -> 2
    """
    return a + b
'''
    program = Program([(PATH, text)])
    sites = find_sites(program, {PATH: {16: 1.0}})
    found = {(call.split("  #")[0], result) for _, call, result in find_examples(program, sites)}
    assert found == {("f(1, 2)", "3"), ("f(1)", "1"), ("f(2, 2)", "4"), ("f(5, 5)", "10")}
