"""Statistics are the same whether a day was counted before or not."""

import random
import time
from dataclasses import replace
from pathlib import Path

from tests.contract.telemetry import samples

from inkling.core.events import Decision, EventId, Feature, Outcome, OutcomeKind, Silence, Statistics
from inkling.core.suggestion import Reason, SuggestionId, Trigger
from inkling.telemetry import EventStore, reading
from inkling.telemetry.archive import delete_before, opened
from inkling.telemetry.daily_counts import DAY_MS, count_next_day
from inkling.telemetry.exchange import export_rows, import_rows

SEED = 5
FEATURES = [Feature.COMPLETION, Feature.COMPLETION, Feature.NEXT_EDIT]
TODAY_MS = samples.NOW_MS // DAY_MS * DAY_MS
N_DAYS = 6
OLDEST_MS = TODAY_MS - N_DAYS * DAY_MS
PERIODS_MS = [0, OLDEST_MS, OLDEST_MS + 1, TODAY_MS - DAY_MS - 1, TODAY_MS - 5, TODAY_MS, TODAY_MS + 1, 2**62]


def n_days_over() -> int:
    """Returns how many days are over since the first events; it is one more after a midnight within the run."""
    return (time.time_ns() // 1_000_000 - OLDEST_MS) // DAY_MS


def decision(name: str, at_ms: int, **changes: object) -> Decision:
    return replace(samples.DECISION, suggestion_id=SuggestionId(name), at_ms=at_ms, **changes)


def outcome(name: str, kind: OutcomeKind, at_ms: int, accepted_chars: int | None = None) -> Outcome:
    return Outcome(
        event_id=EventId(f"{name}-{kind}-{at_ms}-{accepted_chars}"),
        suggestion_id=SuggestionId(name),
        kind=kind,
        at_ms=at_ms,
        accepted_chars=accepted_chars,
    )


def silence(at_ms: int, reason: Reason = Reason.NO_CANDIDATE, feature: Feature = Feature.COMPLETION) -> Silence:
    return Silence(
        at_ms=at_ms,
        feature=feature,
        trigger=Trigger.AUTOMATIC,
        reason=reason,
        path="a.py",
        line=0,
        latency_ms=1.0,
    )


async def fill(data_dir: Path) -> None:
    """Records events of `N_DAYS` days with one in the middle left out, and of today."""
    randomness = random.Random(SEED)
    decisions, outcomes, silences = [], [], []
    for day_ms in (OLDEST_MS + day * DAY_MS for day in range(N_DAYS + 1) if day != 2):
        for number in range(20):
            # Nothing is in the last hour, so that what became of a suggestion falls on the same day.
            at_ms = day_ms + randomness.choice([0, 1, randomness.randrange(DAY_MS - 3_600_000)])
            name = f"{day_ms}-{number}"
            reason = randomness.choice([None, Reason.LOW_PROBABILITY, Reason.DOES_NOT_PARSE])
            latency_ms = randomness.choice([0.04, 3.25, 9.99, 10.4, 77.7])
            decisions.append(
                decision(
                    name,
                    at_ms,
                    feature=randomness.choice(FEATURES),
                    was_offered=reason is None,
                    reason=reason,
                    latency_ms=latency_ms,
                    n_chars=number,
                )
            )
            for _ in range(randomness.randrange(5)):
                kind = randomness.choice(list(OutcomeKind))
                outcomes.append(outcome(name, kind, at_ms + randomness.randrange(9), randomness.choice([None, 3, 5])))
            silences.append(silence(at_ms, randomness.choice(list(Reason)), randomness.choice(FEATURES)))
    store = await EventStore.open(data_dir)
    await store.record_decisions(decisions)
    await store.record_outcomes(outcomes)
    for each in silences:
        await store.record_silence(each)
    await store.close()


def count_all_days(data_dir: Path) -> int:
    with opened(data_dir) as connection:
        n_days = 0
        while count_next_day(connection, samples.NOW_MS):
            n_days += 1
        return n_days


def n_counted(data_dir: Path) -> int:
    with opened(data_dir) as connection:
        n_days: int = connection.execute("SELECT count(DISTINCT day) FROM daily_counts").fetchone()[0]
        return n_days


def read(data_dir: Path) -> list[Statistics]:
    with opened(data_dir) as connection:
        found = (reading.statistics(connection, since_ms, data_dir / "events.db") for since_ms in PERIODS_MS)
        return [replace(each, store_bytes=0) for each in found]


def n_proposed(statistics: Statistics) -> int:
    return statistics.n_proposed + statistics.next_edits.n_proposed


async def test_statistics_of_counted_days_are_those_of_their_events(tmp_path: Path) -> None:
    await fill(tmp_path)
    assert n_counted(tmp_path) == 0
    from_events = read(tmp_path)

    assert count_all_days(tmp_path) == n_days_over()

    assert read(tmp_path) == from_events
    assert n_proposed(from_events[0]) == 20 * N_DAYS
    assert min(from_events[0].next_edits.n_by_outcome.values()) > 0
    assert from_events[-1].n_proposed == 0
    assert len({(each.n_proposed, each.n_chars_accepted, each.latency_ms_p50) for each in from_events}) > 4


async def test_an_open_store_counts_the_days_that_are_over(tmp_path: Path) -> None:
    await fill(tmp_path)

    store = await EventStore.open(tmp_path)
    for _ in range(n_days_over()):
        await store.forget_texts(0)  # one day is counted before each of these
    await store.close()

    assert n_counted(tmp_path) == n_days_over()
    assert count_all_days(tmp_path) == 0


async def test_what_changes_a_counted_day_has_it_counted_again(tmp_path: Path) -> None:
    await fill(tmp_path)
    count_all_days(tmp_path)
    store = await EventStore.open(tmp_path)
    before = await store.statistics(0)

    await store.record_decisions([decision("late", OLDEST_MS + 9)])
    await store.record_outcomes([outcome("late", OutcomeKind.ACCEPTED, OLDEST_MS + 2 * DAY_MS)])
    await store.record_silence(silence(TODAY_MS - 1))

    after = await store.statistics(0)
    assert after.n_proposed == before.n_proposed + 1
    assert after.n_by_outcome[OutcomeKind.ACCEPTED] == before.n_by_outcome[OutcomeKind.ACCEPTED] + 1
    assert after.n_silent_by_reason[Reason.NO_CANDIDATE] == before.n_silent_by_reason[Reason.NO_CANDIDATE] + 1
    await store.close()
    count_all_days(tmp_path)
    assert read(tmp_path)[0] == replace(after, store_bytes=0)


async def test_what_was_deleted_or_imported_is_counted_so(tmp_path: Path) -> None:
    await fill(tmp_path)
    count_all_days(tmp_path)
    with opened(tmp_path) as connection:
        export_rows(connection, tmp_path / "all.jsonl", with_text=False)
        delete_before(connection, TODAY_MS - DAY_MS)
    assert n_proposed(read(tmp_path)[0]) == 40

    count_all_days(tmp_path)
    with opened(tmp_path) as connection:
        import_rows(connection, tmp_path / "all.jsonl")
    assert n_proposed(read(tmp_path)[0]) == 20 * N_DAYS
