"""One suite for every `EventLog`: what features rely on, whether events lie on disk or in memory."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.telemetry import samples

from inkling.core.events import (
    EventId,
    Feature,
    JudgedSuggestion,
    Outcome,
    OutcomeKind,
    Silence,
    Survival,
    SurvivalKind,
)
from inkling.core.suggestion import Check, Reason, Source, SuggestionId, Trigger
from inkling.telemetry import EventStore, MemoryEventLog

Log = EventStore | MemoryEventLog
NOW_MS = samples.NOW_MS

DECISION = replace(
    samples.DECISION,
    features={"evidence": 0.25},
    checked=frozenset({Check.PARSES}),
    path="pkg/größe.py",
    project="größe-3fa2c1",
    n_chars=10,
    text_fingerprint="t1",
    context_fingerprint="c1",
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
    assert oldest.project == "größe-3fa2c1"
    assert await log.recent_decisions(1) == [newest]
    assert await log.recent_decisions(0) == []
    assert await log.recent_decisions(-1) == []


async def test_what_was_not_worth_asking_says_how_far_from_it(log: Log) -> None:
    await log.record_silence(
        replace(
            SILENCE,
            reason=Reason.NOT_WORTH_ASKING,
            project="shop-3fa2c1",
            probability=0.01,
            threshold=0.05,
            propensity=0.02,
        )
    )

    (silence,) = await log.recent_decisions(10)

    assert (silence.reason, silence.project) == (Reason.NOT_WORTH_ASKING, "shop-3fa2c1")
    assert (silence.was_offered, silence.probability, silence.threshold) == (False, 0.01, 0.05)


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


async def test_old_texts_are_forgotten_once(log: Log) -> None:
    await log.record_decisions(
        [
            replace(DECISION, suggestion_id=SuggestionId(f"s{n}"), at_ms=NOW_MS - n, text="x" if n else None)
            for n in range(4)
        ]
    )

    assert await log.forget_texts(NOW_MS - 1) == 2
    assert await log.forget_texts(NOW_MS - 1) == 0
    assert await log.forget_texts(NOW_MS) == 1
    assert (await log.statistics(0)).n_proposed == 4


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


def look(number: int, similarity: float, suggestion: str = "s1", **changes: object) -> Survival:
    survival = Survival(
        event_id=EventId(f"l{number}"),
        suggestion_id=SuggestionId(suggestion),
        follows=OutcomeKind.ACCEPTED,
        at_ms=NOW_MS + number,
        after_s=15.0,
        kind=SurvivalKind.EDITED,
        similarity=similarity,
    )
    return replace(survival, **changes)


async def test_a_judged_suggestion_holds_the_decision_and_all_that_became_of_it(log: Log) -> None:
    await log.record_decisions([replace(DECISION, was_explored=True, propensity=0.02, reason=Reason.LOW_PROBABILITY)])
    await log.record_outcomes(
        [
            outcome(1, OutcomeKind.SHOWN, visible_ms=750.0),
            outcome(2, OutcomeKind.PARTLY_ACCEPTED, accepted_chars=4, visible_ms=900.0),
            outcome(3, OutcomeKind.SUPERSEDED, visible_ms=1200.0),
        ]
    )
    await log.record_survivals([look(20, 0.75), look(10, 1.0)])

    assert await log.judged_suggestions(0, 10) == [
        JudgedSuggestion(
            suggestion_id=SuggestionId("s1"),
            at_ms=NOW_MS,
            source=Source.EMBEDDED,
            trigger=Trigger.AUTOMATIC,
            was_offered=True,
            was_explored=True,
            reason=Reason.LOW_PROBABILITY,
            probability=0.5,
            threshold=0.25,
            propensity=0.02,
            model_version="1",
            features={"evidence": 0.25},
            path="pkg/größe.py",
            project="größe-3fa2c1",
            n_chars=10,
            latency_ms=8.0,
            was_read=True,
            outcome=OutcomeKind.PARTLY_ACCEPTED,
            accepted_chars=4,
            visible_ms=1200.0,
            kept=0.75,
        )
    ]


async def test_decisions_about_fixes_are_not_learned_from_and_do_not_count_as_slow_ghost_text(log: Log) -> None:
    """A search for a fix takes seconds, and what it looks at is nothing that the acceptance model knows."""
    fix = replace(DECISION, suggestion_id=SuggestionId("fix"), feature=Feature.FIX, latency_ms=9000.0)
    await log.record_decisions([fix, replace(DECISION, suggestion_id=SuggestionId("ghost"), latency_ms=7.0)])
    assert [judged.suggestion_id for judged in await log.judged_suggestions(0, 10)] == ["ghost"]
    assert {(summary.suggestion_id, summary.feature) for summary in await log.recent_decisions(10)} == {
        ("fix", Feature.FIX),
        ("ghost", Feature.COMPLETION),
    }
    statistics = await log.statistics(0)
    assert (statistics.n_offered, statistics.latency_ms_p95) == (2, 7.0)


async def test_judged_suggestions_come_oldest_first_and_the_latest_are_kept(log: Log) -> None:
    await log.record_decisions(
        [replace(DECISION, suggestion_id=SuggestionId(f"s{n}"), at_ms=NOW_MS - n) for n in range(5)]
    )

    assert [judged.suggestion_id for judged in await log.judged_suggestions(0, 3)] == ["s2", "s1", "s0"]
    assert [judged.suggestion_id for judged in await log.judged_suggestions(NOW_MS - 1, 3)] == ["s1", "s0"]
    assert await log.judged_suggestions(0, 0) == []
    assert await log.judged_suggestions(0, -1) == []
    assert await log.judged_suggestions(NOW_MS + 1, 3) == []


@pytest.mark.parametrize(
    ("kinds", "expected", "was_read"),
    [
        ([], None, False),
        ([OutcomeKind.SHOWN], None, True),
        ([OutcomeKind.SUPERSEDED], OutcomeKind.SUPERSEDED, False),
        ([OutcomeKind.IGNORED], OutcomeKind.IGNORED, False),
        ([OutcomeKind.IGNORED, OutcomeKind.SUPERSEDED], OutcomeKind.IGNORED, False),
        ([OutcomeKind.REJECTED], OutcomeKind.REJECTED, True),
        ([OutcomeKind.PARTLY_ACCEPTED, OutcomeKind.REJECTED, OutcomeKind.SUPERSEDED], OutcomeKind.REJECTED, True),
        ([OutcomeKind.REJECTED, OutcomeKind.TYPED_THROUGH], OutcomeKind.TYPED_THROUGH, True),
        ([OutcomeKind.ACCEPTED, OutcomeKind.UNDONE], OutcomeKind.UNDONE, True),
        ([OutcomeKind.UNDONE, OutcomeKind.ACCEPTED], OutcomeKind.UNDONE, True),
    ],
)
async def test_the_outcome_that_speaks_for_a_suggestion(
    log: Log, kinds: list[OutcomeKind], expected: OutcomeKind | None, was_read: bool
) -> None:
    await log.record_decisions([DECISION])
    await log.record_outcomes([outcome(number, kind) for number, kind in enumerate(kinds)])

    (judged,) = await log.judged_suggestions(0, 10)

    assert (judged.outcome, judged.was_read) == (expected, was_read)
    assert judged.accepted_chars == (10 if OutcomeKind.ACCEPTED in kinds else 0)


async def test_kept_is_what_the_latest_look_after_an_accept_saw(log: Log) -> None:
    await log.record_decisions([replace(DECISION, suggestion_id=SuggestionId(f"s{n}")) for n in range(1, 5)])
    await log.record_survivals(
        [
            look(1, 1.0),
            look(5, 0.25),
            look(5, 0.99),  # the same look again
            look(6, 0.0, kind=SurvivalKind.UNKNOWN),
            look(7, 1.0, "s2", follows=OutcomeKind.REJECTED, kind=SurvivalKind.KEPT),
            look(8, 0.5, "s3", follows=OutcomeKind.PARTLY_ACCEPTED, after_s=None),
            look(9, 0.5, "of a decision that was lost"),
        ]
    )
    await log.record_survivals([look(1, 0.5)])

    kept = {judged.suggestion_id: judged.kept for judged in await log.judged_suggestions(0, 10)}

    assert kept == {"s1": 0.25, "s2": None, "s3": 0.5, "s4": None}


async def test_an_accept_that_was_undone_is_none(log: Log) -> None:
    await log.record_decisions([DECISION])
    await log.record_outcomes([outcome(1, OutcomeKind.ACCEPTED)])
    assert log.recent_outcomes() == (True,)

    await log.record_outcomes([outcome(2, OutcomeKind.UNDONE)])

    assert log.recent_outcomes() == (False,)
    assert not log.was_rejected(context_fingerprint="c1", text_fingerprint="t1")
    assert (await log.statistics(0)).n_by_outcome == {OutcomeKind.ACCEPTED: 1, OutcomeKind.UNDONE: 1}


@pytest.mark.parametrize("wrong_ms", [-1, 0, NOW_MS + 10**9, 2**70], ids=["negative", "zero", "to come", "huge"])
async def test_a_time_that_cannot_be_true_is_replaced_by_that_of_arrival(log: Log, wrong_ms: int) -> None:
    before_ms = time.time_ns() // 1_000_000
    await log.record_decisions([replace(DECISION, at_ms=wrong_ms)])
    await log.record_silence(replace(SILENCE, at_ms=wrong_ms))
    await log.record_outcomes([outcome(1, OutcomeKind.REJECTED, at_ms=wrong_ms)])
    await log.record_survivals([look(1, 1.0, at_ms=wrong_ms)])
    after_ms = time.time_ns() // 1_000_000

    assert [before_ms <= summary.at_ms <= after_ms for summary in await log.recent_decisions(10)] == [True, True]
    assert (await log.statistics(before_ms)).n_by_outcome == {OutcomeKind.REJECTED: 1}
    # An event with the right time is later than one whose time was replaced.
    await log.record_outcomes([outcome(2, OutcomeKind.ACCEPTED, at_ms=after_ms + 1)])
    assert log.recent_outcomes() == (True,)


async def test_it_can_be_seen_that_outcomes_became_known(log: Log) -> None:
    await log.record_decisions([DECISION])
    before = log.n_outcomes_noted()
    await log.judged_suggestions(0, 10)
    assert log.n_outcomes_noted() == before

    await log.record_outcomes([outcome(1, OutcomeKind.REJECTED)])
    assert log.n_outcomes_noted() > before
