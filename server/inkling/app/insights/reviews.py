"""What became of review comments in a period: counts from the editor's log, reasons from what is kept of reviews."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from inkling.app.review_records import ClosedEntry
from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.insights import DismissalReason, ReviewActivity, ReviewCounts
from inkling.core.review import Severity
from inkling.core.suggestion import SuggestionId
from inkling.features.review import Closing
from inkling.features.review.recorder import RULE, SEVERITY, SEVERITY_VALUES
from inkling.models.review_acceptance import was_taken

N_RULES: Final = 10  # the most dismissed ones
N_REASONS: Final = 8  # the most frequent ones; people write their own, too
SILENCED_WORDS: Final = "Never this rule here"
NO_REASON_WORDS: Final = "(no reason given)"
_SEVERITIES: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Counts, as in `core.insights.ReviewCounts`."""

    n_shown: int = 0
    n_applied: int = 0
    n_resolved: int = 0
    n_dismissed: int = 0
    n_changed: int = 0

    def add(self, row: JudgedSuggestion, *, is_resolved: bool, is_open: bool) -> None:
        self.n_shown += 1
        if row.outcome is OutcomeKind.ACCEPTED:
            self.n_resolved += is_resolved
            self.n_applied += not is_resolved
        elif row.outcome is OutcomeKind.REJECTED:
            self.n_dismissed += not is_open  # The log does not say that a dismissal was taken back.
        elif was_taken(row):
            self.n_changed += 1

    def counts(self, name: str) -> ReviewCounts:
        return ReviewCounts(
            name=name,
            n_shown=self.n_shown,
            n_applied=self.n_applied,
            n_resolved=self.n_resolved,
            n_dismissed=self.n_dismissed,
            n_changed=self.n_changed,
        )


def review_activity(
    rows: Iterable[JudgedSuggestion],
    fingerprints: Mapping[SuggestionId, str],
    closed: Sequence[ClosedEntry],
    since_ms: int,
) -> ReviewActivity:
    """Returns what became of the comments of a period.

    Args:
        rows: Decisions about review comments of the period.
        fingerprints: The names by which those comments are closed.
        closed: What was closed in any repository, at any time.
        since_ms: When the period begins, in milliseconds since the Unix epoch.
    """
    closed_names = {entry.name for entry in closed}
    resolved = {entry.name for entry in closed if entry.closing is Closing.RESOLVED}
    all_comments, by_severity, by_rule = _Tally(), dict[Severity, _Tally](), dict[str, _Tally]()
    for row in rows:
        if not (row.was_offered and row.was_read):
            continue
        fingerprint, rule = fingerprints.get(row.suggestion_id), _rule(row)
        is_open = fingerprint is not None and closed_names.isdisjoint({fingerprint, rule})
        for tally in (
            all_comments,
            by_severity.setdefault(_severity(row), _Tally()),
            by_rule.setdefault(rule, _Tally()),
        ):
            tally.add(row, is_resolved=fingerprint in resolved, is_open=is_open)
    disliked = sorted(
        ((rule, tally) for rule, tally in by_rule.items() if rule and tally.n_dismissed),
        key=lambda each: (-each[1].n_dismissed, each[1].n_shown, each[0]),
    )
    return ReviewActivity(
        counts=all_comments.counts(""),
        by_severity=[by_severity[each].counts(each.value) for each in _SEVERITIES if each in by_severity],
        most_dismissed=[tally.counts(rule) for rule, tally in disliked[:N_RULES]],
        reasons=_reasons(closed, since_ms),
    )


def _reasons(closed: Sequence[ClosedEntry], since_ms: int) -> list[DismissalReason]:
    # Comments that were closed as one were given one reason.
    given = {
        (entry.closing, entry.closed_with or entry.name, entry.at_s): _reason(entry)
        for entry in closed
        if entry.closing is not Closing.RESOLVED and entry.at_s * 1000 >= since_ms
    }
    counted = sorted(Counter(given.values()).items(), key=lambda each: (-each[1], each[0]))
    return [DismissalReason(words=words, n=n) for words, n in counted[:N_REASONS]]


def _reason(entry: ClosedEntry) -> str:
    if entry.closing is Closing.RULE_SILENCED:
        return SILENCED_WORDS
    return " ".join(entry.reason.split()) or NO_REASON_WORDS


def _rule(row: JudgedSuggestion) -> str:
    return next((name.removeprefix(RULE) for name in row.features if name.startswith(RULE)), "")


def _severity(row: JudgedSuggestion) -> Severity:
    value = row.features.get(SEVERITY, 0.0)
    return next((severity for severity, as_value in SEVERITY_VALUES.items() if as_value == value), Severity.NOTE)
