"""What the reviewers of a change have said so far, for one that begins with it."""

import asyncio
from collections.abc import Callable, Sequence

from inkling.core.ports import Reviewer
from inkling.core.review import Findings, ReviewComment, ReviewProgress, ReviewRequest
from inkling.features.review import NamedReviewer


class FindingsSoFar:
    """Hears what some reviewers say of one change. Implements the port `inkling.llm.review.EarlierFindings`."""

    def __init__(self) -> None:
        """Hears nobody yet."""
        self._comments: list[ReviewComment] = []
        self._n_working = 0
        self._all_done = asyncio.Event()

    def heard(self, reviewers: Sequence[NamedReviewer]) -> list[NamedReviewer]:
        """Returns the same reviewers, with what they say heard."""
        self._n_working += len(reviewers)
        return [NamedReviewer(name=each.name, reviewer=_Heard(each.reviewer, self)) for each in reviewers]

    async def within(self, seconds: float) -> Sequence[ReviewComment]:
        """Returns what was said as soon as all are done, and after so many seconds at the latest."""
        try:
            async with asyncio.timeout(seconds):
                await self._all_done.wait()
        except TimeoutError:
            pass  # those that run the code may take all the time there is
        return tuple(self._comments)

    def take(self, comments: Sequence[ReviewComment]) -> None:
        """Takes what one reviewer said; nothing where it failed."""
        self._comments += comments
        self._n_working -= 1
        if not self._n_working:
            self._all_done.set()


class _Heard:
    """A reviewer whose findings somebody else hears, too. Implements `core.ports.Reviewer`."""

    def __init__(self, reviewer: Reviewer, so_far: FindingsSoFar) -> None:
        self._reviewer = reviewer
        self._so_far = so_far

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        comments: Sequence[ReviewComment] = ()
        try:
            findings = await self._reviewer.review(request, on_progress)
            comments = findings.comments
        finally:
            self._so_far.take(comments)
        return findings
