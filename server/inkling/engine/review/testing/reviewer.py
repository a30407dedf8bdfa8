"""What the tests say, within the time that a review has."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from inkling.core.counted import counted
from inkling.core.ports import SuiteRunner
from inkling.core.review import Findings, ReviewComment, ReviewProgress, ReviewRequest, Unchecked
from inkling.core.suspicion import is_test_file
from inkling.engine.review.changed_code import ChangedDefinition, read_changed_code
from inkling.engine.review.project_code import ProjectCode, ProjectReader
from inkling.engine.review.testing.failing import of_failing
from inkling.engine.review.testing.suite import nearest_tests, run_tests
from inkling.engine.review.testing.unnoticed import of_unnoticed
from inkling.engine.review.testing.unrun import of_unrun
from inkling.engine.review.testing.weakened import of_tests
from inkling.engine.review.turns import FirstTurn
from inkling.engine.review.words import TIME_WAS_UP

SHARE_OF_BUDGET: Final = 0.5  # that the first run of all tests may take


class TestReviewer:
    """Runs the tests on both states, and reads what became of them. Implements `core.ports.Reviewer`."""

    __test__ = False  # it is no test, whatever its name says to pytest

    def __init__(
        self, runner: SuiteRunner | None, projects: ProjectReader, before_mutants: FirstTurn | None = None
    ) -> None:
        """Takes what runs tests, None where there is no sandbox, what reads the project, and what mutants wait for."""
        self._before_mutants = before_mutants or FirstTurn()
        self._runner = runner
        self._projects = projects

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns a comment for what the tests ask no more, what fails, what is not run and what nobody would notice.

        When the time is up it returns what it has by then.

        Raises:
            SandboxError: The sandbox failed.
        """
        changes, began_s = request.changes, time.monotonic()
        project = await asyncio.to_thread(self._projects.after, changes)
        comments = await asyncio.to_thread(lambda: list(of_tests(changes, project)))
        code = await asyncio.to_thread(read_changed_code, changes.files)
        pairs = [pair for pair in code.definitions if pair.path.suffix == ".py" and not is_test_file(pair.path)]
        if not pairs:
            return Findings(comments=comments)
        if self._runner is None or not request.may_run:
            why = (
                "No code is run here; see `inkling doctor` for the sandbox."
                if request.may_run
                else "It was asked not to run code."
            )
            return Findings(comments=comments, unchecked=[Unchecked(what="the tests", why=why, is_of_behaviour=True)])
        running = _Running(
            request=request,
            pairs=pairs,
            runner=self._runner,
            before_mutants=self._before_mutants,
            on_progress=on_progress,
        )
        running.comments += comments
        try:
            async with asyncio.timeout(began_s + request.budget.wall_s - time.monotonic()):
                await running.run(project)
        except TimeoutError:
            running.unchecked.append(Unchecked(what=running.under_way, why=TIME_WAS_UP))
        return Findings(comments=running.comments, checked=running.checked, unchecked=running.unchecked)


@dataclass(kw_only=True)
class _Running:
    """What is run for one review, and what it has found so far.

    Attributes:
        request: What is reviewed.
        pairs: Changed definitions.
        runner: Runs tests.
        before_mutants: What comes before them: they are many, and say least.
        on_progress: Hears how far it is.
        comments: What is found.
        checked: What was looked at.
        unchecked: What could not be looked at.
        under_way: What would not be looked at if it ended now, for the user.
    """

    request: ReviewRequest
    pairs: Sequence[ChangedDefinition]
    runner: SuiteRunner
    before_mutants: FirstTurn
    on_progress: Callable[[ReviewProgress], None]
    comments: list[ReviewComment] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    under_way: str = ""

    async def run(self, project: ProjectCode) -> None:
        """Runs the tests, then those that fail on the old version, then all that reach a change on mutants of it."""
        changes, budget = self.request.changes, self.request.budget
        self._begin(0, doing="running the tests", what="the tests")
        files = await asyncio.to_thread(nearest_tests, changes, self.pairs, project)
        seen = await run_tests(changes, files, self.runner, budget.wall_s * SHARE_OF_BUDGET)
        if isinstance(seen, str):
            self.unchecked.append(Unchecked(what="the tests", why=seen))
            return
        self.checked.append(f"{counted(len(seen.run.cases), 'test')} run")
        if seen.run.message:
            self.unchecked.append(Unchecked(what="all tests", why=seen.run.message))
        if files:
            why = f"The tests of {len(files)} of their files were run, the nearest ones."
            self.unchecked.append(Unchecked(what="all tests", why=why))
        if seen.are_all:  # of tests that did not run nobody knows what they would have run
            self.comments += of_unrun(seen, self.pairs)
        self._begin(1, doing="running failing tests on the old version", what="whether failing tests passed before")
        self.comments += await of_failing(changes, seen, self.pairs, self.runner)
        self._begin(2, doing="seeing whether a test would notice", what="what no test would notice")
        await self.before_mutants.wait_until_over()
        async for comment in of_unnoticed(changes, seen, self.pairs, self.runner):
            self.comments.append(comment)

    def _begin(self, n_done: int, *, doing: str, what: str) -> None:
        self.under_way = what
        self.on_progress(ReviewProgress(doing=doing, n_done=n_done, n_steps=3))
