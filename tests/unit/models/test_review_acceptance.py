"""What own accepts and dismissals do to the confidence in review comments."""

from pathlib import PurePosixPath

import pytest

from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.review import ReviewComment, Severity, Topic
from inkling.core.suggestion import Source, SuggestionId, Trigger
from inkling.models.review_acceptance import ReviewAcceptance, was_taken


def comment(rule: str = "ruff.B006", topic: Topic = Topic.LINT, confidence: float = 0.9) -> ReviewComment:
    return ReviewComment(
        rule=rule,
        topic=topic,
        path=PurePosixPath("a.py"),
        line=1,
        end_line=1,
        severity=Severity.WARNING,
        confidence=confidence,
        message="Words.",
    )


def row(
    outcome: OutcomeKind | None,
    rule: str = "ruff.B006",
    topic: Topic = Topic.LINT,
    *,
    stands: float | None = None,
    was_read: bool = True,
    was_offered: bool = True,
) -> JudgedSuggestion:
    return JudgedSuggestion(
        suggestion_id=SuggestionId("c"),
        at_ms=1,
        source=Source.EMBEDDED,
        trigger=Trigger.INVOKED,
        was_offered=was_offered,
        was_explored=False,
        reason=None,
        probability=0.9,
        threshold=0.5,
        propensity=1.0,
        model_version="review-counts-1",
        features={f"rule:{rule}": 1.0, f"topic:{topic}": 1.0, "confidence": 0.9},
        path="a.py",
        n_chars=1,
        latency_ms=1.0,
        was_read=was_read,
        outcome=outcome,
        accepted_chars=0,
        visible_ms=None,
        kept=None,
        stands=stands,
    )


@pytest.mark.parametrize("confidence", [0.0, 0.3, 0.97, 1.0])
def test_without_judgements_the_reviewer_is_taken_at_its_word(confidence: float) -> None:
    assert ReviewAcceptance.of_rows([]).probability(comment(confidence=confidence)) == confidence


@pytest.mark.parametrize(
    ("judged", "label"),
    [
        (row(OutcomeKind.ACCEPTED), True),
        (row(OutcomeKind.REJECTED), False),
        (row(OutcomeKind.REJECTED, stands=0.0), False),
        (row(None, stands=0.4), True),
        (row(OutcomeKind.IGNORED, stands=0.0), True),
        (row(None, stands=1.0), None),
        (row(OutcomeKind.UNDONE, stands=0.0), None),
        (row(None, stands=0.4, was_read=False), None),
        (row(OutcomeKind.REJECTED, was_offered=False), None),
        (row(None), None),
    ],
)
def test_a_changed_line_without_a_dismissal_is_an_accept_and_what_nobody_read_is_nothing(
    judged: JudgedSuggestion, label: bool | None
) -> None:
    assert was_taken(judged) is label


def test_a_rule_that_is_always_dismissed_is_folded_and_others_hardly_move() -> None:
    falling = [ReviewAcceptance.of_rows([row(OutcomeKind.REJECTED)] * n).probability(comment()) for n in range(7)]
    assert falling == sorted(falling, reverse=True)
    assert falling[1] > 0.5 > falling[4]
    learned = ReviewAcceptance.of_rows([row(OutcomeKind.REJECTED)] * 6)
    assert 0.6 < learned.probability(comment("ruff.F821")) < 0.9
    assert learned.probability(comment("risk.eval", Topic.RISK)) == 0.9


def test_what_is_taken_rises_again_and_the_order_of_rows_is_no_matter() -> None:
    rows = [row(OutcomeKind.REJECTED)] * 4 + [row(OutcomeKind.ACCEPTED)] * 8
    learned, other = ReviewAcceptance.of_rows(rows), ReviewAcceptance.of_rows(reversed(rows))
    assert learned.probability(comment()) == other.probability(comment()) > 0.6
    assert ReviewAcceptance.of_rows([row(OutcomeKind.ACCEPTED)] * 9).probability(comment(confidence=0.4)) > 0.7
