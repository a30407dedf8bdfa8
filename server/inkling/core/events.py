"""What is written down about suggestions: decisions and outcomes. Never source text, unless a setting says so."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NewType

from inkling.core.suggestion import Check, Reason, Source, SuggestionId, Trigger

EventId = NewType("EventId", str)

N_PROJECT_DIGITS = 6  # hexadecimal; tell a user's few folders of one name apart


def folder_name(project: str) -> str:
    """Returns the name of a project's folder; empty for what lies outside of all."""
    return project.rpartition("-")[0]


def project_name(folder: Path, fingerprint: str) -> str:
    """Returns what a project is called in the log: its folder's name with a short keyed hash of the whole path."""
    return f"{folder.name}-{fingerprint[:N_PROJECT_DIGITS]}"


class Feature(StrEnum):
    """The feature that made a suggestion."""

    COMPLETION = "completion"
    FIX = "fix"
    NEXT_EDIT = "next_edit"
    REVIEW = "review"


APART = (Feature.NEXT_EDIT, Feature.REVIEW)  # counted for themselves: each is accepted in another way than a text


class OutcomeKind(StrEnum):
    """What became of a suggestion.

    Only a suggestion that was SHOWN (visible for 750 ms) or acted upon was seen; SUPERSEDED is no judgement. UNDONE
    follows an accept that was taken back with undo.
    """

    SHOWN = "shown"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    TYPED_THROUGH = "typed_through"
    REJECTED = "rejected"
    IGNORED = "ignored"
    SUPERSEDED = "superseded"
    UNDONE = "undone"


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
        propensity: The probability with which the policy in force would have offered it: that it asked at all, times
            that it then offered it.
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
        was_explored: Whether it was offered at random although the gate would have hidden it, or would not have asked.
        project: The workspace folder: its name and a short keyed hash of its path; empty for a file outside of all.
        text: The candidate's text; None unless the setting `inkling.telemetry.storeText` is on.
        line_prefix: What stands before the text on its line, so that a secret that begins there is known as one. It is
            never stored, and empty without `text`.
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
    was_explored: bool = False
    project: str = ""
    text: str | None = None
    line_prefix: str = ""


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
        project: As in `Decision`.
        probability: That an answer would be accepted and kept, where that was the reason not to ask.
        threshold: Least probability at which it would have been asked; None without a probability.
        propensity: The probability with which the policy in force would have asked all the same.
    """

    at_ms: int
    feature: Feature
    trigger: Trigger
    reason: Reason
    path: str
    line: int
    latency_ms: float
    project: str = ""
    probability: float | None = None
    threshold: float | None = None
    propensity: float | None = None


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


class SurvivalKind(StrEnum):
    """What stands where a suggestion was accepted or rejected, some time later."""

    KEPT = "kept"
    EDITED = "edited"
    DELETED = "deleted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """One look at a place where a suggestion was accepted, or rejected, some time before.

    Attributes:
        event_id: Makes the look unique; the same one sent twice is stored once.
        suggestion_id: The suggestion.
        follows: The outcome since which time counts: an accept of some kind, or a rejection; for the lines that a
            review comment is about, that it was shown.
        at_ms: When, in milliseconds since the Unix epoch.
        after_s: Seconds since the outcome that this look was due at; None for the look at the next commit.
        kind: KEPT when the suggestion's text stands there unchanged, DELETED when nothing of it does. After a
            rejection KEPT means that the user wrote the very text by hand.
        similarity: 1 minus the normalised edit distance between the suggestion and what stands there, in [0, 1].
    """

    event_id: EventId
    suggestion_id: SuggestionId
    follows: OutcomeKind
    at_ms: int
    after_s: float | None
    kind: SurvivalKind
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSuggestion:
    """A decision with all that became of it: what models learn from and replay estimates with.

    Attributes:
        suggestion_id: The suggestion.
        at_ms: When it was decided, milliseconds since the Unix epoch.
        source: The mind that proposed it.
        trigger: What made the editor ask.
        was_offered: Whether it was sent to the editor.
        was_explored: Whether it was offered although the gate would have hidden it.
        reason: Why it was hidden, when it was.
        probability: Probability of acceptance; None when a check dropped it before the gate.
        threshold: The threshold in force.
        propensity: The probability with which the policy in force offered it, in [0, 1].
        model_version: The model that was asked.
        features: Its inputs by name.
        path: Path relative to its workspace folder.
        project: As in `Decision`.
        n_chars: Length of the candidate in code points.
        latency_ms: From request to decision.
        was_read: Whether it was visible for 750 ms, or acted upon.
        outcome: The last outcome that is a judgement or an end; None while there is none.
        accepted_chars: Code points accepted by full or partial accepts.
        visible_ms: Longest visible time that was reported; None without a report.
        kept: Similarity at the latest look after an accept, in [0, 1]; None without one.
        stands: Of a review comment that was shown, similarity of the lines it is about at the latest look, in [0, 1];
            None without one.
    """

    suggestion_id: SuggestionId
    at_ms: int
    source: Source
    trigger: Trigger
    was_offered: bool
    was_explored: bool
    reason: Reason | None
    probability: float | None
    threshold: float
    propensity: float
    model_version: str
    features: dict[str, float]
    path: str
    n_chars: int
    latency_ms: float
    was_read: bool
    outcome: OutcomeKind | None
    accepted_chars: int
    visible_ms: float | None
    kept: float | None
    stands: float | None = None
    project: str = ""


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
    model_version: str = ""
    features: dict[str, float] = field(default_factory=dict)
    project: str = ""
    feature: Feature = Feature.COMPLETION


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureCounts:
    """Counts of what one feature offered over a period; the attributes are those of `Statistics`."""

    n_proposed: int = 0
    n_offered: int = 0
    n_hidden_by_reason: dict[Reason, int] = field(default_factory=dict)
    n_silent_by_reason: dict[Reason, int] = field(default_factory=dict)
    n_by_outcome: dict[OutcomeKind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counts over a period, for `inkling stats`: of ghost text and fixes; apart from them of next edits and reviews.

    Attributes:
        since_ms: Start of the period, milliseconds since the Unix epoch.
        n_proposed: Candidates, hidden ones included.
        n_offered: Candidates sent to the editor.
        n_hidden_by_reason: Hidden candidates by reason.
        n_silent_by_reason: Requests without a candidate, by reason.
        n_by_outcome: Suggestions by outcome; a suggestion counts once for each kind of outcome it had on a day.
        n_chars_accepted: Code points inserted by full and partial accepts.
        latency_ms_p50: Median time from request to decision about ghost text, to 0.1 ms below 10 ms and else to 1 ms;
            None without data.
        latency_ms_p95: The 95th percentile of the same.
        store_path: Where the events are.
        store_bytes: Size of the store on disk.
        next_edits: The counts of next edits; none of them is in those above.
        reviews: The same of review comments.
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
    next_edits: FeatureCounts = field(default_factory=FeatureCounts)
    reviews: FeatureCounts = field(default_factory=FeatureCounts)
