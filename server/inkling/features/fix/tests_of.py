"""Which tests belong together, by the lines that they run."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from inkling.core.execution import CaseOutcome, CaseResult, LinesByFile
from inkling.core.suspicion import is_test_file

FAILED = frozenset({CaseOutcome.FAILED, CaseOutcome.ERROR})
SAME_FAULT_OVERLAP = 0.5  # of the lines of the smaller one; a test that fails early runs few of the other's lines


def file_of(node_id: str) -> PurePosixPath:
    """Returns the file that a test is in."""
    return PurePosixPath(node_id.partition("::")[0])


def failing(cases: Iterable[CaseResult]) -> tuple[CaseResult, ...]:
    """Returns the tests that failed, in the order they ran; a file that could not be imported is no test."""
    return tuple(case for case in cases if case.outcome in FAILED and "::" in case.node_id)


def program_lines(lines: LinesByFile | None) -> frozenset[tuple[PurePosixPath, int]]:
    """Returns the lines that are not in tests."""
    return frozenset(
        (path, line) for path, numbers in (lines or {}).items() if not is_test_file(path) for line in numbers
    )


def of_one_fault(cases: Sequence[CaseResult], coverage: Mapping[str, LinesByFile]) -> tuple[CaseResult, ...]:
    """Returns those failing tests that run much the same code as the first: one change may mend them all.

    Tests whose lines are not known are taken for the same fault.
    """
    first = program_lines(coverage.get(cases[0].node_id))
    return tuple(case for case in cases if _overlap(first, program_lines(coverage.get(case.node_id))) is not False)


def _overlap(one: frozenset[object], other: frozenset[object]) -> bool:
    smaller = min(len(one), len(other))
    return smaller == 0 or len(one & other) / smaller >= SAME_FAULT_OVERLAP


def affected_by(
    failing_ids: Iterable[str], cases: Iterable[CaseResult], coverage: Mapping[str, LinesByFile]
) -> tuple[str, ...]:
    """Returns the passing tests that run lines which the failing ones run, those that share most of them first."""
    reached = frozenset().union(*(program_lines(coverage.get(node_id)) for node_id in failing_ids))
    shared = {
        case.node_id: len(reached & program_lines(coverage.get(case.node_id)))
        for case in cases
        if case.outcome is CaseOutcome.PASSED
    }
    return tuple(sorted((node_id for node_id, n in shared.items() if n), key=lambda node_id: -shared[node_id]))
