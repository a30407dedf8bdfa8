"""Which beginning of a line is worth showing, on small texts whose confidences are known."""

import math
from collections.abc import Sequence

import pytest

from inkling.core.errors import ModelArtifactError
from inkling.engine.completion.continuations import Continuation
from inkling.engine.completion.cursor import find_cursor, text_to_insert
from inkling.engine.completion.partial_lines import (
    FEATURES,
    WHOLE_LINE_IS_SURE,
    Beginning,
    PartialLines,
    beginnings,
    decode_partial_lines,
    encode_partial_lines,
    is_beginning,
    shipped_partial_lines,
)
from inkling.engine.language.lexer import raw_tokens

SURE = {"self.items.append(one)": 0.3, "self.items.append(two)": 0.3, "self.items.append(3, four)": 0.2}


def _begun(lines: dict[str, float], marked: str = "|") -> list[Beginning]:
    """Returns the beginnings of whole lines with their confidences, at a cursor."""
    offset = marked.index("|")
    cursor = find_cursor(marked.replace("|", "", 1), offset, 0, "")
    assert cursor is not None
    continuations = []
    for line in lines:
        tokens = tuple(raw_tokens(line))[len(cursor.tokens) :]
        continuations.append(Continuation(text=text_to_insert(cursor, tokens), tokens=tokens, finds=()))
    logprobs = [(-0.1,) * (len(one.tokens) + 1) for one in continuations]
    return list(beginnings(cursor, continuations, list(lines.values()), logprobs))


def _texts(found: Sequence[Beginning]) -> set[str]:
    return {one.text for one in found}


def test_beginnings_end_behind_names_literals_and_brackets() -> None:
    assert _texts(_begun({"return self.find(3, name)": 0.4, "return self.find(3, other)": 0.4})) == {
        "return self",
        "return self.find",
        "return self.find(",
        "return self.find(3",
    }
    assert _texts(_begun({"x = y if z else None": 0.8}, "x|")) == {" = y", " = y if z"}


def test_a_beginning_is_of_some_use() -> None:
    assert "ab" not in _texts(_begun({"ab.cd(1)": 0.8}))
    assert "abcd" in _texts(_begun({"abcd.ef(1)": 0.8}))
    assert _texts(_begun({"f([1])": 0.8}, "f|")) == set()
    assert _texts(_begun({"store.add(1)": 0.8}, "store.ad|")) == {"d("}


def test_a_piece_that_is_typed_is_not_inserted_again() -> None:
    assert "ms.append(" in _texts(_begun(SURE, "self.ite|"))


def test_what_stands_behind_the_cursor_is_not_closed_twice() -> None:
    found = _texts(_begun({"call(first, second)": 0.4, "call(first, third)": 0.4}, "call(|)"))
    assert found == {"first"}
    assert _texts(_begun({"call(first(1), second)": 0.4, "call(first(2), third)": 0.4}, "call(|)")) == {"first"}


def test_confidences_of_texts_that_begin_alike_add_up() -> None:
    found = {one.text: dict(zip(FEATURES, one.features, strict=True)) for one in _begun(SURE | {"return": 0.1})}
    shared, apart = found["self.items.append("], found["self.items.append(3"]
    assert shared["agreeing"] == pytest.approx(math.log(0.8 / 0.2))
    assert shared["share_agreeing"] == pytest.approx(math.log((0.8 / 0.9) / (0.1 / 0.9)))
    assert shared["uncovered"] == pytest.approx(0.1)
    assert shared["best_whole"] == pytest.approx(math.log(0.3 / 0.7))
    assert shared["log_texts"] == pytest.approx(math.log(3))
    assert shared["logprob"] == pytest.approx(-0.6)
    assert shared["is_behind_opener"] == 1.0
    assert apart["agreeing"] == pytest.approx(math.log(0.2 / 0.8))


def test_the_beginning_that_saves_most_is_chosen_where_it_is_likely_enough() -> None:
    chosen = shipped_partial_lines().choose(_begun(SURE), best_whole=0.3)
    assert chosen is not None
    assert chosen[0].text == "self.items.append("
    assert chosen[1] == shipped_partial_lines().probability(chosen[0])


def test_nothing_is_chosen_where_a_whole_line_is_sure_or_no_beginning_is_likely() -> None:
    partial_lines = shipped_partial_lines()
    assert partial_lines.choose(_begun(SURE), best_whole=WHOLE_LINE_IS_SURE) is None
    assert partial_lines.choose(_begun({"first.call(1)": 0.1, "second.call(1)": 0.1}), best_whole=0.1) is None
    assert partial_lines.choose([], best_whole=0.1) is None


def test_the_more_agrees_the_likelier_it_is() -> None:
    agreeing, divided = _begun(SURE)[0], _begun(dict.fromkeys(SURE, 0.1))[0]
    assert agreeing.text == divided.text
    assert shipped_partial_lines().probability(agreeing) > shipped_partial_lines().probability(divided)


@pytest.mark.parametrize(
    ("text", "rest", "is_right"),
    [
        ("self.items", "self.items.append(1)", True),
        ("self.item", "self.items.append(1)", False),
        ("append(", "append(one)", True),
        ("append", "append", True),
        ("append(", "append", False),
        ("x = 1", "x = 10", False),
        ("pop()", "pop()", True),
    ],
)
def test_a_line_begins_with_whole_words(text: str, rest: str, is_right: bool) -> None:
    assert is_beginning(text, rest) is is_right


def test_it_is_read_as_it_was_written() -> None:
    learned = PartialLines(weights=tuple(float(n) for n in range(len(FEATURES))), intercept=0.5, training={"seed": 0})
    assert decode_partial_lines(encode_partial_lines(learned)) == learned


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "weights": {}, "intercept": 0, "training": {}}'])
def test_what_is_damaged_is_refused(text: str) -> None:
    with pytest.raises(ModelArtifactError):
        decode_partial_lines(text)
