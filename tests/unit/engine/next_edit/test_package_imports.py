"""What installed packages import, as evidence for an import."""

import pytest
from tests.unit.engine.next_edit.changed_project import applied, situation_of
from tests.unit.engine.next_edit.known_packages import packages_that, with_packages

from inkling.engine.next_edit.imports.imported_name import ImportedName
from inkling.engine.next_edit.imports.proposer import propose_imports

NUMPY = ("import numpy as np 9", "import numpy 4")


def proposed(packages: tuple[str, ...], used: str, others: dict[str, str] | None = None) -> list[tuple[str, float]]:
    """The imports that are proposed for a line, with their certainty."""
    before = "x = 1\n"
    texts = {path: (text, text) for path, text in (others or {}).items()}
    situation = with_packages(situation_of({**texts, "cart.py": (before, f"{before}y = {used}\n")}), *packages)
    return [
        (next(line for line in each.inserted if line), each.grounds.certainty) for each in propose_imports(situation)
    ]


@pytest.mark.parametrize(
    ("packages", "used", "expected"),
    [
        pytest.param(NUMPY, "np.zeros(3)", ["import numpy as np"], id="an alias that packages write"),
        pytest.param(NUMPY, "np", [], id="a module of which nothing is taken"),
        pytest.param(("from pathlib import Path 24",), "Path('a')", ["from pathlib import Path"], id="a class"),
        pytest.param(
            ("import urllib.parse 7", "import urllib.request 9"),
            "urllib.parse.quote(a)",
            ["import urllib.parse"],
            id="the module within a package that is meant",
        ),
        pytest.param(("from email import header 1",), "header", ["from email import header"], id="written by one"),
        pytest.param(("from site import main 0",), "main(1)", [], id="only offered, and a common word"),
        pytest.param(("from zipfile import ZipFile 0",), "ZipFile(a)", ["from zipfile import ZipFile"], id="offered"),
        pytest.param(("from strange import Widget 1",), "Widget(a)", [], id="a package that nobody here imports"),
    ],
)
def test_a_name_comes_from_where_packages_import_it(packages: tuple[str, ...], used: str, expected: list[str]) -> None:
    assert [line for line, _ in proposed(packages, used)] == expected


def test_a_clear_winner_is_certain_and_one_of_two_equals_is_not() -> None:
    ((_, clear),) = proposed(("from pathlib import Path 24",), "Path(a)")
    tied = proposed(("from typing import Mapping 20", "from collections.abc import Mapping 20"), "Mapping[a]")
    assert clear > 0.95
    assert len(tied) == 2
    assert all(certainty < 0.5 for _, certainty in tied)


def test_more_packages_make_it_more_certain() -> None:
    certainties = [proposed((f"from shlex import Lexer {n}",), "Lexer(a)")[0][1] for n in (0, 1, 3)]
    assert certainties == sorted(set(certainties))


def test_the_project_knows_better_than_packages() -> None:
    packages = ("from dataclasses import field 15",)
    others = {"models.py": "from attrs import field\n", "other.py": "from attrs import field\n"}
    assert proposed(packages, "field(a)", others)[0][0] == "from attrs import field"


def test_what_the_file_imports_from_already_outweighs_a_habit() -> None:
    packages = ("from dataclasses import field 3", "from attrs import field 2")
    before = "from attrs import define\nx = 1\n"
    situation = with_packages(situation_of({"cart.py": (before, f"{before}y = field(x)\n")}), *packages)
    first = next(iter(propose_imports(situation)))
    assert applied(situation, first).startswith("from attrs import define, field\n")


def test_packages_say_nothing_of_the_projects_own_modules() -> None:
    others = {"shop/money.py": "def price(x): ...\n", "shop/app.py": "import shop.money\n"}
    assert proposed(("from shop.old import Discount 5",), "Discount(a)", others) == []


def test_a_word_on_a_line_that_does_not_parse_is_no_package() -> None:
    packages = ("from posixpath import exists 8", "import json 30")
    for line, expected in (("exists(a", []), ("json.loads(a", ["import json"])):
        situation = with_packages(situation_of({"cart.py": ("x = 1\n", f"x = 1\n{line}\n")}), *packages)
        assert [next(filter(None, each.inserted)) for each in propose_imports(situation)] == expected


def test_names_are_found_in_the_whole_table() -> None:
    names = [f"name{number}" for number in range(300)]
    table = packages_that(*(f"from module import {name} {number}" for number, name in enumerate(names)))
    for number, name in enumerate(names):
        (source,) = table.sources(name)
        assert source.imported == ImportedName(module="module", member=name)
        assert source.n_packages == number
    assert not any(map(table.sources, ("", "name", "name3000", "zzz", "🐍")))


def test_those_that_most_packages_write_come_first() -> None:
    table = packages_that("from b import x 2", "from a import x 1", "from c import x 10", "from d.e import x 1")
    assert [source.imported.module for source in table.sources("x")] == ["c", "b", "a", "d.e"]
