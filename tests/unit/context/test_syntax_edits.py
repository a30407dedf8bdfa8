"""What a replacement does to the syntax of a file."""

import ast
import random

import pytest

from inkling.context.syntax.blocks import judge_edit
from inkling.core.edit import minimal_edit

BEFORE = '''import os


@decorated
def first(a, b):
    """Says.

x = 1 within a string
    """
    if a:
        return b
    return os


class Second:
    name = first(1, 2)


last = [
    1,
    2,
]
'''


def verdict(before: str, after: str) -> str:
    edit = minimal_edit(before, after)
    return judge_edit(before, edit.offset, edit.n_removed, edit.inserted)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("def first(a, b)", "def first(a, b, c=None)", "parses"),
        ("def first(a, b)", "def first(a, b", "breaks"),
        ("        return b\n", "", "breaks"),
        ("    if a:\n        return b\n", "", "parses"),
        ("import os\n", "import os\nimport re\n", "parses"),
        ("    2,\n]\n", "    2,\n", "breaks"),
        ("x = 1 within", "y = 2 not code within", "parses"),
        ('    """\n    if', "    if", "breaks"),
        ("class Second:\n    name = first(1, 2)\n", "", "parses"),
        ("@decorated\ndef first", "@decorated\n\nimport re\n\ndef first", "breaks"),
    ],
)
def test_edits_of_a_file_that_parses(old: str, new: str, expected: str) -> None:
    assert old in BEFORE
    assert verdict(BEFORE, BEFORE.replace(old, new, 1)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("x = (\n\n\ny = 1\n", "x = (\n\n\ny = 2\n", "parses"),  # the statement that is changed does
        ("x = (\n\n\ny = 1\n", "x = (a\n\n\ny = 1\n", "not_decided"),
        ("x = (\n\n\ny = 1\n", "x = ()\n\n\ny = 1\n", "parses"),
        ("", "import os\n", "parses"),
        ("import os\n", "", "parses"),
        ("x = 1", "x = 1\r\ny = 2", "parses"),
        ("a = '😀'\n", "a = '😀", "breaks"),
    ],
)
def test_other_files(before: str, after: str, expected: str) -> None:
    assert verdict(before, after) == expected


def test_what_is_said_to_parse_parses_and_what_is_said_to_break_breaks() -> None:
    """Against the parser on the whole file, for random lines taken out, doubled or swapped."""
    rng, lines = random.Random(11), BEFORE.splitlines(keepends=True)
    seen = set()
    for _ in range(400):
        changed = list(lines)
        place = rng.randrange(len(changed))
        match rng.randrange(4):
            case 0:
                del changed[place : place + rng.randint(1, 3)]
            case 1:
                changed.insert(rng.randrange(len(changed)), changed[place])
            case 2:
                other = rng.randrange(len(changed))
                changed[place], changed[other] = changed[other], changed[place]
            case _:
                changed[place] = changed[place].replace(rng.choice("()[]:\"' ="), rng.choice(["", "(", '"""']), 1)
        after = "".join(changed)
        if after == BEFORE:
            continue
        said = verdict(BEFORE, after)
        seen.add(said)
        assert said == ("parses" if parses(after) else "breaks"), after
    assert seen == {"parses", "breaks"}


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
