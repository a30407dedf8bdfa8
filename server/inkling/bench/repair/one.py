"""One bug of `inkling bench repair`: reproduced, searched, ranked, and only then judged by hidden tests."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from inkling.app.sandboxed_tools import OpenedTools
from inkling.bench.repair.example import after_one_example
from inkling.bench.repair.hidden import HiddenRun, all_pass
from inkling.bench.repair.measure import Outcome, RankedPatch
from inkling.bench.repair.ranking import ranking_for
from inkling.bench.repair.records import FoundPatches, append
from inkling.bench.repair.tasks import RepairTask
from inkling.context.project_view import patched_view, text_in_view
from inkling.core.execution import CaseOutcome, CaseResult, ProjectView
from inkling.core.repair import (
    Failure,
    Judgement,
    Patch,
    PatchVerdict,
    RepairBudget,
    RepairProgress,
    RepairRequest,
)
from inkling.engine.judging.judge import Assessment, BehaviourJudge, judgement_of
from inkling.engine.judging.ranking import Ranking
from inkling.features.fix.module_checks import ModuleCheck, with_checks_as_tests
from inkling.features.fix.reproduction import Reproduction
from inkling.features.fix.request import FailingTests, FixRequest, NoFix
from inkling.features.fix.search import search


class BugRepair:
    """Repairs bugs one after the other."""

    def __init__(self, opened: OpenedTools, *, wall_s: float, n_processes: int, proposals: Path | None) -> None:
        """Takes what every bug is repaired with.

        Args:
            opened: The tools of *Fix with feedback*.
            wall_s: Seconds of search for a bug.
            n_processes: Processes of a search, and of judging.
            proposals: File to keep what was found in.
        """
        self._opened = opened
        self._budget = RepairBudget(wall_s=wall_s, n_processes=n_processes)
        self._proposals = proposals

    async def outcome(self, task: RepairTask, known: FoundPatches | None) -> Outcome:
        """Returns what came of a bug; what is known of it is not searched again.

        Raises:
            SandboxError: The sandbox failed.
        """
        ranking = ranking_for(task.problem)
        with tempfile.TemporaryDirectory(prefix="inkling-bench-") as name:
            view = await asyncio.to_thread(written, task, name)
            found = known if known is not None else await self._search(task, view)
            if not found.failing:
                await self._keep(found)
                return Outcome(task_id=task.id, problem=task.problem, note=found.note)
            view = await asyncio.to_thread(_searched, view, found)
            return await self._judged(task, view, found, ranking)

    async def _search(self, task: RepairTask, view: ProjectView) -> FoundPatches:
        request = FixRequest(view=view, target=FailingTests(), budget=self._budget)
        reproduced = await Reproduction(self._opened.tools, request, lambda _: None).reproduce()
        empty = FoundPatches(
            task_id=task.id,
            problem=task.problem,
            failing=(),
            passing=(),
            patches=(),
            is_right=(),
            n_tried=0,
            search_s=0.0,
            first_right_s=None,
        )
        if isinstance(reproduced, NoFix):
            return replace(empty, note=f"{reproduced.reason}: {reproduced.message}")
        watch = _Watch()
        repair = RepairRequest(view=reproduced.view, failure=reproduced.failure, budget=self._budget)
        found = await search(self._opened.tools.repairers, repair, watch)
        search_s = watch.elapsed_s()
        is_right = await self._are_right(task, view, found.patches)
        first = next((at for at, right in enumerate(is_right) if right), None)
        return replace(
            empty,
            check=f"{reproduced.check.path}:{reproduced.check.line}" if reproduced.check is not None else "",
            failing=tuple(case.node_id for case in reproduced.failure.failing),
            passing=reproduced.failure.passing,
            patches=found.patches,
            is_right=tuple(is_right),
            n_tried=found.n_tried,
            search_s=search_s,
            first_right_s=None if first is None else watch.seconds_to(first + 1),
        )

    async def _judged(self, task: RepairTask, view: ProjectView, found: FoundPatches, ranking: Ranking) -> Outcome:
        judge = BehaviourJudge(self._opened.sandbox, ranking)
        request = RepairRequest(view=view, failure=_failure(found), budget=self._budget)
        assessment = await judge.assess(request, found.patches)
        judgement = Judgement(patches=())
        if assessment is not None:
            compared = {item.patch.edits for item in assessment.listed}
            left = [patch for patch in found.patches if patch.edits not in compared]
            judgement = await asyncio.to_thread(judgement_of, assessment, ranking, left)
            found = _with_assessment(found, assessment)
        await self._keep(found)
        right = {patch.edits: is_right for patch, is_right in zip(found.patches, found.is_right, strict=True)}
        shown = [judged for judged in judgement.patches if judged.verdict is not PatchVerdict.REFUSED]
        after = None
        if len({judged.behaviour for judged in shown}) > 1:
            after = await after_one_example(judge, request, task, judgement)
        return Outcome(
            task_id=task.id,
            problem=task.problem,
            ranked=[
                RankedPatch(
                    kind=judged.patch.kind,
                    is_right=right[judged.patch.edits],
                    verdict=judged.verdict,
                    probability=judged.probability,
                )
                for judged in shown
            ],
            n_refused=len(judgement.patches) - len(shown),
            first_with_example=None if after is None else bool(after) and right[after[0].patch.edits],
            verified_with_example=any(judged.verdict is PatchVerdict.VERIFIED for judged in (after or ())[:1]),
            n_tried=found.n_tried,
            search_s=found.search_s,
            n_processes=self._budget.n_processes,
            first_right_s=found.first_right_s,
        )

    async def _keep(self, found: FoundPatches) -> None:
        if self._proposals is not None:
            await asyncio.to_thread(append, self._proposals, found)

    async def _are_right(self, task: RepairTask, view: ProjectView, patches: Sequence[Patch]) -> list[bool]:
        """Returns for each patch whether the hidden tests pass with it; they are part of no other run."""
        hidden = {PurePosixPath(path): text for path, text in task.hidden_tests.items()}
        runs = []
        for patch in patches:
            texts = await asyncio.to_thread(patched_view, view, patch.edits)
            runs.append(
                HiddenRun(
                    folder=view.folder,
                    tests=list(task.hidden_tests),
                    texts={view.folder / path: text for path, text in texts.edits.items()},
                )
            )
        if not runs:
            return []
        judged = replace(view, edits=hidden)
        return await all_pass(self._opened.sandbox, judged, runs, n_processes=self._budget.n_processes)


def written(task: RepairTask, name: str) -> ProjectView:
    """Writes a bug into a folder that the sandbox's user, who is another one, may read."""
    folder = Path(name).resolve()
    folder.chmod(0o755)
    task.write(folder)
    return ProjectView(folder=folder, interpreter=Path(sys.executable))


