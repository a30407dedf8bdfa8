from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.suggestion import SuggestionId
from inkling.telemetry.judgements import MAX_REJECTIONS, MAX_SUGGESTIONS, FingerprintPair, Judgements

PAIR = FingerprintPair(context="c", text="t")


def outcome(suggestion: str, kind: OutcomeKind, at_ms: int) -> Outcome:
    return Outcome(
        event_id=EventId(f"{suggestion} {at_ms}"), suggestion_id=SuggestionId(suggestion), kind=kind, at_ms=at_ms
    )


def test_noting_the_same_outcomes_again_changes_nothing() -> None:
    judgements = Judgements()
    outcomes = [
        outcome("a", OutcomeKind.REJECTED, 5),
        outcome("a", OutcomeKind.ACCEPTED, 5),
        outcome("b", OutcomeKind.REJECTED, 6),
    ]
    for _ in range(2):
        for each in outcomes:
            judgements.note_outcome(each, PAIR if each.suggestion_id == "a" else None)
        assert judgements.recent() == (True, False)
        assert not judgements.was_rejected(PAIR)


def test_accepting_elsewhere_what_was_rejected_takes_the_rejection_back() -> None:
    judgements = Judgements()
    judgements.note_outcome(outcome("a", OutcomeKind.REJECTED, 1), PAIR)
    judgements.note_outcome(outcome("b", OutcomeKind.IGNORED, 2), PAIR)
    assert judgements.was_rejected(PAIR)

    judgements.note_outcome(outcome("c", OutcomeKind.ACCEPTED, 3), PAIR)
    assert not judgements.was_rejected(PAIR)


def test_memory_is_bounded_and_the_latest_stay() -> None:
    judgements = Judgements()
    n = MAX_REJECTIONS + MAX_SUGGESTIONS
    for number in range(n):
        pair = FingerprintPair(context="c", text=str(number))
        judgements.note_outcome(outcome(str(number), OutcomeKind.REJECTED, number), pair)

    assert not judgements.was_rejected(FingerprintPair(context="c", text="0"))
    assert judgements.was_rejected(FingerprintPair(context="c", text=str(n - 1)))
    assert judgements.recent() == (False,) * 10
