"""Blending evidence, and the search for likely lines."""

from collections.abc import Sequence

import pytest

from inkling.engine.index.segment import SegmentWriter
from inkling.engine.language.decoder import (
    FLOOR_LOGPROB,
    WeightedLayer,
    longest_matches,
    next_tokens,
    predict_lines,
    score_lines,
)
from inkling.engine.language.evidence import END_OF_LINE, LONGEST_MATCH, Expectation
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


def test_a_line_says_what_each_token_cost_and_how_far_each_layer_agreed() -> None:
    near, far = layer("x = go(a)\n" * 3), layer("other.go(a)\nother.go(b)\n")
    (first, *_) = predict_lines([near, far], ["\n+0", "x", " = ", "go", "("], None, most_steps=24)
    assert first.tokens == ("a", ")")
    assert len(first.token_logprobs) == first.n_tokens
    assert sum(first.token_logprobs) == pytest.approx(first.logprob)
    assert first.depths == (5, 2)


def test_given_lines_are_scored_as_predicted_ones_are() -> None:
    layers = [layer("go(a)\n" * 5 + "go(b, 1)\n" * 3), layer("go(c)\n")]
    found = predict_lines(layers, ["go", "("], None, most_steps=24)
    assert len(found) > 1
    scores = score_lines(layers, ["go", "("], [(*line.tokens, END_OF_LINE) for line in found])
    assert [pytest.approx(line.token_logprobs) for line in found] == scores


def test_what_was_never_seen_has_the_floor() -> None:
    scores = score_lines([layer("go(a)\n")], ["go", "("], [("zebra", ")"), (), ("a",)])
    assert scores[0] == (FLOOR_LOGPROB, FLOOR_LOGPROB)
    assert scores[1] == ()
    assert 0 > scores[2][0] > FLOOR_LOGPROB


def test_the_first_token_competes_with_expected_ones_only() -> None:
    layers = [layer("x.alpha\n" * 9 + "x.beta\n")]
    ((alone,),) = score_lines(layers, ["x", "."], [("beta",)])
    ((expected,),) = score_lines(layers, ["x", "."], [("beta",)], Expectation("b", is_after_space=False))
    assert expected > alone


def test_the_longest_matches_come_first_and_once() -> None:
    near = layer("a = 1\nb = f(x)\nreturn b\n" * 2 + "c = 3\nb = f(y)\nreturn b\n")
    far = layer("b = f(z, 1)\n")
    found = longest_matches([near, far], lex("a = 1\nb = f("), most=3)
    assert [(match.layer, match.n_agreeing, match.tokens) for match in found] == [
        (0, 9, ("x", ")")),
        (0, 5, ("y", ")")),
        (1, 5, ("z", ", ", "1", ")")),
    ]
    assert [match.tokens[0] for match in longest_matches([near, far], lex("b = f("), most=1)] == ["x", "z"]


def test_matches_begin_with_an_expected_token() -> None:
    found = longest_matches([layer("f(ab)\nf(ac)\nf(b)\n")], ["f", "("], Expectation("b", is_after_space=False), most=3)
    assert [match.tokens for match in found] == [("b", ")")]


def test_more_than_a_context_of_tokens_is_compared() -> None:
    body = "".join(f"v{number} = {number}\n" for number in range(30))
    found = longest_matches(
        [layer("x = 0\n" + body + "end(1)\n" + body + "end(2)\n")], lex("x = 0\n" + body + "end("), most=2
    )
    assert [match.tokens for match in found] == [("1", ")"), ("2", ")")]
    assert found[0].n_agreeing == found[1].n_agreeing == LONGEST_MATCH
