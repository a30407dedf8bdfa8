"""Cases mark the cursor with `|`; what is inserted follows."""

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.context.syntax.blocks import block_around, judge, judge_beginning, parses

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


@pytest.mark.parametrize(
    ("marked", "insertion", "expected"),
    [
        ("def f(self):\n    |\n    return 1\n", "self.items.append(", "not_decided"),
        ("def f(self):\n    self.add(|)\n    return 1\n", "item, key=names[", "not_decided"),
        ("def f(self):\n    |\n    return 1\n", "self.items", "not_decided"),
        ("def f(x):\n    |\n    return 1\n", "for y", "not_decided"),
        ("def f(x):\n    |\n    return 1\n", "if isinstance(x, (int", "not_decided"),
        ("def f(x):\n    |\n    return 1\n", "x = 1 if x", "not_decided"),
        ("def f(x):\n    |\n    return 1\n", "x = [y for y", "not_decided"),
        ("def f(x):\n    |\n    return 1\n", "x = {'(': y", "not_decided"),
        ("|\n\nx = 1\n", "from os", "not_decided"),
        ("class A:\n    |\n\nx = 1\n", "def first(self", "not_decided"),
        ("class A:\n    |\n\nx = 1\n", "@first(", "not_decided"),
        ("f(\n    a,\n    |\n)\n", "b=c(", "not_decided"),
        ("f(\n    a,\n    |\n)\n", "**b(", "not_decided"),
        ("f = {\n    |\n}\n", "'a': b.c(", "not_decided"),
        ("def f(x):\n    if x:\n        pass\n    |\n", "elif x", "not_decided"),
        ("def f(x):\n    try:\n        pass\n    |\n", "except (E", "not_decided"),
        ("match x:\n    case 1:\n        pass\n    |\n", "case C(", "not_decided"),
        ("def f(x):\n    |\n    return 1\n", "x x", "breaks"),
        ("def f(x):\n    |\n    return 1\n", "x = y)", "breaks"),
        ("def f(x):\n    x = 1|\n    return 1\n", " y", "breaks"),
        ("def f(x):\n    if x |\n\n\nx = 1\n", "return y", "breaks"),
        ("broken(\n\ndef f():\n    |pass\n", "x = (", "not_decided"),
    ],
)
def test_a_beginning_is_refused_where_no_end_mends_it(marked: str, insertion: str, expected: str) -> None:
    assert judge_beginning(marked.replace("|", "", 1), marked.index("|"), insertion) == expected


WHOLE_LINES = """
for key, value in sorted(items.items(), key=len):
with open(path, "rb") as file, lock:
return [x for x in rows[0].cells if x]
def first(self, other: int = 3) -> list[int]:
from os.path import join as joined
x = f(a, *b, **c)[0].d if e else {f: g}
assert not isinstance(x, (int, str)), message
raise ValueError(x, 3) from error
class Other(Base, metaclass=Meta):
if (match := pattern.match(text)) is not None and match[1]:
value = call(lambda x: x + 1, [y, *z])
"""


@pytest.mark.parametrize("line", WHOLE_LINES.strip().splitlines())
def test_no_beginning_of_a_line_that_can_be_is_refused(line: str) -> None:
    words = re.finditer(r"[\w\"]+|[(\[{]", line)
    beginnings = [line[: word.end()] for word in words if not keyword.iskeyword(word.group())]
    text = "def around(error):\n    \n    return 1\n"
    offset = text.index("\n") + 5
    assert [beginning for beginning in beginnings if judge_beginning(text, offset, beginning) == "breaks"] == []
