"""What the Insights page is told of a period, from a store on disk."""

import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.telemetry import samples

from inkling.core.events import (
    Decision,
    EventId,
    Feature,
    JudgedSuggestion,
    Outcome,
    OutcomeKind,
    Silence,
    Survival,
    SurvivalKind,
)
from inkling.core.insights import GroupCounts, LatencyBin, ReasonCount
from inkling.core.interval import share
from inkling.core.suggestion import REASON_WORDS, Reason, Source, SuggestionId, Trigger
from inkling.telemetry import EventStore
from inkling.telemetry.activity import LATENCY_BINS_MS, N_FILES, NO_FOLDER, Activity, read_activity
from inkling.telemetry.database import connect_to_read

NOW_MS = samples.NOW_MS
DAY_MS = 86_400_000
ACCEPTED = {OutcomeKind.ACCEPTED, OutcomeKind.PARTLY_ACCEPTED, OutcomeKind.TYPED_THROUGH}
SEED = 11


def decision(name: str, **changes: object) -> Decision:
    return replace(samples.DECISION, suggestion_id=SuggestionId(name), **changes)


def outcome(name: str, kind: OutcomeKind, at_ms: int = NOW_MS + 1, visible_ms: float | None = None) -> Outcome:
    return Outcome(
        event_id=EventId(f"{name}-{kind}-{at_ms}"),
        suggestion_id=SuggestionId(name),
        kind=kind,
        at_ms=at_ms,
        visible_ms=visible_ms,
    )


def look(name: str, similarity: float, at_ms: int = NOW_MS + 2, kind: SurvivalKind = SurvivalKind.EDITED) -> Survival:
    return Survival(
        event_id=EventId(f"{name}-look-{at_ms}"),
        suggestion_id=SuggestionId(name),
        follows=OutcomeKind.ACCEPTED,
        at_ms=at_ms,
        after_s=15.0,
        kind=kind,
        similarity=similarity,
    )


def activity(data_dir: Path, since_ms: int = 0) -> Activity:
    with closing(connect_to_read(data_dir / "events.db")) as connection:
        return read_activity(connection, since_ms)


async def test_an_empty_store_has_an_empty_period(tmp_path: Path) -> None:
    await (await EventStore.open(tmp_path)).close()

    found = activity(tmp_path)

    assert found.counts == GroupCounts(
        name="", n_offered=0, n_judged=0, n_accepted=0, n_looked_at=0, n_kept=0, accepted=None
    )
    assert (found.days, found.by_source, found.by_file, found.by_project, found.hidden) == ([], [], [], [], [])
    assert [latency.n for latency in found.latency] == [0] * 9


