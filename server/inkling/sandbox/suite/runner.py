"""Runs a project's tests: each run in a process of its own, forked from an interpreter that is kept warm."""

import asyncio
import os
from collections.abc import Hashable
from dataclasses import dataclass, replace
from pathlib import Path

from inkling.core.execution import (
    CaseOutcome,
    CaseResult,
    Collection,
    ProgramEnd,
    SuiteProblem,
    SuiteRequest,
    SuiteRun,
)
from inkling.core.ports import Sandbox
from inkling.sandbox.suite.child.frames import Job
from inkling.sandbox.suite.problems import (
    FAILED,
    OUT_OF_TIME,
    Problem,
    find_problem,
    is_hanging,
    late_case,
    no_pytest,
    python_too_old,
)
from inkling.sandbox.suite.told import EventReader, Told
from inkling.sandbox.suite.zygote import JobEnd, NoPytestError, PythonTooOldError, Zygote

MOST_IDLE = 3  # interpreters that wait for their next run; each takes some 40 MB
IDLE_S = 60.0  # that one waits
MOST_RUNNING = 4  # side by side
LEAST_VISITS_S = 2.0  # for the second run of a failing test, where the first took all the time


@dataclass(slots=True)
class _Idle:
    """An interpreter that waits.

    Attributes:
        key: What it can be used for.
        zygote: The interpreter.
        end: Ends its wait.
    """

    key: Hashable
    zygote: Zygote
    end: asyncio.TimerHandle | None = None


class SandboxSuiteRunner:
    """Runs tests in a sandbox.

    An interpreter sees the project as it is mounted, so each set of edited texts has its own. What is written to disk
    it sees, too, but for what takes the place of a mount: then the next run has a new one (`_key`).
    """

    def __init__(self, sandbox: Sandbox, *, most_running: int = MOST_RUNNING, idle_s: float = IDLE_S) -> None:
        """Takes the sandbox; nothing is started yet.

        Args:
            sandbox: Where the tests run; it stays the caller's, who closes it after this.
            most_running: Runs side by side; more wait for their turn.
            idle_s: Seconds that an interpreter is kept warm for the next run.
        """
        self._sandbox = sandbox
        self._idle_s = idle_s
        self._turns = asyncio.Semaphore(most_running)
        self._idle: list[_Idle] = []
        self._ending: set[asyncio.Task[ProgramEnd]] = set()
        self._is_closed = False

    async def run_suite(self, request: SuiteRequest) -> SuiteRun:
        """Returns what came of the tests; cancelled, it leaves nothing behind.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        job = _job(request)
        told, ended = await self._run(request, job)
        if isinstance(ended, Problem):
            return _not_started(ended)
        problem = find_problem(told, ended.end, request)
        cases = _cases(told, ended.end, problem)
        failing = [case.node_id for case in cases if case.outcome in FAILED and case.node_id in told.cases]
        visits = told.visits
        if request.with_visits and failing:
            left_s = max(request.limits.wall_s - ended.end.wall_s, LEAST_VISITS_S)
            job = replace(job, node_ids=(failing[0],), with_coverage=False, with_visits=True, wall_s=left_s)
            visits = (await self._run(request, job))[0].visits
        return SuiteRun(
            cases=cases,
            end=ended.end,
            problem=problem.kind if problem else None,
            message=problem.message if problem else "",
            coverage=told.coverage,
            visits=tuple(visits),
            not_collected=next((raised.exception for raised in told.not_collected.values()), None),
        )

    async def collect(self, request: SuiteRequest) -> Collection:
        """Returns the tests that the request names, as pytest collects them, without running any.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        told, ended = await self._run(request, replace(_job(request), only_collect=True, with_coverage=False))
        problem = ended if isinstance(ended, Problem) else find_problem(told, ended.end, request)
        return Collection(
            cases=tuple(told.found),
            problem=problem.kind if problem else None,
            message=problem.message if problem else "",
        )

    async def close(self) -> None:
        """Ends all that still waits; what still runs ends with its run."""
        self._is_closed = True
        for idle in self._idle:
            self._end(idle)
        self._idle.clear()
        await asyncio.gather(*self._ending)

    async def _run(self, request: SuiteRequest, job: Job) -> tuple[Told, JobEnd | Problem]:
        key = None if request.in_new_interpreter else await asyncio.to_thread(_key, request)
        async with self._turns:
            try:
                zygote = self._take(key) or await Zygote.start(self._sandbox, request.view, request.limits)
            except PythonTooOldError as error:
                return Told(), python_too_old(request.view.interpreter, error.version)
            except NoPytestError as error:
                return Told(), no_pytest(request.view.interpreter, str(error))
            events = EventReader()
            ended = await zygote.run(job, events.feed)
            if ended.is_zygote_usable and key is not None and not self._is_closed:
                self._keep(key, zygote)
            else:
                await zygote.kill()
        return events.told, ended

    def _take(self, key: Hashable | None) -> Zygote | None:
        for idle in self._idle:
            if idle.key == key:
                self._idle.remove(idle)
                if idle.end is not None:
                    idle.end.cancel()
                return idle.zygote
        return None

    def _keep(self, key: Hashable, zygote: Zygote) -> None:
        idle = _Idle(key, zygote)
        idle.end = asyncio.get_running_loop().call_later(self._idle_s, self._give_up, idle)
        self._idle.append(idle)
        if len(self._idle) > MOST_IDLE:
            self._give_up(self._idle[0])

    def _give_up(self, idle: _Idle) -> None:
        self._idle.remove(idle)
        self._end(idle)

    def _end(self, idle: _Idle) -> None:
        if idle.end is not None:
            idle.end.cancel()
        ending = asyncio.get_running_loop().create_task(idle.zygote.kill())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


