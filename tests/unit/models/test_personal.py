import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.models.personal_rows import StatedPrior, gate_input, rejected, row

from inkling.core.events import DecisionSummary, OutcomeKind
from inkling.core.suggestion import Source, Trigger
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.explain import contribution_words
from inkling.models.featurize import FEATURE_NAMES
from inkling.models.personal import (
    FLAGS,
    MAX_OF_KIND,
    MIN_PLACE_EVENTS,
    PLAIN,
    RECIPES,
    SHARE_RESET,
    TRUST_AT_FIRST,
    Occasion,
    PersonalAcceptanceModel,
    PersonalState,
    label_of,
    log_loss,
    log_odds,
    occasion_of_input,
    occasion_of_row,
    refit,
    sigmoid,
    trait_words,
)


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, True),
        ({"outcome": OutcomeKind.PARTLY_ACCEPTED}, True),
        ({"outcome": OutcomeKind.TYPED_THROUGH}, True),
        ({"kept": 0.5}, True),
        ({"kept": 0.49}, False),
        ({"outcome": OutcomeKind.UNDONE}, False),
        ({"outcome": OutcomeKind.REJECTED}, False),
        ({"outcome": OutcomeKind.IGNORED}, False),
        ({"outcome": OutcomeKind.IGNORED, "was_read": False}, None),
        ({"outcome": OutcomeKind.SUPERSEDED}, None),
        ({"outcome": OutcomeKind.SHOWN}, None),
        ({"outcome": None}, None),
        ({"outcome": None, "was_offered": False, "was_read": False}, None),
    ],
)
def test_only_what_was_seen_and_judged_has_a_label(changes: dict[str, object], label: bool | None) -> None:
    assert label_of(row(**changes)) is label  # type: ignore[arg-type]  # of the right types by construction


def test_a_user_nobody_knows_gets_the_prior() -> None:
    model = PersonalAcceptanceModel(StatedPrior(p=0.3))

    scored = model.score(gate_input())

    assert scored.probability == pytest.approx(0.3)
    assert scored.features == {"p": 0.3}
    assert scored.model_version == "stated+hierarchical.0"


def test_ten_events_move_it_little_and_a_thousand_a_lot() -> None:
    model = PersonalAcceptanceModel(StatedPrior(p=0.4))
    chance = random.Random(3)

    def after(n_events: int) -> float:
        while model.state.n_events < n_events:
            model.observe((row if chance.random() < 0.1 else rejected)(model.state.n_events))
        return model.score(gate_input()).probability

    assert 0.3 < after(10) < 0.4
    assert 0.05 < after(1000) < 0.16


def test_a_rejected_kind_sinks_below_the_usual_threshold_and_the_other_kind_does_not() -> None:
    model = PersonalAcceptanceModel(StatedPrior(p=0.4))
    for number in range(10):
        model.observe(row(2 * number, source=Source.MODEL, n_chars=8))
    for number in range(20):
        model.observe(rejected(20 + number, n_chars=60))

    hidden = model.probability_of_row(row(99, n_chars=60))
    shown = model.probability_of_row(row(99, source=Source.MODEL, n_chars=8))

    assert hidden is not None
    assert shown is not None
    assert hidden < 0.25 < 0.4 < shown


def test_a_row_looks_as_it_looked_to_the_gate() -> None:
    prior = StatedPrior(p=0.4, flags={"in_comment": 1.0, "log_lines": 0.7})
    asked = gate_input(project="shop-1a2b")

    live = occasion_of_input(asked, prior.score(asked))
    logged = occasion_of_row(row(features={"p": 0.4, "in_comment": 1.0, "log_lines": 0.7}, project="shop-1a2b"), prior)

    assert live == logged
    assert live.traits == (
        "source:embedded",
        "length:medium",
        "in_comment",
        "many_lines",
        "file:models.py",
        "project:shop-1a2b",
    )


def test_what_was_asked_for_and_untitled_documents_have_traits_too() -> None:
    invoked = occasion_of_row(row(trigger=Trigger.INVOKED, n_chars=5), StatedPrior())

    assert invoked is not None
    assert {"invoked", "length:short"} <= set(invoked.traits)
    assert "file:untitled:one" in occasion_of_input(gate_input(path=None), StatedPrior().score(gate_input())).traits


@pytest.mark.parametrize(
    ("features", "traits"),
    [
        ({"share_seen": 0.0, "has_no_name": 0.0}, {"new_names"}),
        ({"share_seen": 0.0, "has_no_name": 1.0}, {"has_no_name"}),
        ({"share_seen": 0.5}, set()),
        ({"log_lines": 1.1, "brackets_open": 1.0}, {"many_lines", "brackets_open"}),
        ({"starts_with_keyword": 1.0, "has_call": 1.0}, {"starts_with_keyword", "has_call"}),
    ],
)
def test_kinds_of_code_have_traits(features: dict[str, float], traits: set[str]) -> None:
    occasion = occasion_of_row(row(features={"p": 0.4, **features}), StatedPrior())

    assert occasion is not None
    assert {trait for trait in occasion.traits if ":" not in trait} == traits