async def test_what_was_read_and_judged_is_counted_by_source_file_and_project(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_decisions(
        [
            decision("accepted", project="shop-111111"),
            decision("undone", project="shop-111111"),
            decision("ignored", project="api-222222"),
            decision("not read", project="api-222222", source=Source.MODEL),
            decision("superseded", project="api-333333"),
            decision("outside"),
            decision("hidden", path="hidden.py", was_offered=False, reason=Reason.LOW_PROBABILITY),
        ]
    )
    await store.record_outcomes(
        [
            outcome("accepted", OutcomeKind.ACCEPTED),
            outcome("undone", OutcomeKind.ACCEPTED, NOW_MS + 5),
            outcome("undone", OutcomeKind.UNDONE, NOW_MS + 3),  # its clock was behind
            outcome("ignored", OutcomeKind.IGNORED, visible_ms=750.0),
            outcome("not read", OutcomeKind.IGNORED, visible_ms=749.0),
            outcome("superseded", OutcomeKind.SHOWN),
            outcome("superseded", OutcomeKind.SUPERSEDED, NOW_MS + 2),
        ]
    )
    await store.record_survivals(
        [
            look("accepted", 1.0),
            look("accepted", 0.5, NOW_MS + 9),
            look("accepted", 0.0, NOW_MS + 99, SurvivalKind.UNKNOWN),
            look("undone", 0.0),
        ]
    )
    await store.close()

    found = activity(tmp_path)

    def group(name: str, n_offered: int, n_judged: int, n_accepted: int, n_kept: int) -> GroupCounts:
        return GroupCounts(
            name=name,
            n_offered=n_offered,
            n_judged=n_judged,
            n_accepted=n_accepted,
            n_looked_at=n_kept,
            n_kept=n_kept,
            accepted=share(n_accepted, n_judged),
        )

    assert found.counts == group("", 6, 3, 1, 1)
    assert found.by_source == [group("embedded", 5, 3, 1, 1), group("model", 1, 0, 0, 0)]
    assert found.by_project == [
        group("shop", 2, 2, 1, 1),
        group("api-222222", 2, 1, 0, 0),
        group(NO_FOLDER, 1, 0, 0, 0),
        group("api-333333", 1, 0, 0, 0),
    ]
    assert [each.name for each in found.by_file] == [
        "shop/a.py",
        "api-222222/a.py",
        f"{NO_FOLDER}/a.py",
        "api-333333/a.py",
    ]
    (day,) = found.days
    assert (day.n_proposed, day.n_offered, day.n_judged, day.n_accepted) == (7, 6, 3, 1)
    assert (day.n_looked_at, day.n_kept) == (1, 1)


async def test_a_file_of_the_only_project_is_named_by_its_path(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    names = [f"s{k}" for k in range(N_FILES + 1)]
    await store.record_decisions([decision(name, path=f"{name}.py", project="shop-111111") for name in names])
    await store.record_outcomes([outcome(name, OutcomeKind.REJECTED) for name in names[1:]])
    await store.close()

    assert [each.name for each in activity(tmp_path).by_file] == sorted(f"{name}.py" for name in names[1:])


async def test_hidden_and_silent_are_counted_by_reason(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_decisions(
        [decision(f"s{k}", was_offered=False, reason=Reason.LOW_PROBABILITY) for k in range(2)] + [decision("s9")]
    )
    for reason in [Reason.NO_CANDIDATE] * 3 + [Reason.DEADLINE]:
        await store.record_silence(
            Silence(
                at_ms=NOW_MS,
                feature=Feature.COMPLETION,
                trigger=Trigger.AUTOMATIC,
                reason=reason,
                path="a.py",
                line=0,
                latency_ms=1.0,
            )
        )
    await store.close()

    assert activity(tmp_path).hidden == [
        ReasonCount(words=REASON_WORDS[Reason.NO_CANDIDATE], n=3, had_candidate=False),
        ReasonCount(words=REASON_WORDS[Reason.LOW_PROBABILITY], n=2, had_candidate=True),
        ReasonCount(words=REASON_WORDS[Reason.DEADLINE], n=1, had_candidate=False),
    ]


async def test_latencies_fall_into_bins_whose_upper_end_is_in_them(tmp_path: Path) -> None:
    latencies_ms = [0.0, 1.0, 1.5, 2.0, 10.0, 250.0, 250.1, 9000.0]
    store = await EventStore.open(tmp_path)
    await store.record_decisions([decision(f"s{k}", latency_ms=each) for k, each in enumerate(latencies_ms)])
    await store.close()

    found = activity(tmp_path)

    n_in_bins = [2, 2, 0, 1, 0, 0, 0, 1, 2]
    assert found.latency == [
        LatencyBin(up_to_ms=end, n=n) for end, n in zip((*LATENCY_BINS_MS, None), n_in_bins, strict=True)
    ]
    assert (found.days[0].latency_ms_p50, found.days[0].latency_ms_p95) == (10.0, 9000.0)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a running process can be set on POSIX only")
@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("UTC0", ["2026-03-28", "2026-03-29"]),
        ("Asia/Kolkata", ["2026-03-29"]),
        ("America/New_York", ["2026-03-28"]),
    ],
)
async def test_days_are_those_of_the_time_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, days: list[str]
) -> None:
    store = await EventStore.open(tmp_path)
    before_midnight_ms = 1_774_740_600_000  # 2026-03-28T23:30Z
    await store.record_decisions(
        [decision("s1", at_ms=before_midnight_ms), decision("s2", at_ms=before_midnight_ms + 3_600_000)]
    )
    await store.close()
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert [day.day for day in activity(tmp_path).days] == days
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_the_counts_are_those_of_the_judged_suggestions(tmp_path: Path) -> None:
    """Models learn from judged suggestions; the page must not tell of others."""
    randomness = random.Random(SEED)
    store = await EventStore.open(tmp_path)
    kinds, looks = list(OutcomeKind), list(SurvivalKind)
    decisions, outcomes, survivals = [], [], []
    for number in range(400):
        name, at_ms = f"s{number}", NOW_MS - randomness.randrange(30 * DAY_MS)
        was_offered = number % 5 > 0
        decisions.append(decision(name, at_ms=at_ms, path=f"{number % 3}.py", was_offered=was_offered))
        if not was_offered:
            continue
        for _ in range(randomness.randrange(5)):
            visible_ms = randomness.choice([0.0, 900.0])
            outcomes.append(outcome(name, randomness.choice(kinds), at_ms + randomness.randrange(3), visible_ms))
        for _ in range(randomness.randrange(3)):
            kind = randomness.choice(looks)
            survivals.append(look(name, randomness.random(), at_ms + randomness.randrange(3), kind))
    await store.record_decisions(decisions)
    await store.record_outcomes(outcomes)
    await store.record_survivals(survivals)
    since_ms = NOW_MS - 20 * DAY_MS
    judged = [each for each in await store.judged_suggestions(since_ms, 1000) if is_judged(each)]
    await store.close()

    found = activity(tmp_path, since_ms)

    accepted = [each for each in judged if each.outcome in ACCEPTED]
    similarities = [each.kept for each in accepted if each.kept is not None]
    assert 0 < len(similarities) < len(accepted) < len(judged)
    assert (found.counts.n_judged, found.counts.n_accepted) == (len(judged), len(accepted))
    assert found.counts.n_looked_at == len(similarities)
    assert found.counts.n_kept == sum(similarity >= 0.5 for similarity in similarities)
    assert {group.name: group.n_judged for group in found.by_file} == Counter(each.path for each in judged)
    assert sum(day.n_judged for day in found.days) == len(judged)


def is_judged(suggestion: JudgedSuggestion) -> bool:
    return suggestion.was_read and suggestion.outcome not in {None, OutcomeKind.SUPERSEDED}


async def test_a_missing_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        activity(tmp_path)
