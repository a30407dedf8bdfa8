"""A test that fails only after other tests have run: whether it is so, and after which."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inkling.core.execution import CaseResult, SuiteRequest
from inkling.core.ports import SuiteRunner
from inkling.features.fix.tests_of import failing, file_of

MAX_BEFORE = 2000  # tests that are run before the one that fails
MAX_HALVINGS = 8  # runs that look for the one test that is enough; 256 tests come down to one


@dataclass(frozen=True, slots=True, kw_only=True)
class FailsAfter:
    """A test that passes alone, and fails each time after others.

    Attributes:
        case: The failing test.
        before: Tests that are enough to make it fail, in the order they run.
    """

    case: CaseResult
    before: tuple[str, ...]


class OrderSearch:
    """Runs a test after those that ran before it."""

    def __init__(self, suites: SuiteRunner, request: SuiteRequest, *, n_runs: int, halving_s: float) -> None:
        """Takes how to run tests.

        Args:
            suites: Runs them.
            request: Has all but their names.
            n_runs: How often one must fail to be believed.
            halving_s: When no further half is tried, seconds after the search began.
        """
        self._suites = suites
        self._request = request
        self._n_runs = n_runs
        self._halving_s = halving_s

    async def find(self, case: CaseResult, ran: Sequence[CaseResult]) -> FailsAfter | None:
        """Returns the tests that a test fails after; None where it does not fail each time after them either.

        Those of its own file come first: they are few, and mostly they share what is left behind.

        Args:
            case: Failed in a run, and passed alone.
            ran: The cases of that run, in the order they ran.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        stop_at_s = time.monotonic() + self._halving_s
        names = [each.node_id for each in ran if "::" in each.node_id]
        if case.node_id not in names:
            return None
        every = names[: names.index(case.node_id)][-MAX_BEFORE:]
        own = [name for name in every if file_of(name) == file_of(case.node_id)]
        for before in dict.fromkeys((tuple(own), tuple(every))):
            if before and await self._fails_each_time(case, before):
                return FailsAfter(case=case, before=await self._fewer(case, before, stop_at_s))
        return None

    async def _fewer(self, case: CaseResult, before: tuple[str, ...], stop_at_s: float) -> tuple[str, ...]:
        """Returns a part of the tests that is enough, found by halving; all where it takes tests of both halves."""
        for _ in range(MAX_HALVINGS):
            if len(before) == 1 or time.monotonic() > stop_at_s:
                break
            middle = len(before) // 2
            # A half that does not do may leave it to the other one, which is run to be sure.
            for half in (before[middle:], before[:middle]):
                if await self._fails(case, half):
                    before = half
                    break
            else:
                break
        return before

    async def _fails_each_time(self, case: CaseResult, before: tuple[str, ...]) -> bool:
        for _ in range(self._n_runs):
            if not await self._fails(case, before):
                return False
        return True

    async def _fails(self, case: CaseResult, before: tuple[str, ...]) -> bool:
        run = await self._suites.run_suite(replace(self._request, node_ids=(*before, case.node_id)))
        return any(each.node_id == case.node_id for each in failing(run.cases))
