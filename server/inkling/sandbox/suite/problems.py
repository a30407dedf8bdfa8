"""Why tests could not be run, or not to their end, in words that name what to do."""

import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from inkling.core.execution import CaseOutcome, CaseResult, KilledFor, ProgramEnd, SuiteProblem, SuiteRequest
from inkling.sandbox.start import OLDEST_PYTHON
from inkling.sandbox.suite.told import Raised, Told

OUT_OF_TIME = "OutOfTime"  # the name of `child.failures.OutOfTime`
HANGS_SHARE = 0.5  # of the time of a run that one test took; then the test hangs, else there are too many tests
INTERRUPTED = 2  # pytest's exit code where a test raised KeyboardInterrupt or called `pytest.exit`
MEMORY_SHARE = 0.5  # of the limit that a job's own process had when it was killed; the rest is its files and children
MOST_NAME_CHARS = 200  # of a name in a message; a parametrised test's may be of any length
FAILED = frozenset({CaseOutcome.FAILED, CaseOutcome.ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is the matter, for the machine and for the user."""

    kind: SuiteProblem
    message: str


def python_too_old(interpreter: Path, version: str) -> Problem:
    """Returns the problem of an interpreter that cannot run our half."""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    words = f"{interpreter} is Python {version}; tests are run with {oldest} or later. Select a newer interpreter."
    return Problem(kind=SuiteProblem.PYTHON_TOO_OLD, message=words)


def no_pytest(interpreter: Path, reason: str) -> Problem:
    """Returns the problem of a pytest that is installed and broken."""
    words = f"pytest cannot be imported by {interpreter} ({reason}): run `{interpreter} -m pip install -U pytest`."
    return Problem(kind=SuiteProblem.COLLECTION_FAILED, message=words)


def find_problem(told: Told, end: ProgramEnd, request: SuiteRequest) -> Problem | None:
    """Returns what kept the tests from running to their end; None when they did, whether they passed or not."""
    problem = _of_end(told, end, request)
    if problem is None and told.stopped is not None:
        problem = _of_import(told.stopped, "", request)
        if told.is_usage:
            message = told.stopped.exception.message.replace(f"{request.view.folder}/", "")
            problem = _of_usage(message, problem)
    if problem is None and told.not_collected:
        name, raised = next(iter(told.not_collected.items()))
        problem = _of_import(raised, name, request)
    if problem is None and not told.n_collected and not told.found:
        problem = _no_tests(told, request)
    return problem or _of_network(told)


def is_hanging(told: Told, end: ProgramEnd) -> bool:
    """Tells whether a run ended because one test took most of its time."""
    running_s = end.wall_s - sum(case.duration_s for case in _in_time(told.cases.values()))
    return running_s >= HANGS_SHARE * end.wall_s


def _in_time(cases: Iterable[CaseResult]) -> list[CaseResult]:
    return [case for case in cases if case.raised is None or case.raised.type_name != OUT_OF_TIME]


def _of_end(told: Told, end: ProgramEnd, request: SuiteRequest) -> Problem | None:
    late = next((case.node_id for case in told.cases.values() if case not in _in_time([case])), None)
    running = _shown(told.running or late or "")
    during = f" while {running} ran" if running else " before the first test ran" if not told.cases else ""
    if told.is_out_of_time or end.killed_for in (KilledFor.WALL_TIME, KilledFor.CPU_TIME):
        return _of_time(told, end, request, running)
    if end.killed_for is KilledFor.MEMORY or _was_killed_for_memory(end, request):
        words = f"The tests needed more than {request.limits.memory_mb} MB of memory{during}."
        return Problem(kind=SuiteProblem.OUT_OF_MEMORY, message=f"{words} Raise inkling.sandbox.memoryMb if they may.")
    if end.killed_for is KilledFor.OUTPUT:
        words = f"The tests reported more than can be read{during}. Run fewer of them at once."
        return Problem(kind=SuiteProblem.CRASHED, message=words)
    if told.is_garbled:
        words = (
            f"What the tests reported cannot be read{during}: something in them writes to files that it did not open."
        )
        return Problem(kind=SuiteProblem.CRASHED, message=words)
    if told.exit_code == INTERRUPTED and told.cases:
        *_, last = told.cases
        words = f"{_shown(last)} ended the run: {len(told.cases)} of {told.n_collected or 0} tests ran."
        return Problem(kind=SuiteProblem.CRASHED, message=words)
    if told.exit_code is None and told.stopped is None:
        return Problem(kind=SuiteProblem.CRASHED, message=f"{_crash(end)}{during}.")
    return None


def _was_killed_for_memory(end: ProgramEnd, request: SuiteRequest) -> bool:
    """Tells whether it was the kernel that killed a job: nobody else leaves a word why."""
    used_mb = end.peak_memory_mb or 0.0
    return end.exit_code == 128 + signal.SIGKILL and used_mb >= MEMORY_SHARE * request.limits.memory_mb


def _of_time(told: Told, end: ProgramEnd, request: SuiteRequest, running: str) -> Problem:
    limits = request.limits
    was_cpu_time = end.killed_for is not KilledFor.WALL_TIME and (end.cpu_s or 0.0) >= limits.cpu_s
    limit = f"{limits.cpu_s:g} s of CPU time" if was_cpu_time else f"{limits.wall_s:g} s"
    if not running:
        words = f"The tests could not be collected within {limit}: something waits while they are imported."
        return Problem(kind=SuiteProblem.HANGS, message=words)
    if is_hanging(told, end):
        return Problem(kind=SuiteProblem.HANGS, message=f"{running} was still running after {limit}: it hangs.")
    n_done = len(_in_time(told.cases.values()))
    words = f"After {limit} {n_done} of {told.n_collected or n_done} tests had run."
    advice = "Run fewer of them, or raise inkling.sandbox.timeoutSeconds."
    return Problem(kind=SuiteProblem.HANGS, message=f"{words} {advice}")


def _crash(end: ProgramEnd) -> str:
    words = end.stderr.decode("utf-8", "replace")
    fatal = next((line.strip() for line in words.splitlines() if line.startswith("Fatal Python error")), "")
    if fatal:
        return f"The interpreter crashed ({fatal})"
    if end.exit_code is None:
        return "The sandbox was ended"
    code = end.exit_code
    if code > 128 and code - 128 in set(signal.Signals):
        return f"The interpreter crashed ({signal.Signals(code - 128).name})"
    return f"The tests ended the interpreter with exit code {code}"


def _of_import(raised: Raised, name: str, request: SuiteRequest) -> Problem:
    what = _shown(name) or "The tests"
    if raised.syntax is not None:
        path, line, text = raised.syntax
        where = f"{path}, line {line}" if path is not None else what
        return Problem(kind=SuiteProblem.SYNTAX_ERROR, message=f"{where}: {text}. Mend it, so that tests can be run.")
    if raised.missing:
        return _of_missing(raised.missing, what, request)
    if raised.needs_network:
        return _needs_network(what)
    error = raised.exception
    inside = [frame for frame in error.frames if frame.path is not None]
    where = f" ({inside[-1].path}, line {inside[-1].line})" if inside else ""
    words = f"{what} could not be {'imported' if name else 'run'}: {error.type_name}: {error.message.strip()}{where}"
    return Problem(kind=SuiteProblem.COLLECTION_FAILED, message=words)


def _of_missing(module: str, what: str, request: SuiteRequest) -> Problem:
    top = module.partition(".")[0]
    folder = request.view.folder
    for place in (folder, folder / "src"):
        if (place / top).is_dir() or (place / f"{top}.py").is_file():
            if module == top and place == folder / "src":
                advice = 'install the project, or set `pythonpath = ["src"]` for pytest'
                words = f"{what} cannot import {module}, which is in src: {advice}."
            else:
                words = f"{what} cannot import {module}: the project has {top}, but no such module where pytest looks."
            return Problem(kind=SuiteProblem.COLLECTION_FAILED, message=words)
    interpreter = request.view.interpreter
    words = f"{what} needs {top}, which {interpreter} does not have."
    advice = f"Run `{interpreter} -m pip install {top}`, or select the interpreter that has it."
    if top in sys.stdlib_module_names:
        advice = "It belongs to Python itself: install the missing part, or select another interpreter."
    return Problem(kind=SuiteProblem.MISSING_PACKAGE, message=f"{words} {advice}")


def _of_usage(message: str, other: Problem) -> Problem:
    if "not found" in message or "no match" in message:
        first = _shown(message.strip().splitlines()[0])
        words = f"There is no such test: {first}. Was it renamed, or is its file not saved?"
        return Problem(kind=SuiteProblem.NO_SUCH_TEST, message=words)
    words = f"pytest does not accept the project's configuration: {message.strip()}"
    return Problem(kind=other.kind, message=words)


def _no_tests(told: Told, request: SuiteRequest) -> Problem:
    where = _shown(", ".join(request.node_ids[:3])) or str(request.view.folder)
    if told.n_deselected:
        words = f"The project's options for pytest leave out all {told.n_deselected} tests of {where}."
    else:
        words = f"There are no tests in {where}: pytest looks for functions test_… in files test_*.py."
    return Problem(kind=SuiteProblem.NO_TESTS, message=words)


def _of_network(told: Told) -> Problem | None:
    failing = [case.node_id for case in told.cases.values() if case.outcome in FAILED]
    if failing and all(name in told.raised and told.raised[name].needs_network for name in failing):
        first = _shown(failing[0])
        return _needs_network(first if len(failing) == 1 else f"{len(failing)} tests, {first} first,")
    return None


def _needs_network(what: str) -> Problem:
    words = f"{what} needs a connection, and a sandbox has no network. Choose tests that do without."
    return Problem(kind=SuiteProblem.NEEDS_NETWORK, message=words)


def late_case(told: Told, *, now_s: float | None = None) -> CaseResult | None:
    """Returns a result for a test that was killed in the middle, so that it counts as one that fails."""
    if told.running is None:
        return None
    now_s = time.monotonic() if now_s is None else now_s
    return CaseResult(
        node_id=told.running, outcome=CaseOutcome.FAILED, duration_s=max(0.0, now_s - told.running_since_s)
    )


def _shown(name: str) -> str:
    return name if len(name) <= MOST_NAME_CHARS else name[: MOST_NAME_CHARS - 1] + "…"
