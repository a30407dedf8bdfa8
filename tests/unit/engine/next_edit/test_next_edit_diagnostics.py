"""Mends of what a change broke, in code as people write it."""

from textwrap import dedent

import pytest
from tests.unit.engine.next_edit.changed_project import applied, situation_of

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.mends.diagnostics import propose_diagnostics


def _results(before: str, after: str) -> list[str]:
    situation = situation_of({"cart.py": (before, after)})
    candidates = list(propose_diagnostics(situation))
    assert all(each.kind is EditKind.DIAGNOSTIC and each.words and each.group for each in candidates)
    return [applied(situation, candidate) for candidate in candidates]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("x = f'{y} items'\n", "x = f'no items'\n", "x = 'no items'\n"),
        ("show('ü', f'{y}')\n", "show('ü', f'none')\n", "show('ü', 'none')\n"),
        ("x = y\n", "x = y == None\n", "x = y is None\n"),
        ("if x:\n    pass\n", "if f(x) != None and z:\n    pass\n", "if f(x) is not None and z:\n    pass\n"),
        (
            "class A:\n    x = 1\n",
            "class A:\n    x = 1\n    def show(): return 1\n",
            "class A:\n    x = 1\n    def show(self): return 1\n",
        ),
        (
            "class A:\n    x = 1\n",
            "class A:\n    x = 1\n    async def show(*, name): pass\n",
            "class A:\n    x = 1\n    async def show(self, *, name): pass\n",
        ),
        ("x = 1\n", "x = 1\nif x > 1\n    y = 2\n", "x = 1\nif x > 1:\n    y = 2\n"),
        ("x = 1\n", "x = 1\nprint(max(x, 2)\n", "x = 1\nprint(max(x, 2))\n"),
        ("x = [\n    1,\n    3,\n]\n", "x = [\n    1,\n    2\n    3,\n]\n", "x = [\n    1,\n    2,\n    3,\n]\n"),
        ("x = 1\n", "x = 1\nfor y in range(x:\n    pass\n", "x = 1\nfor y in range(x):\n    pass\n"),
    ],
)
def test_a_mend_is_safe_and_small(before: str, after: str, expected: str) -> None:
    assert _results(before, after) == [expected]


def test_a_caught_exception_that_is_no_longer_read_loses_its_name() -> None:
    before = """\
        def load(path):
            try:
                return path.read_text()
            except OSError as error:
                log(error)
                return None
        """
    after = before.replace("                log(error)\n", "                log()\n")
    assert _results(before, after) == [dedent(after).replace(" as error:", ":")]


def test_a_variable_that_is_no_longer_read_goes_and_a_call_stays() -> None:
    before = "def f(items):\n    limit = items[0]\n    found = find(items)\n    return limit + found\n"
    after = before.replace("    return limit + found\n", "    return 0\n")
    assert _results(before, after) == [
        after.replace("    limit = items[0]\n", ""),
        after.replace("    found = find(items)\n", "    find(items)\n"),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "x = f'{x}'\n"),
        ("x = 1\n", "x = f'a' f'{x}'\n"),
        ("x = 1\n", "x = f'{{a}}'\n"),
        ("x = y == None\nz = 1\n", "x = y == None\nz = 2\n"),
        ("class A:\n    x = 1\n", "class A:\n    @staticmethod\n    def show(): pass\n"),
        ("def f():\n    x = 1\n    return x\n", "def f():\n    x = 2\n    return x\n"),
        ("def f():\n    x = 1\n    return x\n", "def f():\n    global x\n    x = 1\n    return 1\n"),
        ("def f():\n    x = 1\n    return x\n", "def f():\n    x = 1\n    return locals\n\n    def g(): x\n"),
        ("x = 1\n", "x =\n"),
        ("x = 1\n", "print(\n"),
        ("x = 1\n", "if not find(:\n    pass\n"),
        ("x = (\n", "x = (\ny = 1\n"),
        ("", ""),
    ],
)
def test_silence_where_nothing_is_broken_or_the_text_is_not_finished(before: str, after: str) -> None:
    situation = situation_of({"other.py": ("a = 1\n", "a = 2\n"), "cart.py": (before, after)})
    assert list(propose_diagnostics(situation)) == []
