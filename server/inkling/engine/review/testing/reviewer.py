"""What the tests say, within the time that a review has."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from inkling.core.ports import SuiteRunner
from inkling.core.review import Findings, ReviewProgress, ReviewRequest, Unchecked
from inkling.core.suspicion import is_test_file
from inkling.engine.review.changed_code import ChangedDefinition, read_changed_code
from inkling.engine.review.project_code import ProjectReader
from inkling.engine.review.testing.failing import of_failing
from inkling.engine.review.testing.suite import Seen, nearest_tests, run_tests
from inkling.engine.review.testing.unnoticed import of_unnoticed
from inkling.engine.review.testing.unrun import of_unrun
from inkling.engine.review.testing.weakened import of_tests

SHARE_OF_BUDGET: Final = 0.5  # that the first run of all tests may take


class TestReviewer:
    """Runs the tests on both states, and reads what became of them. Implements `core.ports.Reviewer`."""

    __test__ = False  # it is no test, whatever its name says to pytest

    def __init__(self, runner: SuiteRunner | None, projects: ProjectReader) -> None:
        """Takes what runs tests, None where there is no sandbox, and what reads the project."""
        self._runner = runner
        self._projects = projects

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns a comment for what the tests ask no more, what fails, what is not run and what nobody would notice.

        Raises:
            SandboxError: The sandbox failed.
        """
        changes, began = request.changes, time.monotonic()
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
            return Findings(comments=comments, unchecked=[Unchecked(what="the tests", why=why)])
        on_progress(ReviewProgress(doing="running the tests", n_done=0, n_steps=3))
        files = await asyncio.to_thread(nearest_tests, changes, pairs, project)
        seen = await run_tests(changes, files, self._runner, request.budget.wall_s * SHARE_OF_BUDGET)
        if isinstance(seen, str):
            return Findings(comments=comments, unchecked=[Unchecked(what="the tests", why=seen)])
        unchecked = [Unchecked(what="all tests", why=seen.run.message)] if seen.run.message else []
        if files:
            unchecked.append(
                Unchecked(what="all tests", why=f"The tests of {len(files)} of their files were run, the nearest ones.")
            )
        found = await self._look(request, seen, pairs, began, on_progress)
        return replace(found, comments=[*comments, *found.comments], unchecked=[*unchecked, *found.unchecked])

    async def _look(
        self,
        request: ReviewRequest,
        seen: Seen,
        pairs: Sequence[ChangedDefinition],
        began: float,
        on_progress: Callable[[ReviewProgress], None],
    ) -> Findings:
        runner, unchecked = self._runner, []
        assert runner is not None  # noqa: S101 - the tests were just run with it
        on_progress(ReviewProgress(doing="running failing tests on the old version", n_done=1, n_steps=3))
        comments = await of_failing(request.changes, seen, pairs, runner)
        if seen.are_all:  # of tests that did not run nobody knows what they would have run
            comments += of_unrun(seen, pairs)
        if time.monotonic() - began < request.budget.wall_s * SHARE_OF_BUDGET:
            on_progress(ReviewProgress(doing="seeing whether a test would notice", n_done=2, n_steps=3))
            comments += await of_unnoticed(request.changes, seen, pairs, runner)
        else:
            unchecked.append(Unchecked(what="what no test would notice", why="The time was up; a larger budget helps."))
        return Findings(comments=comments, checked=[f"{len(seen.run.cases)} tests run"], unchecked=unchecked)
