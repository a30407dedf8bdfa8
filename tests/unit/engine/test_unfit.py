"""Where no line can begin, and what no block says twice; the cursor stands in `|`."""

import pytest

from inkling.engine.completion.asked_place import AskedPlace, Surroundings, look_at
from inkling.engine.completion.unfit import fits_nothing, is_written_already
from inkling.engine.language.lexer import lex_line
from inkling.engine.language.open_files import OpenFile, TokenNumbers


def look(marked: str) -> AskedPlace:
    numbers = TokenNumbers()
    text, offset = marked.replace("|", "", 1), marked.index("|")
    place = look_at(OpenFile(numbers), numbers, text, offset, Surroundings())
    assert place is not None
    return place


@pytest.mark.parametrize(
    "marked",
    [
        "def f(x):\n    return x\n    |",
        "def f(x):\n    raise ValueError(x)\n\n    |\n",
        "for x in y:\n    continue\n    |",
        "class A:\n    def f(self):\n    |",
        "if x is None:\n|",
    ],
)
def test_no_line_begins_behind_what_leaves_nor_left_of_a_body(marked: str) -> None:
    assert fits_nothing(look(marked))


@pytest.mark.parametrize(
    "marked",
    [
        "def f(x):\n    if x:\n        return x\n    |",
        "def f(x):\n    return (\n        |",
        "def f(x):\n    return max(\n        x,\n    )\n|",
        "def f(x):\n    |",
        "if (a and\n        b):\n    |",
        "x = {\n    'a':\n    |",
        "def f(\n    x,\n) -> int:\n    |",
        "def f(x):\n    return x\n    el|",
        "returned = 1\n|",
        "|",
    ],
)
def test_elsewhere_a_line_may_begin(marked: str) -> None:
    assert not fits_nothing(look(marked))


SHOP = "class Shop:\n    def get_user(self):\n        return 1\n\n    def get_order(self):\n        return 2\n\n    |"


@pytest.mark.parametrize(
    ("marked", "line", "is_there"),
    [
        (SHOP, "def get_order(self):", True),
        (SHOP, "def get_item(self):", False),
        (SHOP + "\n\nclass Other:\n    def get_item(self):\n        pass\n", "def get_item(self):", False),
        (SHOP + "\n    def get_item(self):\n        pass\n", "def get_item(self):", True),
        ("def f(x):\n    return 1\n\n@overload\n|", "def f(x):", False),
        ("if a:\n    x()\nelif b:\n    y()\n|", "elif b:", True),
        ("if a:\n    x()\nelif b:\n    y()\nif c:\n    z()\n|", "elif b:", False),
        ("log.propagate = False\n|", "log.propagate = False", True),
        ("x = next(rows)\nuse(x)\n\ny = 1\n|", "x = next(rows)", True),
        ("x = next(rows)\nwith x:\n    use(x)\n|", "x = next(rows)", False),
        ("f.write(a)\n|", "f.write(a)", False),
        ("log.propagate = False\nlog.prop|", "log.propagate = False", False),
    ],
)
def test_what_a_block_says_once_is_not_said_again(marked: str, line: str, *, is_there: bool) -> None:
    assert is_written_already(look(marked), lex_line(line, "").tokens) is is_there
