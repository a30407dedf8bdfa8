"""The wire of *Fix with feedback* and of the Testing view; `inkling.lsp.methods` says how these types are used.

Lines and characters are the protocol's: zero-based, in the units that client and server agreed on. A fix's id is a
suggestion id, so what becomes of a fix is reported with `inkling/recordOutcomes` like everything else: `shown` when its
diff or its light bulb was seen, `accepted` when it was applied, `rejected` when it was dismissed, `undone` when an
apply was taken back.
"""

from dataclasses import dataclass, field
from typing import Literal

WireFixPrecision = Literal["verified", "plausible"]
WirePatchVerdict = Literal["verified", "plausible", "untested"]
WireNoFixReason = Literal[
    "no_sandbox",
    "not_trusted",
    "busy",
    "nothing_fails",
    "flaky",
    "cannot_run",
    "no_test_reaches_it",
    "nothing_found",
    "only_plausible",
    "cancelled",
]
WireCaseOutcome = Literal["passed", "failed", "error", "skipped", "expected_failure", "unexpected_pass"]
WireSuiteProblem = Literal[
    "no_sandbox",
    "not_trusted",
    "no_interpreter",
    "no_tests",
    "no_such_test",
    "syntax_error",
    "missing_package",
    "needs_network",
    "collection_failed",
    "hangs",
    "out_of_memory",
    "crashed",
    "python_too_old",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WirePosition:
    """A position as the protocol has it."""

    line: int
    character: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRange:
    """A range as the protocol has it; its end is not part of it."""

    start: WirePosition
    end: WirePosition


@dataclass(frozen=True, slots=True, kw_only=True)
class WireTextEdit:
    """A replacement as the protocol has it."""

    range: WireRange
    new_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFileEdits:
    """Replacements in one file; `version` is the open document's they were made for, null for a file on disk."""

    uri: str
    version: int | None
    edits: list[WireTextEdit]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFailingPlace:
    """A diagnostic or a selection: tests that reach it are looked for, and run."""

    uri: str
    range: WireRange
    message: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixParams:
    """`inkling/fix`, a request; cancelled with `$/cancelRequest`.

    What is to be fixed is the first of these that is not empty: `node_ids`, pytest's names of failing tests relative to
    the folder; `traceback`, its text as it stands in a terminal; `place`; without any, whatever fails in the folder.
    `id` is chosen by the client and comes back in `inkling/fixProgress`. With `is_hint` the answer has words and
    suspicious lines and no patch. `precision` and `budget_seconds` take the place of the settings where given.
    """

    id: str
    folder_uri: str
    node_ids: list[str] = field(default_factory=list)
    traceback: str = ""
    place: WireFailingPlace | None = None
    is_hint: bool = False
    precision: WireFixPrecision | None = None
    budget_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixProgressParams:
    """`inkling/fixProgress`, a notification to the client: what is being tried for the request with this `id`."""

    id: str
    words: str
    n_tried: int
    n_plausible: int
    seconds: float
    budget_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFix:
    """A fix; `edits` is empty in no case, `evidence` has one sentence a line, `probability` is in [0, 1].

    `untested` is a fix that no test reaches, such as a linter's own; nothing was run for it.
    """

    fix_id: str
    title: str
    explanation: str
    edits: list[WireFileEdits]
    diff: str
    verdict: WirePatchVerdict
    probability: float
    confidence: str
    evidence: list[str]
    source: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFixQuestion:
    """What a `call` should give: plausible fixes differ in it. Each answer is code or words, likeliest first."""

    call: str
    answers: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSuspiciousLine:
    """A line that may hold the fault; `suspiciousness` is in [0, 1], `text` the line without its indent."""

    uri: str
    line: int
    suspiciousness: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireBlockVisit:
    """One visit of a block of lines in the failing test; both lines belong to it. Values are `repr`s, cut."""

    uri: str
    first_line: int
    last_line: int
    function: str
    visit: int
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFrame:
    """A frame of a traceback, within the folder."""

    uri: str
    line: int
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireTestResult:
    """One test's result; `message` is its exception in words, and `frames` where that came from, outermost first."""

    node_id: str
    outcome: WireCaseOutcome
    seconds: float
    message: str
    output: str
    frames: list[WireFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixResult:
    """The answer to `inkling/fix` and to `inkling/answerFixQuestion`.

    `message` is the outcome in words. `fixes` are best first, the others alternatives; they are empty with a `reason`,
    and with a hint, whose words are in `hint`. What is known of the failure is there in any case. A `question` is
    answered with `inkling/answerFixQuestion` and `session_id`.
    """

    session_id: str
    fixes: list[WireFix]
    reason: WireNoFixReason | None
    message: str
    hint: str
    question: WireFixQuestion | None
    failing: list[WireTestResult]
    suspicious: list[WireSuspiciousLine]
    visits: list[WireBlockVisit]
    n_tried: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFixQuestionParams:
    """`inkling/answerFixQuestion`, a request; `answer` is the index of the right answer, -1 for none of them."""

    session_id: str
    answer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FixOfferedParams:
    """`inkling/fixOffered`, a notification to the client: a verified fix that nobody asked for.

    `uri` and `line` are where its light bulb and its quiet hint belong; `node_ids` are the tests that it mends.
    """

    folder_uri: str
    uri: str
    line: int
    node_ids: list[str]
    fix: WireFix


@dataclass(frozen=True, slots=True, kw_only=True)
class FixWithdrawnParams:
    """`inkling/fixWithdrawn`, a notification to the client: an offered fix no longer fits what stands there."""

    fix_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverTestsParams:
    """`inkling/discoverTests`, a request: pytest's own collection, in the sandbox; no `uris` means all files."""

    folder_uri: str
    uris: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireTest:
    """A test that pytest collected; `line` is that of its `def`."""

    node_id: str
    uri: str
    line: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverTestsResult:
    """The tests, in pytest's order; with a `problem`, `message` says it in words and names what to do."""

    tests: list[WireTest]
    problem: WireSuiteProblem | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTestsParams:
    """`inkling/runTests`, a request: runs tests in the sandbox; no `node_ids` means all. `$/cancelRequest` ends it."""

    folder_uri: str
    node_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTestsResult:
    """What came of the tests, as far as they came where there is a `problem`."""

    results: list[WireTestResult]
    problem: WireSuiteProblem | None
    message: str
    seconds: float


FIX_WIRE_TYPES: tuple[type, ...] = (
    WirePosition,
    WireRange,
    WireTextEdit,
    WireFileEdits,
    WireFailingPlace,
    FixParams,
    FixProgressParams,
    WireFix,
    WireFixQuestion,
    WireSuspiciousLine,
    WireBlockVisit,
    WireFrame,
    WireTestResult,
    FixResult,
    AnswerFixQuestionParams,
    FixOfferedParams,
    FixWithdrawnParams,
    DiscoverTestsParams,
    WireTest,
    DiscoverTestsResult,
    RunTestsParams,
    RunTestsResult,
)
