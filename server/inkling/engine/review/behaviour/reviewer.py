"""The reviewer that runs old and new side by side."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from inkling.context.project_view import text_in_view
from inkling.core.change import ChangeSet
from inkling.core.concurrency import side_by_side
from inkling.core.counted import counted
from inkling.core.errors import UnreadableFileError, WorkerError
from inkling.core.execution import (
    CaseOutcome,
    KilledFor,
    ProgramEnd,
    ProjectView,
    ResourceLimits,
    SuiteRequest,
    SuiteRun,
)
from inkling.core.ports import Sandbox, SuiteRunner
from inkling.core.review import Findings, Reproduction, ReviewComment, ReviewProgress, ReviewRequest, Unchecked
from inkling.engine.judging.inside import program_inside
from inkling.engine.review.behaviour.choice import cause_of, chosen_of, is_unstable, rank
from inkling.engine.review.behaviour.comments import Known, comment_on, comment_on_slower, reproduction_of
from inkling.engine.review.behaviour.exchange import Compared, Pair, SideBySide, decode_compared, encode_question
from inkling.engine.review.behaviour.obstacles import NO_INPUT
from inkling.engine.review.behaviour.reproduction import FILE_NAME, Confirmer, folder_for, tests_for
from inkling.engine.review.behaviour.targets import Prepared, prepare, texts_of
from inkling.engine.review.changed_code import read_changed_code
from inkling.engine.review.turns import FirstTurn
from inkling.engine.review.words import TIME_WAS_UP

logger = logging.getLogger(__name__)

_WIDE_S: Final = 60.0  # at most, for inputs and their runs
_CLOSE_S: Final = 40.0  # at most, for making them small
_START_S: Final = 30.0  # to start, before anything is run
_SUITE_S: Final = 60.0  # at most, for the tests on both versions
_SUITE_SHARE: Final = 0.25  # of the time that a review has
_WIDE_SHARE: Final = 0.6  # of what is left then
_MOST_TESTS: Final = 60  # that inputs are made of
_OF_TESTS: Final = -1  # what counts inputs that are made of tests, among those of targets
_MOST_TRIED: Final = 3  # reproductions of one comment


class BehaviourReviewer:
    """Compares what changed functions do. Implements `core.ports.Reviewer`."""

    def __init__(self, sandbox: Sandbox, suites: SuiteRunner, turn: FirstTurn | None = None) -> None:
        """Takes where code is run, what runs tests there, and whose turn it is, where others run code, too."""
        self._turn = turn or FirstTurn()
        self._sandbox = sandbox
        self._suites = suites

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns a comment for each cause of a difference, each with the smallest input.

        When the time is up it returns what it has by then: differences that no run has confirmed yet are said as such.

        Raises:
            SandboxError: The sandbox failed.
        """
        with self._turn.taken():
            return await self._findings(request, on_progress)

    async def _findings(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        ends_at_s = time.monotonic() + request.budget.wall_s
        changes = request.changes
        code = await asyncio.to_thread(read_changed_code, changes.files)
        prepared = await asyncio.to_thread(prepare, changes, code)
        if not prepared.causes:
            return Findings(comments=())
        if not request.may_run:
            why = "The project's code may not be run; trust the workspace, or give it a sandbox."
            left_out = Unchecked(what="what changed functions do", why=why, is_of_behaviour=True)
            return Findings(comments=(), unchecked=[left_out])
        review = _Review(self._sandbox, self._suites, request, prepared, on_progress, ends_at_s)
        return await review.findings()


class _Review:
    """One review under way, and what it has found so far."""

    def __init__(
        self,
        sandbox: Sandbox,
        suites: SuiteRunner,
        request: ReviewRequest,
        prepared: Prepared,
        on_progress: Callable[[ReviewProgress], None],
        ends_at_s: float,
    ) -> None:
        self._sandbox = sandbox
        self._suites = suites
        self._changes: ChangeSet = request.changes
        self._budget = request.budget
        self._prepared = prepared
        self._on_progress = on_progress
        self._ends_at_s = ends_at_s
        self._comments: list[ReviewComment] = []
        self._checked: list[str] = []
        self._unchecked: list[Unchecked] = []
        self._known: Known | None = None
        self._open: dict[int, list[Pair]] = {}  # by cause, differences of which nothing is said yet
        self._is_compared = False  # whether it is known what any changed function does
        self._under_way = ""  # what would not be looked at if the time were up now, for the user

    async def findings(self) -> Findings:
        try:
            async with asyncio.timeout(self._left_s()):
                await self._compare()
        except TimeoutError:
            self._leave_out(self._under_way, TIME_WAS_UP)
        if self._known is not None:
            for at, pairs in self._open.items():
                shown = min(pairs, key=rank)
                self._comments.append(await self._said(at, shown, pairs, self._known, None))
        return Findings(comments=self._comments, checked=self._checked, unchecked=self._unchecked)

    async def _compare(self) -> None:
        """Goes all the way, and leaves what it finds where `findings` sees it whenever it ends."""
        self._begin(0, doing="running the tests on both versions", what="what changed functions do")
        try:
            async with asyncio.timeout(_SUITE_SHARE * self._left_s()):
                tests = await self._run_tests()
        except TimeoutError:
            tests = None  # no inputs of tests then: the comparison matters more
            self._unchecked.append(Unchecked(what="what changed functions do on the inputs of tests", why=TIME_WAS_UP))
        question = SideBySide(
            targets=self._prepared.targets,
            node_ids=self._tests_to_use(*tests) if tests else (),
            before=texts_of(self._changes, is_new=False),
            after=texts_of(self._changes, is_new=True),
            n_processes=self._budget.n_processes,
            total_s=min(_WIDE_S, max(5.0, _WIDE_SHARE * self._left_s())),
        )
        self._begin(1, doing="comparing both versions on generated inputs", what="what changed functions do")
        wide = await self._ask(question)
        self._tell_of_targets(wide)
        self._known = known = Known(changes=self._changes, prepared=self._prepared, tests=tests, wide=wide)
        slower = (comment_on_slower(item, self._prepared) for item in wide.slower)
        self._comments += [comment for comment in slower if comment is not None]
        chosen = chosen_of(wide)
        if not chosen:
            return
        self._open = self._by_cause(chosen)
        self._begin(2, doing="looking for the smallest inputs", what="which inputs that differ are the smallest")
        closely = replace(
            question,
            inputs=tuple(pair.input for pair in chosen),
            total_s=min(_CLOSE_S, max(5.0, self._left_s() / 2)),
        )
        close = await self._ask(closely, hash_seed="1")
        if close.problem or close.not_reached:
            self._leave_out(self._under_way, f"{close.problem}." if close.problem else TIME_WAS_UP)
            return
        self._open = self._by_cause(close.differing)
        self._begin(3, doing="running the reproductions on both versions", what="whether reproductions tell")
        for at, pairs in list(self._open.items()):
            shown, confirmed = await self._confirmed(sorted(pairs, key=rank), wide)
            self._comments.append(await self._said(at, shown, pairs, known, confirmed))
            del self._open[at]

    async def _said(
        self, at: int, shown: Pair, pairs: Sequence[Pair], known: Known, confirmed: Reproduction | None
    ) -> ReviewComment:
        return await asyncio.to_thread(comment_on, self._prepared.causes[at], shown, pairs, known, confirmed)

    def _begin(self, n_done: int, *, doing: str, what: str) -> None:
        self._under_way = what
        self._on_progress(ReviewProgress(doing=doing, n_done=n_done, n_steps=4))

    def _left_s(self) -> float:
        return self._ends_at_s - time.monotonic()

    def _by_cause(self, pairs: Sequence[Pair]) -> dict[int, list[Pair]]:
        found: dict[int, list[Pair]] = defaultdict(list)
        for pair in pairs:
            at = cause_of(pair, self._prepared, self._changes)
            if at is not None:
                found[at].append(pair)
        return dict(found)

    async def _run_tests(self) -> tuple[SuiteRun, SuiteRun] | None:
        """Runs the tests as they are after the change, on both versions; None where there are none."""
        files = self._prepared.test_files
        if not files:
            return None
        changes = self._changes
        tests = {path: text_in_view(changes.after, path) for path in files}
        old = replace(changes.before, edits={**changes.before.edits, **tests})
        limit_s = min(_SUITE_S, max(1.0, 0.9 * _SUITE_SHARE * self._left_s()))  # what it has by then is worth having
        limits = ResourceLimits(wall_s=limit_s, cpu_s=limit_s)
        node_ids = tuple(str(path) for path in files)
        before, after = await side_by_side(
            *(
                self._suites.run_suite(SuiteRequest(view=view, node_ids=node_ids, with_coverage=True, limits=limits))
                for view in (old, changes.after)
            )
        )
        return before, after

    def _tests_to_use(self, before: SuiteRun, after: SuiteRun) -> tuple[str, ...]:
        """Returns tests that run what changed, those first that run more of it."""
        wanted = {cause.path for cause in self._prepared.causes}
        files_before = {pair.path_before for cause in self._prepared.causes if (pair := cause.pair)}
        usable = [case.node_id for case in before.cases if case.outcome in (CaseOutcome.PASSED, CaseOutcome.FAILED)]

        def reach(node_id: str) -> int:
            lines = sum(len(before.coverage.get(node_id, {}).get(path, ())) for path in wanted | files_before if path)
            return -lines - sum(len(after.coverage.get(node_id, {}).get(path, ())) for path in wanted)

        return tuple(sorted((node_id for node_id in usable if reach(node_id)), key=reach)[:_MOST_TESTS])

    async def _ask(self, question: SideBySide, hash_seed: str = "0") -> Compared:
        view = _both(self._changes)
        program = program_inside(
            view,
            "inkling.engine.review.behaviour.worker",
            wall_s=_START_S + question.total_s,
            n_processes=question.n_processes,
        )
        program = replace(program, environment={**program.environment, "PYTHONHASHSEED": hash_seed})
        result = await self._sandbox.run(program, encode_question(question))
        try:
            return decode_compared(result.stdout)
        except WorkerError as error:
            logger.warning(
                "versions cannot be compared: %s exit=%s killed_for=%s",
                error,
                result.end.exit_code,
                result.end.killed_for,
            )
            logger.debug("stderr=%s", result.end.stderr)
            if result.end.killed_for is KilledFor.WALL_TIME:
                return Compared(differing=(), not_reached=frozenset(range(len(question.targets))))
            return Compared(differing=(), problem=_problem(result.end))

    def _tell_of_targets(self, compared: Compared) -> None:
        """Says which functions were compared, and which could not be."""
        numbers = range(len(self._prepared.targets))
        stable = [number for number in numbers if not is_unstable(number, compared)]
        told_apart = [number for number in stable if compared.n_inputs.get(number)]
        n_inputs = sum(compared.n_inputs.get(number, 0) for number in (*told_apart, _OF_TESTS))
        if told_apart:
            self._checked.append(f"{counted(len(told_apart), 'function')} compared on {counted(n_inputs, 'input')}")
        elif n_inputs:
            self._checked.append(f"changed code compared on {counted(n_inputs, 'input')} from tests")
        self._is_compared = bool(n_inputs)
        if compared.problem:
            self._leave_out("what changed functions do", f"{compared.problem}.")
        for number, target in enumerate(self._prepared.targets):
            if number in told_apart:
                continue
            if is_unstable(number, compared):
                why = "The old version does not answer the same twice, so that nothing can be compared."
            elif number in compared.obstacles:
                why = compared.obstacles[number]
            elif compared.problem:
                continue
            elif number in compared.not_reached:
                why = TIME_WAS_UP
            elif not compared.n_inputs.get(_OF_TESTS):
                why = NO_INPUT
            else:
                continue
            self._leave_out(f"`{target.name_after}`", why)

    def _leave_out(self, what: str, why: str) -> None:
        self._unchecked.append(Unchecked(what=what, why=why, is_of_behaviour=not self._is_compared))

    async def _confirmed(self, ranked: Sequence[Pair], wide: Compared) -> tuple[Pair, Reproduction | None]:
        """Returns a difference that a test tells, with that test; or else the first one, and None."""
        for pair in ranked[:_MOST_TRIED]:
            test, path = await self._confirmed_test(pair, wide)
            if test:
                return pair, reproduction_of(pair, test, str(path), wide)
        return ranked[0], None

    async def _confirmed_test(self, pair: Pair, wide: Compared) -> tuple[str, PurePosixPath]:
        """Returns a module that tells the versions apart, and where it lies; an empty one where there is none."""
        confirmer = Confirmer(self._suites, self._changes)
        text = None
        if pair.input.node_id:
            try:
                text = text_in_view(self._changes.after, PurePosixPath(pair.input.node_id.split("::")[0]))
            except UnreadableFileError:
                return "", PurePosixPath()
        path = folder_for(pair, wide.modules, self._changes.before.folder) / FILE_NAME
        for test in tests_for(pair, wide.modules, text):
            if await confirmer.tells_apart(test, path):
                return test, path
        return "", path


def _problem(end: ProgramEnd) -> str:
    """Returns why a comparison gave no answer, in words."""
    if end.killed_for is None:
        return f"the comparison ended before its answer (exit code {end.exit_code})"
    return f"the comparison was ended for its {end.killed_for.value.replace('_', ' ')}"


def _both(changes: ChangeSet) -> ProjectView:
    """Returns a view with the files of both versions; which text of one is imported is told to the worker."""
    texts = {**changes.before.edits, **changes.after.edits}
    for file in changes.files:
        if file.before is not None and file.old_path is not None:
            texts.setdefault(file.old_path, file.before)
        if file.after is not None:
            texts[file.path] = file.after
    return replace(changes.after, edits=texts)
