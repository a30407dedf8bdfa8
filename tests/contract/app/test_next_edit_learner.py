"""The model of next edits of a window learns from the real event store: at its start, and as outcomes come."""

import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.app.suggestions import StoppedClock

from inkling.app.learning import NextEditLearner, reset
from inkling.app.learning.learner import GRACE_MS
from inkling.core.events import Decision, EventId, Feature, Outcome, OutcomeKind
from inkling.core.next_edit import EditKind, EditOccasion, PredictedEdit
from inkling.core.settings import Settings
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import Source, SuggestionId, Trigger
from inkling.models.next_edit_acceptance import NextEditPoints
from inkling.telemetry.store import EventStore

POINTS = NextEditPoints(eager=0.2, balanced=0.4, quiet=0.7)
GRACE_S = GRACE_MS / 1000
NUMBERS = itertools.count()


def occasion(kind: EditKind = EditKind.IMPORT) -> EditOccasion:
    edit = PredictedEdit(
        uri=DocumentUri("file:///shop/a.py"),
        path=Path("/shop/a.py"),
        first_line=0,
        removed=(),
        inserted=("import os",),
        kind=kind,
        source=Source.EMBEDDED,
        probability=0.5,
    )
    return EditOccasion(edit=edit, is_near=False, is_elsewhere=False, follows_accept=False)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EventStore]:
    opened = await EventStore.open(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def learner(tmp_path: Path, store: EventStore, clock: StoppedClock) -> NextEditLearner:
    new = NextEditLearner(POINTS, tmp_path, store, clock.now_ms)
    await new.look()
    return new


async def judge(
    store: EventStore, learner: NextEditLearner, clock: StoppedClock, *kinds: OutcomeKind, feature: str = "next_edit"
) -> None:
    """Decides about a next edit, and reports what became of it."""
    scored, name = learner.score(occasion()), SuggestionId(f"s{next(NUMBERS)}")
    decision = Decision(
        suggestion_id=name,
        at_ms=clock.now_ms(),
        feature=Feature(feature),
        trigger=Trigger.AUTOMATIC,
        source=Source.EMBEDDED,
        was_offered=True,
        reason=None,
        probability=scored.probability,
        threshold=learner.threshold(Settings()),
        propensity=1.0,
        model_version=scored.model_version,
        features=scored.features,
        path="a.py",
        line=0,
        n_chars=9,
        n_lines=1,
        text_fingerprint="t",
        context_fingerprint="c",
        latency_ms=1.0,
    )
    await store.record_decisions([decision])
    await store.record_outcomes(
        [
            Outcome(event_id=EventId(f"{name}-{kind}"), suggestion_id=name, kind=kind, at_ms=clock.now_ms() + step)
            for step, kind in enumerate(kinds)
        ]
    )
    clock.pass_s(1)


def n_learned(learner: NextEditLearner) -> int:
    return int(learner.score(occasion()).model_version.rpartition("+")[2])


async def test_rejections_are_learned_from_once_and_after_a_while(
    store: EventStore, learner: NextEditLearner, clock: StoppedClock
) -> None:
    for _ in range(30):
        await judge(store, learner, clock, OutcomeKind.SHOWN, OutcomeKind.REJECTED)
    await learner.look()
    assert n_learned(learner) == 0
    clock.pass_s(GRACE_S)
    await learner.look()
    await learner.look()
    assert n_learned(learner) == 30
    assert learner.score(occasion()).probability < learner.threshold(Settings())


async def test_an_accept_that_is_undone_at_once_is_none(
    store: EventStore, learner: NextEditLearner, clock: StoppedClock
) -> None:
    await judge(store, learner, clock, OutcomeKind.ACCEPTED)
    await learner.look()
    name = SuggestionId(f"s{next(NUMBERS) - 1}")
    undone = Outcome(
        event_id=EventId(f"{name}-undone"), suggestion_id=name, kind=OutcomeKind.UNDONE, at_ms=clock.now_ms()
    )
    await store.record_outcomes([undone])
    clock.pass_s(GRACE_S)
    await learner.look()
    assert n_learned(learner) == 1
    assert learner.score(occasion()).probability < 0.5


async def test_ghost_text_is_not_learned_from(store: EventStore, learner: NextEditLearner, clock: StoppedClock) -> None:
    await judge(store, learner, clock, OutcomeKind.REJECTED, feature="completion")
    clock.pass_s(GRACE_S)
    await learner.look()
    clock.pass_s(GRACE_S)
    await learner.look()
    assert n_learned(learner) == 0


async def test_a_new_window_learns_from_what_the_log_holds_and_a_reset_forgets_it(
    tmp_path: Path, store: EventStore, learner: NextEditLearner, clock: StoppedClock
) -> None:
    for _ in range(20):
        await judge(store, learner, clock, OutcomeKind.REJECTED)
    clock.pass_s(GRACE_S)
    later = NextEditLearner(POINTS, tmp_path, store, clock.now_ms)
    await later.look()
    assert n_learned(later) == 20
    clock.at_ms = time.time_ns() // 1_000_000
    reset(tmp_path)
    await later.look()
    assert n_learned(later) == 0
    assert later.score(occasion()).probability == pytest.approx(0.5)


async def test_why_tells_what_was_learned(store: EventStore, learner: NextEditLearner, clock: StoppedClock) -> None:
    for _ in range(20):
        await judge(store, learner, clock, OutcomeKind.REJECTED)
    await learner.look()
    clock.pass_s(GRACE_S)
    await learner.look()
    summary = (await store.recent_decisions(1))[0]
    words = learner.what_moved(summary)
    assert words.startswith("0.50 by the ranking; against it: ")
    assert "of the kind import" in words or "you, in general" in words
    assert learner.what_moved(replace(summary, feature=Feature.COMPLETION)) == ""
