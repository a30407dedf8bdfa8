"""Blending evidence, and the search for likely lines."""

from collections.abc import Sequence

import pytest

from inkling.engine.index.segment import SegmentWriter
from inkling.engine.language.decoder import WeightedLayer, next_tokens, predict_lines
from inkling.engine.language.evidence import Expectation
from inkling.engine.language.lexer import LONG_STRING, lex


def layer(*texts: str, discount: float = 0.7, strength: float = 0.3) -> WeightedLayer:
    writer = SegmentWriter()
    for number, text in enumerate(texts):
        writer.add(str(number), lex(text))
    return WeightedLayer(layer=writer.build(), discount=discount, strength=strength)


def lines(layers: Sequence[WeightedLayer], context: list[str], expected: Expectation | None = None) -> list[str]:
    return ["".join(line.tokens) for line in predict_lines(layers, context, expected, most_steps=24)]


def test_probabilities_stay_below_one_and_follow_the_counts() -> None:
    probabilities = next_tokens([layer("a = b\n" * 6 + "a = c\n" * 2)], ["a", " = "])
    assert probabilities["b"] > 2 * probabilities["c"] > 0
    assert sum(probabilities.values()) <= 1


def test_a_longer_context_decides() -> None:
    text = "x.close()\n" * 5 + "file.open()\n" * 2
    assert lines([layer(text)], ["file", "."])[0] == "open()"
    assert lines([layer(text)], ["unheard_of", "."])[0] == "close()"


def test_the_first_layer_speaks_first() -> None:
    near, far = layer("return result\n"), layer("return None\n", discount=0.9, strength=4.0)
    assert lines([near, far], ["return"])[0] == "result"


def test_expected_tokens_only() -> None:
    text = "self.alpha()\nself.alpha()\nself.beta\n"
    assert lines([layer(text)], ["self", "."], Expectation("be", is_after_space=False)) == ["beta"]


def test_lines_come_in_the_order_of_their_probability() -> None:
    found = predict_lines([layer("go(a)\n" * 5 + "go(b)\n" * 3 + "go(c)\n")], ["go", "("], None, most_steps=24)
    assert [line.tokens[0] for line in found] == ["a", "b", "c"]
    assert [line.logprob for line in found] == sorted((line.logprob for line in found), reverse=True)
    assert all(line.logprob <= 0 and line.n_tokens == len(line.tokens) + 1 for line in found)


def test_long_strings_are_never_written() -> None:
    assert LONG_STRING not in "".join(lines([layer('x = """long"""\nx = 1\n')], ["x", " = "]))


def test_few_steps_still_end_a_line() -> None:
    found = predict_lines([layer("f(a, b, c)\n")], ["f"], None, most_steps=2)
    assert [line.tokens for line in found] == [("(", "a", ", ", "b", ", ", "c", ")")]


def test_nothing_known_nothing_said() -> None:
    assert lines([], ["a"]) == []
    assert lines([layer(""), layer()], ["a"]) == []


def test_a_cancelled_search_ends() -> None:
    found = predict_lines([layer("f(a)\n")], ["f"], None, most_steps=24, is_cancelled=lambda: True)
    assert found == []


@pytest.mark.parametrize("n_repeats", [1, 400])
def test_left_out_files_say_nothing(n_repeats: int) -> None:
    writer = SegmentWriter()
    writer.add("kept", lex("a = kept\n"))
    writer.add("gone", lex("a = gone\n" * n_repeats))
    segment = writer.build()
    segment.leave_out(["gone", "never there"])
    trusted = [WeightedLayer(layer=segment, discount=0.7, strength=0.3)]
    assert lines(trusted, ["a", " = "]) == ["kept"]
