"""Tests that passed before a change and fail after it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

from inkling.context.project_view import text_in_view
from inkling.core.change import ChangeSet
from inkling.core.counted import counted
from inkling.core.execution import CaseOutcome, CaseResult, LinesByFile, ResourceLimits, SuiteRequest
from inkling.core.ports import SuiteRunner
from inkling.core.review import Confirmation, Reproduction, ReviewComment, Severity, Topic
from inkling.core.suspicion import is_test_file
from inkling.engine.review.changed_code import ChangedDefinition
from inkling.engine.review.testing.suite import FAILED, Seen


async def of_failing(
    changes: ChangeSet, seen: Seen, pairs: Sequence[ChangedDefinition], runner: SuiteRunner
) -> list[ReviewComment]:
    """Returns a comment for each test that fails now, and passed before with the same text.

    Raises:
        SandboxError: The sandbox failed.
    """
    changed = {file.path for file in changes.files}
    failed = [
        case
        for case in seen.run.cases
        if case.outcome in FAILED and "::" in case.node_id and _file_of(case.node_id) not in changed
    ]
    if not failed:
        return []
    limits = ResourceLimits(wall_s=2 * seen.seconds + 10, cpu_s=2 * seen.seconds + 10)
    names = tuple(case.node_id for case in failed)
    before = await runner.run_suite(SuiteRequest(view=changes.before, node_ids=names, limits=limits))
    again = await runner.run_suite(SuiteRequest(view=changes.after, node_ids=names, limits=limits))
    passed = {case.node_id for case in before.cases if case.outcome is CaseOutcome.PASSED}
    still = {case.node_id for case in again.cases if case.outcome in FAILED}
    broken = [case for case in failed if case.node_id in passed & still]
    grouped: dict[int, list[CaseResult]] = defaultdict(list)
    for case in broken:
        grouped[_culprit(case, seen.run.coverage.get(case.node_id, {}), pairs)].append(case)
    return [_of_broken(cases, pairs[index] if index >= 0 else None, changes) for index, cases in grouped.items()]


def _of_broken(cases: Sequence[CaseResult], pair: ChangedDefinition | None, changes: ChangeSet) -> ReviewComment:
    case = cases[0]
    raised = case.raised
    words = f"{raised.type_name}: {raised.message.splitlines()[0] if raised.message else ''}" if raised else "it failed"
    more = f", and {counted(len(cases) - 1, 'more test')}" if len(cases) > 1 else ""
    path, line = _place(case, pair, changes)
    return ReviewComment(
        rule="tests.fails-now",
        topic=Topic.TESTS,
        path=path,
        line=line,
        end_line=line,
        symbol=pair.definition.qualified_name if pair is not None else "",
        severity=Severity.ERROR,
        confidence=0.95,
        message=f"`{case.node_id}` passed before this change and fails now{more}: {words.strip()}",
        claims_failure=True,
        confirmation=Confirmation.CONFIRMED,
        reproduction=Reproduction(
            call=case.node_id,
            before="passes",
            after=f"fails with {words.strip()}",
            test=text_in_view(changes.after, _file_of(case.node_id)),
            n_inputs=len(cases),
            node_id=case.node_id,
        ),
    )


def _place(case: CaseResult, pair: ChangedDefinition | None, changes: ChangeSet) -> tuple[PurePosixPath, int]:
    """Returns the changed line that a failure is told at."""
    if pair is not None:
        return pair.path, pair.line
    for file in changes.files:
        if file.after is not None and file.hunks and not is_test_file(file.path):
            return file.path, max(1, file.hunks[0].after.first)
    return _file_of(case.node_id), 1


def _culprit(case: CaseResult, covered: LinesByFile, pairs: Sequence[ChangedDefinition]) -> int:
    """Returns the index of the changed definition that a failure came from most likely; -1 where none was run.

    Where an exception went through changed lines it is the innermost; else the one of which the test ran most.
    """
    if case.raised is not None:
        for frame in reversed(case.raised.frames):
            for index, pair in enumerate(pairs):
                if frame.path == pair.path and frame.line in pair.lines_after:
                    return index
    n_run = [len(covered.get(pair.path, frozenset()) & set(pair.lines_after)) for pair in pairs]
    best = max(range(len(pairs)), key=n_run.__getitem__, default=-1)
    return best if best >= 0 and n_run[best] else -1


def _file_of(node_id: str) -> PurePosixPath:
    return PurePosixPath(node_id.partition("::")[0])
