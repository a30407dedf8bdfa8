"""The compiled core and the one in Python give the same answers, to the last bit."""

import contextlib
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sandboxes.backends import skip_for_want_of

from inkling.engine.index.segment import Segment, SegmentWriter
from inkling.engine.language import pure_core
from inkling.engine.language.compiled import in_use
from inkling.engine.language.decoder import WeightedLayer, longest_matches, next_tokens, predict_lines, score_lines
from inkling.engine.language.evidence import END_OF_LINE, LONGEST_MATCH, Expectation
from inkling.engine.language.lexer import LONG_STRING, lex
from inkling.engine.language.open_files import OpenFile, ScannedTokens, TokenNumbers


@pytest.fixture(autouse=True)
def _needs_the_compiled_core() -> None:
    if not in_use.is_compiled:
        skip_for_want_of(f"the compiled core ({in_use.reason})")


LEAST_MASS = 0.02
PIECES = ["x", "xs", "self", ".", " = ", "(", ")", "1", '"é"', "'a'", "µ", "\U0001d4b3", "return", " + ", ", "]


def random_code(randomness: random.Random, n_lines: int) -> str:
    """Writes lines of which many are alike, as in real code, with all sorts of indentation and a long string."""
    lines = ["".join(randomness.choices(PIECES, k=randomness.randint(0, 6))) for _ in range(max(1, n_lines // 4))] + [
        'text = """' + "long " * 20 + '"""',
        "\ud800 = 1",
    ]
    return "".join(f"{' ' * randomness.choice([0, 0, 4, 8])}{randomness.choice(lines)}\n" for _ in range(n_lines))


class World:
    """Layers of random code, and questions about them."""

    def __init__(self, seed: int) -> None:
        self.randomness = random.Random(seed)
        n_lines = self.randomness.choice([0, 1, 12, 300, 3000])
        numbers = TokenNumbers()
        file = OpenFile(numbers)
        file.update(random_code(self.randomness, n_lines // 4))
        cursor = self.randomness.choice([None, 0, len(file.tokens) // 2])
        self.tokens = [lex(random_code(self.randomness, n_lines)) for _ in range(3)]
        self.layers = [WeightedLayer(layer=ScannedTokens([file.tokens], numbers, cursor), discount=0.7, strength=0.3)]
        for discount, strength in ((0.7, 0.3), (0.9, 4.0)):
            writer = SegmentWriter()
            for number, tokens in enumerate(self.tokens):
                writer.add(str(number), tokens)
            segment = writer.build()
            segment.leave_out(self.randomness.choice([[], ["0"], ["1", "2"], ["0", "1", "2"]]))
            self.layers.append(WeightedLayer(layer=segment, discount=discount, strength=strength))
            self.randomness.shuffle(self.tokens)

    def context(self) -> list[str]:
        tokens = self.tokens[0] or ["x"]
        place = self.randomness.randrange(len(tokens)) + 1
        return [*tokens[max(0, place - self.randomness.randint(1, 20)) : place]]

    def expected(self) -> Expectation | None:
        prefix = self.randomness.choice([None, "", "x", "se", " ", "'", "é", "nothing", "\n", "\ud800", "\0"])
        if prefix is None:
            return None
        return Expectation(prefix, is_after_space=self.randomness.random() < 0.2)

    def pure(self) -> pure_core.Layers:
        return [(weighted.layer, weighted.discount, weighted.strength) for weighted in self.layers]


@pytest.mark.parametrize("seed", range(40))
def test_next_tokens_are_the_same_in_the_same_order(seed: int) -> None:
    world = World(seed)
    for _ in range(12):
        context, expected = world.context(), world.expected()
        compiled = next_tokens(world.layers, context, expected)
        assert list(compiled.items()) == list(
            pure_core.next_tokens(world.pure(), context, expected, LEAST_MASS).items()
        )


@pytest.mark.parametrize("seed", range(40))
def test_lines_and_their_scores_are_the_same(seed: int) -> None:
    world = World(seed)
    for most_steps in (1, 8, 24):
        context, expected = world.context(), world.expected()
        limits = pure_core.Limits(most_steps, 32, 6, 3, 0.01, LONG_STRING)
        found, depths = pure_core.predict_lines(world.pure(), context, expected, LEAST_MASS, lambda: False, limits)
        compiled = predict_lines(world.layers, context, expected, most_steps=most_steps)
        assert [(line.tokens, line.logprob, line.token_logprobs) for line in compiled] == found
        assert all(line.depths == depths for line in compiled)
        lines = [(*line.tokens, END_OF_LINE) for line in compiled]
        lines += [tuple(world.context()) for _ in range(3)] + [(), ("never seen", "x")]
        assert score_lines(world.layers, context, lines, expected) == pure_core.score_lines(
            world.pure(), context, expected, LEAST_MASS, lines, -12.0
        )


@pytest.mark.parametrize("seed", range(40))
def test_matches_are_the_same(seed: int) -> None:
    world = World(seed)
    for most in (1, 8):
        context, expected = world.context(), world.expected()
        limits = pure_core.MatchLimits(most, 64, 32, LONGEST_MATCH, LONG_STRING)
        found = pure_core.matched_lines(world.pure(), context, expected, limits)
        compiled = longest_matches(world.layers, context, expected, most=most)
        assert compiled == sorted(compiled, key=lambda match: -match.n_agreeing)
        for number, longest in enumerate(found):
            likeliest = sorted(longest.items(), key=lambda item: -item[1])[:most]
            of_layer = [(match.tokens, match.n_agreeing) for match in compiled if match.layer == number]
            assert of_layer == likeliest


def arrays() -> dict[str, Any]:
    writer = SegmentWriter()
    writer.add("0", lex("x = f(a)\ny = f(b)\n" * 50))
    return writer.arrays()


def ask(found: dict[str, Any]) -> None:
    segment = Segment(found, ["0"])
    layers = [WeightedLayer(layer=segment, discount=0.7, strength=0.3)]
    for expected in (None, Expectation("f", is_after_space=False)):
        next_tokens(layers, ["x", " = "], expected)
        predict_lines(layers, ["x", " = "], expected, most_steps=9)
        score_lines(layers, ["x", " = "], [("f", "(", "a")], expected)
        longest_matches(layers, ["x", " = "], expected, most=9)


@pytest.mark.parametrize("name", ["tokens", "order", "first_place", "word_start"])
@pytest.mark.parametrize("seed", range(8))
def test_wrong_values_are_never_followed_out_of_the_arrays(name: str, seed: int) -> None:
    randomness = np.random.default_rng(seed)
    found = arrays()
    values = found[name].copy()
    wrong = randomness.choice([-(2**31), -1, 0, 1, len(values), 2**30, 2**31 - 1], len(values)).astype(np.int32)
    is_wrong = randomness.random(len(values)) < (0.1, 1.0)[seed % 2]
    values[is_wrong] = wrong[is_wrong]
    # It may say that the segment is damaged; above all the process lives.
    with contextlib.suppress(ValueError, UnicodeDecodeError):
        ask({**found, name: values})
    ask(found)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("tokens", np.zeros(3, np.int64)),
        ("tokens", np.zeros((3, 3), np.int32)),
        ("tokens", np.zeros(6, np.int32)[::2]),
        ("order", np.zeros(1, np.int32)),
        ("first_place", np.zeros(1, np.int32)),
        ("word_start", np.zeros(0, np.int32)),
        ("words", "text"),
    ],
)
def test_arrays_of_another_form_are_refused(name: str, array: object) -> None:
    from inkling.engine.language import _core

    with pytest.raises((TypeError, ValueError, BufferError)):
        _core.SegmentCore(
            **{key: value for key, value in {**arrays(), name: array}.items() if key != "file_start"},
            left_out=np.zeros(0, np.int32),
            most_samples=128,
            most_samples_of_expected=128,
        )


def raising() -> bool:
    raise InterruptedError


@pytest.mark.parametrize("is_cancelled", [raising, lambda: True])
def test_a_search_is_ended_between_steps(is_cancelled: Callable[[], bool]) -> None:
    layers = World(3).layers
    try:
        assert predict_lines(layers, ["x", " = "], None, most_steps=24, is_cancelled=is_cancelled) == []
    except InterruptedError:
        assert is_cancelled is raising


def test_a_line_of_any_length_is_scored() -> None:
    line = ("x", " = ") * 20_000
    (scores,) = score_lines(World(3).layers[:1], ["x"], [line])
    assert len(scores) == len(line)


def memory_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the process's memory as Linux tells it")
def test_asking_again_and_again_leaves_memory_flat() -> None:
    world = World(4)
    questions: Sequence[Callable[[], object]] = [
        lambda: predict_lines(world.layers, ["x"], Expectation("s", is_after_space=False), most_steps=4),
        lambda: score_lines(world.layers, ["x"], [("a", "b"), ("a",)]),
        lambda: next_tokens(world.layers, ["self", "."]),
        lambda: longest_matches(world.layers, ["self", "."], most=4),
        lambda: world.layers[1].layer.leave_out(["0"]),  # type: ignore[attr-defined] # a segment
    ]
    for question in questions * 100:
        question()
    before_kb = memory_kb()
    for question in questions * 1500:
        question()
    assert memory_kb() - before_kb < 2000
