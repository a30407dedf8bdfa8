"""A process that records events and says so: argv is the data directory, a name for its ids, and how many (0: endless).

It prints a line when it begins to open the store, then each suggestion id once the store acknowledged its events,
as a daemon would answer the editor.
"""

import asyncio
import sys
import time
from pathlib import Path

from inkling.core.events import Decision, EventId, Feature, Outcome, OutcomeKind
from inkling.core.suggestion import Source, SuggestionId, Trigger
from inkling.telemetry.store import EventStore

OPENING = "opening\n"
NOW_MS = time.time_ns() // 1_000_000


def decision(name: str, n_chars: int) -> Decision:
    return Decision(
        suggestion_id=SuggestionId(name),
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
        path="a.py",
        line=3,
        n_chars=n_chars,
        n_lines=1,
        text_fingerprint=f"text {name}",
        context_fingerprint="context",
        latency_ms=8.0,
    )


async def record(store: EventStore, name: str) -> None:
    await store.record_decisions([decision(name, len(name))])
    await store.record_outcomes(
        [
            Outcome(
                event_id=EventId(name),
                suggestion_id=SuggestionId(name),
                kind=OutcomeKind.REJECTED,
                at_ms=NOW_MS + 1,
            )
        ]
    )
    sys.stdout.write(name + "\n")
    sys.stdout.flush()


async def main(data_dir: Path, writer: str, n_events: int) -> None:
    sys.stdout.write(OPENING)
    sys.stdout.flush()
    store = await EventStore.open(data_dir)
    done = 0
    while n_events == 0 or done < n_events:
        await asyncio.gather(*(record(store, f"{writer}-{done + k}") for k in range(5)))
        done += 5
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
