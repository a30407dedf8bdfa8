"""Cases mark the cursor with `|`; what is inserted follows."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.context.syntax.blocks import block_around, parses, still_parses

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
        ("x = |\n", "1", True),
        ("x = 1|\n", " + 2", True),
        ("x = 1|\n", " +", False),
        ("def f():\n    return 1|\n", ")", False),
        ("def f():\n    |\n    return 1\n", "x = 1", True),
        ("def f():\n    |\n    return 1\n", "if x:", False),
        ("broken(\n\ndef f():\n    |pass\n", "x = (", True),
        ("a = 1\n|\nb = 2\n", "c = '''", False),
        ("t = '''\na = 1\n|\n'''\n", "def broken(", True),
        ("|", "import os", True),
        ("|", "import", False),
        ("s = '🐍'\r\nx = 1|\r\n", "2", True),
        ("s = '🐍'\r\nx = 1|\r\n", "2 3", False),
        ("try:\n    a()\n|\nexcept E:\n    pass\n", "b()", False),
        ("try:\n    a()\n    |\nexcept E:\n    pass\n", "b()", True),
        ("@d\n|\ndef f(): pass\n", "@e", True),
        ("@d\n|\ndef f(): pass\n", "x = 1", False),
        ("x\0 = |\n", "1", True),
    ],
)
def test_only_a_file_that_parsed_and_would_not_is_refused(marked: str, insertion: str, expected: bool) -> None:
    offset = marked.index("|")
    assert still_parses(marked.replace("|", "", 1), offset, insertion) is expected


@given(
    st.integers(0, len(FILE)), st.sampled_from(["x", "(", ")", "'", "'''", ":", "\n", "    ", "if x:", "#", "=", "1"])
)
def test_the_block_gives_the_same_answer_as_the_whole_file(offset: int, insertion: str) -> None:
    after = FILE[:offset] + insertion + FILE[offset:]
    try:
        ast.parse(after)
        whole_file_parses = True
    except SyntaxError:
        whole_file_parses = False
    assert parses(FILE)
    assert still_parses(FILE, offset, insertion) is whole_file_parses


@given(st.integers(0, len(FILE)))
def test_a_block_holds_its_cursor(offset: int) -> None:
    start, end = block_around(FILE, offset)
    assert 0 <= start <= offset <= end <= len(FILE)
