"""The reviews that an editor has asked for: one at a time of each folder, the latest of them remembered."""

import asyncio
import uuid
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from inkling.core.errors import UserError
from inkling.core.events import Outcome
from inkling.core.execution import ProjectView
from inkling.core.review import ReviewProgress
from inkling.core.suggestion import SuggestionId
from inkling.features.review.asking import ReviewQuestion, ReviewTools
from inkling.features.review.ports import CommentAcceptance
from inkling.features.review.recorder import ReviewRecorder
from inkling.features.review.reproducing import KeptTest, ReproductionRun, kept_test, run_reproduction
from inkling.features.review.session import OfferedComment, ReviewSession
from inkling.features.review.watched_lines import LineWatch

MAX_SESSIONS: Final = 8  # reviews whose comments can still be acted upon
MAX_FOLDED: Final = 100  # less certain comments that are sent; nobody reads more


class EditorReviews:
    """Has changes reviewed, and remembers the latest reviews."""

    def __init__(
        self,
        tools: ReviewTools,
        recorder: ReviewRecorder,
        watch: LineWatch,
        acceptance: Callable[[], Awaitable[CommentAcceptance]],
    ) -> None:
        """Takes what reviews are made with, who writes down what becomes of them, and what gives the user's model."""
        self._tools = tools
        self._recorder = recorder
        self._watch = watch
        self._acceptance = acceptance
        self._sessions: OrderedDict[str, ReviewSession] = OrderedDict()
        self._running: dict[Path, asyncio.Task[object]] = {}
        self._locks: defaultdict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def review(self, question: ReviewQuestion, on_progress: Callable[[ReviewProgress], None]) -> ReviewSession:
        """Returns a review; one of the same folder that is still going on is cancelled first.

        Raises:
            UserError: The change cannot be had; the message says what to do.
        """
        async with self._alone(question.folder):
            reviewed = await self._tools.review(question, await self._acceptance(), on_progress)
        review = reviewed.review
        comments = [(each, False) for each in review.shown] + [(each, True) for each in review.folded[:MAX_FOLDED]]
        session = ReviewSession(
            id=uuid.uuid4().hex,
            question=question,
            reviewed=reviewed,
            comments=tuple(
                OfferedComment(id=SuggestionId(uuid.uuid4().hex), found=found, is_folded=is_folded)
                for found, is_folded in comments
            ),
        )
        self._sessions[session.id] = session
        if len(self._sessions) > MAX_SESSIONS:
            await _leave(self._sessions.popitem(last=False)[1])
        self._recorder.reviewed(session)
        self._watch.offered(await self._watch.as_they_stand(session.places()))
        return session

    def session(self, review_id: str) -> ReviewSession:
        """Returns a review.

        Raises:
            UserError: It is not remembered any more.
        """
        session = self._sessions.get(review_id)
        if session is None:
            raise UserError("this review is not remembered any more; review the changes again")
        return session

    async def run_reproduction(
        self, session: ReviewSession, comment_id: SuggestionId, texts: Mapping[PurePosixPath, str], interpreter: Path
    ) -> ReproductionRun:
        """Returns what a comment's reproduction does before the change, and on what stands in the editor now.

        Args:
            session: The review.
            comment_id: The comment.
            texts: What stands in open documents in place of what lies on disk, by path within the project.
            interpreter: The project's Python.

        Raises:
            UserError: There is no such comment, or it has no reproduction.
        """
        shown = session.comment(comment_id).found.comment.reproduction
        if shown is None:
            raise UserError("this comment has no reproduction to run")
        reviewed = session.reviewed
        now = ProjectView(folder=reviewed.project, interpreter=interpreter, edits=texts)
        before = replace(reviewed.changes.before, interpreter=interpreter)
        return await run_reproduction(shown, before, now, self._tools.run_tests)

    async def keep_reproduction(
        self, session: ReviewSession, comment_id: SuggestionId, opened: Collection[PurePosixPath], *, may_run: bool
    ) -> KeptTest:
        """Returns the test that keeps a comment's reproduction.

        Args:
            session: The review.
            comment_id: The comment.
            opened: Open documents, by path within the project.
            may_run: Whether the test may be tried where it is to be kept.

        Raises:
            UserError: There is no such comment, or nothing to keep.
        """
        comment = session.comment(comment_id).found.comment
        files = {*await self._tools.files(session.question.folder), *opened}
        run_tests = self._tools.run_tests if may_run else None
        return await kept_test(comment, session.reviewed.changes.before, files, run_tests)

    def outcomes_reported(self, outcomes: Sequence[Outcome]) -> None:
        """Takes outcomes that the client told, and that are recorded."""
        self._watch.outcomes_reported(outcomes)

    def file_saved(self) -> None:
        """Takes that some file was saved: people commit after that."""
        self._watch.file_saved()

    async def close(self) -> None:
        """Ends what is going on, and takes away what reviews have on disk."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        while self._sessions:
            await _leave(self._sessions.popitem()[1])

    @asynccontextmanager
    async def _alone(self, folder: Path) -> AsyncIterator[None]:
        """Gives the folder to the latest who asks: an older one is cancelled, and waited for."""
        task = asyncio.current_task()
        older = self._running.get(folder)
        if older is not None:
            older.cancel()
        if task is not None:
            self._running[folder] = task
        try:
            async with self._locks[folder]:
                yield
        finally:
            if self._running.get(folder) is task:
                del self._running[folder]


async def _leave(session: ReviewSession) -> None:
    await asyncio.to_thread(session.reviewed.leave)
