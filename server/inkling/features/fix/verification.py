"""Runs a patched project anew, and writes down what that showed."""

from collections.abc import Iterable

from inkling.core.concurrency import side_by_side
from inkling.core.errors import UnreadableFileError
from inkling.core.execution import CaseOutcome, ProjectView, SuiteRequest
from inkling.core.repair import Evidence, Fix, JudgedPatch, PatchVerdict
from inkling.core.suspicion import is_test_file
from inkling.core.unified_diff import file_diff
from inkling.features.fix.ports import FixTools, ProjectTexts
from inkling.features.fix.reproduction import Reproduced
from inkling.features.fix.request import FixRequest

MAX_FIXES = 3  # one and two alternatives; each costs a fresh run
MAX_RUNS = 6  # fresh runs at most; what is further behind is hardly ever right
_FINE = frozenset({CaseOutcome.PASSED, CaseOutcome.SKIPPED, CaseOutcome.EXPECTED_FAILURE})


class Verification:
    """Shows what patches do in fresh runs, outside of the process that found them."""

    def __init__(self, tools: FixTools, request: FixRequest, reproduced: Reproduced, answered: str = "") -> None:
        self._tools = tools
        self._request = request
        self._reproduced = reproduced
        self._answered = answered

    async def fixes(self, patches: Iterable[JudgedPatch]) -> list[Fix]:
        """Returns the first few patches, in the order given, that hold in a fresh run, with their evidence.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        fixes: list[Fix] = []
        waiting = [judged for judged in patches if _may_be_shown(judged)][:MAX_RUNS]
        n_at_once = max(1, self._request.budget.n_processes)
        while waiting and len(fixes) < MAX_FIXES:
            batch, waiting = waiting[:n_at_once], waiting[n_at_once:]
            verified = await side_by_side(*(self._verified(judged) for judged in batch))
            fixes.extend(fix for fix in verified if fix is not None)
        return fixes[:MAX_FIXES]

    async def _verified(self, judged: JudgedPatch) -> Fix | None:
        try:
            patched = await self._tools.texts.patched(self._reproduced.view, judged.patch.edits)
            written = await self._tools.texts.patched(self._request.view, judged.patch.edits)
            diff = await unified_diff(self._tools.texts, self._request.view, written)
        except UnreadableFileError:
            return None  # it was there when the search began; a fix for a file that is gone is none
        failure = self._reproduced.failure
        failing = [case.node_id for case in failure.failing]
        request = SuiteRequest(view=patched, node_ids=(*failing, *failure.passing), limits=self._request.limits)
        run = await self._tools.suites.run_suite(request)
        outcomes = {case.node_id: case.outcome for case in run.cases}
        if not all(outcomes.get(node_id) is CaseOutcome.PASSED for node_id in failing):
            return None
        if not all(outcomes.get(node_id) in _FINE for node_id in failure.passing):
            return None
        if self._reproduced.check is not None and not await self._can_be_imported(written):
            return None
        evidence = Evidence(
            failed_before=_what_failed(self._reproduced),
            n_others_pass=sum(outcomes[node_id] is CaseOutcome.PASSED for node_id in failure.passing),
            n_not_run=max(0, self._reproduced.n_passing - len(failure.passing)),
            n_inputs=judged.n_inputs,
            answered=self._answered,
        )
        return Fix(judged=judged, evidence=evidence, diff=diff)

    async def _can_be_imported(self, view: ProjectView) -> bool:
        """Tells whether the tests can be collected in a view where a module's own checks are in place."""
        run = await self._tools.suites.run_suite(SuiteRequest(view=view, node_ids=(), limits=self._request.limits))
        return run.not_collected is None


def _what_failed(reproduced: Reproduced) -> tuple[str, ...]:
    """Returns what the user knows the failing tests by, where they were made for this search."""
    if reproduced.program is not None:
        return (str(reproduced.program),)
    if reproduced.check is not None:
        return (f"{reproduced.check.path}, line {reproduced.check.line}",)
    return tuple(case.node_id for case in reproduced.failure.failing)


def _may_be_shown(judged: JudgedPatch) -> bool:
    """Tells whether a patch keeps the rules; that tests are left alone is looked at here, too."""
    edits_tests = any(is_test_file(edit.path) for edit in judged.patch.edits)
    return judged.verdict is not PatchVerdict.REFUSED and not judged.broken_rules and not edits_tests


async def unified_diff(texts: ProjectTexts, before: ProjectView, after: ProjectView) -> str:
    """Returns what differs between two views of one project.

    Raises:
        UnreadableFileError: A file cannot be read.
    """
    paths = sorted(path for path, text in after.edits.items() if before.edits.get(path) != text)
    parts = [file_diff(path, await texts.text(before, path), after.edits[path]) for path in paths]
    return "".join(parts)
