"""Facts about scopes: by which name they are kept, and their way through the pipe."""

import pytest

from inkling.context.analysis.scope_facts import ScopeFacts, scope_at, unpack_facts


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("|", ""),
        ("def f():\n    |", "f"),
        ("def f():\n    x\n|", ""),
        ("class A:\n    def f(self):\n        if x:\n            |", "A.f"),
        ("class A:\n    def f(self):\n        pass\n    |", "A"),
        ("class A:\n    async def f(\n        self,\n    ):\n        |", "A.f"),
        ("class A:\r\n\tdef f(self):\r\n\t\t# nothing\r\n\r\n\t\t|", "A.f"),
        ("def f(:\n    x = (\n    |", "f"),
        ("if x:\n    def f():\n        |", "f"),
    ],
)
def test_a_scope_is_found_by_its_indentation(marked: str, expected: str) -> None:
    before = marked.partition("|")[0]
    lines = before.splitlines() + ([""] if before.endswith("\n") or not before else [])
    indent = len(lines[-1].expandtabs(8))
    assert scope_at(lines, len(lines) - 1, indent) == expected


def test_facts_survive_the_pipe() -> None:
    facts = ScopeFacts(
        scope="A.f",
        local_names=frozenset({"self", "ü"}),
        outer_names=frozenset({"os"}),
        attributes={"os.path": frozenset({"join"})},
        parameters={"open": ("file", "mode")},
        imports={"np": "import numpy as np"},
    )
    assert unpack_facts(facts.pack()) == facts
