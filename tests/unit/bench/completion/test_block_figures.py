"""What the completion benchmark makes of further lines, on blocks whose figures are known."""

import pytest

from inkling.bench.completion.completers import Answer
from inkling.bench.completion.figures import Judged, figures
from inkling.bench.completion.further_lines_extraction import in_place
from inkling.bench.completion.positions import Kind, Position, Protocol, WrittenFile, replay_positions

BELOW = "\n    return x  # all of it\n\nother()\n"


def _judged(block: str, confidence: float, following: str = BELOW, rest: str = "total") -> Judged:
    position = Position(
        protocol=Protocol.REPLAY,
        project="p",
        group="p",
        path="a.py",
        is_test=False,
        kind=Kind.ANYWHERE,
        text="x = ",
        offset=4,
        rest=rest,
        following=following,
    )
    answer = Answer(texts=("total", "other"), confidence=0.9, block=block, block_confidence=confidence)
    return Judged(position=position, answer=answer, cpu_ms=1.0, wall_ms=2.0)


def test_blocks_are_judged_line_by_line_and_count_what_is_typed_below() -> None:
    judged = [
        _judged("total\n    return x", 0.8),
        _judged("total\n    return x", 0.2),
        _judged("total\n    return y", 0.8),
        _judged("total\n    return x", 0.8, rest="others"),
        _judged("", 0.0),
    ]
    found = figures(judged, seed=0, is_baseline=False)
    assert found["blocks_offered"].value == pytest.approx(4 / 5)
    assert found["block_lines"].value == 2
    assert found["blocks_right"].value == pytest.approx(2 / 4)
    assert found["further_lines_right"].value == pytest.approx(2 / 3)
    # The first block is accepted; the second is not shown, its line alone is; a wrong block hides its line.
    n_further = len("return x") + 1
    n_chars = 4 * len("total") + len("others")
    assert found["keystrokes_saved_with_blocks"].value == pytest.approx((4 + n_further + 4 + 4) / (n_chars + n_further))
    assert found["keystrokes_saved"].value == pytest.approx(4 * 4 / n_chars)


def test_nothing_is_missing_below_a_line_that_was_left_out() -> None:
    found = figures([_judged("total\n    return x", 0.8, following="")], seed=0, is_baseline=False)
    assert found["blocks_right"].value == 0


def test_no_blocks_have_no_lines_to_be_right() -> None:
    found = figures([_judged("", 0.0)], seed=0, is_baseline=False)
    assert found["blocks_offered"].value == 0
    assert not {"block_lines", "blocks_right", "further_lines_right"} & found.keys()


def test_what_a_commit_left_below_is_still_to_be_written() -> None:
    text = "def f(x):\n    total = x + 1\n    return total  # all\n\nprint(f(2))\n"
    file = WrittenFile(path="a.py", text=text, added=frozenset({1, 2}))
    positions = replay_positions("p", {"commit": [file]}, seed=0, n_each=5)
    first = next(one for one in positions if one.rest.endswith("x + 1"))
    assert first.missing_lines == ["    return total", "", "print(f(2))"]
    # Where what stood there before stands below, only what the commit added there is missing.
    placed = in_place(first, file)
    assert placed.text == f"{first.text}\n\nprint(f(2))\n"
    assert placed.missing_lines == ["    return total"]
    assert placed.offset == first.offset
