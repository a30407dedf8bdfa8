"""One suite for every `EventLog`: what features rely on, whether events lie on disk or in memory."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from inkling.core.events import Decision, EventId, Feature, Outcome, OutcomeKind, Silence
from inkling.core.suggestion import Check, Reason, Source, SuggestionId, Trigger
from inkling.telemetry import EventStore, MemoryEventLog

Log = EventStore | MemoryEventLog
NOW_MS = 4_000_000_000_000  # far in the future, so that the 90 days of memory never end within the test

DECISION = Decision(
    suggestion_id=SuggestionId("s1"),
    at_ms=NOW_MS,
    feature=Feature.COMPLETION,
    trigger=Trigger.AUTOMATIC,
    source=Source.EMBEDDED,
    was_offered=True,
    reason=None,
    probability=0.5,
    threshold=0.25,
    propensity=1.0,
    model_version="1",
    features={"evidence": 0.25},
    checked=frozenset({Check.PARSES}),
    path="pkg/größe.py",
    line=3,
    n_chars=10,
    n_lines=1,
    text_fingerprint="t1",
    context_fingerprint="c1",
    latency_ms=8.0,
)
SILENCE = Silence(
    at_ms=NOW_MS + 1,
    feature=Feature.COMPLETION,
    trigger=Trigger.INVOKED,
    reason=Reason.NO_CANDIDATE,
    path="a.py",
    line=0,
    latency_ms=2.0,
)


def outcome(number: int, kind: OutcomeKind, suggestion: str = "s1", **changes: object) -> Outcome:
    event = Outcome(
        event_id=EventId(f"e{number}"), suggestion_id=SuggestionId(suggestion), kind=kind, at_ms=NOW_MS + number
    )
    return replace(event, **changes)


@pytest.fixture(params=["store", "memory"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    opened = await EventStore.open(tmp_path / "data") if request.param == "store" else MemoryEventLog()
    yield opened
    await opened.close()


async def test_a_new_log_is_empty(log: Log) -> None:
    assert await log.recent_decisions(10) == []
    statistics = await log.statistics(0)
    assert (statistics.n_proposed, statistics.n_offered, statistics.n_chars_accepted) == (0, 0, 0)
    assert statistics.latency_ms_p50 is None
    assert statistics.latency_ms_p95 is None
    assert log.recent_outcomes() == ()
    assert log.notices() == []


async def test_fingerprints_are_stable_short_and_keyed(log: Log) -> None:
    assert log.fingerprint("x = 1") == log.fingerprint("x = 1")
    assert log.fingerprint("x = 1") != log.fingerprint("x = 2")
    assert len(log.fingerprint("")) == 16
    assert log.fingerprint("\ud800 😀") != log.fingerprint("😀")
    assert MemoryEventLog().fingerprint("x = 1") != log.fingerprint("x = 1")


async def test_recent_decisions_come_newest_first_with_the_latest_outcome(log: Log) -> None:
    hidden = replace(
        DECISION,
        suggestion_id=SuggestionId("s2"),
        at_ms=NOW_MS + 2,
        was_offered=False,
        reason=Reason.LOW_PROBABILITY,
        checked=frozenset(),
    )
    await log.record_decisions([DECISION, hidden])
    await log.record_silence(SILENCE)
    await log.record_outcomes([outcome(3, OutcomeKind.SHOWN), outcome(4, OutcomeKind.ACCEPTED)])

    newest, silence, oldest = await log.recent_decisions(10)

    assert (newest.suggestion_id, newest.reason, newest.outcome) == ("s2", Reason.LOW_PROBABILITY, None)
    assert (silence.suggestion_id, silence.reason, silence.probability) == (None, Reason.NO_CANDIDATE, None)
    assert (oldest.suggestion_id, oldest.reason, oldest.outcome) == ("s1", None, OutcomeKind.ACCEPTED)
    assert oldest.checked == {Check.PARSES}
    assert oldest.path == "pkg/größe.py"
    assert (oldest.probability, oldest.threshold, oldest.n_chars, oldest.latency_ms) == (0.5, 0.25, 10, 8.0)
    assert await log.recent_decisions(1) == [newest]
    assert await log.recent_decisions(0) == []
    assert await log.recent_decisions(-1) == []


async def test_statistics_count_suggestions_not_messages(log: Log) -> None:
    decisions = [
        replace(DECISION, suggestion_id=SuggestionId(f"s{n}"), latency_ms=float(n), n_chars=100) for n in range(1, 21)
    ]
    hidden = replace(DECISION, suggestion_id=SuggestionId("h"), was_offered=False, reason=Reason.DOES_NOT_PARSE)
    await log.record_decisions([*decisions, replace(hidden, latency_ms=21.0)])
    await log.record_silence(SILENCE)
    await log.record_outcomes(
        [
            outcome(1, OutcomeKind.PARTLY_ACCEPTED, "s1", accepted_chars=4),
            outcome(2, OutcomeKind.PARTLY_ACCEPTED, "s1", accepted_chars=9),
            outcome(3, OutcomeKind.PARTLY_ACCEPTED, "s2", accepted_chars=4),
            outcome(4, OutcomeKind.ACCEPTED, "s2"),
            outcome(5, OutcomeKind.REJECTED, "s3"),
            outcome(6, OutcomeKind.ACCEPTED, "lost with a killed daemon", accepted_chars=7),
        ]
    )

    statistics = await log.statistics(NOW_MS)

    assert (statistics.n_proposed, statistics.n_offered) == (21, 20)
    assert statistics.n_hidden_by_reason == {Reason.DOES_NOT_PARSE: 1}
    assert statistics.n_silent_by_reason == {Reason.NO_CANDIDATE: 1}
    assert statistics.n_by_outcome == {
        OutcomeKind.PARTLY_ACCEPTED: 2,
        OutcomeKind.ACCEPTED: 2,
        OutcomeKind.REJECTED: 1,
    }
    assert statistics.n_chars_accepted == 9 + 100 + 7
    assert (statistics.latency_ms_p50, statistics.latency_ms_p95) == (11.0, 20.0)
    assert (await log.statistics(NOW_MS + 100)).n_by_outcome == {}


async def test_the_same_event_twice_is_one_event(log: Log) -> None:
    await log.record_decisions([DECISION])
    await log.record_decisions([DECISION])
    await log.record_outcomes([outcome(1, OutcomeKind.PARTLY_ACCEPTED, accepted_chars=3)] * 2)
    await log.record_outcomes([outcome(1, OutcomeKind.PARTLY_ACCEPTED, accepted_chars=3)])

    statistics = await log.statistics(0)

    assert (statistics.n_proposed, statistics.n_chars_accepted) == (1, 3)
    assert log.recent_outcomes() == (True,)


async def test_nothing_at_all_can_be_recorded(log: Log) -> None:
    await log.record_decisions([])
    await log.record_outcomes([])

    assert (await log.statistics(0)).n_proposed == 0


async def test_a_rejection_is_remembered_for_its_text_and_place(log: Log) -> None:
    await log.record_decisions([DECISION])
    assert not log.was_rejected(context_fingerprint="c1", text_fingerprint="t1")

    await log.record_outcomes([outcome(1, OutcomeKind.REJECTED)])

    assert log.was_rejected(context_fingerprint="c1", text_fingerprint="t1")
    assert not log.was_rejected(context_fingerprint="c2", text_fingerprint="t1")
    assert not log.was_rejected(context_fingerprint="c1", text_fingerprint="t2")


async def test_the_last_outcome_of_a_suggestion_judges_it(log: Log) -> None:
    await log.record_decisions([DECISION])
    await log.record_outcomes([outcome(2, OutcomeKind.ACCEPTED), outcome(1, OutcomeKind.REJECTED)])

    assert log.recent_outcomes() == (True,)
    assert not log.was_rejected(context_fingerprint="c1", text_fingerprint="t1")

    await log.record_outcomes([outcome(3, OutcomeKind.REJECTED)])

    assert log.recent_outcomes() == (False,)
    assert log.was_rejected(context_fingerprint="c1", text_fingerprint="t1")


async def test_only_what_was_read_is_a_negative(log: Log) -> None:
    await log.record_outcomes(
        [
            outcome(1, OutcomeKind.IGNORED, "never read"),
            outcome(2, OutcomeKind.SUPERSEDED, "superseded"),
            outcome(3, OutcomeKind.SHOWN, "only shown"),
        ]
    )
    assert log.recent_outcomes() == ()

    await log.record_outcomes(
        [
            outcome(4, OutcomeKind.IGNORED, "read"),
            outcome(3, OutcomeKind.SHOWN, "read", event_id=EventId("late")),
            outcome(5, OutcomeKind.TYPED_THROUGH, "typed"),
            outcome(6, OutcomeKind.IGNORED, "long visible", visible_ms=800.0),
            outcome(7, OutcomeKind.PARTLY_ACCEPTED, "partly"),
        ]
    )
    assert log.recent_outcomes() == (False, True, False, True)


async def test_ten_judgements_are_recent(log: Log) -> None:
    kinds = [OutcomeKind.REJECTED] * 5 + [OutcomeKind.ACCEPTED] * 9
    await log.record_outcomes([outcome(n, kind, f"s{n}") for n, kind in enumerate(kinds)])

    assert log.recent_outcomes() == (False,) + (True,) * 9
