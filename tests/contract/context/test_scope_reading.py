"""The facts of a scope, read with jedi itself."""

from pathlib import Path

import jedi
import pytest

from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.context.analysis.scope_reading import ReadingPlace, read_scope

PATIENCE_S = 60.0
TEXT = """import os
LIMIT = 3

class Shop:
    shelf = 1

    def sell(self, price, *, at_once=False):
        total = [part for part in (price, 2)]
        os.path.sep
        |
        def inner(x):
            hidden = x
        for line in total:
            np.zeros(line)
        self.sell(1)

    def close(self):
        pass
"""


def read(marked: str, *, budget_s: float = PATIENCE_S, known: tuple[str, ...] = ()) -> ScopeFacts | None:
    place = ReadingPlace(
        text=marked.replace("|", "", 1),
        path=Path("doc.py"),
        line_number=marked[: marked.index("|")].count("\n"),
        known=known,
    )
    usual = {"np": "import numpy as np", "os": "import os"}.get
    return read_scope(place, lambda text, path: jedi.Script(text, path=path), usual, budget_s)


def test_names_attributes_parameters_and_imports_are_found() -> None:
    facts = read(TEXT)
    assert facts is not None
    assert facts.scope == "Shop.sell"
    assert facts.local_names == {"self", "price", "at_once", "total", "inner", "line"}
    assert facts.outer_names == {"os", "LIMIT", "Shop"}
    assert facts.attributes["self"] == {"shelf", "sell", "close"}
    assert {"join", "exists"} <= facts.attributes["os.path"]
    assert "append" in facts.attributes["total"]
    assert facts.parameters["self.sell"] == ("price", "at_once")
    assert facts.imports == {"np": "import numpy as np"}


@pytest.mark.parametrize("line", ["self.", "total = [", "el"])
def test_what_is_being_typed_does_no_harm(line: str) -> None:
    facts = read(TEXT.replace("|", line + "|"))
    assert facts is not None
    assert facts.scope == "Shop.sell"
    assert facts.attributes["self"] == {"shelf", "sell", "close"}


def test_on_the_first_line_of_a_block_its_header_stays() -> None:
    facts = read("import os\ndef f(path):\n    with open(path) as file|:\n        file.read()\n")
    assert facts is not None
    assert facts.local_names == {"path", "file"}


@pytest.mark.parametrize(
    ("marked", "scope", "local"),
    [("|", "", set()), ("x = 1\r\n|\r\n", "", {"x"}), ("class A:\n    x = '🐍'\n    |", "A", {"x"})],
)
def test_modules_and_classes_are_scopes(marked: str, scope: str, local: set[str]) -> None:
    facts = read(marked)
    assert facts is not None
    assert (facts.scope, facts.local_names) == (scope, local)


def test_nothing_is_known_where_the_rest_does_not_parse() -> None:
    assert read("def f(:\n    |\n") is None


def test_without_time_what_is_not_known_comes_first() -> None:
    facts = read(TEXT, budget_s=0.0)
    assert facts is not None
    assert (facts.attributes, facts.parameters) == ({}, {})
    assert facts.local_names
