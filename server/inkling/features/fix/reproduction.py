"""From what the user points at to a failure that was seen: the tests that fail, and what is known of why."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from inkling.core.errors import UnreadableFileError
from inkling.core.execution import (
    BlockVisit,
    CaseOutcome,
    CaseResult,
    LinesByFile,
    ProjectView,
    SuiteProblem,
    SuiteRequest,
    SuiteRun,
)
from inkling.core.repair import Failure, NoFixReason
from inkling.core.suspicion import is_test_file, rank_lines
from inkling.features.fix import words
from inkling.features.fix.module_checks import TEST_FILE as CHECKS_FILE
from inkling.features.fix.module_checks import ModuleCheck, failing_check, with_checks_as_tests
from inkling.features.fix.order import OrderSearch
from inkling.features.fix.ports import FixTools, Tell
from inkling.features.fix.program_run import TEST, TEST_FILE, program_of, text_of_test
from inkling.features.fix.request import FailingTests, FixRequest, NoFix, Place, TracebackText
from inkling.features.fix.tests_of import affected_by, failing, of_one_fault
from inkling.features.fix.traceback_text import ReadTraceback, read_traceback

N_RERUNS = 2  # of failing tests; one that fails every second time is caught in three of four cases
MAX_PASSING = 300  # tests that a change is tried on; more cost the search more than they tell
MAX_NAMED = 2000  # tests that are named one by one
WHOLE_SUITE_SHARE = 0.4  # of the budget that the run of all tests may take; what came by then is what counts
HALVING_SHARE = 0.25  # of the budget, for telling which test another one fails after
_STOPPING = frozenset(
    {
        SuiteProblem.NEEDS_NETWORK,
        SuiteProblem.OUT_OF_MEMORY,
        SuiteProblem.CRASHED,
        SuiteProblem.PYTHON_TOO_OLD,
    }
)
"""Problems that no change of the code is looked for."""
_WITHOUT_A_FAILING_TEST = frozenset({NoFixReason.NO_TEST_REACHES_IT, NoFixReason.NOTHING_FAILS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduced:
    """A failure, seen to fail each time.

    Attributes:
        failure: The failure.
        view: The project that fails; with a program that fails there is a test of it in it.
        n_passing: Tests of the project that pass, those that do not run the failing code included.
        n_other_faults: Failing tests that fail for another reason, by the code that they run.
        program: The program that fails, where no test does.
        check: The check with which the import of a module fails; its checks are tests in the view then.
        hangs: What the runner says of failing tests that do not come to an end; empty where all do.
    """

    failure: Failure
    view: ProjectView
    n_passing: int
    n_other_faults: int
    program: PurePosixPath | None = None
    check: ModuleCheck | None = None
    hangs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Runs so far: the failing tests first, then all others as far as they came."""

    failing: tuple[CaseResult, ...]
    run: SuiteRun
    whole: SuiteRun | None = None
    visits: tuple[BlockVisit, ...] = ()

    @property
    def coverage(self) -> Mapping[str, LinesByFile]:
        return {**(self.whole.coverage if self.whole else {}), **self.run.coverage}

    @property
    def cases(self) -> tuple[CaseResult, ...]:
        """Each test once, whichever run it was in."""
        cases = (*(self.whole.cases if self.whole else ()), *self.run.cases)
        return tuple({case.node_id: case for case in cases}.values())


