"""The linter as a repairer: its fixes on suspicious lines, run before they are believed."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Final

from inkling.context.linting import RuffLinter
from inkling.context.project_view import patched_view
from inkling.core.execution import CaseOutcome, ResourceLimits, SuiteRequest
from inkling.core.ports import SuiteRunner
from inkling.core.repair import Patch, Proposals, RepairProgress, RepairRequest

MAX_FILES: Final = 4
MAX_RUNS: Final = 6
N_LINES_BELOW: Final = 3  # a function's first line runs at its import; what it does is run below it
_FINE = frozenset({CaseOutcome.PASSED, CaseOutcome.SKIPPED, CaseOutcome.EXPECTED_FAILURE})


class LintingRepairer:
    """Proposes ruff's own fixes for suspicious lines with which the tests pass. Implements the port `Repairer`."""

    def __init__(self, linter: RuffLinter, suites: SuiteRunner) -> None:
        """Takes whom to ask, and what runs the tests of each fix."""
        self._linter = linter
        self._suites = suites

    async def repair(self, request: RepairRequest, on_progress: Callable[[RepairProgress], None]) -> Proposals:
        """Returns the fixes with which the failing tests pass and the passing ones still do.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        started_s = time.monotonic()
        patches = await self._patches(request)
        found: list[Patch] = []
        for n_tried, patch in enumerate(patches):
            on_progress(RepairProgress(doing="trying the linter's fixes", n_tried=n_tried, n_plausible=len(found)))
            if await self._passes(request, patch):
                found.append(patch)
        return Proposals(patches=tuple(found), n_tried=len(patches), seconds=time.monotonic() - started_s)

    async def _patches(self, request: RepairRequest) -> Sequence[Patch]:
        """Returns fixes for findings that touch a suspicious line, the most suspicious first."""
        lines: dict[PurePosixPath, dict[int, float]] = {}
        for found in request.failure.suspicious:
            if found.path in lines or len(lines) < MAX_FILES:
                lines.setdefault(found.path, {})[found.line] = found.suspiciousness
        weighed: list[tuple[float, Patch]] = []
        for path, of_file in lines.items():
            for finding in await self._linter.bugs(request.view, path):
                lines_around = range(finding.first_line - 1, finding.last_line + N_LINES_BELOW + 1)
                most = max(of_file.get(line, 0.0) for line in lines_around)
                if most > 0:
                    weighed.append((most, finding.patch))
        weighed.sort(key=lambda each: -each[0])
        return [patch for _, patch in weighed[:MAX_RUNS]]

    async def _passes(self, request: RepairRequest, patch: Patch) -> bool:
        failure = request.failure
        failing = [case.node_id for case in failure.failing]
        suite = SuiteRequest(
            view=await asyncio.to_thread(patched_view, request.view, patch.edits),
            node_ids=(*failing, *failure.passing),
            limits=ResourceLimits(wall_s=request.budget.wall_s),
        )
        outcomes = {case.node_id: case.outcome for case in (await self._suites.run_suite(suite)).cases}
        return all(outcomes.get(node_id) is CaseOutcome.PASSED for node_id in failing) and all(
            outcomes.get(node_id) in _FINE for node_id in failure.passing
        )
