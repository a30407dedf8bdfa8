"""The tree of attempts: which one to go on from, and what was tried in vain."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inkling.core.execution import CaseOutcome, CaseResult, ProjectView, SuiteRun
from inkling.core.repair import Failure
from inkling.llm.repair.briefing import TriedPatch

PASSING = frozenset({CaseOutcome.PASSED, CaseOutcome.SKIPPED, CaseOutcome.EXPECTED_FAILURE})
MAX_ANSWERS = 4  # of one attempt, unusable ones included; a fifth to the same question seldom says something new
BROKEN_TEST_COSTS = 0.5  # of a repaired one: a step on the way may break something, but not everything


@dataclass(slots=True, kw_only=True)
class Attempt:
    """A state of the code that was run.

    Attributes:
        view: The project in this state.
        explanation: The model's words for its last change.
        still_failing: Tests that must pass and do not.
        broken: Tests that passed before any change and do not now.
        fitness: Share of failing tests that pass, less what was broken; 0 for the code as it was.
        depth: Changes on the way here.
        n_answers: Answers that were asked for from here.
        tried: What came of those.
    """

    view: ProjectView
    explanation: str = ""
    still_failing: Sequence[CaseResult]
    broken: Sequence[CaseResult] = ()
    fitness: float = 0.0
    depth: int = 0
    n_answers: int = 0
    tried: list[TriedPatch] = field(default_factory=list)

    @property
    def is_plausible(self) -> bool:
        """Whether everything passes that must."""
        return not self.still_failing and not self.broken


class AttemptTree:
    """Attempts by what their runs showed; one that behaves like an earlier one is not gone on from."""

    def __init__(self, root: Attempt) -> None:
        self._open = [root]
        self._seen = {_behaviour(root)}

    def next(self) -> Attempt | None:
        """Returns the attempt to ask about next: the fittest, then the least asked about, then the shallowest."""
        self._open = [attempt for attempt in self._open if attempt.n_answers < MAX_ANSWERS]
        if not self._open:
            return None
        return max(self._open, key=lambda attempt: (attempt.fitness, -attempt.n_answers, -attempt.depth))

    def add(self, attempt: Attempt) -> bool:
        """Takes an attempt to go on from; False when one that behaves the same is there already."""
        behaviour = _behaviour(attempt)
        if behaviour in self._seen:
            return False
        self._seen.add(behaviour)
        self._open.append(attempt)
        return True

    def close(self, attempt: Attempt) -> None:
        """Asks nothing more about an attempt."""
        self._open.remove(attempt)


def judged(failure: Failure, run: SuiteRun) -> tuple[list[CaseResult], list[CaseResult], float]:
    """Returns the tests that still fail, those that are broken now, and the fitness, from a run of all of them.

    A test that did not run, such as in a file that can no longer be imported, counts as failing.
    """
    cases = {case.node_id: case for case in run.cases}
    still_failing = [cases.get(case.node_id, case) for case in failure.failing if not _passes(cases.get(case.node_id))]
    broken = [
        cases.get(node_id, CaseResult(node_id=node_id, outcome=CaseOutcome.ERROR, duration_s=0.0))
        for node_id in failure.passing
        if not _passes(cases.get(node_id))
    ]
    n_repaired = len(failure.failing) - len(still_failing)
    return still_failing, broken, (n_repaired - BROKEN_TEST_COSTS * len(broken)) / max(1, len(failure.failing))


def _passes(case: CaseResult | None) -> bool:
    return case is not None and case.outcome in PASSING


def _behaviour(attempt: Attempt) -> tuple[tuple[str, str, str], ...]:
    """Returns what tells attempts apart: which tests fail, and how."""
    return tuple(
        sorted(
            (case.node_id, case.raised.type_name if case.raised else "", case.raised.message if case.raised else "")
            for case in (*attempt.still_failing, *attempt.broken)
        )
    )
