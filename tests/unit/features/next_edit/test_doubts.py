"""What works against the developer's own changes, and what only looks as if it did."""

import pytest
from tests.unit.features.next_edit.scene import edit

from inkling.core.next_edit import LineChange
from inkling.features.next_edit.doubts import is_unwanted

A = edit("a", 0, None, None).uri


def change(first_line: int, removed: str | None, inserted: str | None) -> LineChange:
    return LineChange(
        uri=A,
        first_line=first_line,
        removed=() if removed is None else tuple(removed.split("\n")),
        inserted=() if inserted is None else tuple(inserted.split("\n")),
    )


RENAME = change(5, "def f(timeout):", "def f(timeout_s):")
CASES = {
    "takes a change back": (True, [RENAME], edit("a", 5, "def f(timeout_s):", "def f(timeout):")),
    "takes it back, indented otherwise": (True, [RENAME], edit("a", 5, "  def f(timeout_s):", "  def f(timeout):")),
    "takes an older change back": (
        True,
        [RENAME, change(9, "x = 1", "x = 2")],
        edit("a", 5, "def f(timeout_s):", "def f(timeout):"),
    ),
    "takes one line of a change back": (True, [change(5, "a\nb", "A\nB")], edit("a", 6, "B", "b")),
    "deletes what was typed": (True, [change(5, None, "log(1)\nlog(2)")], edit("a", 5, "log(1)\nlog(2)", None)),
    "deletes a part of it": (True, [change(5, None, "log(1)\nlog(2)")], edit("a", 6, "log(2)", None)),
    "brings back what was deleted": (True, [change(5, "import os", None)], edit("a", 5, None, "import os")),
    "deletes words just typed": (
        True,
        [change(5, "call(x)", "call(x, retries)")],
        edit("a", 5, "call(x, retries)", "call(y)"),
    ),
    "changes white space alone": (True, [RENAME], edit("a", 9, "f( timeout_s )", "f(timeout_s)")),
    "inserts an empty line": (True, [RENAME], edit("a", 9, None, "")),
    "goes on with a change": (False, [RENAME], edit("a", 5, "def f(timeout_s):", "def f(timeout_s: float):")),
    "the same elsewhere": (False, [RENAME], edit("a", 9, "f(timeout=1)", "f(timeout_s=1)")),
    "the reverse elsewhere": (False, [RENAME], edit("a", 9, "def f(timeout_s):", "def f(timeout):")),
    "the reverse in another file": (False, [RENAME], edit("b", 5, "def f(timeout_s):", "def f(timeout):")),
    "a line typed before the latest change": (
        False,
        [change(9, "f()", "f(timeout=1)"), RENAME],
        edit("a", 9, "f(timeout=1)", "f(timeout_s=1)"),
    ),
    "something new below what was typed": (False, [change(5, None, "x = f()")], edit("a", 6, None, "return x")),
    "something new where lines were deleted": (False, [change(5, "a = 1", None)], edit("a", 5, None, "b = 2")),
    "the rest of what is being deleted": (False, [change(5, "print(1)", None)], edit("a", 5, "print(2)", None)),
}


@pytest.mark.parametrize("case", CASES)
def test_edits_against_the_history(case: str) -> None:
    expected, history, prediction = CASES[case]
    assert is_unwanted(prediction, history, ()) is expected


def test_what_was_undone_is_not_proposed_again() -> None:
    prediction = edit("a", 7, "def f(timeout):", "def f(timeout_s):")
    assert is_unwanted(prediction, [change(0, "x", "y")], [RENAME])
    assert not is_unwanted(prediction, [change(0, "x", "y")], [])
