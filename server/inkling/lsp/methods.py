"""Inkling's own methods and messages beside the standard ones.

These classes are the one definition of the wire: `inkling.lsp.generate_types` writes the TypeScript
types of the extension from them. Field names are camel-cased on the wire.

The standard `textDocument/inlineCompletion` is answered for every client. Each item carries
`command = {command: "inkling.suggestionAccepted", arguments: [suggestion id]}`; a client that accepts an
item runs it through `workspace/executeCommand`. A client that says `ownsInlineCompletion` in its
initialization options asks by itself, so the capability is not advertised to it, and it reports outcomes with
`inkling/recordOutcomes`.

The types of *Fix with feedback* and of the Testing view are in `inkling.lsp.fix_messages`, those of
next-edit predictions in `inkling.lsp.next_edit_messages`, those of *Review changes* in `inkling.lsp.review_messages`.
"""

from dataclasses import dataclass, field
from typing import Literal

from inkling.core import insights
from inkling.core.interval import Interval
from inkling.lsp.fix_messages import FIX_WIRE_TYPES
from inkling.lsp.next_edit_messages import NEXT_EDIT_WIRE_TYPES
from inkling.lsp.review_messages import REVIEW_WIRE_TYPES

RECORD_OUTCOMES = "inkling/recordOutcomes"
WHY = "inkling/why"
STATISTICS = "inkling/statistics"
DIAGNOSTICS = "inkling/diagnostics"
DID_CHANGE_INTERPRETER = "inkling/didChangeInterpreter"
INSIGHTS = "inkling/insights"
RETRAIN_MODEL = "inkling/retrainModel"
RESET_MODEL = "inkling/resetModel"
EXPORT_EVENTS = "inkling/exportEvents"
STATUS = "inkling/status"
DID_CHANGE_API_KEY = "inkling/didChangeApiKey"
MODEL_STATUS = "inkling/modelStatus"
SUGGESTIONS_READY = "inkling/suggestionsReady"
FIX = "inkling/fix"
FIX_PROGRESS = "inkling/fixProgress"
ANSWER_FIX_QUESTION = "inkling/answerFixQuestion"
FIX_OFFERED = "inkling/fixOffered"
FIX_WITHDRAWN = "inkling/fixWithdrawn"
DISCOVER_TESTS = "inkling/discoverTests"
RUN_TESTS = "inkling/runTests"
NEXT_EDIT = "inkling/nextEdit"
NEXT_EDIT_GROUP = "inkling/nextEditGroup"
NEXT_EDIT_READY = "inkling/nextEditReady"
REVIEW = "inkling/review"
REVIEW_PROGRESS = "inkling/reviewProgress"
RUN_REPRODUCTION = "inkling/runReproduction"
KEEP_REPRODUCTION = "inkling/keepReproduction"
CLOSE_REVIEW_COMMENT = "inkling/closeReviewComment"
REOPEN_REVIEW_COMMENT = "inkling/reopenReviewComment"
SUGGESTION_ACCEPTED = "inkling.suggestionAccepted"

SETTINGS_SECTION = "inkling"

