"""Next edits are in the log like everything else, and apart where ghost text is counted or learned from."""

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.telemetry import samples

from inkling.core.events import EventId, Feature, FeatureCounts, Outcome, OutcomeKind, Silence, Statistics
from inkling.core.suggestion import Reason, SuggestionId, Trigger
from inkling.telemetry import EventStore, MemoryEventLog
from inkling.telemetry.activity import read_activity
from inkling.telemetry.database import connect_to_read

Log = EventStore | MemoryEventLog
GHOST = replace(samples.DECISION, suggestion_id=SuggestionId("ghost"))
EDIT = replace(
    samples.DECISION,
    suggestion_id=SuggestionId("edit"),
    feature=Feature.NEXT_EDIT,
    features={"kind_rename": 1.0},
    n_chars=100,
    latency_ms=900.0,
    context_fingerprint="of edit",
)
HIDDEN_EDIT = replace(
    EDIT, suggestion_id=SuggestionId("hidden"), was_offered=False, reason=Reason.LOW_PROBABILITY, at_ms=EDIT.at_ms + 1
)


def outcome(name: str, kind: OutcomeKind, number: int = 1) -> Outcome:
    return Outcome(
        event_id=EventId(f"{name}-{kind}"),
        suggestion_id=SuggestionId(name),
        kind=kind,
        at_ms=samples.NOW_MS + number,
    )


async def record_all(log: Log) -> None:
    await log.record_decisions([GHOST, EDIT, HIDDEN_EDIT])
    await log.record_outcomes(
        [
            outcome("ghost", OutcomeKind.ACCEPTED),
            outcome("edit", OutcomeKind.SHOWN),
            outcome("edit", OutcomeKind.ACCEPTED, 2),
        ]
    )
    await log.record_silence(
        Silence(
            at_ms=samples.NOW_MS,
            feature=Feature.NEXT_EDIT,
            trigger=Trigger.AUTOMATIC,
            reason=Reason.NOTHING_FOLLOWS,
            path="a.py",
            line=0,
            latency_ms=1.0,
        )
    )


@pytest.fixture(params=["store", "memory"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    opened = await EventStore.open(tmp_path / "data") if request.param == "store" else MemoryEventLog()
    yield opened
    await opened.close()


async def test_each_feature_has_its_own_judged_suggestions(log: Log) -> None:
    await record_all(log)
    assert [each.suggestion_id for each in await log.judged_suggestions(0, 10)] == ["ghost"]
    judged = await log.judged_suggestions(0, 10, Feature.NEXT_EDIT)
    assert [(each.suggestion_id, each.outcome) for each in judged] == [
        ("edit", OutcomeKind.ACCEPTED),
        ("hidden", None),
    ]
    assert judged[0].features == {"kind_rename": 1.0}


async def test_statistics_count_next_edits_apart(log: Log) -> None:
    await record_all(log)
    statistics = await log.statistics(0)
    assert counts_of(statistics) == (1, 1, {}, {}, {OutcomeKind.ACCEPTED: 1})
    assert statistics.n_chars_accepted == GHOST.n_chars
    assert statistics.latency_ms_p95 == GHOST.latency_ms
    assert statistics.next_edits == FeatureCounts(
        n_proposed=2,
        n_offered=1,
        n_hidden_by_reason={Reason.LOW_PROBABILITY: 1},
        n_silent_by_reason={Reason.NOTHING_FOLLOWS: 1},
        n_by_outcome={OutcomeKind.SHOWN: 1, OutcomeKind.ACCEPTED: 1},
    )


def counts_of(statistics: Statistics) -> tuple[object, ...]:
    return (
        statistics.n_proposed,
        statistics.n_offered,
        statistics.n_hidden_by_reason,
        statistics.n_silent_by_reason,
        statistics.n_by_outcome,
    )


async def test_the_habits_of_ghost_text_are_those_of_ghost_text(log: Log) -> None:
    await record_all(log)
    assert log.recent_outcomes() == (True,)


async def test_a_window_that_opens_later_knows_whose_outcomes_they_are(tmp_path: Path) -> None:
    first = await EventStore.open(tmp_path)
    await record_all(first)
    await first.record_outcomes([outcome("edit", OutcomeKind.REJECTED, 3)])
    await first.close()
    second = await EventStore.open(tmp_path)
    assert second.recent_outcomes() == (True,)
    assert second.was_rejected(context_fingerprint="of edit", text_fingerprint=EDIT.text_fingerprint)
    await second.close()


async def test_why_shows_all_features(log: Log) -> None:
    await record_all(log)
    assert {summary.feature for summary in await log.recent_decisions(10)} == {Feature.COMPLETION, Feature.NEXT_EDIT}


async def test_insights_are_about_what_the_model_of_ghost_text_decides(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await record_all(store)
    await store.close()
    with closing(connect_to_read(tmp_path / "events.db")) as connection:
        activity = read_activity(connection, 0)
    assert (activity.counts.n_offered, activity.counts.n_accepted) == (1, 1)
    assert [day.n_proposed for day in activity.days] == [1]
    assert activity.hidden == []
