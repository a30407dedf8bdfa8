"""What a module checks while it is imported, as tests."""

import ast
from pathlib import Path, PurePosixPath

import pytest

from inkling.core.execution import ProjectView, RaisedException, RaisedFrame
from inkling.core.text import split_lines
from inkling.features.fix.module_checks import TEST_FILE, ModuleCheck, failing_check, with_checks_as_tests

PATH = PurePosixPath("src/shop/cart.py")
TEXT = (
    "def total(prices):\n"
    "    return sum(prices) - 1\n"
    "\n"
    "naïve = 'ü'; assert total([]) == 0, naïve\r\n"
    "assert total([\n"
    "    1,\n"
    "]) == 1\n"
    "print(total([2]))\n"
    "assert 'x'\n"
)


def _view(text: str, line: int) -> ProjectView | None:
    view = ProjectView(folder=Path("/project"), interpreter=Path("python"), edits={})
    return with_checks_as_tests(view, ModuleCheck(path=PATH, line=line), text)


def _error(*frames: tuple[str | None, int, str]) -> RaisedException:
    return RaisedException(
        type_name="AssertionError",
        message="",
        frames=tuple(
            RaisedFrame(path=PurePosixPath(path) if path else None, line=line, function=function)
            for path, line, function in frames
        ),
    )


@pytest.mark.parametrize("line", [4, 5, 6, 7, 9])
def test_every_place_stays_where_it_was(line: int) -> None:
    view = _view(TEXT, line)
    assert view is not None
    masked = view.edits[PATH]
    assert [len(each) for each in split_lines(masked)] == [len(each) for each in split_lines(TEXT)]
    assert masked.startswith(TEXT[: TEXT.index("assert")])
    assert not any(isinstance(each, ast.Assert) for each in ast.parse(masked).body)
    assert "print(total([2]))" in masked


def test_each_check_is_a_test_named_by_its_line() -> None:
    view = _view(TEXT, 4)
    assert view is not None
    tests = ast.parse(view.edits[TEST_FILE])
    names = [each.name for each in tests.body if isinstance(each, ast.FunctionDef)]
    assert names == ["test_line_4", "test_line_5", "test_line_9"]
    assert "import_module('shop.cart')" in view.edits[TEST_FILE]
    assert "['naïve', 'total']" in view.edits[TEST_FILE]


def test_a_call_is_a_check_where_the_import_ended_with_it() -> None:
    view = _view(TEXT, 8)
    assert view is not None
    assert "print" not in view.edits[PATH]
    assert "def test_line_8():\n    print(total([2]))" in view.edits[TEST_FILE]


@pytest.mark.parametrize(("text", "line"), [("x = 1 / 0\n", 1), ("def f(:\n", 1), ("assert f(\n", 1), (TEXT, 3)])
def test_other_statements_are_no_checks(text: str, line: int) -> None:
    assert _view(text, line) is None


def test_the_last_module_of_the_project_is_the_one_that_failed() -> None:
    error = _error(("test_cart.py", 1, "<module>"), (str(PATH), 9, "<module>"), (None, 5, "f"), (str(PATH), 2, "total"))
    assert failing_check(error) == ModuleCheck(path=PATH, line=9)
    assert failing_check(_error(("test_cart.py", 3, "<module>"))) is None
    assert failing_check(_error((None, 3, "<module>"))) is None
    assert failing_check(None) is None
