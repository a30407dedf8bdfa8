"""Which lines follow the likeliest one, where a cursor stands in `|` beside code that it knows."""

import json
import math

import pytest

from inkling.core.errors import ModelArtifactError
from inkling.engine.completion.asked_place import AskedPlace, Surroundings, look_at
from inkling.engine.completion.continuations import Continuation, gather
from inkling.engine.completion.further_lines import MOST_FURTHER_LINES, find_further_lines, steps
from inkling.engine.completion.further_lines_model import (
    FURTHER_FEATURES,
    FurtherLinesModel,
    decode_model,
    encode_model,
    shipped_model,
)
from inkling.engine.index.segment import SegmentWriter
from inkling.engine.language.lexer import lex
from inkling.engine.language.open_files import OpenFile, TokenNumbers

WORKSPACE = """
def read(path):
    try:
        content = path.read_text()
    except OSError as error:
        logger.error("not read: %s", path)
        raise ReadError(path) from error
    return content

def connect():
    return Client(
        host=HOST,
        port=PORT,
        timeout=30,
    )

def check_apple(shop):
    apple = shop.find("apple")
    apple.weigh(shop.scale)
    assert apple.is_ripe()

def all_of_them(sink):
    sink.put(1)
    sink.put(2)
    sink.put(3)
    sink.put(4)
    sink.put(5)
    sink.put(6)
    sink.put(7)
    sink.put(8)
    sink.put(9)
    sink.put(10)
    sink.put(11)
"""
CERTAIN = FurtherLinesModel(weights=(0.0,) * len(FURTHER_FEATURES), intercept=20.0, least_probability=0.5)
UNSURE = FurtherLinesModel(weights=(0.0,) * len(FURTHER_FEATURES), intercept=0.85, least_probability=0.5)


def look(marked: str, *, is_cancelled: bool = False) -> AskedPlace:
    writer = SegmentWriter()
    writer.add("workspace", lex(WORKSPACE))
    numbers = TokenNumbers()
    place = look_at(
        OpenFile(numbers),
        numbers,
        marked.replace("|", "", 1),
        marked.index("|"),
        Surroundings(workspace=[writer.build()], is_cancelled=lambda: is_cancelled),
    )
    assert place is not None
    return place


def first_line(place: AskedPlace, text: str) -> Continuation:
    return next(one for one in gather(place) if one.text == text)


def follow(marked: str, text: str, model: FurtherLinesModel = CERTAIN, confidence: float = 0.9) -> list[str]:
    place = look(marked)
    return [line.text for line in find_further_lines(place, first_line(place, text), confidence, model)]


READ = "def load(path):\n    try:\n        content = path.read_text()\n    "
FOUND: list[tuple[str, str, list[str]]] = [
    # The clause stands in the function's block, and so does the statement behind it.
    (
        f"{READ}|",
        "except OSError as error:",
        [
            '        logger.error("not read: %s", path)',
            "        raise ReadError(path) from error",
            "    return content",
        ],
    ),
    (
        f"{READ}except OSError as error:\n        |",
        'logger.error("not read: %s", path)',
        ["        raise ReadError(path) from error"],
    ),
    (f"{READ}|\n    return content\n", "except OSError as error:", ["        logger.error(", "        raise "]),
    (
        "client = 1\ndef other():\n    return Client(\n        |",
        "host=HOST,",
        ["        port=PORT,", "        timeout=30,"],
    ),
    (
        "def other():\n    return |",
        "Client(",
        ["        host=HOST,", "        port=PORT,", "        timeout=30,", "    )"],
    ),
    (
        'def check_pear(shop):\n    pear = shop.find("pear")\n    |',
        "pear.weigh(shop.scale)",
        ["    assert pear.is_ripe()"],
    ),
]


@pytest.mark.parametrize(("marked", "text", "lines"), FOUND)
def test_lines_follow_that_followed_elsewhere(marked: str, text: str, lines: list[str]) -> None:
    found = follow(marked, text)
    assert len(found) == len(lines)
    assert all(line.startswith(beginning) for line, beginning in zip(found, lines, strict=True))


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        # What stands behind the cursor would come behind the block.
        ("def other():\n    return Client(|)", ""),
        # The clause has a body.
        (f"{READ}|\n        pass\n", "except OSError as error:"),
        # The next line is there.
        ("def others(sink):\n    |\n    sink.put(2)\n", "sink.put(1)"),
        ("def other():\n    return |\n        host=HOST,\n", "Client("),
    ],
)
def test_nothing_follows_where_something_stands_in_the_way(marked: str, text: str) -> None:
    place = look(marked)
    firsts = [one for one in gather(place) if one.text == text or not text]
    assert [find_further_lines(place, first, 0.9, CERTAIN) for first in firsts] == [[]] * len(firsts)
    assert firsts or not text


def test_nothing_follows_an_unlikely_line() -> None:
    assert follow("def other():\n    return |", "Client(", confidence=0.2) == []


def test_nothing_is_looked_for_when_nobody_waits() -> None:
    marked = "def other():\n    return |"
    first = first_line(look(marked), "Client(")
    assert list(steps(look(marked, is_cancelled=True), first, 0.9)) == []


def test_a_block_ends_where_it_may_and_before_it_is_unlikely() -> None:
    marked = f"{READ}|"
    lines = follow(marked, "except OSError as error:", UNSURE)
    assert lines == ['        logger.error("not read: %s", path)']
    # Behind one line of the call a bracket is open.
    assert follow("def other():\n    return |", "Client(", UNSURE) == []


def test_a_block_has_so_many_lines_at_most() -> None:
    lines = follow("def all_others(sink):\n    |", "sink.put(1)")
    assert lines == [f"    sink.put({number})" for number in range(2, MOST_FURTHER_LINES + 2)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_are_indented_as_the_document_is(line_end: str) -> None:
    text = "# 🐍\ndef two(path):\n\tif path:\n\t\tsnake.bite(path)\n\t\tpath.close()\ndef three(path):\n\t|"
    lines = follow(text.replace("\n", line_end), "if path:")
    assert lines == ["\t\tsnake.bite(path)", "\t\tpath.close()"]


def test_probabilities_fall_line_by_line() -> None:
    place = look("def other():\n    return |")
    found = find_further_lines(place, first_line(place, "Client("), 0.9, shipped_model_with_threshold(0.0))
    probabilities = [line.probability for line in found]
    assert len(found) == 4
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0 < line.probability < 1 and max(line.logprobs) <= 0 for line in found)


def shipped_model_with_threshold(least_probability: float) -> FurtherLinesModel:
    shipped = shipped_model()
    return FurtherLinesModel(weights=shipped.weights, intercept=shipped.intercept, least_probability=least_probability)


def test_the_shipped_model_survives_its_file_and_tells_where_it_comes_from() -> None:
    model = shipped_model()
    assert decode_model(encode_model(model)) == model
    assert {"data_sha256", "seed", "projects", "unseen"} <= model.training.keys()
    assert 0.4 <= model.least_probability < 1
    assert math.isclose(CERTAIN.probability((1.0,) * len(FURTHER_FEATURES)), 1.0, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("key", "value"),
    [("format", 99), ("features", ["others"]), ("weights", [1.0]), ("intercept", "steep"), ("training", None)],
)
def test_a_damaged_model_is_refused(key: str, value: object) -> None:
    content = json.loads(encode_model(shipped_model()))
    content[key] = value
    with pytest.raises(ModelArtifactError):
        decode_model(json.dumps(content))


def test_a_torn_model_is_refused() -> None:
    with pytest.raises(ModelArtifactError):
        decode_model(encode_model(shipped_model())[:-40])
