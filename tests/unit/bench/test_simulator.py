from dataclasses import replace

from inkling.bench.simulator import Decided, Offer, SimulatedUser
from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.suggestion import Scored
from inkling.models.personal import label_of
from inkling.models.replay import sessions


def live(
    user: SimulatedUser, n: int, *, was_offered: bool = True, p: float = 0.5
) -> list[tuple[Offer, JudgedSuggestion]]:
    decided = Decided(
        was_offered=was_offered,
        scored=Scored(probability=p, features={"p": p}, model_version="test"),
        threshold=0.25,
        propensity=1.0 if was_offered else 0.0,
    )
    return [(offer := user.propose(), user.react(offer, decided)) for _ in range(n)]


def test_the_same_seed_is_the_same_user() -> None:
    assert live(SimulatedUser(7, 200), 200) == live(SimulatedUser(7, 200), 200)
    assert live(SimulatedUser(7, 200), 200) != live(SimulatedUser(8, 200), 200)


def test_what_the_model_says_changes_nothing() -> None:
    sure, unsure = live(SimulatedUser(3, 300), 300, p=0.9), live(SimulatedUser(3, 300), 300, p=0.1)

    assert [offer for offer, _ in sure] == [offer for offer, _ in unsure]
    assert [row.outcome for _, row in sure] == [row.outcome for _, row in unsure]


def test_labels_come_as_often_as_the_true_probability_says() -> None:
    lived = [one for seed in range(6) for one in live(SimulatedUser(seed, 2000), 2000)]
    judged = [(offer.true_probability, label) for offer, row in lived if (label := label_of(row)) is not None]

    expected = sum(true for true, _ in judged) / len(judged)
    assert abs(sum(label for _, label in judged) / len(judged) - expected) < 0.015
    assert 0.75 < len(judged) / len(lived) < 0.85


def test_hidden_candidates_have_no_outcome_and_tire_nobody() -> None:
    hidden = live(SimulatedUser(5, 300, drifts=False), 300, was_offered=False)
    shown = live(SimulatedUser(5, 300, drifts=False), 300)

    assert all(row.outcome is None and not row.was_read and label_of(row) is None for _, row in hidden)
    assert sum(offer.true_probability for offer, _ in hidden) > sum(offer.true_probability for offer, _ in shown)


def test_habits_differ_between_users_and_change_at_the_drift() -> None:
    means = [sum(offer.true_probability for offer, _ in live(SimulatedUser(s, 400), 400)) / 400 for s in range(12)]
    assert max(means) - min(means) > 0.15

    user = SimulatedUser(11, 3000)
    drifting = [offer for offer, _ in live(user, 3000, was_offered=False)]
    steady = [offer for offer, _ in live(replace(SimulatedUser(11, 3000), drifts=False), 3000, was_offered=False)]
    differs = [one.true_probability != other.true_probability for one, other in zip(drifting, steady, strict=True)]
    assert not any(differs[: user.drifts_at])
    assert any(differs[user.drifts_at :])


def test_another_luck_is_another_day_of_the_same_user() -> None:
    one, other = (live(SimulatedUser(2, 3000, luck=luck, drifts=False), 3000) for luck in (1, 2))
    means = [sum(offer.true_probability for offer, _ in lived) / 3000 for lived in (one, other)]

    assert [offer.gate_input.candidate for offer, _ in one] != [offer.gate_input.candidate for offer, _ in other]
    assert abs(means[0] - means[1]) < 0.03


def test_sessions_and_outcomes_are_those_of_a_working_week() -> None:
    lived = live(SimulatedUser(1, 2000), 2000)
    rows = [row for _, row in lived]

    assert all(15 <= len(session) <= 60 for session in sessions(rows)[:-1])
    kinds = {row.outcome for row in rows}
    assert {OutcomeKind.ACCEPTED, OutcomeKind.REJECTED, OutcomeKind.IGNORED, OutcomeKind.SUPERSEDED} <= kinds
    assert OutcomeKind.UNDONE in kinds
    assert [row.at_ms for row in rows] == sorted({row.at_ms for row in rows})
