"""What the completion benchmark makes of answers, on answers whose figures are known."""

from dataclasses import replace

import pytest

from inkling.bench.completion.completers import Answer
from inkling.bench.completion.figures import Judged, figures, leading_share, losses, similarity
from inkling.bench.completion.positions import Kind, Position, Protocol


def _judged(text: str, confidence: float, rest: str = "total", *, project: str = "p", is_test: bool = False) -> Judged:
    position = Position(
        protocol=Protocol.LOO,
        project=project,
        group=project,
        path="a.py",
        is_test=is_test,
        kind=Kind.ANYWHERE,
        text="x = ",
        offset=4,
        rest=rest,
    )
    texts = (text, "other") if text else ()
    return Judged(position=position, answer=Answer(texts=texts, confidence=confidence), cpu_ms=1.0, wall_ms=2.0)


def test_the_surest_are_shown_first_as_long_as_enough_of_them_are_right() -> None:
    judged = [
        _judged("total", 0.9),
        _judged("wrong", 0.8),
        _judged("total", 0.7),
        _judged("wrong", 0.2),
        _judged("", 0.0),
    ]
    found = figures(judged, seed=0, is_baseline=False)
    assert found["exact"].value == pytest.approx(2 / 5)
    assert found["answered"].value == pytest.approx(4 / 5)
    assert found["shown_at_50"].value == pytest.approx(4 / 5)
    assert found["shown_at_60"].value == pytest.approx(3 / 5)
    assert found["shown_at_70"].value == pytest.approx(1 / 5)


def test_confidence_is_compared_with_the_share_right() -> None:
    half_right = [_judged("total", 0.75), _judged("wrong", 0.75)]
    assert figures(half_right, seed=0, is_baseline=False)["calibration_error"].value == pytest.approx(0.25)
    silent = figures([_judged("", 0.0)], seed=0, is_baseline=False)
    assert "calibration_error" not in silent


def test_only_right_lines_that_are_shown_save_keystrokes() -> None:
    judged = [_judged("total", 0.3), _judged("total", 0.29), _judged("wrong", 0.9)]
    saved = figures(judged, seed=0, is_baseline=False)["keystrokes_saved"]
    assert saved.value == pytest.approx((5 - 1) / 15)


def _with_partial(text: str, confidence: float, partial: str, partial_confidence: float) -> Judged:
    judged = _judged(text, confidence, rest="total.add(1)")
    answer = replace(judged.answer, partial=partial, partial_confidence=partial_confidence)
    return replace(judged, answer=answer)


def test_beginnings_count_where_no_line_is_sure_and_change_nothing_of_lines() -> None:
    judged = [
        _with_partial("total.pop()", 0.2, "total.add(", 0.9),
        _with_partial("total.pop()", 0.2, "tot", 0.7),  # ends within a name
        _with_partial("total.add(1)", 0.4, "total.", 0.7),
        _with_partial("wrong", 0.1, "", 0.0),
    ]
    found = figures(judged, seed=0, is_baseline=False)
    assert found["partials_offered"].value == pytest.approx(3 / 4)
    assert found["partials_right"].value == pytest.approx(2 / 3)
    assert found["partials_shown"].value == pytest.approx(2 / 4)
    assert found["partials_shown_right"].value == pytest.approx(1 / 2)
    assert found["partials_calibration_error"].value == pytest.approx((abs(1.4 - 1) + abs(0.9 - 1)) / 3)
    assert found["keystrokes_saved"].value == pytest.approx((12 - 1) / 48)
    assert found["keystrokes_saved_with_partials"].value == pytest.approx((12 - 1 + 10 - 1) / 48)
    assert found["exact"].value == pytest.approx(1 / 4)
    assert found["listed"].value == pytest.approx(1 / 4)


def test_tests_and_other_files_and_kinds_are_judged_apart() -> None:
    judged = [_judged("total", 0.9, is_test=True), _judged("wrong", 0.9)]
    found = figures(judged, seed=0, is_baseline=True)
    assert (found["exact_tests"].value, found["exact_others"].value) == (1.0, 0.0)
    assert found["exact_c"].value == 0.5
    assert "exact_a" not in found
    assert "calibration_error" not in found


def test_intervals_are_by_project() -> None:
    judged = [_judged("total", 0.9, project="good")] * 50 + [_judged("wrong", 0.9, project="bad")] * 50
    exact = figures(judged, seed=0, is_baseline=True)["exact"]
    assert (exact.low, exact.value, exact.high) == (0.0, 0.5, 1.0)
    assert figures(judged[:50], seed=0, is_baseline=True)["exact"].low == 1.0


def test_a_text_of_several_lines_is_judged_by_its_first() -> None:
    assert _judged("total  \n    more()", 0.9).is_exact
    assert not _judged("tot", 0.9).is_exact
    assert _judged("tot", 0.9, rest="other").is_listed


@pytest.mark.parametrize(
    ("text", "rest", "expected"),
    [("kitten", "sitting", 1 - 3 / 7), ("", "abc", 0.0), ("abc", "abc", 1.0), ("abc", "xyz", 0.0), ("ab", "abcd", 0.5)],
)
def test_similarity_is_the_edit_distance_by_the_longer_text(text: str, rest: str, expected: float) -> None:
    assert similarity(text, rest) == pytest.approx(expected)
    assert similarity(rest, text) == pytest.approx(expected)


def test_leading_characters() -> None:
    assert leading_share("total", "total") == 1.0
    assert leading_share("totals", "total") == 1.0
    assert leading_share("tip", "total") == pytest.approx(1 / 5)
    assert leading_share("", "total") == 0.0


def test_what_a_source_brings_is_a_difference_at_the_same_positions() -> None:
    whole = [_judged("total", 0.9, project=project) for project in ("one", "two") for _ in range(4)]
    ablated = [
        _judged("total" if number % 2 else "wrong", 0.9, project=one.position.project)
        for number, one in enumerate(whole)
    ]
    lost = losses(whole, ablated, seed=0)["exact_lost"]
    assert (lost.low, lost.value, lost.high) == (0.5, 0.5, 0.5)
    assert losses(whole, whole, seed=0)["shown_at_60_lost"].value == 0.0
