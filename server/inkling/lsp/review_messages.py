"""The wire of *Review changes*; `inkling.lsp.methods` says how these types are used.

Lines and characters are the protocol's: zero-based, in the units that client and server agreed on. A comment's id is a
suggestion id, so what becomes of a comment is reported with `inkling/recordOutcomes` like everything else: `shown` when
its thread was seen, `accepted` when its suggestion was applied or it was resolved, `rejected` when it was dismissed,
`undone` when an apply was taken back.
"""

from dataclasses import dataclass
from typing import Literal

from inkling.lsp.fix_messages import WireFileEdits, WireRange

WireReviewScope = Literal["working_tree", "staged", "branch", "range"]
WireSeverity = Literal["error", "warning", "note"]
WireReviewTopic = Literal["behaviour", "lint", "contract", "tests", "risk", "team_rule", "model"]
WireConfirmation = Literal["confirmed", "unconfirmed"]
WireClosing = Literal["dismissed", "resolved", "rule_silenced"]
WireReproductionVerdict = Literal["reproduced", "not_reproduced", "cannot_run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewParams:
    """`inkling/review`, a request; cancelled with `$/cancelRequest`.

    `id` is chosen by the client and comes back in `inkling/reviewProgress`. `revisions` is the base of a `branch`,
    empty for the one that it was made from, and git's own notation of a `range` or a commit; empty for the others.
    `budget_seconds` takes the place of the setting where given.
    """

    id: str
    folder_uri: str
    scope: WireReviewScope = "working_tree"
    revisions: str = ""
    budget_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewProgressParams:
    """`inkling/reviewProgress`, a notification to the client: what is looked at for the request with this `id`."""

    id: str
    words: str
    n_done: int
    n_steps: int
    seconds: float
    budget_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReproduction:
    """An input on which the two versions differ; see `inkling.core.review.Reproduction`."""

    call: str
    before: str
    after: str
    test: str
    n_inputs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WirePlace:
    """A place with the same cause."""

    uri: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReviewComment:
    """A comment; `range` covers whole lines of the file in the workspace, or of the old one where `is_on_old_side`.

    What was reviewed may be another text than the file in the workspace, as that of a commit is: its places are those
    that its lines moved to. `is_rewritten` tells that the lines are not there any more as they were reviewed; `range`
    is then the nearest place.
    `uri` is the file in the workspace in all cases, `confidence` is in [0, 1], `evidence` has one sentence a line.
    `anchor_line` is the line of the file in the workspace at which to show it: the last one of `range`, or, on the old
    side, the one that stands where those lines were.
    `suggestion` is empty where there is no safe one, and `suggestion_diff` then too; with a `suggestion_diff` it is
    empty where what it replaces is not there any more. `is_folded` tells that the comment is more likely wrong than
    right.
    """

    comment_id: str
    fingerprint: str
    rule: str
    topic: WireReviewTopic
    severity: WireSeverity
    confidence: float
    uri: str
    range: WireRange
    is_on_old_side: bool
    is_rewritten: bool
    anchor_line: int
    symbol: str
    message: str
    reason: str
    evidence: list[str]
    claims_failure: bool
    confirmation: WireConfirmation
    reproduction: WireReproduction | None
    suggestion: list[WireFileEdits]
    suggestion_diff: str
    also_at: list[WirePlace]
    source: str
    is_folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WireUnchecked:
    """Something that could not be looked at, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewResult:
    """The answer to `inkling/review`.

    `message` is the outcome in words, also where nothing has changed, or the change cannot be had: `review_id` is then
    empty. `comments` are worth most first, folded ones last.
    """

    review_id: str
    name: str
    message: str
    comments: list[WireReviewComment]
    n_files: int
    n_beyond: int
    n_closed: int
    checked: list[str]
    unchecked: list[WireUnchecked]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCommentParams:
    """A comment of a review; the parameters of `inkling/runReproduction` and `inkling/keepReproduction`, requests."""

    review_id: str
    comment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReproductionResult:
    """What the reproduction did just now, on the old version and on what stands in the editor.

    `message` says it in words, `before` and `after` what each version did; `output` is pytest's, of the version in the
    editor. `seconds` is how long all of it took.
    """

    verdict: WireReproductionVerdict
    message: str
    before: str
    after: str
    output: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepReproductionResult:
    """The file to be made, which does not exist yet, and its text; the editor writes it, so that it can be undone."""

    uri: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseReviewCommentParams:
    """`inkling/closeReviewComment`, a request: the comment does not come back; `reason` is the user's.

    With `dismissed` the reason may not be empty.
    With `rule_silenced` no comment of its rule comes back in this repository.
    """

    review_id: str
    comment_id: str
    closing: WireClosing
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenReviewCommentParams:
    """`inkling/reopenReviewComment`, a request: takes a closing back."""

    review_id: str
    comment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewClosingResult:
    """Which of the review's comments are closed now, and in words what was done."""

    closed: list[str]
    message: str


REVIEW_WIRE_TYPES: tuple[type, ...] = (
    ReviewParams,
    ReviewProgressParams,
    WireReproduction,
    WirePlace,
    WireReviewComment,
    WireUnchecked,
    ReviewResult,
    ReviewCommentParams,
    RunReproductionResult,
    KeepReproductionResult,
    CloseReviewCommentParams,
    ReopenReviewCommentParams,
    ReviewClosingResult,
)
