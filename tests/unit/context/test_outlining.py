"""How a definition is shown: its signature, the members of a class, never what follows it."""

import pytest

from inkling.context.prompt_context.outlining import MAX_LINES, outline

LONG_CLASS = """\
    class Store(Base):
        \"\"\"Keeps things.

        For long.
        \"\"\"

        size: int = 0
        kinds = ("a",
            "b")

        @classmethod
        def open(
            cls,
            path: str,
        ) -> "Store":
            first = 1
            return cls()

        def add(self, thing: object) -> None:
            self.things.append(thing)
    after = 1
"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1", "x = 1"),
        ("def f(\n    a,\n):\n    return a\n\n\nx = 1", "def f(\n    a,\n):\n    return a"),
        ("    def f(self):\n        return 1\n\n    def g(self): ...", "def f(self):\n    return 1"),
        ("class A:\n    x = 1\ny = 2", "class A:\n    x = 1"),
    ],
)
def test_short_definitions_are_shown_whole(code: str, expected: str) -> None:
    assert outline(code.split("\n"), 0) == expected


def test_of_a_long_class_the_members_are_shown() -> None:
    assert outline(LONG_CLASS.split("\n"), 0).split("\n") == [
        "class Store(Base):",
        "    size: int = 0",
        '    kinds = ("a",',
        '        "b")',
        "    @classmethod",
        "    def open(",
        "        cls,",
        "        path: str,",
        '    ) -> "Store":',
        "    def add(self, thing: object) -> None:",
    ]


def test_no_more_lines_than_are_worth_it() -> None:
    code = ["def f():", *(f"    step({number})" for number in range(99))]
    assert outline(code, 0).split("\n") == ["def f():", *(f"    step({n})" for n in range(MAX_LINES - 1))]