class Reproduction:
    """Runs what a request points at, as often as it takes to believe it."""

    def __init__(self, tools: FixTools, request: FixRequest, tell: Tell) -> None:
        self._tools = tools
        self._request = request
        self._tell = tell
        self._program: PurePosixPath | None = None
        self._check: ModuleCheck | None = None

    async def reproduce(self) -> Reproduced | NoFix:
        """Returns the failure, or why there is none to be repaired.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        seen = await self._see()
        if isinstance(seen, NoFix):
            return seen
        seen = await self._as_often_as_run(seen)
        if isinstance(seen, NoFix):
            return seen
        if seen.whole is None:
            self._tell("looking for tests that run the same code")
            seen = replace(seen, whole=await self._run_others(seen))
        # Ten thousand tests have millions of covered lines.
        return await asyncio.to_thread(self._failure_of, seen)

    async def _see(self) -> _Seen | NoFix:
        match self._request.target:
            case FailingTests(node_ids=node_ids):
                return await self._run_tests(node_ids)
            case TracebackText(text=text):
                return await self._run_what_raised(read_traceback(text, self._request.view.folder))
            case Place() as place:
                return await self._run_what_reaches(place)

    async def _run_tests(self, node_ids: Sequence[str]) -> _Seen | NoFix:
        self._tell(f"running {words.tests(node_ids)}" if node_ids else "running all tests")
        run = await self._tools.suites.run_suite(self._suite(node_ids))
        failed = failing(run.cases)
        if run.problem is SuiteProblem.COLLECTION_FAILED and not failed:
            seen = await self._run_checks(run, node_ids)
            if seen is not None:
                return seen
        if run.problem in _STOPPING or (run.problem is not None and not failed):
            return NoFix(reason=NoFixReason.CANNOT_RUN, message=run.message)
        if not failed:
            return NoFix(reason=NoFixReason.NOTHING_FAILS, message=words.nothing_fails(run.cases))
        return _Seen(failing=failed, run=run, whole=None if node_ids else run)

    async def _run_checks(self, run: SuiteRun, node_ids: Sequence[str]) -> _Seen | None:
        """Runs what a module checks while it is imported as tests; None where it is not that which fails."""
        check = failing_check(run.not_collected)
        if check is None or self._check is not None:
            return None
        try:
            text = await self._tools.texts.text(self._request.view, check.path)
        except UnreadableFileError:
            return None
        view = with_checks_as_tests(self._request.view, check, text)
        if view is None:
            return None
        self._check, asked = check, self._request
        self._request = replace(asked, view=view)
        seen = await self._run_tests((*node_ids, str(CHECKS_FILE)) if node_ids else ())
        if isinstance(seen, NoFix):
            self._check, self._request = None, asked
            return None
        return seen

    async def _run_what_raised(self, traceback: ReadTraceback) -> _Seen | NoFix:
        if traceback.node_ids:
            return await self._run_tests(traceback.node_ids)
        if not traceback.frames:
            return NoFix(reason=NoFixReason.CANNOT_RUN, message=words.NO_FRAMES)
        for frame in reversed(traceback.frames):
            if is_test_file(frame.path) and frame.function.startswith("test"):
                node_ids = await self._tests_named(frame.path, frame.function)
                if node_ids:
                    return await self._run_tests(node_ids)
        last = next((frame for frame in reversed(traceback.frames) if not is_test_file(frame.path)), None)
        if last is None:
            return NoFix(reason=NoFixReason.NO_TEST_REACHES_IT, message=words.no_such_test(traceback.frames[-1].path))
        place = Place(path=last.path, first_line=last.line, last_line=last.line, message=traceback.message)
        seen = await self._run_what_reaches(place)
        program = program_of(traceback)
        if program is None or not isinstance(seen, NoFix) or seen.reason not in _WITHOUT_A_FAILING_TEST:
            return seen
        return await self._run_program(program, traceback.message)

    async def _run_program(self, program: PurePosixPath, message: str) -> _Seen | NoFix:
        """Runs a program as a test of its own; it fails where it raises what the traceback says."""
        edits = {**self._request.view.edits, TEST_FILE: text_of_test(program)}
        self._request = replace(self._request, view=replace(self._request.view, edits=edits))
        self._program = program
        seen = await self._run_tests([TEST])
        if isinstance(seen, NoFix):
            if seen.reason is not NoFixReason.NOTHING_FAILS:
                return seen
            return replace(seen, message=words.program_ends_well(program))
        raised, expected = seen.failing[0].raised, message.partition(":")[0].rpartition(".")[2]
        if raised is not None and expected in ("", raised.type_name):
            return seen
        ended_with = f"{raised.type_name}: {raised.message}" if raised else "no error that could be read"
        message = words.program_ends_otherwise(program, ended_with)
        return NoFix(reason=NoFixReason.CANNOT_RUN, message=message)

    async def _run_what_reaches(self, place: Place) -> _Seen | NoFix:
        try:
            await self._tools.texts.text(self._request.view, place.path)
        except UnreadableFileError as error:
            return NoFix(reason=NoFixReason.CANNOT_RUN, message=str(error))
        if is_test_file(place.path):
            node_ids = await self._tests_at(place)
            return await self._run_tests(node_ids or (str(place.path),))
        self._tell(f"looking for tests that reach line {place.first_line} of {place.path}")
        run = await self._tools.suites.run_suite(self._suite(()))
        reaching = [case for case in run.cases if _reaches(run.coverage.get(case.node_id), place)]
        failed = failing(reaching)
        if failed:
            return _Seen(failing=failed, run=run, whole=run)
        if run.problem is not None and (run.problem in _STOPPING or not run.cases):
            return NoFix(reason=NoFixReason.CANNOT_RUN, message=run.message)
        if reaching:
            return NoFix(reason=NoFixReason.NOTHING_FAILS, message=words.nothing_fails_at(place, len(reaching)))
        return NoFix(reason=NoFixReason.NO_TEST_REACHES_IT, message=words.no_test_reaches(place))

    async def _tests_named(self, path: PurePosixPath, function: str) -> tuple[str, ...]:
        collection = await self._tools.suites.collect(self._suite((str(path),)))
        names = ((case.node_id, case.node_id.rpartition("::")[2].partition("[")[0]) for case in collection.cases)
        return tuple(node_id for node_id, name in names if name == function)

    async def _tests_at(self, place: Place) -> tuple[str, ...]:
        """Returns the tests whose `def` is in the place, or else the one that the place begins in."""
        collection = await self._tools.suites.collect(self._suite((str(place.path),)))
        own = [case for case in collection.cases if case.path == place.path]
        inside = [case.node_id for case in own if place.first_line <= case.line <= place.last_line]
        above = [case.line for case in own if case.line <= place.first_line]
        return tuple(inside) or tuple(case.node_id for case in own if above and case.line == max(above))

    async def _as_often_as_run(self, seen: _Seen) -> _Seen | NoFix:
        """Returns only those tests that fail each time, with the values that one of the runs recorded.

        What hangs is not run again: it would take all the time there is, each time.
        """
        if seen.run.problem is SuiteProblem.HANGS:
            return seen
        self._tell("running it again, to see whether it fails each time")
        again = self._suite([case.node_id for case in seen.failing], with_coverage=False)
        # One after the other: a warm interpreter waits for one of them only.
        reruns = [
            await self._tools.suites.run_suite(replace(again, with_visits=number == 0)) for number in range(N_RERUNS)
        ]
        n_failures = Counter(case.node_id for run in (seen.run, *reruns) for case in failing(run.cases))
        stable = tuple(case for case in seen.failing if n_failures[case.node_id] == 1 + N_RERUNS)
        if stable:
            return replace(seen, failing=stable, visits=reruns[0].visits)
        passed_alone = next((case for case in seen.failing if n_failures[case.node_id] == 1), None)
        after_others = await self._after_others(seen, passed_alone) if passed_alone else None
        if after_others is not None:
            return after_others
        flaky = seen.failing[0].node_id
        message = words.flaky(flaky, n_failures[flaky], 1 + N_RERUNS)
        return NoFix(reason=NoFixReason.FLAKY, message=message)

    async def _after_others(self, seen: _Seen, case: CaseResult) -> NoFix | None:
        """Returns what is known of a test that fails after others only; None where it does not."""
        self._tell("running it after other tests, since it passes alone")
        order = OrderSearch(
            self._tools.suites,
            self._suite((), with_coverage=False),
            n_runs=N_RERUNS,
            halving_s=self._request.budget.wall_s * HALVING_SHARE,
        )
        found = await order.find(case, seen.run.cases)
        if found is None:
            return None
        reproduced = await asyncio.to_thread(self._failure_of, replace(seen, failing=(case,)))
        message = words.fails_after(case.node_id, found.before)
        return NoFix(reason=NoFixReason.NOTHING_FOUND, message=message, failure=reproduced.failure)

    async def _run_others(self, seen: _Seen) -> SuiteRun:
        """Runs all tests as far as they come in the time there is, but for those that hang.

        A test file that cannot be collected, or another test that hangs, is no reason not to mend this one.
        """
        node_ids: tuple[str, ...] = ()
        if seen.run.problem is SuiteProblem.HANGS:
            hanging = {case.node_id for case in seen.failing}
            collection = await self._tools.suites.collect(self._suite(()))
            node_ids = tuple(case.node_id for case in collection.cases if case.node_id not in hanging)[:MAX_NAMED]
            if not node_ids:
                return seen.run
        limits = self._request.limits
        wall_s = min(limits.wall_s, self._request.budget.wall_s * WHOLE_SUITE_SHARE)
        request = replace(self._suite(node_ids), limits=replace(limits, wall_s=wall_s))
        return await self._tools.suites.run_suite(request)

    def _failure_of(self, seen: _Seen) -> Reproduced:
        coverage = seen.coverage
        failed = of_one_fault(seen.failing, coverage)
        ids = {case.node_id for case in failed}
        passing = affected_by(ids, seen.cases, coverage)[:MAX_PASSING]
        relevant = {node_id: coverage[node_id] for node_id in (*ids, *passing) if node_id in coverage}
        failure = Failure(
            failing=failed,
            passing=passing,
            coverage=relevant,
            suspicious=rank_lines(failed, passing, relevant),
            visits=seen.visits,
        )
        passed = {case.node_id for case in seen.cases if case.outcome is CaseOutcome.PASSED}
        return Reproduced(
            failure=failure,
            view=self._request.view,
            n_passing=len(passed),
            n_other_faults=len(seen.failing) - len(failed),
            program=self._program,
            check=self._check,
            hangs=seen.run.message if seen.run.problem is SuiteProblem.HANGS else "",
        )

    def _suite(self, node_ids: Sequence[str], *, with_coverage: bool = True) -> SuiteRequest:
        return SuiteRequest(
            view=self._request.view,
            node_ids=tuple(node_ids),
            with_coverage=with_coverage,
            limits=self._request.limits,
        )


def _reaches(lines: LinesByFile | None, place: Place) -> bool:
    reached = (lines or {}).get(place.path, frozenset())
    return any(line in reached for line in range(place.first_line, place.last_line + 1))
