"""The tests of a project, run on it as it is after the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from inkling.core.change import ChangeSet
from inkling.core.execution import CaseOutcome, ResourceLimits, SuiteRequest, SuiteRun
from inkling.core.ports import SuiteRunner

FAILED: Final = (CaseOutcome.FAILED, CaseOutcome.ERROR)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the tests showed on the project after the change.

    Attributes:
        run: All tests that were run.
        seconds: For one run, as a limit of the next ones.
    """

    run: SuiteRun
    seconds: float

    def tests_of(self, path: PurePosixPath, lines: Sequence[int]) -> list[str]:
        """Returns the passing tests that run one of these lines."""
        passed = {case.node_id for case in self.run.cases if case.outcome is CaseOutcome.PASSED}
        return [
            node_id
            for node_id, covered in self.run.coverage.items()
            if node_id in passed and not covered.get(path, frozenset()).isdisjoint(lines)
        ]


async def run_tests(changes: ChangeSet, runner: SuiteRunner, wall_s: float) -> Seen | str:
    """Returns what the tests showed after the change, or in words why they could not be run.

    Raises:
        SandboxError: The sandbox failed.
    """
    run = await runner.run_suite(
        SuiteRequest(view=changes.after, with_coverage=True, limits=ResourceLimits(wall_s=wall_s, cpu_s=wall_s))
    )
    if not run.cases:
        return run.message or "There are no tests."
    return Seen(run=run, seconds=max(run.end.wall_s, 1.0))
