"""What is made of a model's answer, as cases with a `|` where the cursor is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.fakes import question

from inkling.llm.replies import MAX_LINES, is_enough, mended, place_of

FUNCTION = "def total(order):\n    result = 0\n    |\n\n\ndef other():\n    pass\n"


def check(marked: str, reply: str, expected: str | None) -> None:
    assert mended(reply, place_of(question(marked))) == expected


@pytest.mark.parametrize(
    ("marked", "reply", "expected"),
    [
        # One line in the middle of a line, a block on a blank line and after a colon.
        ("x = |\n", "1 + 2\ny = 3\n", "1 + 2"),
        (FUNCTION, "for line in order:\n        result += line\n    return result\n",
         "for line in order:\n        result += line\n    return result"),
        ("def f():|\n", "\n    return 1\n\n\ndef g():\n    pass\n", "\n    return 1"),
        ("def f():\n    |", "return 1\n\n\ndef g():\n    pass\n", "return 1"),
        ("|", "import os\nimport sys\n\nprint(os)\n", "import os\nimport sys"),
        ("x = foo(|\n", "\n    1,\n", None),
        # Nothing in it.
        ("x = |\n", "", None),
        ("x = |\n", "   \n", None),
        # The mask of a secret.
        ("backup_password = |\n", '"<redacted>"', None),
        # Echo.
        ("def f(a):\n    return |\n", "def f(a):\n    return a + 1", "a + 1"),
        ("    total = |\n", "total = 5", "5"),
        ("x = |\n", "x + 1", "x + 1"),
        # Fences.
        ("x = |\n", "```python\n1 + 2\n```", "1 + 2"),
        ("x = |\n", "Here you are:\n```\n1 + 2\n```\nEnjoy!", "1 + 2"),
        # Indentation.
        ("def f():\n    |\n", "    return 1", "return 1"),
        ("def f():\n|\n", "return 1", "    return 1"),
        ("def f():\n    a = 1\n    |\n", "    return a\n    ", "return a"),
        ("def f():\n\ta = 1\n\t|\n", "if a:\n\t\treturn 1", "if a:\n\t\treturn 1"),
        ("def f():\n\ta = 1\n\t|\n", "if a:\n        return 1", "if a:\n\t\treturn 1"),
        # What follows already.
        ("print(|)\n", "foo())", "foo()"),
        ("print(|)\n", "foo()", "foo()"),
        ("print(|)\n", "x)", "x"),
        ("if |:\n    pass\n", "a and b:", "a and b"),
        ("f(a, |, key=1)\n", "b, key=1)", "b"),
        (FUNCTION.replace("\n\n\ndef other", "\n    return result\n\n\ndef other"),
         "result += 1\n    return result\n", "result += 1"),
        # Brackets.
        ("x = |\n", "foo(1))", "foo(1)"),
        ("x = |\n", "foo(bar(1)", "foo(bar(1))"),
        ("x = (\n    |\n)\n", "1 + 2\n)\n", "1 + 2"),
        ("x = foo(|\n", "1, 2)", "1, 2)"),
        ("x = |\n", 'foo(")")', 'foo(")")'),
        ("x = |\n", "foo(", "foo("),
        # Circles.
        ("def f():\n    |\n", "a()\n    a()\n    a()\n    a()\n", "a()"),
        ("def f():\n    |\n", "a()\n    b()\n" * 1 + "    a()\n    b()\n    a()\n    b()\n", "a()\n    b()"),
        # An end that is none.
        ("def f():\n    |\n", "a = 1\n    if a:\n", "a = 1"),
        ("def f():\n    |\n", "a = 1\n    b = foo(\n", "a = 1"),
        # Line ends, and what is not in the basic plane.
        ("def f():\r\n    |\r\n", "a = 1\r\n    return a\r\n", "a = 1\n    return a"),
        ("x = '😀' + |\n", "'🚀'", "'🚀'"),
    ],
)  # fmt: skip
def test_replies(marked: str, reply: str, expected: str | None) -> None:
    check(marked, reply, expected)


@pytest.mark.parametrize("sign", ["\x1b", "\x00", "\u202e", "\u2066", "\u200b", "\u2028", "\x08"])
def test_signs_that_deceive_are_refused(sign: str) -> None:
    check("x = |\n", f"'a{sign}b'", None)


def test_a_cut_off_last_line_counts_for_nothing() -> None:
    place = place_of(question("def f():\n    |\n"))
    assert mended("a = 1\n    b = compu", place, was_cut_short=True) == "a = 1"
    assert mended("a = 1\n    b = compu", place) == "a = 1\n    b = compu"


@pytest.mark.parametrize(
    ("marked", "reply", "expected"),
    [
        ("x = |\n", "1 + ", False),
        ("x = |\n", "1 + 2\n", True),
        ("def f():\n    |\n", "a = 1\n    b", False),
        ("def f():\n    |\n", "a = 1\n\n\n", False),
        ("def f():\n    |\n", "a = 1\n\n\nd", True),
        ("x = |\n", "```python\n1 + 2\n", False),
        ("x = |\n", "```python\n1 + 2\n```", True),
        ("def f(a):\n    return |\n", "def f(a):\n    ret", False),
    ],
)
def test_when_a_stream_has_said_enough(marked: str, reply: str, expected: bool) -> None:
    assert is_enough(reply, place_of(question(marked))) is expected


PIECES = st.lists(
    st.sampled_from(["\n", "    ", "\t", "a", "b1", " = ", "(", ")", "[", "]", "{", "}", "'", '"', '"""', ":", "#", ",",
                     "return ", "```", "\r\n", "😀", "\\", "def f():"]),
    max_size=30,
).map("".join)  # fmt: skip


@given(before=PIECES, after=PIECES, reply=PIECES)
def test_whatever_comes_in_what_comes_out_is_clean(before: str, after: str, reply: str) -> None:
    place = place_of(question(f"{before}|{after}"))
    text = mended(reply, place)
    if text is None:
        return
    assert text.strip()
    assert text == text.rstrip()
    assert "\r" not in text
    assert len(text.split("\n")) <= MAX_LINES
    if not place.wants_several_lines:
        assert "\n" not in text


@given(before=PIECES, reply=PIECES)
def test_mending_twice_changes_nothing_more_on_one_line(before: str, reply: str) -> None:
    place = place_of(question(f"{before}x = |\n"))
    once = mended(reply, place)
    if once is not None and "x = " not in once and "```" not in once:
        assert mended(once, place) == once
