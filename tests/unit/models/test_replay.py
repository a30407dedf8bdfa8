import random

import pytest
from tests.unit.models.personal_rows import rejected, row

from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.suggestion import Reason, Trigger
from inkling.models.replay import (
    InsufficientSupport,
    Replay,
    Reward,
    eligible,
    replay,
    reward_of,
    sessions,
    threshold_policy,
)
from inkling.models.replay_forecast import (
    Forecast,
    StudyFigures,
    forecast_losing,
    forecast_threshold,
    threshold_losing,
)
from inkling.models.replay_utility import TYPING_S_PER_CHAR, WRONG_ACCEPT_S, expected_saved_s, reading_s, saved_s

STUDY = StudyFigures(threshold=0.15, accepts_lost=0.06, rejected_hidden=0.24)


def lived(seed: int, n: int, threshold: float, explored: float) -> list[JudgedSuggestion]:
    """Returns a log of calibrated probabilities under a threshold policy."""
    chance = random.Random(seed)
    rows = []
    for number in range(n):
        p = chance.random()
        propensity = 1.0 if p >= threshold else explored
        if chance.random() >= propensity:
            hidden = {"was_offered": False, "was_read": False, "outcome": None, "reason": Reason.LOW_PROBABILITY}
            rows.append(row(number, p=p, propensity=propensity, accepted_chars=0, **hidden))
        else:
            rows.append((row if chance.random() < p else rejected)(number, p=p, propensity=propensity))
    return rows


def estimates(rows: list[JudgedSuggestion], threshold: float, explored: float = 0.0) -> Replay:
    found = replay(rows, threshold_policy(threshold, explored=explored))
    assert isinstance(found, Replay), found
    return found


def test_the_policy_in_force_replays_as_itself() -> None:
    found = estimates(lived(1, 2000, 0.3, 0.1), 0.3, explored=0.1)

    for reward in Reward:
        value = found.values[reward]
        assert value.ips.value == pytest.approx(found.before[reward].value)
        assert value.ips.low == pytest.approx(found.before[reward].low)
        assert value.doubly_robust.value == pytest.approx(found.before[reward].value, abs=0.05)
    assert found.unsupported == 0
    assert found.n_sessions == 100


@pytest.mark.parametrize(("threshold", "truth"), [(0.5, 0.375), (0.1, 0.495)])
def test_intervals_hold_what_another_threshold_really_brings(threshold: float, truth: float) -> None:
    # With p uniform and calibrated, a threshold t is accepted in (1 - t^2) / 2 of all candidates.
    held = {"ips": 0, "self_normalised": 0, "doubly_robust": 0}
    n_logs = 40
    for seed in range(n_logs):
        value = estimates(lived(seed, 800, 0.3, 0.1), threshold).values[Reward.ACCEPTED]
        for name in held:
            estimate = getattr(value, name)
            held[name] += estimate.low <= truth <= estimate.high
    assert min(held.values()) >= 0.9 * n_logs


def test_the_doubly_robust_estimate_is_the_narrowest_where_rows_are_heavy() -> None:
    value = estimates(lived(5, 3000, 0.5, 0.1), 0.1).values[Reward.ACCEPTED]

    ips, robust = (one.high - one.low for one in (value.ips, value.doubly_robust))
    assert robust < ips


def test_rescoring_stored_features_is_a_policy() -> None:
    rows = lived(2, 1500, 0.0, 0.0)
    halved = replay(rows, threshold_policy(0.25, probability=lambda one: one.features["p"] / 2))

    assert isinstance(halved, Replay)
    assert halved.values == estimates(rows, 0.5).values


def test_what_was_never_shown_cannot_be_judged() -> None:
    found = replay(lived(3, 1500, 0.5, 0.0), threshold_policy(0.1))

    assert isinstance(found, InsufficientSupport)
    assert "never shown" in found.reason


def test_a_handful_of_heavy_rows_is_not_enough() -> None:
    found = replay(lived(4, 1500, 0.97, 0.02), threshold_policy(0.0))

    assert isinstance(found, InsufficientSupport)
    assert "after weighing" in found.reason or "Only" in found.reason


@pytest.mark.parametrize("n", [0, 3, 150])
def test_short_logs_are_refused(n: int) -> None:
    found = replay(lived(4, n, 0.3, 0.1), threshold_policy(0.3))

    assert isinstance(found, InsufficientSupport)
    assert "sessions" in found.reason


def test_a_policy_that_shows_nothing_is_refused() -> None:
    assert isinstance(replay(lived(4, 1500, 0.3, 0.1), threshold_policy(1.1)), InsufficientSupport)


