import time

from inkling.core.events import EventId, Feature, Outcome, OutcomeKind, Silence
from inkling.core.suggestion import Reason, SuggestionId, Trigger
from inkling.telemetry import MemoryEventLog

NOW_MS = time.time_ns() // 1_000_000


async def test_the_oldest_events_are_forgotten() -> None:
    log = MemoryEventLog(max_events=3)
    for number in range(5):
        await log.record_silence(
            Silence(
                at_ms=NOW_MS + number,
                feature=Feature.COMPLETION,
                trigger=Trigger.AUTOMATIC,
                reason=Reason.NO_CANDIDATE,
                path="a.py",
                line=0,
                latency_ms=1.0,
            )
        )
        await log.record_outcomes(
            [
                Outcome(
                    event_id=EventId(str(number)),
                    suggestion_id=SuggestionId(str(number)),
                    kind=OutcomeKind.ACCEPTED,
                    at_ms=NOW_MS + number,
                )
            ]
        )

    assert [summary.at_ms for summary in await log.recent_decisions(10)] == [NOW_MS + 4, NOW_MS + 3, NOW_MS + 2]
    assert (await log.statistics(0)).n_by_outcome == {OutcomeKind.ACCEPTED: 3}
