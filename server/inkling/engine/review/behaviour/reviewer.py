"""The reviewer that runs old and new side by side."""

import ast
import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from inkling.context.project_view import text_in_view
from inkling.core.change import ChangeSet
from inkling.core.errors import UnreadableFileError, WorkerError
from inkling.core.execution import CaseOutcome, ProjectView, ResourceLimits, SuiteRequest, SuiteRun
from inkling.core.ports import Sandbox, SuiteRunner
from inkling.core.review import (
    Confirmation,
    Findings,
    Reproduction,
    ReviewComment,
    ReviewProgress,
    ReviewRequest,
    Severity,
    Topic,
    Unchecked,
)
from inkling.engine.judging.inside import program_inside
from inkling.engine.review.behaviour.exchange import (
    ORDINARY,
    RAISED,
    TIMEOUT,
    Compared,
    Origin,
    Pair,
    SideBySide,
    Slower,
    decode_compared,
    encode_question,
)
from inkling.engine.review.behaviour.reproduction import FILE_NAME, Confirmer, folder_for, tests_for
from inkling.engine.review.behaviour.targets import Cause, Prepared, prepare, texts_of
from inkling.engine.review.behaviour.verdicts import Signs, is_crash, is_of_wrong_kind, judge
from inkling.engine.review.behaviour.wording import in_words, message
from inkling.engine.review.changed_code import read_changed_code

logger = logging.getLogger(__name__)

_WIDE_S: Final = 60.0  # at most, for inputs and their runs
_CLOSE_S: Final = 40.0  # at most, for making them small
_START_S: Final = 30.0  # to start, before anything is run
_SUITE_S: Final = 60.0
_MOST_TESTS: Final = 60  # that inputs are made of
_MOST_CLOSE: Final = 24  # differences that are looked at closely
_PER_SIGNATURE: Final = 3
_MOST_TRIED: Final = 3  # reproductions of one comment
_MOSTLY_UNSTABLE: Final = 0.5
_CONFIDENCE_OF_SLOWER: Final = 0.6
_FAILED = (CaseOutcome.FAILED, CaseOutcome.ERROR)


