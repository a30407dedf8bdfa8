"""What each source of candidates finds, where a cursor stands in `|` beside code that it knows."""

import pytest

from inkling.engine.completion.analogues import find_analogues, find_analogues_in_file
from inkling.engine.completion.asked_place import AskedPlace, Surroundings, look_at
from inkling.engine.completion.continuations import SOURCES, gather
from inkling.engine.completion.finds import CandidateSource
from inkling.engine.completion.names import LocalNames
from inkling.engine.completion.needs import find_needs, needed_names
from inkling.engine.completion.parameters import find_parameters
from inkling.engine.completion.renaming import Renaming
from inkling.engine.completion.substitutes import find_substitutes
from inkling.engine.index.segment import SegmentWriter
from inkling.engine.language.lexer import join, lex
from inkling.engine.language.open_files import OpenFile, TokenNumbers

WORKSPACE = """
from shop.money import round_cents

def test_apple_price(shop):
    apple = shop.find("apple")
    assert apple.price == round_cents(1.5)
    apple.price = 2
    assert apple.total() == 2
"""


def look(marked: str) -> AskedPlace:
    writer = SegmentWriter()
    writer.add("workspace", lex(WORKSPACE))
    numbers = TokenNumbers()
    place = look_at(
        OpenFile(numbers),
        numbers,
        marked.replace("|", "", 1),
        marked.index("|"),
        Surroundings(workspace=[writer.build()]),
    )
    assert place is not None
    return place


def texts(source: CandidateSource, marked: str) -> list[str]:
    return [join(find.tokens) for find in source(look(marked))]


FOUND: list[tuple[CandidateSource, str, str]] = [
    (
        find_analogues,
        'def test_pear(shop):\n    pear = shop.find("pear")\n    assert pear.|',
        "price == round_cents(1.5)",
    ),
    (find_analogues, "def test_plum(shop):\n    plum.price = 2\n    |", "assert plum.total() == 2"),
    (find_analogues_in_file, "width = size(width_of)\nuse(width)\nheight = size(height_of)\nu|", "use(height)"),
    (find_needs, "|\ncents = round_cents(2)\n", "from shop.money import round_cents"),
    (find_needs, "from shop.|\ncents = round_cents(2)\n", "money import round_cents"),
    (
        find_parameters,
        "class A:\n    def __init__(self, name, size):\n        self.name = name\n        |",
        "self.size = size",
    ),
    (
        find_parameters,
        "class A:\n    def __init__(self, name, size):\n        self._name = name\n        self.|",
        "_size = size",
    ),
    (find_parameters, "def run(timeout):\n    start(timeout=|", "=timeout)"),
]


@pytest.mark.parametrize(("source", "marked", "text"), FOUND)
def test_it_finds(source: CandidateSource, marked: str, text: str) -> None:
    assert text in texts(source, marked)


@pytest.mark.parametrize(
    "marked", ["|", "x|", "\n\n|\n", "def f():\n    |", "🐍 = 1\n|", "from |", "self.|", "f(|)", "x = [\n    |\n]\n"]
)
def test_every_source_bears_every_place(marked: str) -> None:
    for one in gather(look(marked)):
        assert one.text.strip()
        assert {find.source for find in one.finds} <= set(SOURCES)


def test_a_source_that_is_switched_off_says_nothing() -> None:
    place = look("def test_plum(shop):\n    plum.price = 2\n    |")
    assert any("analogues" in {find.source for find in one.finds} for one in gather(place))
    others = gather(place, [name for name in SOURCES if name != "analogues"])
    assert all("analogues" not in {find.source for find in one.finds} for one in others)


def test_left_out_files_have_no_analogues() -> None:
    writer = SegmentWriter()
    writer.add("workspace", lex(WORKSPACE))
    writer.add("other", lex("x = 1\n"))
    segment = writer.build()
    segment.leave_out(["workspace"])
    assert not len(segment.lines_with("apple", most=100))
    numbers = TokenNumbers()
    text = "def test_plum(shop):\n    plum.price = 2\n    "
    place = look_at(OpenFile(numbers), numbers, text, len(text), Surroundings(workspace=[segment]))
    assert place is not None
    assert not list(find_analogues(place))


def test_a_local_name_takes_the_place_of_a_foreign_one() -> None:
    place = look("def load(paths):\n    for path in paths:\n        found.append(|")
    said = [join(find.tokens) for find in find_substitutes(place, [("item", ")")])]
    assert said[0] == "path)"


def test_local_names_are_the_nearest_first_and_unused_ones_known() -> None:
    names = LocalNames(look("def load(root, mode):\n    files = root.list()\n    |"))
    assert names.unused == ["files", "load", "mode"]
    assert names.recent == {"files": 1, "load": 2, "root": 2, "mode": 2}


@pytest.mark.parametrize(
    ("marked", "needed"),
    [
        ("|\nprint(total)\n", ["total"]),
        ("import os\n|\nos.stat(path)\n", ["path"]),
        ("def f(a):\n    |\n    return a + b\n\nprint(c)\n", ["b"]),
        ("def f(\n    a: int,\n):\n    |\n    return a\n", []),
        ("|", []),
    ],
)
def test_names_that_nothing_binds_are_needed(marked: str, needed: list[str]) -> None:
    assert needed_names(look(marked)) == needed


def test_a_renaming_goes_by_place_and_by_word() -> None:
    renaming = Renaming([(("apple", " = ", "find", "(", '"apple"', ")"), ("pear", " = ", "find", "(", '"pear"', ")"))])
    assert renaming.renamed(("apple", ".", "total")) == ("pear", ".", "total")
    assert renaming.renamed(("check_apple", "(", ")")) == ("check_pear", "(", ")")
    assert renaming.renamed(("other", " = ", "1")) == ("other", " = ", "1")
