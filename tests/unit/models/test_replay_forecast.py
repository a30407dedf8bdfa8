"""What a setting of the knob is forecast to do, against what is known of the user who made the log."""

from bisect import bisect_right
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.models.personal_rows import row
from tests.unit.models.test_replay import lived

from inkling.core.events import JudgedSuggestion
from inkling.core.insights import KnobForecast
from inkling.core.settings import GatePolicy, GateSettings
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.artifact import SHARES_LOST
from inkling.models.operating_points import OperatingPoints
from inkling.models.replay import logged_probability
from inkling.models.replay_forecast import forecast, forecasts

STUDY = LogisticAcceptanceModel.load().artifact.study_points
POINTS = OperatingPoints.from_study(LogisticAcceptanceModel.load().artifact)


def at(threshold: float) -> GateSettings:
    return GateSettings(policy=GatePolicy.THRESHOLD, threshold=threshold)


def points_of(rows: list[JudgedSuggestion]) -> OperatingPoints:
    return OperatingPoints.from_log(rows, logged_probability, POINTS)


def test_losing_at_most_a_share_of_the_accepts() -> None:
    # With p uniform and calibrated, accepts lost below t are t^2 of all, rejections hidden 1 - (1 - t)^2.
    rows = lived(6, 4000, 0.0, 0.0)

    found = forecast(rows, GateSettings(lose_at_most=0.05), points_of(rows), STUDY)

    assert found.threshold == pytest.approx(0.05**0.5, abs=0.04)
    assert found.basis == "log"
    assert found.accepts_lost is not None
    assert found.rejected_hidden is not None
    assert found.suggestions_an_hour is not None
    assert 0.03 <= found.accepts_lost.value <= 0.06
    assert found.accepts_lost.low < 0.05 < found.accepts_lost.high + 0.01
    assert found.rejected_hidden.low < 0.4 < found.rejected_hidden.high + 0.01
    # Twenty candidates in 9.5 minutes, of which 1 - t are shown.
    assert found.suggestions_an_hour.value == pytest.approx(20 * 60 / 9.5 * (1 - found.threshold), rel=0.05)


def test_a_lower_threshold_wins_accepts() -> None:
    found = forecast(lived(8, 4000, 0.5, 0.2), at(0.3), POINTS, STUDY)

    assert found.accepts_lost is not None
    assert found.rejected_hidden is not None
    assert found.accepts_lost.high < 0
    assert found.rejected_hidden.high < 0


@pytest.mark.parametrize("threshold", [0.1, 0.5])
def test_intervals_hold_what_the_setting_would_really_do(threshold: float) -> None:
    # With p uniform and calibrated, of all candidates a threshold t has (1 - t^2) / 2 accepted, (1 - t)^2 / 2 rejected.
    accepts, accepts_now = (1 - threshold**2) / 2, (1 - 0.3**2) / 2 + 0.1 * 0.3**2 / 2
    rejects, rejects_now = (1 - threshold) ** 2 / 2, (1 - 0.3) ** 2 / 2 + 0.1 * (1 - (1 - 0.3) ** 2) / 2
    held = 0
    for seed in range(25):
        found = forecast(lived(seed, 800, 0.3, 0.1), at(threshold), POINTS, STUDY)
        assert found.accepts_lost is not None
        assert found.rejected_hidden is not None
        held += found.accepts_lost.low <= 1 - accepts / accepts_now <= found.accepts_lost.high
        held += found.rejected_hidden.low <= 1 - rejects / rejects_now <= found.rejected_hidden.high

    assert held >= 44  # 95% of 50 are 47.5; fewer than 44 come up once in eighty times


def test_a_forecast_without_support_says_why_there_is_none() -> None:
    found = forecast(lived(10, 2000, 0.5, 0.0), at(0.1), POINTS, STUDY)

    assert (found.basis, found.accepts_lost, found.rejected_hidden) == ("none", None, None)
    assert "never shown" in found.words
    assert found.threshold == 0.1


@pytest.mark.parametrize(
    ("gate", "in_force"),
    [
        (GateSettings(), "balanced"),
        (GateSettings(policy=GatePolicy.QUIET), "quiet"),
        (GateSettings(lose_at_most=0.2), "quiet"),
        (GateSettings(lose_at_most=0.1), "loseAtMost"),
        (GateSettings(policy=GatePolicy.THRESHOLD, threshold=0.3), "threshold"),
    ],
)
@pytest.mark.parametrize("n", [0, 1200])
def test_one_of_the_forecasts_is_of_the_setting_in_force(gate: GateSettings, in_force: str, n: int) -> None:
    rows = lived(1, n, 0.0, 0.0)
    found = forecasts(rows, gate, POINTS, STUDY)

    assert [one.policy for one in found if one.is_in_force] == [in_force]
    assert [one.policy for one in found][:3] == ["eager", "balanced", "quiet"]
    assert len(found) == (3 if in_force in {"balanced", "quiet"} else 4)
    assert [one.threshold for one in found if one.is_in_force] == [POINTS.threshold(gate)]
    assert {one.basis for one in found} == {"log" if n else "study"}