class BehaviourReviewer:
    """Compares what changed functions do. Implements `core.ports.Reviewer`."""

    def __init__(self, sandbox: Sandbox, suites: SuiteRunner) -> None:
        """Takes where code is run, and what runs tests there."""
        self._sandbox = sandbox
        self._suites = suites

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns a comment for each cause of a difference, each with the smallest input.

        Raises:
            SandboxError: The sandbox failed.
        """
        changes = request.changes
        code = await asyncio.to_thread(read_changed_code, changes.files)
        prepared = await asyncio.to_thread(prepare, changes, code)
        if not prepared.causes:
            return Findings(comments=())
        if not request.may_run:
            why = "The project's code may not be run; trust the workspace, or give it a sandbox."
            return Findings(comments=(), unchecked=[Unchecked(what="what changed functions do", why=why)])
        return await _Review(self._sandbox, self._suites, request, prepared, on_progress).findings()


class _Review:
    """One review under way."""

    def __init__(
        self,
        sandbox: Sandbox,
        suites: SuiteRunner,
        request: ReviewRequest,
        prepared: Prepared,
        on_progress: Callable[[ReviewProgress], None],
    ) -> None:
        self._sandbox = sandbox
        self._suites = suites
        self._changes: ChangeSet = request.changes
        self._budget = request.budget
        self._prepared = prepared
        self._on_progress = on_progress
        self._ends_at_s = time.monotonic() + request.budget.wall_s

    async def findings(self) -> Findings:
        self._tell("running the tests on both versions", 0)
        old_tests, new_tests = await self._run_tests()
        node_ids = self._tests_to_use(old_tests, new_tests)
        question = SideBySide(
            targets=self._prepared.targets,
            node_ids=node_ids,
            before=texts_of(self._changes, is_new=False),
            after=texts_of(self._changes, is_new=True),
            n_processes=self._budget.n_processes,
            total_s=min(_WIDE_S, max(5.0, self._left_s() / 3)),
        )
        self._tell("comparing both versions on generated inputs", 1)
        wide = await self._ask(question)
        unchecked = self._unchecked(wide)
        checked = self._checked(wide)
        chosen = _chosen([pair for pair in wide.differing if self._is_stable(pair, wide)])
        slower = [comment for item in wide.slower if (comment := self._of_slower(item)) is not None]
        if not chosen:
            return Findings(comments=slower, checked=checked, unchecked=unchecked)
        self._tell("looking for the smallest inputs", 2)
        closely = replace(
            question,
            inputs=tuple(pair.input for pair in chosen),
            total_s=min(_CLOSE_S, max(5.0, self._left_s() / 2)),
        )
        close = await self._ask(closely, hash_seed="1")
        self._tell("running the reproductions on both versions", 3)
        comments = slower
        by_cause: dict[int, list[Pair]] = defaultdict(list)
        for pair in close.differing:
            at = self._cause_of(pair)
            if at is not None:
                by_cause[at].append(pair)
        for at, pairs in by_cause.items():
            cause = self._prepared.causes[at]
            signs = self._signs(cause, old_tests, new_tests, wide.differing)
            comment = await self._comment(cause, pairs, signs, wide)
            if comment is not None:
                comments.append(comment)
        return Findings(comments=comments, checked=checked, unchecked=unchecked)

    def _tell(self, doing: str, n_done: int) -> None:
        self._on_progress(ReviewProgress(doing=doing, n_done=n_done, n_steps=4))

    def _left_s(self) -> float:
        return self._ends_at_s - time.monotonic()

    async def _run_tests(self) -> tuple[SuiteRun | None, SuiteRun | None]:
        """Runs the tests as they are after the change, on both versions."""
        files = self._prepared.test_files
        if not files:
            return None, None
        changes = self._changes
        tests = {path: text_in_view(changes.after, path) for path in files}
        old = replace(changes.before, edits={**changes.before.edits, **tests})
        limits = ResourceLimits(wall_s=_SUITE_S, cpu_s=_SUITE_S)
        node_ids = tuple(str(path) for path in files)
        before, after = await asyncio.gather(
            *(
                self._suites.run_suite(SuiteRequest(view=view, node_ids=node_ids, with_coverage=True, limits=limits))
                for view in (old, changes.after)
            )
        )
        return before, after

    def _tests_to_use(self, before: SuiteRun | None, after: SuiteRun | None) -> tuple[str, ...]:
        """Returns tests that run what changed, those first that run more of it."""
        if before is None or after is None:
            return ()
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
            return Compared(differing=(), problem="the comparison did not come to its end")

    def _is_stable(self, pair: Pair, compared: Compared) -> bool:
        target = pair.input.target
        unstable, stable = compared.n_unstable.get(target, 0), compared.n_inputs.get(target, 0)
        return unstable <= _MOSTLY_UNSTABLE * (unstable + stable)

    def _unchecked(self, compared: Compared) -> list[Unchecked]:
        found = []
        if compared.problem:
            found.append(Unchecked(what="what changed functions do", why=f"{compared.problem}."))
        for number, target in enumerate(self._prepared.targets):
            n_unstable, n_stable = compared.n_unstable.get(number, 0), compared.n_inputs.get(number, 0)
            if n_unstable > _MOSTLY_UNSTABLE * (n_unstable + n_stable):
                why = "The old version does not answer the same twice, so that nothing can be compared."
                found.append(Unchecked(what=f"`{target.name_after}`", why=why))
            elif not n_stable and not compared.n_inputs.get(-1) and not compared.problem:
                why = "No input was found that it takes; annotate its parameters, or write a test that calls it."
                found.append(Unchecked(what=f"`{target.name_after}`", why=why))
        return found

    def _checked(self, compared: Compared) -> list[str]:
        n_inputs = sum(compared.n_inputs.values())
        n_functions = sum(1 for number in range(len(self._prepared.targets)) if compared.n_inputs.get(number))
        return [f"{n_functions} functions compared on {n_inputs} inputs"] if n_inputs else []

    def _cause_of(self, pair: Pair) -> int | None:
        """Returns the cause whose changed lines were run, or else the one whose function was."""
        scored = []
        for at, cause in enumerate(self._prepared.causes):
            file = str(self._changes.after.folder / cause.path)
            lines = set(pair.lines.get(file, ()))
            own = self._prepared.targets[pair.input.target].name_after if pair.input.target >= 0 else ""
            n_changed = len(lines.intersection(cause.lines))
            n_span = len(lines.intersection(cause.span))
            before = self._lines_before(cause, pair)
            if cause.pair is None:
                scored.append((0.5, at))
            elif n_changed or n_span or before:
                scored.append((2 * bool(n_changed) + bool(before) + bool(n_span) + (cause.symbol == own), at))
            elif cause.symbol == own or isinstance(cause.pair.definition.node, ast.ClassDef):
                scored.append((0.25, at))
        return max(scored, key=lambda item: (item[0], -item[1]))[1] if scored else None

    def _lines_before(self, cause: Cause, pair: Pair) -> bool:
        found = cause.pair
        if found is None or found.path_before is None:
            return False
        lines = pair.lines_before.get(str(self._changes.before.folder / found.path_before), ())
        return not set(found.lines_before).isdisjoint(lines)

    def _signs(self, cause: Cause, before: SuiteRun | None, after: SuiteRun | None, differing: Sequence[Pair]) -> Signs:
        broken, mended = [], []
        if before is not None and after is not None:
            old = {case.node_id: case.outcome for case in before.cases}
            for case in after.cases:
                covered = {
                    *after.coverage.get(case.node_id, {}).get(cause.path, ()),
                }
                reaches = cause.pair is None or not covered or bool(covered.intersection(cause.span))
                if not reaches:
                    continue
                if case.outcome in _FAILED and old.get(case.node_id) is CaseOutcome.PASSED:
                    broken.append(case.node_id)
                elif case.outcome is CaseOutcome.PASSED and old.get(case.node_id, CaseOutcome.FAILED) in _FAILED:
                    mended.append(case.node_id)
        kept = lost = 0
        for pair in differing:
            wanted = self._prepared.promises.get(pair.input.call) if pair.input.origin is Origin.DOCSTRING else None
            if wanted is not None:
                literal = ast.literal_eval(wanted)
                held = [
                    bool(item.code) and ast.literal_eval(item.code) == literal for item in (pair.before, pair.after)
                ]
                lost += held == [True, False]
                kept += held == [False, True]
        return Signs(
            message=self._changes.message,
            broken_tests=tuple(broken),
            mended_tests=tuple(mended),
            n_promises_broken=lost,
            n_promises_mended=kept,
        )

    async def _comment(self, cause: Cause, pairs: Sequence[Pair], signs: Signs, wide: Compared) -> ReviewComment | None:
        ranked = sorted(pairs, key=_rank)
        shown, reproduction = ranked[0], None
        for pair in ranked[:_MOST_TRIED]:
            test, path = await self._confirmed_test(pair, wide.modules)
            if test:
                before, after = in_words(pair)
                n_inputs = sum(wide.n_inputs.values())
                shown = pair
                reproduction = Reproduction(
                    call=pair.input.shown, before=before, after=after, test=test, n_inputs=n_inputs, node_id=str(path)
                )
                break
        else:
            reproduction = await asyncio.to_thread(self._of_broken_test, shown, signs, wide)
        verdict = judge(shown, wide.differing if len(self._prepared.causes) == 1 else pairs, cause, signs)
        claims_failure = verdict.claims_failure and reproduction is not None  # what no run confirms is not claimed
        file = str(self._changes.after.folder / cause.path)
        run = [line for line in cause.lines if line in shown.lines.get(file, ())]
        line = run[0] if run else cause.lines[0] if cause.lines else 1
        return ReviewComment(
            rule=verdict.rule,
            topic=Topic.BEHAVIOUR,
            path=cause.path,
            line=line,
            end_line=line,
            symbol=cause.symbol,
            severity=verdict.severity,
            confidence=verdict.confidence if reproduction else 0.5 * verdict.confidence,
            message=message(shown, claims_failure=claims_failure),
            reason=verdict.reason,
            claims_failure=claims_failure,
            confirmation=Confirmation.CONFIRMED if reproduction else Confirmation.UNCONFIRMED,
            reproduction=reproduction,
        )

    def _of_broken_test(self, pair: Pair, signs: Signs, wide: Compared) -> Reproduction | None:
        """Returns a test of the user's that passed before and fails now; None where there is none."""
        if not signs.broken_tests:
            return None
        try:
            test = text_in_view(self._changes.after, PurePosixPath(signs.broken_tests[0].split("::")[0]))
        except UnreadableFileError:
            return None
        before, after = in_words(pair)
        return Reproduction(
            call=pair.input.shown,
            before=before,
            after=after,
            test=test,
            n_inputs=sum(wide.n_inputs.values()),
            node_id=signs.broken_tests[0],
        )

    def _of_slower(self, slower: Slower) -> ReviewComment | None:
        """Returns what is said of more work; nothing where a test may be what grows."""
        if slower.input.target < 0:
            return None
        target = self._prepared.targets[slower.input.target]
        cause = next((each for each in self._prepared.causes if each.symbol == target.name_after), None)
        cause = cause or self._prepared.causes[0]
        return ReviewComment(
            rule="behaviour.slower",
            topic=Topic.BEHAVIOUR,
            path=cause.path,
            line=cause.lines[0],
            end_line=cause.lines[0],
            symbol=cause.symbol,
            severity=Severity.WARNING,
            confidence=_CONFIDENCE_OF_SLOWER,
            message=(
                f"`{target.name_after}` does {slower.after / slower.before:.0f} times the work on {slower.size} items "
                f"({slower.after:,} bytecodes, {slower.before:,} before), and the more the larger its input is."
            ),
            reason=f"Counted on calls such as `{slower.input.shown}` with a longer argument.",
        )

    async def _confirmed_test(self, pair: Pair, modules: Mapping[str, str]) -> tuple[str, PurePosixPath]:
        """Returns a module that tells the versions apart, and where it lies; an empty one where there is none."""
        confirmer = Confirmer(self._suites, self._changes)
        text = None
        if pair.input.node_id:
            try:
                text = text_in_view(self._changes.after, PurePosixPath(pair.input.node_id.split("::")[0]))
            except UnreadableFileError:
                return "", PurePosixPath()
        path = folder_for(pair, modules, self._changes.before.folder) / FILE_NAME
        for test in tests_for(pair, modules, text):
            if self._left_s() < 0:
                break
            if await confirmer.tells_apart(test, path):
                return test, path
        return "", path