def test_what_no_gate_decided_is_no_row() -> None:
    dropped = {"was_offered": False, "was_read": False, "outcome": None, "propensity": 0.0}
    rows = [
        row(5),
        row(4, probability=None),
        row(3, **dropped, reason=Reason.DOES_NOT_PARSE),
        row(2, **dropped, reason=Reason.LOW_PROBABILITY),
        row(1, propensity=0.0),
        row(0, propensity=1.5),
    ]

    assert [one.suggestion_id for one in eligible(rows)] == ["2", "5"]


def test_what_was_asked_for_by_chance_weighs_like_any_other_candidate() -> None:
    asked_by_chance = row(0, p=0.4, threshold=0.25, propensity=0.02, was_explored=True)
    shown_by_chance = row(1, p=0.1, threshold=0.25, propensity=0.02, was_explored=True)

    assert [one.propensity for one in eligible([asked_by_chance, shown_by_chance])] == [1.0, 0.02]


def test_sessions_end_after_half_an_hour_of_nothing() -> None:
    rows = [row(0, at_ms=0), row(1, at_ms=1_800_000), row(2, at_ms=3_600_001)]

    assert [len(session) for session in sessions(rows)] == [2, 1]


def test_a_question_is_answered_whatever_the_threshold() -> None:
    offers = threshold_policy(0.9, explored=0.02)

    assert offers(row(p=0.1, trigger=Trigger.INVOKED)) == 1.0
    assert offers(row(p=0.1)) == 0.02
    assert offers(row(probability=None)) == 0.02
    assert offers(row(p=0.9)) == 1.0


def test_hidden_rows_earn_nothing() -> None:
    hidden = row(was_offered=False, was_read=False, outcome=None)

    assert [reward_of(hidden, reward) for reward in Reward] == [0.0, 0.0, 0.0]


def test_time_saved_counts_what_was_kept() -> None:
    whole = TYPING_S_PER_CHAR * 30 - reading_s(30)

    assert saved_s(row()) == pytest.approx(whole)
    assert saved_s(row(kept=0.8)) == pytest.approx(0.8 * TYPING_S_PER_CHAR * 30 - reading_s(30))
    assert saved_s(row(kept=0.0)) == pytest.approx(-reading_s(30) - WRONG_ACCEPT_S)
    assert saved_s(row(outcome=OutcomeKind.UNDONE)) == pytest.approx(-reading_s(30) - WRONG_ACCEPT_S)
    assert saved_s(row(outcome=OutcomeKind.TYPED_THROUGH)) == pytest.approx(-reading_s(30))
    assert saved_s(rejected()) == pytest.approx(-reading_s(30))
    assert saved_s(rejected(was_read=False)) == 0.0
    assert expected_saved_s(1.0, 30) == pytest.approx(whole)
    assert expected_saved_s(0.9, 3) < 0 < expected_saved_s(0.5, 60)


def test_lose_at_most_a_share_of_the_accepts() -> None:
    rows = lived(6, 4000, 0.0, 0.0)

    threshold = threshold_losing(rows, 0.05)
    forecast = forecast_losing(rows, 0.05, STUDY)

    assert threshold == pytest.approx(0.05**0.5, abs=0.04)  # accepts lost below t are t^2 of all
    assert isinstance(forecast, Forecast)
    assert forecast.basis == "log"
    assert 0.03 <= forecast.accepts_lost.value <= 0.05
    assert forecast.accepts_lost.low < 0.05 < forecast.accepts_lost.high + 0.01
    assert forecast.rejected_hidden.low < 0.4 < forecast.rejected_hidden.high + 0.01  # 1 - (1 - t)^2
    assert forecast.suggestions_an_hour is not None
    # Twenty candidates in 9.5 minutes, of which 1 - t are shown.
    assert forecast.suggestions_an_hour.value == pytest.approx(20 * 60 / 9.5 * (1 - (threshold or 0)), rel=0.05)


def test_explored_accepts_count_for_those_that_were_hidden() -> None:
    threshold = threshold_losing(lived(7, 12000, 0.5, 0.2), 0.05)

    assert threshold == pytest.approx(0.05**0.5, abs=0.06)


def test_a_lower_threshold_wins_accepts() -> None:
    forecast = forecast_threshold(lived(8, 4000, 0.5, 0.2), 0.3, STUDY)

    assert isinstance(forecast, Forecast)
    assert forecast.accepts_lost.high < 0
    assert forecast.rejected_hidden.high < 0


def test_short_logs_get_the_figures_of_the_study_and_are_told_so() -> None:
    forecast = forecast_losing(lived(9, 40, 0.0, 0.0), 0.05, STUDY)

    assert isinstance(forecast, Forecast)
    assert forecast.basis == "study"
    assert forecast.threshold == STUDY.threshold
    assert forecast.accepts_lost.value == STUDY.accepts_lost
    assert forecast.suggestions_an_hour is None
    assert "too short" in forecast.words


def test_a_forecast_without_support_is_refused() -> None:
    assert isinstance(forecast_threshold(lived(10, 2000, 0.5, 0.0), 0.1, STUDY), InsufficientSupport)
