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
from inkling.models.replay_utility import TYPING_S_PER_CHAR, WRONG_ACCEPT_S, expected_saved_s, reading_s, saved_s


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
        row(6, propensity=1e-300),
        row(7, probability=1e300),
        row(8, threshold=-1.0),
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
