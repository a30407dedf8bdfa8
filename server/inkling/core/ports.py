"""The ports: what features need from the world, and what rooms must offer to take part."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from inkling.core.events import (
    Decision,
    DecisionSummary,
    Feature,
    JudgedSuggestion,
    Outcome,
    Silence,
    Statistics,
    Survival,
)
from inkling.core.execution import Collection, Program, ProgramEnd, ProgramResult, SuiteRequest, SuiteRun
from inkling.core.repair import Judgement, Patch, Proposals, RepairProgress, RepairRequest
from inkling.core.review import Findings, ReviewProgress, ReviewRequest
from inkling.core.settings import GateSettings, IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Scored


class Completer(Protocol):
    """A mind that proposes texts for the cursor."""

    async def complete(self, request: CompletionRequest) -> Sequence[Candidate] | NoSuggestion:
        """Returns candidates, best first, or why there are none.

        Raises:
            WorkerError: Its process died or is not running.
            ModelError: The language model that it asks did not answer as it should.
        """
        ...


class StreamingCompleter(Protocol):
    """A mind that may take seconds to say all it has to say."""

    def is_due_within(self, request: CompletionRequest, within_s: float) -> bool:
        """Tells whether its answer is very likely to be there in so many seconds, by how long it took lately."""
        ...

    def answers(self, request: CompletionRequest) -> AsyncGenerator[Sequence[Candidate], None]:
        """Yields candidates, best first: what can stand alone of an answer that is slow, later the whole.

        Nothing where it has nothing to say. Who asks explicitly gets several in the end.

        Raises:
            ModelError: The language model that it asks did not answer as it should.
        """
        ...

    def prepare(self, request: CompletionRequest) -> None:
        """Asks ahead at a place where the cursor is likely to be soon; returns at once."""
        ...


class SyntaxVerdict(StrEnum):
    """What a candidate does to the syntax of a file.

    PARSES: the statement around it parses with it. BREAKS: the file parsed and would not, or the line that it completes
    cannot be. NOT_DECIDED: the file does not parse either way, for reasons that may lie elsewhere, or the candidate
    is the beginning of a line that can still become whole.
    """

    PARSES = "parses"
    BREAKS = "breaks"
    NOT_DECIDED = "not_decided"


class SyntaxChecker(Protocol):
    """Tells whether a candidate fits the syntax of the file."""

    async def check(self, request: CompletionRequest, candidate: Candidate) -> SyntaxVerdict:
        """Returns what the candidate does to the syntax of the file.

        Raises:
            WorkerError: Its process died or is not running.
        """
        ...


class NameVerdict(StrEnum):
    """What is known of the names in a candidate."""

    EXIST = "exist"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    UNKNOWN_IMPORT = "unknown_import"
    NOT_KNOWN_YET = "not_known_yet"


class NameChecker(Protocol):
    """Tells whether the attributes and imports that a candidate names can exist."""

    async def check(self, request: CompletionRequest, candidate: Candidate) -> NameVerdict:
        """Returns what is known now; NOT_KNOWN_YET when there is no time to find out. Never raises WorkerError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousSuggestion:
    """A suggestion that was shown before, as far as the gate needs to know it.

    Attributes:
        uri: The document.
        version: The document's version it was made for.
        offset: Where it stood, in code points.
        n_chars: Its length in code points.
    """

    uri: DocumentUri
    version: int
    offset: int
    n_chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInput:
    """All that may be looked at before anything is generated: nothing here is known only afterwards.

    Attributes:
        request: The question.
        at_ms: Now, milliseconds since the Unix epoch.
        project: As in `core.events.Decision`.
        recent_outcomes: The latest judged suggestions of this user, oldest first: True for accepted.
        previous: The latest suggestions that were shown, oldest first, at most `N_PREVIOUS`. An answer to this very
            question, asked before in the same version of the document, is none of them.
    """

    request: CompletionRequest
    at_ms: int
    project: str = ""
    recent_outcomes: tuple[bool, ...] = ()
    previous: tuple[PreviousSuggestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateInput(RequestInput):
    """All that the gate may look at when it scores a candidate: the same, with the proposal in hand.

    Attributes:
        candidate: The proposal.
    """

    candidate: Candidate


N_PREVIOUS = 10  # shown suggestions that the gate remembers; only those in a row on one line count


class Background(Protocol):
    """Runs work that nobody waits for, owned by the daemon and ended with it."""

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Starts `work`; an exception in it is logged and harms nothing else."""
        ...


class AcceptanceModel(Protocol):
    """Scores candidates by how likely this user is to accept them."""

    def score(self, gate_input: GateInput) -> Scored:
        """Returns the probability with the features behind it; well under a millisecond."""
        ...

    def threshold(self, settings: GateSettings) -> float:
        """Returns the least probability to show that the user's setting of the knob amounts to now; from memory."""
        ...


class AskingModel(Protocol):
    """Tells, before anything is generated, how likely this user is to accept an answer here."""

    def probability(self, request_input: RequestInput) -> float:
        """Returns the probability of acceptance, in [0, 1]; well under 0.2 ms."""
        ...

    def threshold(self, settings: GateSettings) -> float:
        """Returns the least probability to ask that the user's setting of the knob leaves room for; 0 asks always."""
        ...


class EventLog(Protocol):
    """The event store, as features see it. Writing never blocks; awaiting the result means it is on disk."""

    def fingerprint(self, text: str) -> str:
        """Returns a keyed hash of `text`, the same in every window of this user and useless elsewhere."""
        ...

    def was_rejected(self, *, context_fingerprint: str, text_fingerprint: str) -> bool:
        """Tells whether the user rejected this text in this context before. Answers from memory."""
        ...

    def recent_outcomes(self) -> tuple[bool, ...]:
        """Returns the latest judged ghost texts, oldest first, at most ten: True for accepted. From memory."""
        ...

    async def record_decisions(self, decisions: Sequence[Decision]) -> None:
        """Stores decisions; returns when they are on disk."""
        ...

    async def record_silence(self, silence: Silence) -> None:
        """Stores a silence; returns when it is on disk."""
        ...

    async def record_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Stores outcomes, each event id once; returns when they are on disk.

        Raises:
            StoreError: They could not be written; the caller keeps them.
        """
        ...

    async def record_survivals(self, survivals: Sequence[Survival]) -> None:
        """Stores looks at accepted and rejected places, each event id once; returns when they are on disk.

        Raises:
            StoreError: They could not be written.
        """
        ...

    async def forget_texts(self, before_ms: int) -> int:
        """Removes the texts of suggestions decided before a moment; returns how many.

        Raises:
            StoreError: They could not be removed.
        """
        ...

    async def judged_suggestions(
        self, since_ms: int, limit: int, feature: Feature = Feature.COMPLETION
    ) -> list[JudgedSuggestion]:
        """Returns a feature's latest decisions with what became of them, oldest first, at most `limit`."""
        ...

    async def recent_decisions(self, limit: int) -> list[DecisionSummary]:
        """Returns the latest decisions and silences, newest first."""
        ...

    async def statistics(self, since_ms: int) -> Statistics:
        """Returns counts since a moment in milliseconds since the Unix epoch."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceScope:
    """What the minds may learn from.

    Attributes:
        folders: The workspace folders.
        interpreter: The selected interpreter, if one is known and may be run.
        index: Limits and exclusions.
    """

    folders: tuple[Path, ...]
    interpreter: Path | None
    index: IndexSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexProgress:
    """How far the index is.

    Attributes:
        is_ready: Whether every part that was asked for has been read once.
        n_files_done: Files read so far in the running build; 0 when idle.
        n_files_total: Files of the running build; 0 when idle.
        message: One line for a person.
    """

    is_ready: bool
    n_files_done: int
    n_files_total: int
    message: str


class ProgressListener(Protocol):
    """Is told how far the index is."""

    def __call__(self, progress: IndexProgress) -> None:
        """Takes the latest state; called on the event loop."""
        ...


class WorkspaceListener(Protocol):
    """A mind that follows the workspace. The calls return at once; the work is done elsewhere."""

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders and limits; called again when they change."""
        ...

    def document_changed(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened or edited."""
        ...

    def document_closed(self, uri: DocumentUri) -> None:
        """Forgets a document's unsaved text."""
        ...

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that were saved, created, renamed or deleted on disk."""
        ...


class Timer(Protocol):
    """A call that was put off."""

    def cancel(self) -> None:
        """Calls it off; one that was made or called off already is no error."""
        ...


class Clock(Protocol):
    """Tells the time, and puts calls off."""

    def now_ms(self) -> int:
        """Returns milliseconds since the Unix epoch."""
        ...

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Calls `callback` on the event loop after `delay_s` seconds, at least."""
        ...


class FileReader(Protocol):
    """Reads files that the editor has not open."""

    async def read(self, path: Path) -> str | None:
        """Returns a file's text, line ends as they are; None when it is gone, not UTF-8, or too large."""
        ...


class CommitReader(Protocol):
    """Tells when somebody commits."""

    async def latest_commit(self, folder: Path) -> str | None:
        """Returns the id of the latest commit made in the working tree of `folder`.

        It is empty before the first one, and None outside of a repository.
        """
        ...


class SandboxProcess(Protocol):
    """A program that runs in a sandbox and can be talked to."""

    async def send(self, data: bytes) -> None:
        """Writes to its standard input; returns when there is room for more.

        Raises:
            SandboxError: It has ended.
        """
        ...

    async def receive(self) -> bytes:
        """Returns what it printed next, some bytes at least; none when it has closed its output."""
        ...

    async def wait(self) -> ProgramEnd:
        """Returns how it ended, once it has; then nothing of it is left."""
        ...

    async def kill(self) -> ProgramEnd:
        """Ends it with all its processes; returns when nothing of it is left."""
        ...


class Sandbox(Protocol):
    """A place where untrusted code can do no harm."""

    @property
    def backend(self) -> str:
        """What it is, such as `docker` or `bubblewrap`."""
        ...

    async def start(self, program: Program) -> SandboxProcess:
        """Starts a program.

        Raises:
            SandboxError: It cannot be started.
        """
        ...

    async def run(self, program: Program, stdin: bytes = b"") -> ProgramResult:
        """Runs a program to its end; a cancelled run leaves nothing behind.

        Raises:
            SandboxError: It cannot be started.
        """
        ...

    async def close(self) -> None:
        """Ends all that still runs in it."""
        ...


class SuiteRunner(Protocol):
    """Runs a project's tests in a sandbox."""

    async def collect(self, request: SuiteRequest) -> Collection:
        """Returns the tests that the request names, as pytest collects them, without running any.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        ...

    async def run_suite(self, request: SuiteRequest) -> SuiteRun:
        """Returns what came of the tests; cancelled, it leaves nothing behind.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        ...


class Repairer(Protocol):
    """A mind that proposes patches for a failure."""

    async def repair(self, request: RepairRequest, on_progress: Callable[[RepairProgress], None]) -> Proposals:
        """Returns patches with which the failing tests pass and the passing ones still do.

        Raises:
            SandboxError: There is no sandbox, or it failed.
            ModelError: The language model that it asks did not answer as it should.
        """
        ...


class PatchJudge(Protocol):
    """Compares plausible patches of all minds by what they do."""

    async def judge(self, request: RepairRequest, patches: Sequence[Patch]) -> Judgement:
        """Returns the patches in one ranking, and what to ask the user where they differ.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        ...


class Reviewer(Protocol):
    """Looks at a change from one side, such as what the code does, or what a linter says of it."""

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns its comments, and what it could not look at; a file that does not parse is no error.

        Raises:
            SandboxError: The sandbox failed.
            ModelError: The language model that it asks did not answer as it should.
        """
        ...
