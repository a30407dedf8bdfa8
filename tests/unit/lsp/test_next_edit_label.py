"""A next edit in one line."""

import pytest

from inkling.lsp.next_edit_label import edit_label

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("removed", "inserted", "label"),
    [
        pytest.param(["x = timeout"], ["x = timeout_s"], "`timeout` → `timeout_s`", id="a name"),
        pytest.param(["f(timeout)"], ["f(timeout_s)"], "`timeout` → `timeout_s`", id="a name up to a bracket"),
        pytest.param(["a = b + c"], ["a = b - c"], "`+` → `-`", id="an operator"),
        pytest.param(["return a"], ["yield a"], "`return` → `yield`", id="at the beginning of a line"),
        pytest.param(["f(a)"], ["f(a, b)"], "+ `, b`", id="an insertion into a line"),
        pytest.param(["f(a, b)"], ["f(a)"], f"{MINUS} `, b`", id="a deletion from a line"),
        pytest.param([], ["import os"], "+ import os", id="a line"),
        pytest.param([], ["", "    import os"], "+ import os", id="a line after a blank one"),
        pytest.param([], ["a", "", "b"], "+ 2 lines", id="lines"),
        pytest.param([], [""], "+ 1 blank line", id="a blank line"),
        pytest.param(["", ""], [], f"{MINUS} 2 blank lines", id="blank lines go"),
        pytest.param(["import os"], [], f"{MINUS} import os", id="a line goes"),
        pytest.param(["a", "b", "c"], [], f"{MINUS} 3 lines", id="lines go"),
        pytest.param(["a", "b"], ["a", "x", "b"], "+ x", id="a line between others"),
        pytest.param(["f(old)", "g", "f(old)"], ["f(new)", "g", "f(new)"], "`old` → `new`", id="twice the same"),
        pytest.param(["f(g(1), g(2))"], ["f(h(1), h(2))"], "`g` → `h`", id="twice the same on a line"),
        pytest.param(["f(a, b)"], ["f(c, d)"], "`a, b` → `c, d`", id="two names on a line"),
        pytest.param(["a = 1", "b = 2"], ["a = 3", "b = 4"], "2 lines changed", id="different changes"),
        pytest.param(["a = 1", "b = 2"], ["c = 3"], "2 lines → 1 line", id="fewer lines"),
        pytest.param(["\ta"], ["    a"], "white space", id="indentation"),
        pytest.param(["'🛒'"], ["'🛒🛒'"], "+ `🛒`", id="non-BMP text"),
    ],
)
def test_the_change_is_said(removed: list[str], inserted: list[str], label: str) -> None:
    assert edit_label(removed, inserted) == label


def test_the_reason_is_said_rather_than_numbers_of_lines() -> None:
    moved = ["from shop import Price, Tax"], ["from cash import Price", "from shop import Tax"]
    assert edit_label(*moved, reason="`Price` was moved to cash") == "`Price` was moved to cash"
    assert edit_label(["a = 1", "b = 2"], ["a = 3", "b = 4"], reason="as above") == "as above"
    assert edit_label(["x = 1"], ["x = 2"], reason="as above") == "`1` → `2`"


def test_long_parts_are_cut() -> None:
    label = edit_label(["x = '" + "a" * 300 + "'"], ["x = '" + "b" * 300 + "'"])
    assert len(label) < 100
    assert label.count("…") == 2
    assert len(edit_label([], ["import " + "a" * 300])) < 70
