"""Measures the event store with many events; run by hand: `nice python measure_store.py DIRECTORY [N_DECISIONS]`.

One decision in two has outcomes (shown, then a judgement), one in ten a look at what was kept. Each part runs in a
process of its own, so that its memory is its own.
"""

import asyncio
import itertools
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from inkling.core.events import (
    Decision,
    EventId,
    Feature,
    Outcome,
    OutcomeKind,
    Survival,
    SurvivalKind,
)
from inkling.core.suggestion import Check, Reason, Source, SuggestionId, Trigger
from inkling.telemetry import EventStore
from inkling.telemetry.activity import read_activity
from inkling.telemetry.archive import opened
from inkling.telemetry.daily_counts import count_next_day

N_IN_ONE_CALL = 500
N_JUDGED = 20_000
SPACING_MS = 31_536  # between decisions: a million of them are a year
PROJECTS = ("shop-3fa2c1", "inkling-9c01d2", "api-77ab03")
SEED = 3
FEATURES = [f"feature_{number}" for number in range(12)]


def decision(number: int, start_ms: int, randomness: random.Random) -> Decision:
    was_offered = randomness.random() < 0.5
    return Decision(
        suggestion_id=SuggestionId(f"{randomness.getrandbits(128):032x}"),
        at_ms=start_ms + number * SPACING_MS,
        feature=Feature.COMPLETION,
        trigger=Trigger.AUTOMATIC,
        source=Source.EMBEDDED,
        was_offered=was_offered,
        reason=None if was_offered else Reason.LOW_PROBABILITY,
        probability=randomness.random(),
        threshold=0.25,
        propensity=1.0 if was_offered else 0.02,
        model_version="2026-11-01",
        features={name: round(randomness.gauss(0, 1), 6) for name in FEATURES},
        checked=frozenset({Check.PARSES}),
        path=f"package/module_{number % 200}.py",
        project=PROJECTS[number % len(PROJECTS)],
        line=number % 900,
        n_chars=randomness.randrange(1, 80),
        n_lines=1,
        text_fingerprint=f"{randomness.getrandbits(64):016x}",
        context_fingerprint=f"{randomness.getrandbits(64):016x}",
        latency_ms=randomness.uniform(2, 60),
    )


def size_bytes(data_dir: Path) -> int:
    return sum(file.stat().st_size for file in data_dir.glob("events.db*"))


async def fill(data_dir: Path, n_decisions: int) -> None:
    randomness = random.Random(SEED)
    start_ms = time.time_ns() // 1_000_000 - n_decisions * SPACING_MS
    store = await EventStore.open(data_dir)
    ids = itertools.count()
    n_events, spent_s = 0, 0.0
    for first in range(0, n_decisions, N_IN_ONE_CALL):
        decisions = [decision(first + k, start_ms, randomness) for k in range(N_IN_ONE_CALL)]
        outcomes = [
            Outcome(
                event_id=EventId(f"{next(ids):032x}"),
                suggestion_id=each.suggestion_id,
                kind=kind,
                at_ms=each.at_ms + delay_ms,
                visible_ms=float(delay_ms),
            )
            for each in decisions
            if each.was_offered
            for kind, delay_ms in (
                (OutcomeKind.SHOWN, 750),
                (randomness.choice([OutcomeKind.ACCEPTED, OutcomeKind.IGNORED, OutcomeKind.REJECTED]), 1500),
            )
        ]
        survivals = [
            Survival(
                event_id=EventId(f"{next(ids):032x}"),
                suggestion_id=each.suggestion_id,
                follows=OutcomeKind.ACCEPTED,
                at_ms=each.at_ms + 15_000,
                after_s=15.0,
                kind=SurvivalKind.EDITED,
                similarity=randomness.random(),
            )
            for each in decisions[::10]
        ]
        started_s = time.perf_counter()
        await asyncio.gather(
            store.record_decisions(decisions), store.record_outcomes(outcomes), store.record_survivals(survivals)
        )
        spent_s += time.perf_counter() - started_s
        n_events += len(decisions) + len(outcomes) + len(survivals)
    await store.close()
    size = size_bytes(data_dir)
    print(
        f"stored {n_events:,} events ({n_decisions:,} decisions) in {spent_s:.1f} s: {n_events / spent_s:,.0f} a second"
    )
    print(f"on disk: {size / 2**20:.0f} MiB, {size / n_events:.0f} bytes an event")


def count_days(data_dir: Path) -> None:
    """Counts all days that are over, as open windows do in the background, one at a time."""
    spent_s = []
    with opened(data_dir) as connection:
        is_done = False
        while not is_done:
            started_s = time.perf_counter()
            is_done = not count_next_day(connection, time.time_ns() // 1_000_000)
            spent_s.append(time.perf_counter() - started_s)
    print(f"days: {len(spent_s)} counted in {sum(spent_s):.1f} s, the slowest in {1000 * max(spent_s):.0f} ms")


def read_period(data_dir: Path, days: int) -> None:
    """Reads what the Insights page is told of a period."""
    with opened(data_dir) as connection:
        started_s = time.perf_counter()
        found = read_activity(connection, time.time_ns() // 1_000_000 - days * 86_400_000)
        spent_s = time.perf_counter() - started_s
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"activity: {len(found.days)} days with {found.counts.n_judged:,} judged suggestions in {spent_s:.2f} s; "
        f"peak {peak_kib / 1024:.0f} MiB"
    )


async def ask(data_dir: Path, question: str) -> None:
    started_s = time.perf_counter()
    store = await EventStore.open(data_dir)
    opened_s = time.perf_counter()
    base_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if question == "judged":
        n_rows = len(await store.judged_suggestions(0, N_JUDGED))
    elif question == "statistics":
        n_rows = (await store.statistics(0)).n_proposed
    elif question == "week":
        n_rows = (await store.statistics(time.time_ns() // 1_000_000 - 7 * 86_400_000)).n_proposed
    else:
        n_rows = len(await store.recent_decisions(20))
    spent_s = time.perf_counter() - opened_s
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{question}: open {1000 * (opened_s - started_s):.0f} ms ({base_kib / 1024:.0f} MiB), then {n_rows:,} rows in "
        f"{1000 * spent_s:.0f} ms: {n_rows / spent_s:,.0f} rows a second; peak {peak_kib / 1024:.0f} MiB"
    )
    await store.close()


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    what = sys.argv[2] if len(sys.argv) > 2 else "1000000"
    if what == "days":
        count_days(directory)
    elif what == "activity":
        read_period(directory, 90)
    elif not what.isdecimal():
        asyncio.run(ask(directory, what))
    else:
        asyncio.run(fill(directory, int(what)))
        for part in ("days", "recent", "judged", "week", "statistics", "activity"):
            subprocess.run([sys.executable, __file__, str(directory), part], check=True)
