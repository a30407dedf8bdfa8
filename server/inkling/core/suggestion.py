"""Candidates, suggestions, and the closed list of reasons for silence."""

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from inkling.core.snapshot import Snapshot

SuggestionId = NewType("SuggestionId", str)


def new_suggestion_id() -> SuggestionId:
    """Returns a fresh id, unique across windows and restarts."""
    return SuggestionId(uuid.uuid4().hex)


class Source(StrEnum):
    """The mind that proposed a candidate."""

    EMBEDDED = "embedded"
    MODEL = "model"


class Trigger(StrEnum):
    """What made the editor ask."""

    AUTOMATIC = "automatic"
    INVOKED = "invoked"


class Reason(StrEnum):
    """Why something was not shown. The list is closed; every dropped candidate has one."""

    DISABLED = "disabled"
    FILE_TOO_LARGE = "file_too_large"
    LINE_TOO_LONG = "line_too_long"
    POSITION_OUTSIDE = "position_outside"
    NOT_AT_A_PLACE_TO_COMPLETE = "not_at_a_place_to_complete"
    INDEX_NOT_READY = "index_not_ready"
    WORKER_UNAVAILABLE = "worker_unavailable"
    MODEL_UNAVAILABLE = "model_unavailable"
    NOT_WORTH_ASKING = "not_worth_asking"
    DEADLINE = "deadline"
    NO_CANDIDATE = "no_candidate"
    DOES_NOT_PARSE = "does_not_parse"
    REPEATS_SUFFIX = "repeats_suffix"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    UNKNOWN_IMPORT = "unknown_import"
    REJECTED_BEFORE = "rejected_before"
    TOO_LATE = "too_late"
    LOW_PROBABILITY = "low_probability"
    NO_FIX = "no_fix"
    NOT_VERIFIED = "not_verified"
    NOTHING_FOLLOWS = "nothing_follows"
    EXCLUDED = "excluded"
    OUTSIDE_WORKSPACE = "outside_workspace"
    NOT_WRITABLE = "not_writable"
    REVERTS = "reverts"
    WORSE_LINTING = "worse_linting"
    CLOSED_BEFORE = "closed_before"
    RULE_SILENCED = "rule_silenced"
    BEYOND_MOST = "beyond_most"


REASON_WORDS: dict[Reason, str] = {
    Reason.DISABLED: "completions are switched off (inkling.completion.enabled)",
    Reason.FILE_TOO_LARGE: "the file is larger than Inkling reads (inkling.completion.maxFileKb)",
    Reason.LINE_TOO_LONG: "the line is too long to be written by hand",
    Reason.POSITION_OUTSIDE: "the position asked for is not in the document",
    Reason.NOT_AT_A_PLACE_TO_COMPLETE: "the cursor is inside a word, or in a comment or string nothing tells about",
    Reason.INDEX_NOT_READY: "the index of this workspace is still being built",
    Reason.WORKER_UNAVAILABLE: "the completion worker is not running; it is restarted by itself",
    Reason.MODEL_UNAVAILABLE: "the language model's endpoint did not answer (inkling.model.baseUrl)",
    Reason.NOT_WORTH_ASKING: "suggestions are seldom accepted in such a place (inkling.gate.policy)",
    Reason.DEADLINE: "no answer within the deadline (inkling.completion.deadlineMs)",
    Reason.NO_CANDIDATE: "nothing that Inkling has read says how this line goes on",
    Reason.DOES_NOT_PARSE: "the file would no longer parse, or the line cannot be",
    Reason.REPEATS_SUFFIX: "it repeats what already follows the cursor",
    Reason.UNKNOWN_ATTRIBUTE: "it names an attribute that does not exist",
    Reason.UNKNOWN_IMPORT: "it imports what is not installed or does not exist",
    Reason.REJECTED_BEFORE: "you rejected it at this place before",
    Reason.TOO_LATE: "another suggestion was on display when it came",
    Reason.LOW_PROBABILITY: "its probability of acceptance is below the threshold (inkling.gate.policy)",
    Reason.NO_FIX: "no change was found with which the failing test passes and no other breaks",
    Reason.NOT_VERIFIED: "changes make the test pass, and nothing tells which is right (inkling.fix.precision)",
    Reason.NOTHING_FOLLOWS: "nothing that Inkling knows follows from what was changed lately",
    Reason.EXCLUDED: "no edits are predicted in this file (inkling.nextEdit.exclude, .gitignore)",
    Reason.OUTSIDE_WORKSPACE: "its file lies outside of the workspace folders",
    Reason.NOT_WRITABLE: "its file cannot be written",
    Reason.REVERTS: "it would take back what you just did, or change white space alone",
    Reason.WORSE_LINTING: "it would bring a complaint of the linter that was not there before",
    Reason.CLOSED_BEFORE: "you closed this comment before (inkling review --list-closed)",
    Reason.RULE_SILENCED: "its rule is silenced in this repository (inkling review --reopen)",
    Reason.BEYOND_MOST: "other comments of the review are worth more (inkling.review.maxComments)",
}
"""Each reason in words for a person, naming the setting that changes it where there is one."""


class Check(StrEnum):
    """What was verified about a candidate before it was shown.

    Names are looked up for ghost text and next edits; a linter is asked about next edits.
    """

    PARSES = "parses"
    NAMES_EXIST = "names_exist"
    NO_COMPLAINTS = "no_complaints"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """A question for the text at the cursor.

    Attributes:
        snapshot: The document.
        offset: The cursor, in code points from the start of the text.
        trigger: What made the editor ask.
    """

    snapshot: Snapshot
    offset: int
    trigger: Trigger = Trigger.AUTOMATIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A text that a mind proposes to insert at the cursor.

    Attributes:
        text: What would be inserted; never empty.
        source: The mind that proposed it.
        mean_logprob: Mean log-probability per token, natural logarithm, at most 0. Scales differ between sources.
        n_tokens: Tokens of the source's own vocabulary.
        confidence: Probability that it is exactly what would be written, in [0, 1], where its source knows it.
        is_partial: Whether it ends before its line does; `confidence` is then that of the line to begin with it.
    """

    text: str
    source: Source
    mean_logprob: float
    n_tokens: int
    confidence: float | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """How far one feature moved a score.

    Attributes:
        name: The feature.
        log_odds: Its share of the log-odds, compared with a suggestion that is average in it; above 0 speaks for it.
        is_high: Whether the feature is above its average.
    """

    name: str
    log_odds: float
    is_high: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The gate's view of one candidate.

    Attributes:
        probability: Probability that the candidate is accepted, in [0, 1].
        features: The features it was computed from, by name; enough to replay the decision.
        model_version: Version of the acceptance model that was asked.
        contributions: The features that moved the score most, the farthest first.
    """

    probability: float
    features: dict[str, float]
    model_version: str
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A candidate that passed the checks and the gate, ready to be shown.

    Attributes:
        id: What outcomes refer to.
        candidate: What to insert.
        offset: Where, in code points.
        version: The document's version it was made for.
        scored: Why it is shown.
        checked: What was verified; a check that ran out of time is missing here.
        alternatives: Others for the same place, best first; only where somebody asked explicitly.
    """

    id: SuggestionId
    candidate: Candidate
    offset: int
    version: int
    scored: Scored
    checked: frozenset[Check] = field(default_factory=frozenset)
    alternatives: "tuple[Suggestion, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSuggestion:
    """Silence, with its reason.

    Attributes:
        reason: Why nothing is shown.
        probability: The best candidate's probability, where it came that far.
    """

    reason: Reason
    probability: float | None = None