def _key(request: SuiteRequest) -> Hashable:
    """Returns what a warm interpreter must have in common with a request.

    A sandbox may have mounted the entries of the project's folder one by one, and those beside an edited file. Such a
    mount shows a file for as long as it is the same one: most editors save by putting a new file in place of the old.
    """
    view, limits = request.view, request.limits
    folders = {view.folder}
    for path in view.edits:
        folders.update(view.folder / parent for parent in path.parents)
    entries = frozenset((folder, _entries(folder)) for folder in folders)
    sizes = (limits.memory_mb, limits.n_processes, limits.file_mb, limits.scratch_mb)
    return (view.folder, view.interpreter, frozenset(view.edits.items()), entries, sizes)


def _entries(folder: Path) -> frozenset[tuple[str, int]]:
    try:
        with os.scandir(folder) as entries:
            return frozenset((entry.name, entry.inode()) for entry in entries)
    except OSError:
        return frozenset()  # it is new, or the sandbox will say what is the matter with it


def _job(request: SuiteRequest) -> Job:
    limits = request.limits
    return Job(
        node_ids=request.node_ids,
        only_collect=False,
        with_coverage=request.with_coverage,
        with_visits=False,
        stop_at_first_failure=request.stop_at_first_failure,
        wall_s=limits.wall_s,
        cpu_s=limits.cpu_s,
        file_mb=limits.file_mb,
    )


def _cases(told: Told, end: ProgramEnd, problem: Problem | None) -> tuple[CaseResult, ...]:
    """Returns the results; a file that could not be collected, or a test that ended the run, is one that failed."""
    cases = {
        name: CaseResult(node_id=name, outcome=CaseOutcome.ERROR, duration_s=0.0, raised=raised.exception)
        for name, raised in told.not_collected.items()
    }
    cases.update(told.cases)
    late = late_case(told)
    if late is not None and problem is not None:
        cases[late.node_id] = late
    if problem is not None and problem.kind is SuiteProblem.HANGS and not is_hanging(told, end):
        # These were stopped because there were too many, not because of what they do.
        stopped = [name for name, case in cases.items() if case.raised and case.raised.type_name == OUT_OF_TIME]
        for name in [*stopped, *([late.node_id] if late else [])]:
            del cases[name]
    return tuple(cases.values())


def _not_started(problem: Problem) -> SuiteRun:
    return SuiteRun(
        cases=(),
        end=ProgramEnd(exit_code=None, killed_for=None, wall_s=0.0),
        problem=problem.kind,
        message=problem.message,
    )
