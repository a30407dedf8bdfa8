"""What is said to be wrong near a place, marked `|`; nothing that only may be wrong."""

import pytest

from inkling.context.analysis.problems import MAX_PROBLEMS, NEAR_LINES, Problem, find_problems


def _problems(marked: str) -> list[Problem]:
    offset = marked.index("|")
    return find_problems(marked[:offset] + marked[offset + 1 :], offset)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("", []),
        ("total = 1\n\nprint(totl)\n", [(3, "undefined name 'totl'")]),
        ("def f(x):\n    return x + y\n", [(2, "undefined name 'y'")]),
        ("ä = '😀'\r\nprint('😀', ä, é)\r\n", [(2, "undefined name 'é'")]),
        ("for i in range(3):\n    print(i, end='')\nwith open(__file__) as f: f\n", []),
        ("import a.b as c, d.e\nprint(c, d)\n", []),
        ("try: ...\nexcept OSError as e: print(e)\nprint((n := 1), n, [q for q in ()])\n", []),
        ("match x():\n    case {'a': b, **r}: print(b, r)\ndef x(): ...\n", []),
        ("def f():\n    global late\n    late = 1\nprint(late)\n", []),
        ("class A:\n    def f(self): return __class__\n", []),
        ("from somewhere import *\nprint(anything)\n", []),
        ("globals()['made'] = 1\nprint(made)\n", []),
        ("def f(:\n    pass\n", [(1, "syntax error: invalid syntax")]),
        ("if True\n    pass\n", [(1, "syntax error: expected ':'")]),
    ],
)
def test_what_is_wrong_above_the_cursor(marked: str, expected: list[Problem]) -> None:
    assert _problems(marked + "\n|") == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("print(totl|)", []),
        ("foo(|\nbar = 1\nprint(bar)", []),
        ("total = compute(|\nprint(total)", []),
        ("ﬁle = compute(|\nprint(ﬁle, file)", []),
        ("def f(self) -> N|\n    return self\n", []),
        ("try|\n    x = 1\nexcept OSError:\n    pass\n", []),
        ("compu|\n    a,\n)\n", []),
        ("print(\n    1,\n    |", []),
        ("if True:\n|", []),
        ("try:\n    print(1)\n|", []),
        ('"""Doc\n|', []),
        ("x = [|\nprint(y)", [(2, "undefined name 'y'")]),
    ],
)
def test_the_line_that_is_being_written_is_not_judged_and_may_bind_names(marked: str, expected: list[Problem]) -> None:
    assert _problems(marked) == expected


def test_only_what_is_near_and_not_too_much_of_it() -> None:
    far = "print(far)\n" + "pass\n" * NEAR_LINES
    assert _problems(far + "|") == []
    many = "".join(f"print(name_{number})\n" for number in range(9))
    assert [line for line, _ in _problems(many + "|")] == [6, 7, 8, 9][-MAX_PROBLEMS:]


@pytest.mark.parametrize("text", ["\x00\n|", "\ufeff|", "\f|\f", "(" * 5000 + "\n|"])
def test_odd_texts_are_no_problem_of_ours(text: str) -> None:
    assert all(line > 0 for line, _ in _problems(text))
