"""The facts of a scope, read from its source and that of the modules around it."""

from pathlib import Path

import pytest

from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.context.analysis.scope_reading import ReadingPlace
from inkling.context.analysis.worker import AnalysisWorker

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


def read(marked: str, folder: Path, *, budget_s: float = PATIENCE_S, known: tuple[str, ...] = ()) -> ScopeFacts | None:
    worker = AnalysisWorker()
    worker.take_scope(([str(folder)], None))
    place = ReadingPlace(
        text=marked.replace("|", "", 1),
        path=folder / "doc.py",
        line_number=marked[: marked.index("|")].count("\n"),
        known=known,
    )
    usual = {"np": "import numpy as np", "os": "import os"}.get
    return worker.read_facts(place, usual, budget_s)


def test_names_attributes_parameters_and_imports_are_found(tmp_path: Path) -> None:
    facts = read(TEXT, tmp_path)
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
def test_what_is_being_typed_does_no_harm(line: str, tmp_path: Path) -> None:
    facts = read(TEXT.replace("|", line + "|"), tmp_path)
    assert facts is not None
    assert facts.scope == "Shop.sell"
    assert facts.attributes["self"] == {"shelf", "sell", "close"}


def test_on_the_first_line_of_a_block_its_header_stays(tmp_path: Path) -> None:
    text = "import os\ndef f(path):\n    with open(path) as file|:\n        file.read()\n"
    facts = read(text, tmp_path)
    assert facts is not None
    assert facts.local_names == {"path", "file"}


@pytest.mark.parametrize(
    ("marked", "scope", "local"),
    [("|", "", set()), ("x = 1\r\n|\r\n", "", {"x"}), ("class A:\n    x = '🐍'\n    |", "A", {"x"})],
)
def test_modules_and_classes_are_scopes(marked: str, scope: str, local: set[str], tmp_path: Path) -> None:
    facts = read(marked, tmp_path)
    assert facts is not None
    assert (facts.scope, facts.local_names) == (scope, local)


def test_nothing_is_known_where_the_rest_does_not_parse(tmp_path: Path) -> None:
    assert read("def f(:\n    |\n", tmp_path) is None


def test_without_time_what_is_not_known_comes_first(tmp_path: Path) -> None:
    facts = read(TEXT, tmp_path, budget_s=0.0)
    assert facts is not None
    assert (facts.attributes, facts.parameters) == ({}, {})
    assert facts.local_names


@pytest.mark.parametrize(
    "marked",
    [
        "def f(a):\n    g(\n        a,\n        |\n    )\n",
        "def f(a):\n    g(\n        a,\n        |",
        "def f(a):\n    for b in |\n        g(b)\n",
        "def f(a):\n    try:\n        pass\n    except |\n        g(a)\n",
    ],
)
def test_a_statement_that_is_not_finished_is_left_out(marked: str, tmp_path: Path) -> None:
    facts = read(marked, tmp_path)
    assert facts is not None
    assert facts.scope == "f"
    assert "a" in facts.local_names


MODULE = """from dataclasses import dataclass
from typing import Optional

class Base:
    def __init__(self, name, *, size=1, **others):
        self.name = name

class Item(Base):
    colour = "red"

    @property
    def twin(self) -> "Item":
        return self

    def copy(self, deep=False) -> Optional["Item"]:
        return None

@dataclass
class Point:
    x: int
    y: int

class Unread(Missing):
    pass

def make(kind) -> Item:
    return Item(kind)
"""


@pytest.mark.parametrize(
    ("code", "chain", "has", "lacks"),
    [
        ("import shop.items", "shop.items", "Item", "Missing"),
        ("from shop import items", "items", "make", "name"),
        ("from shop.items import Item", "Item", "colour", "shelf"),
        ("from shop.items import make\nit = make(1)", "it", "name", "shelf"),
        ("from shop.items import Item\nit = Item(1).copy()", "it", "twin", "shelf"),
        ("from shop.items import Item\ndef f(it: 'Item'):\n    it.twin.x\n    |", "it.twin", "copy", "shelf"),
        ("from shop.items import make\nwith make(1) as it:\n    it.x\n    |", "it", "copy", "shelf"),
        ("it = {}", "it", "items", "append"),
        ("it = f'{1}'.strip()", "it", "upper", "append"),
    ],
)
def test_receivers_have_the_attributes_of_what_they_stand_for(
    code: str, chain: str, has: str, lacks: str, tmp_path: Path
) -> None:
    facts = read_beside_a_package(code, chain, tmp_path)
    assert has in facts.attributes[chain]
    assert lacks not in facts.attributes[chain]


def test_a_class_with_a_base_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    facts = read_beside_a_package("from shop.items import Unread\nit = Unread()", "it", tmp_path)
    assert "it" not in facts.attributes


@pytest.mark.parametrize(
    ("code", "callee", "parameters"),
    [
        ("from shop.items import Item", "Item", ("name", "size", "**others")),
        ("from shop.items import Point", "Point", ("x", "y")),
        ("from shop.items import make", "make", ("kind",)),
        ("from shop.items import Item", "Item.copy", ("self", "deep")),
        ("from shop.items import make\nit = make(1)", "it.copy", ("deep",)),
        ("", "sorted", ("iterable", "key", "reverse")),
    ],
)
def test_callees_have_the_parameters_of_what_they_stand_for(
    code: str, callee: str, parameters: tuple[str, ...], tmp_path: Path
) -> None:
    facts = read_beside_a_package(code, callee, tmp_path)
    assert set(parameters) <= set(facts.parameters[callee])


def read_beside_a_package(code: str, chain: str, folder: Path) -> ScopeFacts:
    package = folder / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "items.py").write_text(MODULE)
    facts = read(code if "|" in code else f"{code}\n{chain}(1).x\n{chain}.x\n|", folder)
    assert facts is not None
    return facts
