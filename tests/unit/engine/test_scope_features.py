"""Lines held against the facts of their scope."""

import pytest

from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.engine.completion.asked_place import Surroundings, look_at
from inkling.engine.completion.names import LocalNames
from inkling.engine.completion.scope_features import OF_LINE, UNKNOWN, ScopeJudge
from inkling.engine.language.lexer import lex_line
from inkling.engine.language.open_files import OpenFile, TokenNumbers

FACTS = ScopeFacts(
    scope="",
    local_names=frozenset({"self", "price"}),
    outer_names=frozenset({"LIMIT", "os"}),
    attributes={"self": frozenset({"shelf", "sell"}), "os.path": frozenset({"join"})},
    parameters={"self.sell": ("price", "at_once"), "log": ("message", "**fields")},
    imports={"np": "import numpy as np", "Path": "from pathlib import Path", "xml": "import xml.dom"},
)


def judged(line: str, *, typed: str = "", above: str = "", facts: ScopeFacts | None = FACTS) -> dict[str, float]:
    text = above + typed
    numbers = TokenNumbers()
    place = look_at(OpenFile(numbers), numbers, text, len(text), Surroundings(facts=facts))
    assert place is not None
    return ScopeJudge(place, LocalNames(place)).of_line(lex_line(line, "").tokens)


def test_without_facts_everything_is_unknown() -> None:
    assert judged("self.missing(LOST)", facts=None) == dict.fromkeys(OF_LINE, UNKNOWN)


@pytest.mark.parametrize(
    ("line", "n_lost"),
    [
        ("total = price + LIMIT", 0),
        ("total = price + LOST", 1),
        ("lost = lost + 1", 1),
        ("lost.value = len(price)", 1),
        ("for each in LOST:", 1),
        ("with open(LOST) as file:", 1),
        ("[each for each, other in price if other]", 0),
        ("call = lambda x: x", 0),
        ("if (found := price) and found:", 0),
        ("class Shop(LOST):", 1),
        ("except LOST as error:", 1),
        ("def lost(a=3):", 0),
        ("price.lost(lost=LIMIT)", 0),
        ("import lost", 0),
    ],
)
def test_names_out_of_scope_are_counted(line: str, n_lost: int) -> None:
    assert judged(line)["n_out_of_scope"] == n_lost


def test_what_the_lines_above_bind_is_in_scope() -> None:
    assert judged("print(fresh)", above="fresh = 1\n")["n_out_of_scope"] == 0


def test_what_is_typed_does_not_count() -> None:
    assert judged("LOST.call(self)", typed="LOST.")["n_out_of_scope"] == 0
    assert judged("LOST.call(self)", typed="LOST.")["n_in_own_scope"] == 1


@pytest.mark.parametrize(
    ("line", "first", "n_missing"),
    [
        ("self.shelf", 1, 0),
        ("self.shop(self.sell)", 0, 1),
        ("os.path.join(self.lost)", 1, 1),
        ("other.lost", UNKNOWN, UNKNOWN),
        ("call().self.lost", UNKNOWN, UNKNOWN),
        ("self.fresh = price", UNKNOWN, UNKNOWN),
    ],
)
def test_attributes_of_known_receivers_exist_or_not(line: str, first: float, n_missing: float) -> None:
    found = judged(line)
    assert (found["first_attribute_exists"], found["n_attributes_missing"]) == (first, n_missing)


@pytest.mark.parametrize(
    ("line", "exist", "missing", "alike"),
    [
        ("self.sell(price, at_once=True)", 1, 0, 1),
        ("self.sell(lost=LIMIT)", 0, 1, 0),
        ("self.sell(at_once=1, at_once=2)", 1, 1, 0),
        ("log(lost=1)", 0, 0, 0),
        ("other(lost=1)", UNKNOWN, UNKNOWN, UNKNOWN),
        ("self.sell(other(lost=1))", 0, 0, 0),
    ],
)
def test_keywords_of_known_callees_exist_or_not(line: str, exist: float, missing: float, alike: float) -> None:
    found = judged(line)
    assert (found["n_keywords_exist"], found["n_keywords_missing"], found["n_like_parameters"]) == (
        exist,
        missing,
        alike,
    )


def test_a_call_that_was_left_open_above_counts() -> None:
    found = judged("price=2, at_once=3)", above="self.sell(\n    price=1,\n", typed="    ")
    assert (found["n_keywords_exist"], found["n_keywords_missing"]) == (1, 1)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("import numpy as np", 2),
        ("import other as np", 1),
        ("import xml.dom", 2),
        ("from pathlib import PurePath, Path", 2),
        ("from .pathlib import Path", 1),
        ("from pathlib import PurePath", 0),
        ("self.sell()", UNKNOWN),
    ],
)
def test_imports_are_held_against_the_usual_ones(line: str, value: float) -> None:
    assert judged(line)["import_is_usual"] == value
