"""What is written down about suggestions: decisions and outcomes. Never source text, unless a setting says so."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from inkling.core.suggestion import Check, Reason, Source, SuggestionId, Trigger

EventId = NewType("EventId", str)


class Feature(StrEnum):
    """The feature that made a suggestion."""

    COMPLETION = "completion"


class OutcomeKind(StrEnum):
    """What became of a suggestion.

    Only a suggestion that was SHOWN (visible for 750 ms) or acted upon was seen; SUPERSEDED is no judgement.
    """

    SHOWN = "shown"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    TYPED_THROUGH = "typed_through"
    REJECTED = "rejected"
    IGNORED = "ignored"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer of the gate about one candidate: shown, or hidden for a reason.

    Attributes:
        suggestion_id: The candidate's id; hidden ones have one too.
        at_ms: When, in milliseconds since the Unix epoch.
        feature: The feature that asked.
        trigger: What made the editor ask.
        source: The mind that proposed it.
        was_offered: Whether it was sent to the editor.
        reason: Why not, when it was not.
        probability: Probability of acceptance; None when a check dropped it before the gate.
        threshold: The threshold in force.
        propensity: The probability with which the policy in force would have offered it.
        model_version: Version of the acceptance model.
        features: The model's inputs by name.
        checked: What was verified.
        path: Path relative to its workspace folder, or the file's name.
        line: Zero-based line of the cursor.
        n_chars: Length of the candidate in code points.
        n_lines: Lines of the candidate.
        text_fingerprint: Keyed hash of the line that the candidate completes, without surrounding white space.
        context_fingerprint: Keyed hash of the file's path and the nearest line above that is not blank.
        latency_ms: From request to decision.
        text: The candidate's text; None unless the setting `inkling.telemetry.storeText` is on.
    """

    suggestion_id: SuggestionId
    at_ms: int
    feature: Feature
    trigger: Trigger
    source: Source
    was_offered: bool
    reason: Reason | None
    probability: float | None
    threshold: float
    propensity: float
    model_version: str
    features: dict[str, float] = field(default_factory=dict)
    checked: frozenset[Check] = field(default_factory=frozenset)
    path: str
    line: int
    n_chars: int
    n_lines: int
    text_fingerprint: str
    context_fingerprint: str
    latency_ms: float
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A request that produced no candidate at all.

    Attributes:
        at_ms: When, in milliseconds since the Unix epoch.
        feature: The feature that asked.
        trigger: What made the editor ask.
        reason: Why there was nothing.
        path: Path relative to its workspace folder, or the file's name.
        line: Zero-based line of the cursor.
        latency_ms: From request to answer.
    """

    at_ms: int
    feature: Feature
    trigger: Trigger
    reason: Reason
    path: str
    line: int
    latency_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the editor saw happen to a suggestion.

    Attributes:
        event_id: Made by the editor; the same event sent twice is stored once.
        suggestion_id: The suggestion it is about.
        kind: What happened.
        at_ms: When, in milliseconds since the Unix epoch.
        visible_ms: How long the suggestion had been visible; None where the client cannot tell.
        accepted_chars: For a partial accept, code points accepted so far.
    """

    event_id: EventId
    suggestion_id: SuggestionId
    kind: OutcomeKind
    at_ms: int
    visible_ms: float | None = None
    accepted_chars: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSummary:
    """A line of "Why (not) shown?": a decision or a silence, with the latest outcome if there was one."""

    at_ms: int
    path: str
    line: int
    was_offered: bool
    reason: Reason | None
    probability: float | None
    threshold: float | None
    source: Source | None
    n_chars: int | None
    latency_ms: float
    checked: frozenset[Check]
    outcome: OutcomeKind | None
    suggestion_id: SuggestionId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counts over a period, for `inkling stats`.

    Attributes:
        since_ms: Start of the period, milliseconds since the Unix epoch.
        n_proposed: Candidates, hidden ones included.
        n_offered: Candidates sent to the editor.
        n_hidden_by_reason: Hidden candidates by reason.
        n_silent_by_reason: Requests without a candidate, by reason.
        n_by_outcome: Suggestions by outcome; a suggestion counts once for each kind of outcome it had.
        n_chars_accepted: Code points inserted by full and partial accepts.
        latency_ms_p50: Median time from request to decision; None without data.
        latency_ms_p95: The 95th percentile of the same.
        store_path: Where the events are.
        store_bytes: Size of the store on disk.
    """

    since_ms: int
    n_proposed: int
    n_offered: int
    n_hidden_by_reason: dict[Reason, int]
    n_silent_by_reason: dict[Reason, int]
    n_by_outcome: dict[OutcomeKind, int]
    n_chars_accepted: int
    latency_ms_p50: float | None
    latency_ms_p95: float | None
    store_path: str
    store_bytes: int