def test_rows_of_another_prior_are_left_alone() -> None:
    model = PersonalAcceptanceModel(StatedPrior())

    assert not model.observe(row(features={"other": 1.0}))
    assert model.probability_of_row(row(features={})) is None
    assert model.state == PersonalState.fresh()


def test_a_decision_can_be_replayed_from_the_log() -> None:
    model = PersonalAcceptanceModel(StatedPrior())
    for number in range(40):
        model.observe(rejected(number))

    assert model.probability_of_row(row(41)) == model.score(gate_input()).probability


occasions = st.builds(
    Occasion,
    prior_log_odds=st.floats(-13, 13),
    traits=st.sampled_from([(), ("source:model",), ("source:embedded", "length:long"), ("has_call",)]),
)


@settings(max_examples=60, deadline=None)
@given(
    events=st.lists(st.tuples(occasions, st.booleans()), min_size=1, max_size=80),
    recipe=st.sampled_from(list(RECIPES.values())),
)
def test_no_sequence_of_events_makes_it_worse_than_promised(
    events: list[tuple[Occasion, bool]], recipe: object
) -> None:
    state = PersonalState.fresh(recipe)  # type: ignore[arg-type]  # a recipe by construction
    for occasion, was_accepted in events:
        state.learn(occasion, was_accepted=was_accepted)

    promised = -math.log(1 - TRUST_AT_FIRST) - len(events) * math.log(1 - SHARE_RESET * TRUST_AT_FIRST)
    assert state.log_loss - state.prior_log_loss <= promised + 1e-6
    assert 0 < state.trust < 1
    assert all(sd > 0 for _, sd in state.offsets().values())


@given(
    before=st.floats(-20, 20),
    prior_sd=st.floats(0.05, 4),
    was_accepted=st.booleans(),
)
def test_one_event_moves_an_offset_to_the_mode_of_its_posterior(
    before: float, prior_sd: float, *, was_accepted: bool
) -> None:
    state = PersonalState.fresh(replace(PLAIN, user_sd=prior_sd, memory_events=1e12))
    state.learn(Occasion(prior_log_odds=before, traits=()), was_accepted=was_accepted)

    (offset,) = state.mean
    slope = float(was_accepted) - sigmoid(before + offset) - offset / prior_sd**2
    assert slope == pytest.approx(0.0, abs=1e-6)
    curvature = sigmoid(before + offset) * (1 - sigmoid(before + offset)) + 1 / prior_sd**2
    assert state.covariance[0][0] == pytest.approx(1 / curvature, rel=1e-6)


def test_the_promise_is_below_the_limit_from_eleven_events_on() -> None:
    assert -math.log(1 - TRUST_AT_FIRST) / 11 - math.log(1 - SHARE_RESET * TRUST_AT_FIRST) < 0.005


@pytest.mark.parametrize("seed", range(5))
def test_where_the_prior_is_right_nothing_is_lost(seed: int) -> None:
    chance, state = random.Random(seed), PersonalState.fresh()
    for _ in range(400):
        occasion = Occasion(prior_log_odds=chance.gauss(-0.5, 1), traits=("source:embedded", "length:short"))
        state.learn(occasion, was_accepted=chance.random() < sigmoid(occasion.prior_log_odds))

    assert (state.log_loss - state.prior_log_loss) / state.n_events < 0.001


def test_it_follows_habits_that_turn_around() -> None:
    model = PersonalAcceptanceModel(StatedPrior(p=0.4))
    for number in range(600):
        model.observe(row(number))
    loved = model.score(gate_input()).probability
    for number in range(600, 900):
        model.observe(rejected(number))

    assert loved > 0.9
    assert model.score(gate_input()).probability < 0.15


def test_a_refit_gives_frequent_files_an_offset_and_believes_what_was_kept() -> None:
    rows = [row(number, path="shop/a.py") for number in range(60)]
    rows += [row(60 + number, path="shop/b.py", kept=0.0) for number in range(60)]
    rows += [row(120, path="shop/rare.py")]

    state = refit(list(reversed(rows)), StatedPrior())

    assert state.n_events == 121
    assert {"file:a.py", "file:b.py"} <= set(state.names)
    assert "file:rare.py" not in state.names
    assert state.offsets()["file:a.py"][0] > 0.3 > -0.3 > state.offsets()["file:b.py"][0]
    assert state.last_at_ms == rows[-1].at_ms


def test_learning_one_by_one_and_refitting_agree() -> None:
    rows = [(row if number % 3 else rejected)(number, path=f"f{number}.py") for number in range(50)]
    model = PersonalAcceptanceModel(StatedPrior())
    for one in rows:
        model.observe(one)

    assert refit(rows, StatedPrior()) == model.state


