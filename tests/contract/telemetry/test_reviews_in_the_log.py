"""Review comments are in the log like everything else, and apart where others are counted or learned from."""

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.telemetry import samples
from tests.contract.telemetry.test_next_edits_in_the_log import GHOST, Log, counts_of, outcome

from inkling.core.events import EventId, Feature, FeatureCounts, OutcomeKind, Survival, SurvivalKind
from inkling.core.suggestion import Reason, SuggestionId
from inkling.telemetry import EventStore, MemoryEventLog
from inkling.telemetry.activity import read_activity
from inkling.telemetry.database import connect_to_read

COMMENT = replace(
    samples.DECISION,
    suggestion_id=SuggestionId("comment"),
    feature=Feature.REVIEW,
    features={"rule:ruff.F821": 1.0, "topic:lint": 1.0, "confidence": 0.9},
    n_chars=200,
    latency_ms=60_000.0,
)
CLOSED = replace(
    COMMENT,
    suggestion_id=SuggestionId("closed"),
    was_offered=False,
    reason=Reason.CLOSED_BEFORE,
    at_ms=COMMENT.at_ms + 1,
)


def look(after_s: float, kind: SurvivalKind, similarity: float) -> Survival:
    return Survival(
        event_id=EventId(f"comment-shown-{after_s}"),
        suggestion_id=SuggestionId("comment"),
        follows=OutcomeKind.SHOWN,
        at_ms=samples.NOW_MS + round(after_s),
        after_s=after_s,
        kind=kind,
        similarity=similarity,
    )


@pytest.fixture(params=["store", "memory"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    opened = await EventStore.open(tmp_path / "data") if request.param == "store" else MemoryEventLog()
    await opened.record_decisions([GHOST, COMMENT, CLOSED])
    await opened.record_outcomes([outcome("ghost", OutcomeKind.ACCEPTED), outcome("comment", OutcomeKind.SHOWN)])
    yield opened
    await opened.close()


async def test_comments_are_judged_and_counted_for_themselves(log: Log) -> None:
    await log.record_outcomes([outcome("comment", OutcomeKind.ACCEPTED, 2)])
    statistics = await log.statistics(0)
    assert counts_of(statistics) == (1, 1, {}, {}, {OutcomeKind.ACCEPTED: 1})
    assert statistics.n_chars_accepted == GHOST.n_chars
    assert statistics.latency_ms_p95 == GHOST.latency_ms
    assert statistics.next_edits == FeatureCounts()
    assert statistics.reviews == FeatureCounts(
        n_proposed=2,
        n_offered=1,
        n_hidden_by_reason={Reason.CLOSED_BEFORE: 1},
        n_by_outcome={OutcomeKind.SHOWN: 1, OutcomeKind.ACCEPTED: 1},
    )
    assert [each.suggestion_id for each in await log.judged_suggestions(0, 10)] == ["ghost"]
    assert log.recent_outcomes() == (True,)


async def test_the_latest_look_says_whether_the_commented_lines_stand(log: Log) -> None:
    await log.record_survivals([look(15, SurvivalKind.KEPT, 1.0), look(30, SurvivalKind.EDITED, 0.25)])
    await log.record_survivals([look(120, SurvivalKind.UNKNOWN, 0.0)])
    judged = await log.judged_suggestions(0, 10, Feature.REVIEW)
    assert [(each.suggestion_id, each.was_read, each.kept, each.stands) for each in judged] == [
        ("comment", True, None, 0.25),
        ("closed", False, None, None),
    ]
    assert [each.stands for each in await log.judged_suggestions(0, 10)] == [None]


async def test_insights_leave_them_out(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_decisions([GHOST, COMMENT, CLOSED])
    await store.close()
    with closing(connect_to_read(tmp_path / "events.db")) as connection:
        activity = read_activity(connection, 0)
    assert activity.counts.n_offered == 1
    assert activity.hidden == []
