"""Cases mark the cursor with `|`; what is inserted follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.context.syntax.blocks import block_around, judge, parses

FILE = """import os


@decorator(
    1,
)
@other
def first(a):
    return a


if first(1):
    x = 1
elif first(2):
    x = 2
else:
    x = 3

TEXT = '''
def not_code(:
'''


class Second:
    y = (
        1
    )
"""


@pytest.mark.parametrize(
    ("marked", "insertion", "expected"),
    [
        ("x = |\n", "1", "parses"),
        ("x = 1|\n", " + 2", "parses"),
        ("x = 1|\n", " +", "breaks"),
        ("def f():\n    return 1|\n", ")", "breaks"),
        ("def f():\n    |\n    return 1\n", "x = 1", "parses"),
        ("def f():\n    |\n    return 1\n", "if x:", "parses"),
        ("def f():\n    if x|\n        return 1\n", ":", "parses"),
        ("broken(\n\ndef f():\n    |pass\n", "x = (", "not_decided"),
        ("a = 1\n|\nb = 2\n", "c = '''", "breaks"),
        ("t = '''\na = 1\n|\n'''\n", "def broken(", "parses"),
        ("|", "import os", "parses"),
        ("|", "import", "breaks"),
        ("s = '🐍'\r\nx = 1|\r\n", "2", "parses"),
        ("s = '🐍'\r\nx = 1|\r\n", "2 3", "breaks"),
        ("try:\n    a()\n|\nexcept E:\n    pass\n", "b()", "breaks"),
        ("try:\n    a()\n    |\nexcept E:\n    pass\n", "b()", "parses"),
        ("@d\n|\ndef f(): pass\n", "@e", "parses"),
        ("@d\n|\ndef f(): pass\n", "x = 1", "breaks"),
        ("x\0 = |\n", "1", "breaks"),
        ("def f():\n    |\n", "for x in y:  # each: one", "parses"),
        ("def f():\n    |\n", "if x == '# no comment':", "parses"),
        ("def f():\n    |\n", "for x in y  # each:", "breaks"),
        ("def f(c):\n    if len(c) |\n\n\nx = 1\n", "-> None:", "breaks"),
        ("def f(c):\n    if len(c) |\n\n\nx = 1\n", "> 3:", "parses"),
        ("def f(c):\n    if not |", "line:", "parses"),
        ("def f(c):\n    for |\n", "x in c:", "parses"),
        ("def f(c):\n    for |\n", "x in", "breaks"),
        ("class A:\n    @|\n", "property", "parses"),
        ("class A:\n    |\n", "try:", "parses"),
        ("match x|\n", ":", "parses"),
        ("if a:\n    b = 1\nel|\n", "se:", "parses"),
        ("x = |\n", "f(", "not_decided"),
        ("x = |\n", "'''text", "not_decided"),
        ("x = 1 |\n", "+ \\", "breaks"),
        ("broken(\nx = |\n", "1", "parses"),
        ("f(\n    a,\n    |\n)\n", "b=1,", "parses"),
    ],
)
def test_a_line_that_cannot_be_is_told_from_one_that_cannot_be_judged(
    marked: str, insertion: str, expected: str
) -> None:
    offset = marked.index("|")
    assert judge(marked.replace("|", "", 1), offset, insertion) == expected


@pytest.mark.parametrize("insertion", ["x", "(", ")", "'", '"', "'''", ":", "\n", "    ", "if x:", "#", "=", "1", "\\"])
def test_of_a_file_that_parses_the_block_tells_what_the_whole_file_tells(insertion: str) -> None:
    assert parses(FILE)
    for offset in range(len(FILE) + 1):
        after = FILE[:offset] + insertion + FILE[offset:]
        verdict = judge(FILE, offset, insertion)
        assert verdict in {"parses", "breaks"}, offset
        if parses(after):
            assert verdict == "parses", offset
        elif not insertion.endswith(":"):
            assert verdict == "breaks", offset


@given(st.integers(0, len(FILE)))
def test_a_block_holds_its_cursor(offset: int) -> None:
    start, end = block_around(FILE, offset)
    assert 0 <= start <= offset <= end <= len(FILE)
