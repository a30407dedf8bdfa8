"""From plain types to the client's messages."""

from collections.abc import Callable

from lsprotocol import types

from inkling.core.events import DecisionSummary, Feature, FeatureCounts, OutcomeKind, Statistics
from inkling.core.names import NO_TICKET, NamedCompletion, NameDocumentation
from inkling.core.next_edit import NEXT_EDIT_REASON_WORDS
from inkling.core.suggestion import REASON_WORDS, Check, Suggestion
from inkling.lsp.methods import SUGGESTION_ACCEPTED, StatisticsResult, WhyResult, WireDecision, WireFeatureCounts

_KIND = {
    "module": types.CompletionItemKind.Module,
    "class": types.CompletionItemKind.Class,
    "instance": types.CompletionItemKind.Variable,
    "function": types.CompletionItemKind.Function,
    "param": types.CompletionItemKind.Variable,
    "path": types.CompletionItemKind.File,
    "keyword": types.CompletionItemKind.Keyword,
    "property": types.CompletionItemKind.Property,
    "statement": types.CompletionItemKind.Variable,
}
_CHECK_WORDS = {
    Check.PARSES: "its statement parses",
    Check.NAMES_EXIST: "its attributes and imports exist",
    Check.NO_COMPLAINTS: "the linter has no new complaint",
}
_NOT_KNOWN_WORDS = {
    Check.PARSES: "whether it parses, for the file around it does not",
    Check.NAMES_EXIST: "whether its attributes and imports exist",
    Check.NO_COMPLAINTS: "whether the linter has a new complaint",
}
_CHECKS_OF = {
    Feature.COMPLETION: (Check.PARSES, Check.NAMES_EXIST),
    Feature.NEXT_EDIT: (Check.PARSES, Check.NAMES_EXIST, Check.NO_COMPLAINTS),
}


def inline_completion_item(suggestion: Suggestion, params: types.InlineCompletionParams) -> types.InlineCompletionItem:
    """Returns the item that shows a suggestion at the position that was asked about.

    Where a row of the completion popup is selected, the item takes the row's place and begins with its text, as the
    protocol wants it (Language Server Protocol 3.18, SelectedCompletionInfo).
    """
    selected = params.context.selected_completion_info
    range_ = types.Range(params.position, params.position) if selected is None else selected.range
    before = "" if selected is None else selected.text
    return types.InlineCompletionItem(
        insert_text=before + suggestion.candidate.text,
        range=range_,
        command=types.Command(title="Accept the suggestion", command=SUGGESTION_ACCEPTED, arguments=[suggestion.id]),
    )


def completion_item(row: NamedCompletion, index: int) -> types.CompletionItem:
    """Returns a row of the popup that keeps its place in the order it was given."""
    return types.CompletionItem(
        label=row.written,
        filter_text=row.name if row.name != row.written else None,
        kind=_KIND.get(row.kind, types.CompletionItemKind.Text),
        detail=row.detail or None,
        sort_text=f"{index:04d}",
        data=None if row.ticket == NO_TICKET else {"ticket": row.ticket, "index": row.index},
    )


def documented_item(item: types.CompletionItem, found: NameDocumentation) -> types.CompletionItem:
    """Returns a row of the popup with all that is known of its name."""
    if found.documentation:
        item.documentation = types.MarkupContent(kind=types.MarkupKind.PlainText, value=found.documentation)
    item.detail = found.signature or item.detail
    return item


def why_result(summaries: list[DecisionSummary], what_moved: Callable[[DecisionSummary], str]) -> WhyResult:
    """Returns the latest decisions in numbers and words.

    Args:
        summaries: The decisions.
        what_moved: Returns in words which features moved the probability of one.
    """
    return WhyResult(decisions=[_wire_decision(summary, what_moved(summary)) for summary in summaries])


def _wire_decision(summary: DecisionSummary, moved: str) -> WireDecision:
    return WireDecision(
        at_ms=summary.at_ms,
        path=summary.path,
        line=summary.line,
        was_offered=summary.was_offered,
        reason=summary.reason,
        explanation=explain(summary, moved),
        probability=summary.probability,
        threshold=summary.threshold,
        source=summary.source,
        n_chars=summary.n_chars,
        latency_ms=summary.latency_ms,
        checked=sorted(summary.checked),
        outcome=summary.outcome,
    )


def explain(summary: DecisionSummary, moved: str = "") -> str:
    """Returns one sentence that says why something was shown or not, what moved it, and what was verified.

    Args:
        summary: The decision.
        moved: Which features moved the probability, in words; may be empty.
    """
    score = ""
    if summary.probability is not None and summary.threshold is not None:
        score = f"probability {summary.probability:.2f}, threshold {summary.threshold:.2f}"
        score += f" ({moved})" if moved else ""
    if summary.reason is not None:
        reasons = NEXT_EDIT_REASON_WORDS if summary.feature is Feature.NEXT_EDIT else REASON_WORDS
        return f"Not shown: {reasons[summary.reason]}" + (f"; {score}." if score else ".")
    if summary.feature is Feature.FIX:
        return f"Shown as a fix: estimated to be right, {score}." if score else "Shown as a fix."
    if summary.feature is Feature.REVIEW:
        is_folded = bool(summary.features.get("is_folded"))
        words = "Folded away in a review: more likely wrong than right" if is_folded else "Shown in a review"
        return f"{words}, {score}." if score else f"{words}."
    words = "Shown as a next edit" if summary.feature is Feature.NEXT_EDIT else "Shown"
    if summary.probability is not None and summary.threshold is not None:
        if summary.probability < summary.threshold:
            words += " at random, to learn about what is hidden (inkling.gate.explore)"
        words += f": {score}"
    checks = _CHECKS_OF.get(summary.feature, ())
    verified = [_CHECK_WORDS[check] for check in checks if check in summary.checked]
    words += f"; verified: {', '.join(verified)}" if verified else "; nothing was verified"
    unknown = [_NOT_KNOWN_WORDS[check] for check in checks if check not in summary.checked]
    if unknown:
        words += f"; not known: {', '.join(unknown)}"
    return words + "."


def statistics_result(statistics: Statistics) -> StatisticsResult:
    """Returns the counts with plain strings for keys."""
    return StatisticsResult(
        since_ms=statistics.since_ms,
        n_proposed=statistics.n_proposed,
        n_offered=statistics.n_offered,
        n_hidden_by_reason={str(reason): n for reason, n in statistics.n_hidden_by_reason.items()},
        n_silent_by_reason={str(reason): n for reason, n in statistics.n_silent_by_reason.items()},
        n_by_outcome={str(kind): statistics.n_by_outcome.get(kind, 0) for kind in OutcomeKind},
        n_chars_accepted=statistics.n_chars_accepted,
        latency_ms_p50=statistics.latency_ms_p50,
        latency_ms_p95=statistics.latency_ms_p95,
        store_path=statistics.store_path,
        store_bytes=statistics.store_bytes,
        next_edits=_feature_counts(statistics.next_edits),
        reviews=_feature_counts(statistics.reviews),
    )


def _feature_counts(counts: FeatureCounts) -> WireFeatureCounts:
    return WireFeatureCounts(
        n_proposed=counts.n_proposed,
        n_offered=counts.n_offered,
        n_hidden_by_reason={str(reason): n for reason, n in counts.n_hidden_by_reason.items()},
        n_silent_by_reason={str(reason): n for reason, n in counts.n_silent_by_reason.items()},
        n_by_outcome={str(kind): n for kind, n in counts.n_by_outcome.items()},
    )
