"""Which names are likely at a cursor: from what stands elsewhere, then from the file itself."""

import pytest

from inkling.engine.completion.asked_place import Surroundings, look_at
from inkling.engine.completion.likely_names import likely_names
from inkling.engine.completion.predictor import propose
from inkling.engine.index.segment import SegmentWriter
from inkling.engine.language.lexer import lex
from inkling.engine.language.open_files import OpenFile, TokenNumbers

KNOWN = "def f(path):\n    with open(path) as file:\n        return json.load(file)\n"


def probabilities(marked: str) -> dict[str, float]:
    writer = SegmentWriter()
    writer.add("known", lex(KNOWN))
    numbers = TokenNumbers()
    file = OpenFile(numbers)
    text, offset = marked.replace("|", "", 1), marked.index("|")
    place = look_at(file, numbers, text, offset, Surroundings(workspace=[writer.build()]))
    return {} if place is None else likely_names(place, file, numbers)


def ask(marked: str) -> list[str]:
    return list(probabilities(marked))


@pytest.mark.parametrize(
    ("marked", "first"),
    [
        ("return json.|", "load"),
        ("    with op|", "open"),
        ("    with |", "open"),
        ("near = 1\n" + "x = 2\n" * 500 + "far = 3\nn|", "near"),
        ("a.attribute\nprint(atom)\nb.at|", "attribute"),
        ("a.attribute\nprint(atom)\nat|", "atom"),
        ("größe = 1\ngr|", "größe"),
    ],
)
def test_the_likeliest_name_comes_first(marked: str, first: str) -> None:
    assert ask(marked)[0] == first


def test_what_a_likely_line_begins_with_is_as_likely_at_least() -> None:
    numbers = TokenNumbers()
    writer = SegmentWriter()
    writer.add("known", lex(KNOWN))
    text = "with open(path) as handle:\n    return json."
    lines = propose(OpenFile(numbers), numbers, text, len(text), Surroundings(workspace=[writer.build()]))
    assert lines
    assert lines[0].text.startswith("load(")
    assert probabilities(text + "|")["load"] >= lines[0].confidence > 0.01


def test_only_names_that_begin_with_what_is_typed_are_likely() -> None:
    names = ask("open(1, 'p')\np|")
    assert "path" in ask("def f(|")
    assert all(name.startswith("p") for name in names)


@pytest.mark.parametrize("marked", ["# json.|", "'json.|", "x = 1.|", "json|x", "x = 12|"])
def test_elsewhere_no_name_is_likely(marked: str) -> None:
    assert ask(marked) == []


def test_the_line_itself_does_not_make_a_name_likely() -> None:
    assert ask("unique_name = uniq|") == []
