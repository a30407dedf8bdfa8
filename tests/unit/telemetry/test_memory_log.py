from inkling.core.events import EventId, Feature, Outcome, OutcomeKind, Silence
from inkling.core.suggestion import Reason, SuggestionId, Trigger
from inkling.telemetry import MemoryEventLog


async def test_the_oldest_events_are_forgotten() -> None:
    log = MemoryEventLog(max_events=3)
    for number in range(5):
        await log.record_silence(
            Silence(
                at_ms=number,
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
                    at_ms=number,
                )
            ]
        )

    assert [summary.at_ms for summary in await log.recent_decisions(10)] == [4, 3, 2]
    assert (await log.statistics(0)).n_by_outcome == {OutcomeKind.ACCEPTED: 3}
