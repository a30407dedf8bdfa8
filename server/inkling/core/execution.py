"""Runs of untrusted code: what runs, within which limits, and what came of it.

Paths of a project's files are relative to its folder, so that they mean the same inside a sandbox and outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLimits:
    """What a run may use; beyond it the run is ended.

    Attributes:
        wall_s: Seconds by the clock.
        cpu_s: Seconds of CPU time, all its processes together.
        memory_mb: Megabytes of memory, all its processes together, without swap.
        n_processes: Processes and threads at one time.
        output_kb: Kilobytes that it may print, both streams together.
        file_mb: Megabytes of one file that it writes.
        scratch_mb: Megabytes of all files that it writes.
    """

    wall_s: float = 60.0
    cpu_s: float = 60.0
    memory_mb: int = 1024
    n_processes: int = 64
    output_kb: int = 1024
    file_mb: int = 64
    scratch_mb: int = 256


class KilledFor(StrEnum):
    """Which limit ended a run, or that it was cancelled."""

    WALL_TIME = "wall_time"
    CPU_TIME = "cpu_time"
    MEMORY = "memory"
    OUTPUT = "output"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectView:
    """A project as a run sees it: the files on disk, read-only, with edited texts in place of some of them.

    Attributes:
        folder: The project's folder, absolute; a run finds it under the same path.
        interpreter: The Python that runs it, with the packages that it finds.
        edits: Texts in place of files, new ones included, by path within the folder.
    """

    folder: Path
    interpreter: Path
    edits: Mapping[PurePosixPath, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Something to run in a sandbox.

    Attributes:
        view: The project; the run starts in its folder.
        arguments: What follows the interpreter on the command line, such as `("-m", "pytest")`.
        readable: Further folders and files that it may read, under the same paths.
        environment: Variables beside the few that every run has; nothing of the daemon's own is passed on.
        limits: What it may use.
    """

    view: ProjectView
    arguments: tuple[str, ...]
    readable: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: ResourceLimits = field(default_factory=ResourceLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramEnd:
    """How a run ended.

    Attributes:
        exit_code: As the shell has it, above 128 for a signal; None when it was killed for a limit.
        killed_for: The limit that ended it, or None.
        wall_s: Seconds by the clock.
        cpu_s: Seconds of CPU time; None where the backend cannot tell.
        peak_memory_mb: Megabytes at most; None where the backend cannot tell.
        stderr: The end of what it printed to its error stream.
    """

    exit_code: int | None
    killed_for: KilledFor | None
    wall_s: float
    cpu_s: float | None = None
    peak_memory_mb: float | None = None
    stderr: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramResult:
    """A finished run with what it printed.

    Attributes:
        end: How it ended.
        stdout: What it printed, up to its limit.
    """

    end: ProgramEnd
    stdout: bytes


class CaseOutcome(StrEnum):
    """What became of one test; ERROR is an exception outside of the test itself, such as in a fixture."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    EXPECTED_FAILURE = "expected_failure"
    UNEXPECTED_PASS = "unexpected_pass"  # noqa: S105 - no password


class SuiteProblem(StrEnum):
    """Why tests could not be run, or not to their end."""

    NO_TESTS = "no_tests"
    NO_SUCH_TEST = "no_such_test"
    SYNTAX_ERROR = "syntax_error"
    MISSING_PACKAGE = "missing_package"
    NEEDS_NETWORK = "needs_network"
    COLLECTION_FAILED = "collection_failed"
    HANGS = "hangs"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    PYTHON_TOO_OLD = "python_too_old"


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedFrame:
    """One frame of a traceback.

    Attributes:
        path: The file within the project; None for code outside of it.
        line: One-based.
        function: The function's name.
    """

    path: PurePosixPath | None
    line: int
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedException:
    """An exception that ended a test.

    Attributes:
        type_name: Its class, without the module.
        message: Its text, cut, secrets masked.
        frames: Outermost first.
    """

    type_name: str
    message: str
    frames: tuple[RaisedFrame, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One test's result.

    Attributes:
        node_id: pytest's name for it.
        outcome: What became of it.
        duration_s: Seconds, set-up and tear-down included.
        raised: What ended it, for a failure or an error.
        output: What it printed, cut.
    """

    node_id: str
    outcome: CaseOutcome
    duration_s: float
    raised: RaisedException | None = None
    output: str = ""


LinesByFile = Mapping[PurePosixPath, frozenset[int]]
"""One-based line numbers by file within the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockVisit:
    """One visit of a basic block during a failing test: the values before and after it (as in LDB).

    Attributes:
        path: The file.
        first_line: The block's first line, one-based.
        last_line: Its last line.
        function: The function that it is in.
        visit: Which visit of this block, from 1; only first and last visits are kept.
        before: Local variables when it was entered, by name: `repr`, cut, secrets masked.
        after: Those that were different when it was left.
    """

    path: PurePosixPath
    first_line: int
    last_line: int
    function: str
    visit: int
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRequest:
    """Tests to run.

    Attributes:
        view: The project.
        node_ids: pytest's names of tests, files or folders, within the project; empty: all.
        with_coverage: Whether to tell which lines each test ran.
        with_visits: Whether to tell the values by basic block, of failing tests.
        stop_at_first_failure: Whether one failure is enough to know.
        in_new_interpreter: Whether to start a Python for it, with a hash seed of its own, where else one is kept warm:
            for a verdict, or to see whether a failure depends on the order of sets.
        limits: For the whole run.
    """

    view: ProjectView
    node_ids: tuple[str, ...] = ()
    with_coverage: bool = False
    with_visits: bool = False
    stop_at_first_failure: bool = False
    in_new_interpreter: bool = False
    limits: ResourceLimits = field(default_factory=ResourceLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """What came of running tests.

    Attributes:
        cases: In the order they ran; as far as they came when there is a problem.
        end: How the run ended.
        problem: Why they did not run, or not to the end.
        message: The problem in words for the user, naming what to do; empty without one.
        coverage: Lines of the project that each test ran, by the test's name, where that was asked for.
        visits: Values by basic block, in order, where that was asked for.
        not_collected: What was raised while the first file that could not be collected was imported; None without one.
    """

    cases: tuple[CaseResult, ...]
    end: ProgramEnd
    problem: SuiteProblem | None = None
    message: str = ""
    coverage: Mapping[str, LinesByFile] = field(default_factory=dict)
    visits: tuple[BlockVisit, ...] = ()
    not_collected: RaisedException | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedCase:
    """A test that pytest found.

    Attributes:
        node_id: pytest's name for it.
        path: The file that it is defined in.
        line: Of its `def`, one-based; 1 where pytest cannot tell.
    """

    node_id: str
    path: PurePosixPath
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The tests of a project, none of them run.

    Attributes:
        cases: In pytest's order; what could be collected where there is a problem.
        problem: Why some or all could not be collected.
        message: The problem in words for the user, naming what to do; empty without one.
    """

    cases: tuple[CollectedCase, ...]
    problem: SuiteProblem | None = None
    message: str = ""
