"""What became of review comments, counted for the Insights page."""

from dataclasses import replace

import pytest
from tests.unit.models.personal_rows import row

from inkling.app.insights.reviews import N_REASONS, N_RULES, review_activity
from inkling.app.review_records import ClosedEntry
from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.insights import DismissalReason, ReviewCounts
from inkling.core.suggestion import SuggestionId
from inkling.features.review import Closing

NOW_S = 1_790_000_000
SINCE_MS = (NOW_S - 86_400) * 1000


def _read(
    name: str,
    outcome: OutcomeKind | None,
    rule: str = "ruff.B006",
    severity: float = 1.0,
    *,
    stands: float | None = None,
) -> JudgedSuggestion:
    """Returns a comment that was read."""
    return replace(
        row(),
        suggestion_id=SuggestionId(name),
        was_offered=True,
        was_read=True,
        outcome=outcome,
        stands=stands,
        features={f"rule:{rule}": 1.0, "topic:lint": 1.0, "severity": severity},
    )


def _closed(name: str, reason: str = "", closing: Closing = Closing.DISMISSED, age_s: int = 60) -> ClosedEntry:
    return ClosedEntry(
        name=name, closing=closing, reason=reason, rule="ruff.B006", closed_with=name, at_s=NOW_S - age_s
    )


def _counts(name: str, *n: int) -> ReviewCounts:
    shown, applied, resolved, dismissed, changed = n
    return ReviewCounts(
        name=name, n_shown=shown, n_applied=applied, n_resolved=resolved, n_dismissed=dismissed, n_changed=changed
    )


def test_nothing_read_is_nothing_counted() -> None:
    unread = replace(_read("a", None), was_read=False)
    hidden = replace(_read("b", None), was_offered=False)
    found = review_activity([unread, hidden], {}, [], SINCE_MS)
    assert found.counts == _counts("", 0, 0, 0, 0, 0)
    assert (found.by_severity, found.most_dismissed, found.reasons) == ([], [], [])


def test_each_comment_is_counted_once_by_what_became_of_it() -> None:
    rows = [
        _read("applied", OutcomeKind.ACCEPTED, severity=2.0),
        _read("resolved", OutcomeKind.ACCEPTED, severity=2.0, stands=0.2),
        _read("dismissed", OutcomeKind.REJECTED, stands=0.0),
        _read("changed", OutcomeKind.SHOWN, "ruff.F821", stands=0.5),
        _read("stands", OutcomeKind.SHOWN, "ruff.F821", stands=1.0),
        _read("taken back", OutcomeKind.UNDONE, "ruff.F821", stands=0.5),
    ]
    fingerprints = {each.suggestion_id: f"f-{each.suggestion_id}" for each in rows}
    closed = [_closed("f-resolved", closing=Closing.RESOLVED), _closed("f-dismissed", "It is intended")]
    found = review_activity(rows, fingerprints, closed, SINCE_MS)
    assert found.counts == _counts("", 6, 1, 1, 1, 1)
    assert found.by_severity == [_counts("error", 2, 1, 1, 0, 0), _counts("warning", 4, 0, 0, 1, 1)]
    assert found.most_dismissed == [_counts("ruff.B006", 3, 1, 1, 1, 0)]
    assert found.reasons == [DismissalReason(words="It is intended", n=1)]


def test_a_dismissal_that_was_taken_back_is_none() -> None:
    rows = [_read("open", OutcomeKind.REJECTED), _read("silenced", OutcomeKind.REJECTED, "rule.silenced")]
    fingerprints = {each.suggestion_id: f"f-{each.suggestion_id}" for each in rows}
    closed = [_closed("rule.silenced", closing=Closing.RULE_SILENCED)]
    found = review_activity(rows, fingerprints, closed, SINCE_MS)
    assert found.counts == _counts("", 2, 0, 0, 1, 0)
    assert [each.name for each in found.most_dismissed] == ["rule.silenced"]


def test_rules_are_in_the_order_of_their_dismissals_and_few() -> None:
    rows = [
        _read(f"{rule}-{number}", OutcomeKind.REJECTED, f"rule.{rule:02}")
        for rule in range(N_RULES + 5)
        for number in range(rule + 1)
    ]
    names = [each.name for each in review_activity(rows, {}, [], SINCE_MS).most_dismissed]
    assert names == [f"rule.{rule:02}" for rule in reversed(range(5, N_RULES + 5))]


@pytest.mark.parametrize(
    ("entries", "reasons"),
    [
        ([_closed("a", "  It is\n intended "), _closed("b", "It is intended")], [("It is intended", 2)]),
        ([_closed("a"), _closed("b", "x", age_s=3 * 86_400)], [("(no reason given)", 1)]),
        ([_closed("rule", closing=Closing.RULE_SILENCED)], [("Never this rule here", 1)]),
        ([_closed("a", "x"), replace(_closed("b", "x"), closed_with="a")], [("x", 1)]),
        ([_closed("a", "x", Closing.RESOLVED)], []),
    ],
)
def test_reasons_are_those_of_the_period_each_once(entries: list[ClosedEntry], reasons: list[tuple[str, int]]) -> None:
    found = review_activity([], {}, entries, SINCE_MS).reasons
    assert [(each.words, each.n) for each in found] == reasons


def test_of_many_reasons_the_most_frequent_are_kept() -> None:
    entries = [_closed(f"{reason}-{number}", f"r{reason}") for reason in range(12) for number in range(reason + 1)]
    found = review_activity([], {}, entries, SINCE_MS).reasons
    assert [each.words for each in found] == [f"r{reason}" for reason in reversed(range(12 - N_REASONS, 12))]