def _both(changes: ChangeSet) -> ProjectView:
    """Returns a view with the files of both versions; which text of one is imported is told to the worker."""
    texts = {**changes.before.edits, **changes.after.edits}
    for file in changes.files:
        if file.before is not None and file.old_path is not None:
            texts.setdefault(file.old_path, file.before)
        if file.after is not None:
            texts[file.path] = file.after
    return replace(changes.after, edits=texts)


def _rank(pair: Pair) -> tuple[object, ...]:
    """What is shown first: failures of ordinary inputs, then small ones; last what neither version answers."""
    return (
        is_of_wrong_kind(pair),
        not is_crash(pair),
        pair.before.kind == RAISED and pair.after.kind == RAISED,
        pair.input.origin is Origin.GUESSED,
        pair.input.size,
    )


def _chosen(differing: Sequence[Pair]) -> list[Pair]:
    """Returns differences to look at closely: of each kind the smallest, and the smallest of ordinary ones."""
    groups: dict[tuple[object, ...], list[Pair]] = defaultdict(list)
    for pair in differing:
        kind = (
            pair.input.target,
            pair.before.kind,
            pair.after.kind,
            pair.before.value if pair.before.kind == "E" else "",
            pair.after.value if pair.after.kind == "E" else "",
        )
        groups[kind].append(pair)
    chosen: dict[int, Pair] = {}
    for pairs in groups.values():
        ordinary = [pair for pair in pairs if pair.input.origin in ORDINARY]
        not_guessed = [pair for pair in pairs if pair.input.origin is not Origin.GUESSED]
        n = 1 if pairs[0].after.kind == TIMEOUT else _PER_SIGNATURE  # what hangs takes long each time
        for some in (ordinary, not_guessed, pairs):
            for pair in sorted(some, key=lambda item: item.input.size)[:n]:
                chosen.setdefault(id(pair), pair)
    return sorted(chosen.values(), key=_rank)[:_MOST_CLOSE]
