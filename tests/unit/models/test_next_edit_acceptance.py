"""The acceptance model of next edits: the ranking's word, and what one's own accepts and rejects add to it."""

from dataclasses import replace
from pathlib import Path

import pytest

from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.next_edit import EditKind, EditOccasion, PredictedEdit
from inkling.core.settings import GatePolicy, GateSettings, NextEditSettings, Settings
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import Source, SuggestionId, Trigger
from inkling.models.next_edit_acceptance import NextEditAcceptanceModel, NextEditPoints
from inkling.models.personal import log_loss

POINTS = NextEditPoints(eager=0.2, balanced=0.4, quiet=0.7)
OCCASION = EditOccasion(
    edit=PredictedEdit(
        uri=DocumentUri("file:///a.py"),
        path=Path("/a.py"),
        first_line=3,
        removed=("a",),
        inserted=("b",),
        kind=EditKind.RENAME,
        source=Source.EMBEDDED,
        probability=0.5,
        n_in_group=3,
    ),
    is_near=False,
    is_elsewhere=False,
    follows_accept=False,
    project="shop-3fa2c1",
)


def of_kind(kind: EditKind, **changes: object) -> EditOccasion:
    return replace(OCCASION, edit=replace(OCCASION.edit, kind=kind, **changes))


def judged(
    model: NextEditAcceptanceModel, occasion: EditOccasion, outcome: OutcomeKind, number: int = 0
) -> JudgedSuggestion:
    scored = model.score(occasion)
    return JudgedSuggestion(
        suggestion_id=SuggestionId(str(number)),
        at_ms=1000 * number,
        source=occasion.edit.source,
        trigger=Trigger.AUTOMATIC,
        was_offered=True,
        was_explored=False,
        reason=None,
        probability=scored.probability,
        threshold=0.4,
        propensity=1.0,
        model_version=scored.model_version,
        features=scored.features,
        path="a.py",
        n_chars=1,
        latency_ms=1.0,
        was_read=True,
        outcome=outcome,
        accepted_chars=0,
        visible_ms=900.0,
        kept=None,
        project=occasion.project,
    )


@pytest.fixture
def model() -> NextEditAcceptanceModel:
    return NextEditAcceptanceModel(POINTS)


@pytest.mark.parametrize("probability", [0.0, 0.03, 0.5, 0.97, 1.0])
def test_who_nobody_knows_is_believed_to_want_what_is_right(model: NextEditAcceptanceModel, probability: float) -> None:
    scored = model.score(of_kind(EditKind.IMPORT, probability=probability))
    assert scored.probability == pytest.approx(probability, abs=1e-5)
    assert scored.features["kind_import"] == 1.0
    assert scored.model_version == "next-edit-1+0"


def test_a_kind_that_is_always_rejected_becomes_less_likely_and_others_hardly(model: NextEditAcceptanceModel) -> None:
    for number in range(20):
        assert model.observe(judged(model, of_kind(EditKind.IMPORT), OutcomeKind.REJECTED, 2 * number))
        assert model.observe(judged(model, of_kind(EditKind.RENAME), OutcomeKind.ACCEPTED, 2 * number + 1))
    assert model.score(of_kind(EditKind.IMPORT)).probability < 0.25
    assert model.score(of_kind(EditKind.RENAME)).probability > 0.6
    assert model.score(of_kind(EditKind.IMPORT)).model_version == "next-edit-1+40"


def test_few_events_move_little(model: NextEditAcceptanceModel) -> None:
    for number in range(3):
        model.observe(judged(model, OCCASION, OutcomeKind.REJECTED, number))
    assert 0.4 < model.score(OCCASION).probability < 0.5


def test_what_is_learned_cannot_cost_much_even_where_it_misleads(model: NextEditAcceptanceModel) -> None:
    """As outcomes that turn as soon as they are learned: the sum of log-losses stays near the ranking's own."""
    cost = 0.0
    for number in range(200):
        probability = model.score(OCCASION).probability
        was_accepted = probability < 0.5
        cost += log_loss(probability, was_accepted=was_accepted) - log_loss(0.5, was_accepted=was_accepted)
        outcome = OutcomeKind.ACCEPTED if was_accepted else OutcomeKind.REJECTED
        model.observe(judged(model, OCCASION, outcome, number))
    assert cost <= 0.0513 + 0.00025 * 200


@pytest.mark.parametrize("outcome", [OutcomeKind.SUPERSEDED, OutcomeKind.SHOWN])
def test_what_nobody_judged_is_not_learned_from(model: NextEditAcceptanceModel, outcome: OutcomeKind) -> None:
    row = judged(model, OCCASION, outcome)
    assert not model.observe(row)
    assert not model.observe(replace(row, outcome=OutcomeKind.IGNORED, was_read=False))
    assert not model.observe(replace(row, outcome=OutcomeKind.ACCEPTED, features={"evidence": 1.0}))


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (GateSettings(policy=GatePolicy.EAGER), 0.2),
        (GateSettings(policy=GatePolicy.BALANCED), 0.4),
        (GateSettings(policy=GatePolicy.QUIET), 0.7),
        (GateSettings(policy=GatePolicy.THRESHOLD, threshold=0.33), 0.33),
        (GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=0.0), 0.2),
        (GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=0.01), 0.2),
        (GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=0.03), 0.3),
        (GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=0.05), 0.4),
        (GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=0.5), 0.7),
    ],
)
def test_the_knob(model: NextEditAcceptanceModel, gate: GateSettings, expected: float) -> None:
    assert model.threshold(Settings(gate=gate)) == pytest.approx(expected)
    assert model.threshold(Settings(gate=gate, next_edit=NextEditSettings(threshold=0.9))) == 0.9