WireOutcomeKind = Literal[
    "shown", "accepted", "partly_accepted", "typed_through", "rejected", "ignored", "superseded", "undone"
]
WireState = Literal["starting", "indexing", "ready", "degraded"]
WireModelState = Literal["off", "connecting", "ready", "down", "refused", "budget"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InitializationOptions:
    """What the extension says of itself and of the workspace when it starts the server.

    Who `takes_late_suggestions` is told of those that come after a question was answered, and asks again.
    """

    owns_inline_completion: bool = False
    takes_late_suggestions: bool = False
    is_trusted: bool = False
    interpreter: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DidChangeApiKeyParams:
    """`inkling/didChangeApiKey`, a notification to the server: the endpoint's key was set, or cleared."""

    api_key: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DidChangeInterpreterParams:
    """`inkling/didChangeInterpreter`, a notification to the server: another interpreter, or trust was granted."""

    interpreter: str | None
    is_trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WireOutcome:
    """One outcome; `at_ms` is Unix time in milliseconds, `accepted_chars` counts code points."""

    event_id: str
    suggestion_id: str
    kind: WireOutcomeKind
    at_ms: int
    visible_ms: float | None = None
    accepted_chars: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcomesParams:
    """`inkling/recordOutcomes`, a request: once it is answered the outcomes are on disk."""

    outcomes: list[WireOutcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcomesResult:
    """How many of the outcomes are on disk now, those that were there before included."""

    n_recorded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyParams:
    """`inkling/why`, a request for the latest decisions."""

    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WireDecision:
    """One decision in numbers and in words; `line` is zero-based."""

    at_ms: int
    path: str
    line: int
    was_offered: bool
    reason: str | None
    explanation: str
    probability: float | None
    threshold: float | None
    source: str | None
    n_chars: int | None
    latency_ms: float
    checked: list[str]
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyResult:
    """The latest decisions, newest first."""

    decisions: list[WireDecision]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsParams:
    """`inkling/statistics`, a request for counts since a moment, Unix time in milliseconds."""

    since_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFeatureCounts:
    """Counts of one feature; see `inkling.core.events.FeatureCounts`."""

    n_proposed: int
    n_offered: int
    n_hidden_by_reason: dict[str, int]
    n_silent_by_reason: dict[str, int]
    n_by_outcome: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsResult:
    """Counts over the period, next edits and reviews apart from all else; see `inkling.core.events.Statistics`."""

    since_ms: int
    n_proposed: int
    n_offered: int
    n_hidden_by_reason: dict[str, int]
    n_silent_by_reason: dict[str, int]
    n_by_outcome: dict[str, int]
    n_chars_accepted: int
    latency_ms_p50: float | None
    latency_ms_p95: float | None
    store_path: str
    store_bytes: int
    next_edits: WireFeatureCounts
    reviews: WireFeatureCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsResult:
    """`inkling/diagnostics`, a request without parameters: how the server itself is doing."""

    loop_held_ms_max: float
    loop_held_cpu_ms_max: float
    process_ids: list[int]
    completer: str
    is_index_ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightsParams:
    """`inkling/insights`, a request for the Insights page; the answer is `inkling.core.insights.Insights`."""

    n_days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainModelResult:
    """`inkling/retrainModel`, a request without parameters: whether another model is in force now, and why."""

    was_replaced: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetModelResult:
    """`inkling/resetModel`, a request without parameters: the shipped model decides again."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEventsParams:
    """`inkling/exportEvents`, a request: writes all events into a file, its name ending in .jsonl or .parquet."""

    file: str
    with_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEventsResult:
    """What was written, in words."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusParams:
    """`inkling/status`, a notification to the client for its status bar."""

    state: WireState
    message: str
    n_files_done: int = 0
    n_files_total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatusParams:
    """`inkling/modelStatus`, a notification to the client: how the language model's endpoint is doing, in words."""

    state: WireModelState
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionsReadyParams:
    """`inkling/suggestionsReady`, a notification to the client: what is on display at this version can be longer.

    Who asks again where it asked before, with the automatic trigger, gets the longer text at once.
    """

    uri: str
    version: int


WIRE_TYPES: tuple[type, ...] = (
    InitializationOptions,
    DidChangeApiKeyParams,
    DidChangeInterpreterParams,
    WireOutcome,
    RecordOutcomesParams,
    RecordOutcomesResult,
    WhyParams,
    WireDecision,
    WhyResult,
    StatisticsParams,
    WireFeatureCounts,
    StatisticsResult,
    DiagnosticsResult,
    InsightsParams,
    RetrainModelResult,
    ResetModelResult,
    ExportEventsParams,
    ExportEventsResult,
    Interval,
    insights.DayCounts,
    insights.GroupCounts,
    insights.ReliabilityBin,
    insights.LatencyBin,
    insights.ReasonCount,
    insights.KnobForecast,
    insights.LearnedOffset,
    insights.CardFact,
    insights.ModelCard,
    insights.DriftLine,
    insights.ReviewCounts,
    insights.DismissalReason,
    insights.ReviewActivity,
    insights.Insights,
    StatusParams,
    ModelStatusParams,
    SuggestionsReadyParams,
    *FIX_WIRE_TYPES,
    *NEXT_EDIT_WIRE_TYPES,
    *REVIEW_WIRE_TYPES,
)