def _searched(view: ProjectView, found: FoundPatches) -> ProjectView:
    """Returns the view that was searched: with the checks of a module as tests where its import failed."""
    if not found.check:
        return view
    path, _, line = found.check.rpartition(":")
    check = ModuleCheck(path=PurePosixPath(path), line=int(line))
    return with_checks_as_tests(view, check, text_in_view(view, check.path)) or view


class _Watch:
    """Takes a search's progress with the time."""

    def __init__(self) -> None:
        self._started_at_s = time.monotonic()
        self._seen: list[tuple[float, int]] = []

    def __call__(self, progress: RepairProgress) -> None:
        self._seen.append((self.elapsed_s(), progress.n_plausible))

    def elapsed_s(self) -> float:
        return time.monotonic() - self._started_at_s

    def seconds_to(self, n_plausible: int) -> float:
        """Returns when so many patches had been found."""
        return next((at_s for at_s, n_found in self._seen if n_found >= n_plausible), self.elapsed_s())


def _failure(found: FoundPatches) -> Failure:
    failing = tuple(
        CaseResult(node_id=node_id, outcome=CaseOutcome.FAILED, duration_s=0.0) for node_id in found.failing
    )
    return Failure(failing=failing, passing=found.passing, coverage={}, suspicious=())


def _with_assessment(found: FoundPatches, assessment: Assessment) -> FoundPatches:
    places = {patch.edits: at for at, patch in enumerate(found.patches)}
    return replace(
        found,
        rows=tuple(assessment.rows),
        of_list=assessment.of_list,
        compared=tuple(places[item.patch.edits] for item in assessment.listed),
        behaviours=assessment.behaviours.names,
    )