def test_settings_are_named_for_a_person() -> None:
    found = forecasts([], GateSettings(lose_at_most=0.125), POINTS, STUDY)
    assert [one.label for one in found] == [
        "Eager: lose at most 1%",
        "Balanced: lose at most 5%",
        "Quiet: lose at most 20%",
        "Lose at most 12.5%",
    ]
    assert forecast([], at(0.25), POINTS, STUDY).label == "From a probability of 0.25 on"


def test_the_quieter_the_setting_the_more_is_lost_and_hidden() -> None:
    rows = lived(12, 3000, 0.0, 0.0)
    found = forecasts(rows, GateSettings(), points_of(rows), STUDY)

    def values(name: str) -> list[float]:
        return [getattr(one, name).value for one in found]

    for name in ("accepts_lost", "rejected_hidden"):
        assert values(name) == sorted(values(name))
        assert values(name)[0] < values(name)[-1]
    assert values("suggestions_an_hour") == sorted(values("suggestions_an_hour"), reverse=True)


def figures(found: KnobForecast) -> tuple[float, float]:
    assert found.basis == "study"
    assert "too short" in found.words
    assert found.suggestions_an_hour is None
    assert found.accepts_lost is not None
    assert found.rejected_hidden is not None
    assert found.accepts_lost.low == found.accepts_lost.value == found.accepts_lost.high
    return found.accepts_lost.value, found.rejected_hidden.value


@pytest.mark.parametrize("policy", [GatePolicy.EAGER, GatePolicy.BALANCED, GatePolicy.QUIET])
def test_short_logs_get_the_figures_of_the_study_for_that_very_setting(policy: GatePolicy) -> None:
    gate = GateSettings(policy=policy)
    place = {"eager": 1, "balanced": 5, "quiet": 20}[policy]

    assert figures(forecast(lived(9, 40, 0.0, 0.0), gate, POINTS, STUDY)) == (
        STUDY.accepts_lost[place],
        STUDY.rejected_hidden[place],
    )


@given(st.floats(0, 1))
def test_short_logs_get_the_figures_of_the_study_for_that_very_threshold(threshold: float) -> None:
    found = forecast([], at(threshold), POINTS, STUDY)

    if threshold > STUDY.thresholds[-1]:
        assert found.basis == "none"
        assert "says nothing" in found.words
    else:
        place = bisect_right(STUDY.thresholds, threshold) - 1
        known = (STUDY.accepts_lost[place], STUDY.rejected_hidden[place]) if place >= 0 else (0.0, 0.0)
        assert figures(found) == known


def test_many_accepts_in_few_sessions_are_a_short_log() -> None:
    rows = [row(number) for number in range(100)]
    assert "100 accepts in 5 sessions" in forecast(rows, GateSettings(), POINTS, STUDY).words


def test_the_study_behind_the_shipped_model_knows_each_setting() -> None:
    for share, lost in zip(SHARES_LOST, STUDY.accepts_lost, strict=True):
        assert lost == pytest.approx(share, abs=0.02)  # of people on whom the threshold was not chosen
    assert list(STUDY.rejected_hidden) == sorted(STUDY.rejected_hidden)
    assert STUDY.rejected_hidden[5] > 0.2
    assert STUDY.rejected_hidden[20] > 0.5


def test_a_setting_of_the_knob_is_judged_by_the_thresholds_in_force() -> None:
    rows = lived(13, 1200, 0.0, 0.0)
    own = replace(POINTS, thresholds=(0.5,) * len(SHARES_LOST))
    assert {one.threshold for one in forecasts(rows, GateSettings(), own, STUDY)} == {0.5}


def test_a_threshold_of_the_study_that_loses_more_than_it_promises_is_told() -> None:
    rows = lived(6, 4000, 0.0, 0.0)
    too_high = replace(POINTS, thresholds=(0.5,) * len(POINTS.thresholds))

    assert "the study's until the next training" in forecast(rows, GateSettings(), too_high, STUDY).words
    assert "study" not in forecast(rows, GateSettings(), replace(too_high, basis="log"), STUDY).words
    assert "study" not in forecast(rows, GateSettings(lose_at_most=0.05), points_of(rows), STUDY).words