def test_files_and_projects_get_an_offset_once_they_are_met_often() -> None:
    model = PersonalAcceptanceModel(StatedPrior())
    for number in range(MIN_PLACE_EVENTS - 1):
        model.observe(rejected(number, path="shop/a.py", project="shop-1"))
    assert not [name for name in model.state.names if name.startswith(("file:", "project:"))]

    for number in range(MIN_PLACE_EVENTS):
        model.observe(rejected(number, path="shop/a.py", project="shop-1"))
        model.observe(row(number, path="school/b.py", project="school-2"))

    assert {"file:a.py", "project:shop-1", "file:b.py", "project:school-2"} <= set(model.state.names)
    here, there = (
        model.score(gate_input(path=f"/home/me/{place}", project=project)).probability
        for place, project in (("shop/a.py", "shop-1"), ("school/b.py", "school-2"))
    )
    assert here < model.score(gate_input(path="/home/me/new.py")).probability < there


def test_a_new_file_takes_the_room_of_the_one_of_which_the_least_is_known() -> None:
    model = PersonalAcceptanceModel(StatedPrior())
    for number in range(MAX_OF_KIND["file"]):
        for _ in range(MIN_PLACE_EVENTS + (5 if number != 3 else 0)):
            model.observe(rejected(path=f"f{number}.py"))
    before = model.state.offsets()
    for _ in range(MIN_PLACE_EVENTS):
        model.observe(row(path="new.py"))

    after = model.state.offsets()
    files = {name for name in after if name.startswith("file:")}
    assert files == {name for name in before if name.startswith("file:")} - {"file:f3.py"} | {"file:new.py"}
    assert len(model.state.mean) == len(model.state.covariance) == len(model.state.names)
    assert all(len(one) == len(model.state.names) for one in model.state.covariance)


def test_a_copy_learns_on_its_own() -> None:
    state = PersonalState.fresh(PLAIN)
    copy = state.copy()
    copy.learn(Occasion(prior_log_odds=0.0, traits=()), was_accepted=True)

    assert state == PersonalState.fresh(PLAIN)
    assert copy.mean[0] > 0


def test_a_copy_goes_on_counting_where_the_original_stood() -> None:
    model = PersonalAcceptanceModel(StatedPrior())
    for number in range(MIN_PLACE_EVENTS - 1):
        model.observe(row(number))
    copy = PersonalAcceptanceModel(StatedPrior(), model.state.copy())
    copy.observe(row(99))

    assert "file:models.py" in copy.state.names
    assert "file:models.py" not in model.state.names


def test_offsets_come_with_words_for_people() -> None:
    rows = [row(number, path="a.py", project="shop-1a2b", trigger=Trigger.INVOKED) for number in range(20)]

    words = [trait_words(name) for name in refit(rows, StatedPrior()).offsets()]

    assert {"in files named a.py", "in the project shop", "you, in general", "when you asked for it"} <= set(words)
    assert "from the embedded mind" in words
    assert not [word for word in words if "_" in word or ":" in word]


def test_a_decision_is_explained_as_things_stand_now() -> None:
    model = PersonalAcceptanceModel(StatedPrior())
    summary = DecisionSummary(
        at_ms=1,
        path="shop/models.py",
        line=3,
        was_offered=False,
        reason=None,
        probability=0.1,
        threshold=0.25,
        source=Source.EMBEDDED,
        n_chars=60,
        latency_ms=1.0,
        checked=frozenset(),
        outcome=None,
        suggestion_id=None,
        features={"p": 0.4},
    )
    assert model.contributions_of_summary(summary) == ()
    for number in range(30):
        model.observe(rejected(number, n_chars=60))

    assert model.contributions_of_summary(summary) == model.score(gate_input(text="x" * 60)).contributions
    assert model.contributions_of_summary(replace(summary, features={})) == ()
    assert model.contributions_of_summary(replace(summary, source=None)) == ()


def test_a_hidden_kind_is_told_in_words() -> None:
    model = PersonalAcceptanceModel(StatedPrior(p=0.4))
    assert model.score(gate_input()).contributions == ()
    for number in range(10):
        model.observe(row(2 * number, source=Source.MODEL, n_chars=8))
    for number in range(30):
        model.observe(rejected(20 + number, n_chars=60))

    words = contribution_words(model.score(gate_input(text="x" * 60)).contributions)

    assert words.startswith("against it: ")
    assert "your own habits (long texts)" in words


def test_every_flag_is_a_feature_of_the_shipped_prior() -> None:
    assert {*FLAGS, "log_lines", "share_seen"} <= set(FEATURE_NAMES)


def test_extremes_stay_finite() -> None:
    assert sigmoid(log_odds(0.0)) == pytest.approx(1e-6)
    assert math.isfinite(log_loss(0.0, was_accepted=True))
    assert math.isfinite(log_odds(1.0))


def test_the_shipped_prior_can_be_the_prior() -> None:
    prior = LogisticAcceptanceModel.load()
    model = PersonalAcceptanceModel(prior)
    scored = model.score(gate_input())

    assert scored.probability == pytest.approx(prior.score(gate_input()).probability)
    assert model.probability_of_row(row(features=scored.features)) == scored.probability
