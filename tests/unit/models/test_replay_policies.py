import pytest
from tests.unit.models.personal_rows import START_MS, rejected, row

from inkling.core.events import JudgedSuggestion
from inkling.core.suggestion import Reason, Trigger
from inkling.models.replay import Replay, Reward, replay
from inkling.models.replay_policies import longer_debounce_policy, model_policy


def at(number: int, asked_ms: float, **changes: object) -> JudgedSuggestion:
    """Returns the answer to a question `asked_ms` after the start, ten milliseconds later."""
    return row(number, at_ms=START_MS + round(asked_ms) + 10, latency_ms=10.0, **changes)


def test_another_model_decides_at_the_threshold_in_force() -> None:
    policy = model_policy(lambda one: one.features["p"] / 2)
    assert policy(row(p=0.6, threshold=0.25)) == 1.0
    assert policy(row(p=0.4, threshold=0.25)) == 0.0
    assert policy(row(p=0.4, threshold=0.25, trigger=Trigger.INVOKED)) == 1.0
    assert model_policy(lambda one: None)(row()) == 0.0


def test_a_question_that_was_followed_too_soon_would_not_have_been_asked() -> None:
    rows = [at(1, 0), at(2, 80), at(3, 1000)]
    policy = longer_debounce_policy(rows, 100)
    assert [policy(one) for one in rows] == [0.0, 1.0, 1.0]


def test_no_longer_pause_is_the_policy_in_force() -> None:
    hidden = at(2, 80, was_offered=False, propensity=0.02, reason=Reason.LOW_PROBABILITY)
    rows = [at(1, 0), hidden]
    policy = longer_debounce_policy(rows, 0)
    assert [policy(one) for one in rows] == [1.0, 0.02]


def test_candidates_of_one_answer_share_their_fate() -> None:
    rows = [at(1, 0), row(2, at_ms=START_MS + 31, latency_ms=30.5), at(3, 50)]
    policy = longer_debounce_policy(rows, 100)
    assert [policy(one) for one in rows] == [0.0, 0.0, 1.0]


def test_files_do_not_follow_each_other() -> None:
    rows = [at(1, 0, path="a.py"), at(2, 20, path="b.py"), at(3, 40, path="a.py", project="other")]
    policy = longer_debounce_policy(rows, 100)
    assert [policy(one) for one in rows] == [1.0, 1.0, 1.0]


def test_what_the_user_asked_for_is_asked_at_once() -> None:
    rows = [at(1, 0, trigger=Trigger.INVOKED), at(2, 50)]
    assert longer_debounce_policy(rows, 100)(rows[0]) == 1.0


def test_a_shorter_pause_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        longer_debounce_policy([], -1)


def test_a_longer_pause_spares_rejections_that_were_typed_over() -> None:
    rows = []
    for number in range(400):
        asked_ms = number * 30_000 + (number // 20) * 2 * 3_600_000
        rows += [
            rejected(2 * number, at_ms=START_MS + asked_ms, latency_ms=0.0),
            row(2 * number + 1, at_ms=START_MS + asked_ms + 60, latency_ms=0.0),
        ]
    found = replay(rows, longer_debounce_policy(rows, 100))
    assert isinstance(found, Replay)
    assert found.offered.value == pytest.approx(0.5)
    assert found.values[Reward.REJECTED].ips.value == 0.0
    assert found.values[Reward.ACCEPTED].ips.value == pytest.approx(0.5)
