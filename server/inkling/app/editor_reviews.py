"""Reviews as an editor asks for them: in a thread of their own, which reads, asks, and takes away what it made."""

import asyncio
import contextlib
import importlib
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, assert_never

from inkling.app.fix_tools import FixToolbox
from inkling.app.learning import review_acceptance
from inkling.app.own_loop import in_own_loop
from inkling.context.interpreter import behind_shim
from inkling.core.execution import SuiteRequest, SuiteRun
from inkling.core.review import ReviewProgress, ReviewRequest, Unchecked
from inkling.core.settings import Settings
from inkling.core.suggestion import SuggestionId
from inkling.features.review import (
    CommentAcceptance,
    EditorReviews,
    LineWatch,
    ReviewedChange,
    ReviewFeature,
    ReviewQuestion,
    ReviewRecorder,
    ReviewScope,
    ReviewWishes,
)
from inkling.features.survival import SurvivalPorts
from inkling.lsp.services import OpenDocumentsRelay, ReviewServices

if TYPE_CHECKING:
    from inkling.context.changes import Repository, Wanted

OnProgress = Callable[[ReviewProgress], None]


class ReviewToolbox:
    """Reads changes and asks the reviewers. Implements `features.review.ReviewTools`.

    Nothing of it is imported, probed or started before it is needed; a review has a sandbox of its own.
    """

    def __init__(self, data_dir: Path, fixes: FixToolbox) -> None:
        """Takes the folder of the user's data, and what runs tests."""
        self._data_dir = data_dir
        self._fixes = fixes
        self._settings = Settings()
        self._api_key: str | None = None

    def configure(self, settings: Settings, api_key: str | None) -> None:
        """Takes new settings, and the endpoint's key."""
        self._settings, self._api_key = settings, api_key

    async def review(
        self, question: ReviewQuestion, acceptance: CommentAcceptance, on_progress: OnProgress
    ) -> ReviewedChange:
        """Returns a review. Cancelled, it leaves no process, no container and no file.

        Raises:
            UserError: The change cannot be had; the message says what to do.
        """
        loop = asyncio.get_running_loop()
        settings, api_key = self._settings, self._api_key

        def tell(progress: ReviewProgress) -> None:
            loop.call_soon_threadsafe(on_progress, progress)

        made: list[ReviewedChange] = []

        async def work() -> ReviewedChange:
            made.append(await _review(self._data_dir, question, settings, api_key, acceptance, tell))
            return made[0]

        # Importing the reviewers takes longer than the event loop may be held.
        await asyncio.to_thread(importlib.import_module, "inkling.app.review_tools")
        try:
            return await in_own_loop(work)
        except asyncio.CancelledError:
            for reviewed in made:
                reviewed.leave()
            raise

    async def files(self, folder: Path) -> frozenset[PurePosixPath]:
        """Returns the files of a project that git knows or does not ignore.

        Raises:
            UserError: They cannot be listed.
        """
        from inkling.context.changes import project_files

        return await asyncio.to_thread(project_files, folder, os.environ)

    async def run_tests(self, request: SuiteRequest) -> SuiteRun:
        """Returns what came of tests.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        tools = await self._fixes.open(gives_way=False)
        return await tools.suites.run_suite(request)


async def _review(
    data_dir: Path,
    question: ReviewQuestion,
    settings: Settings,
    api_key: str | None,
    acceptance: CommentAcceptance,
    tell: OnProgress,
) -> ReviewedChange:
    from inkling.app.review_memory import ReviewFile, review_scope
    from inkling.app.review_tools import ReviewerOptions, opened_reviewers
    from inkling.context.changes import ChangeQuestion, find_repository, read_changes

    tell(ReviewProgress(doing="reading the changes", n_done=0, n_steps=1))
    repository = find_repository(question.folder, os.environ, is_project=True)
    wanted = _wanted(question, repository)
    interpreter = behind_shim(question.interpreter, question.folder) if question.interpreter else Path()
    asked = ChangeQuestion(repository=repository, wanted=wanted, interpreter=interpreter, texts=question.texts)
    memory = ReviewFile(data_dir, repository.common_dir)
    may_run = question.interpreter is not None and not question.why_not_run
    with contextlib.ExitStack() as stack:
        changes = stack.enter_context(read_changes(asked, os.environ))
        options = ReviewerOptions(
            project=repository.project,
            may_run=may_run and any(file.hunks for file in changes.files),
            sandbox=settings.sandbox,
            settings=settings,
            api_key=api_key,
        )
        async with opened_reviewers(options) as found:
            request = ReviewRequest(changes=changes, budget=question.budget, may_run=may_run and not found.no_sandbox)
            wishes = ReviewWishes(scope=review_scope(wanted, repository), max_comments=question.max_comments)
            review = await ReviewFeature(found.reviewers, memory, acceptance).review(request, wishes, tell)
        why_not_run = question.why_not_run or found.no_sandbox
        if why_not_run and changes.files:
            missing = Unchecked(what="what the code does when it runs", why=why_not_run)
            review = replace(review, unchecked=(missing, *review.unchecked))
        # Where the change lies in the project's own folder, nothing on disk is needed to run it again.
        is_elsewhere = changes.after.folder != repository.project
        leave = stack.pop_all().close if is_elsewhere else _nothing
    return ReviewedChange(review=review, changes=changes, project=repository.project, closings=memory, leave=leave)


def _wanted(question: ReviewQuestion, repository: "Repository") -> "Wanted":
    from inkling.context.changes import Branch, Revisions, Staged, WorkingTree, branch_base

    match question.scope:
        case ReviewScope.WORKING_TREE:
            return WorkingTree()
        case ReviewScope.STAGED:
            return Staged()
        case ReviewScope.BRANCH:
            return Branch(base=question.revisions.strip() or branch_base(repository, os.environ))
        case ReviewScope.RANGE:
            return Revisions(text=question.revisions.strip())
        case _:
            assert_never(question.scope)


def _nothing() -> None:
    """Is done where nothing is to be taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPorts:
    """What the daemon's reviews share with its other features.

    Attributes:
        data_dir: Of the user's own files.
        followed: The log, the clock, and what reads files and commits.
        documents: The client's documents.
        looks_s: Seconds after which commented lines are looked at.
    """

    data_dir: Path
    followed: SurvivalPorts
    documents: OpenDocumentsRelay
    looks_s: Sequence[float]


def review_services(tools: ReviewToolbox, ports: ReviewPorts) -> ReviewServices:
    """Returns *Review changes* for a language server."""
    followed = ports.followed
    recorder = ReviewRecorder(
        followed.log, followed.background, followed.clock.now_ms, lambda: SuggestionId(uuid.uuid4().hex)
    )
    watch = LineWatch(followed, ports.documents, ports.looks_s)
    return ReviewServices(
        feature=EditorReviews(tools, recorder, watch, partial(review_acceptance, ports.data_dir, followed.log)),
        files=followed.files,
        real_interpreter=behind_shim,
        configure=tools.configure,
    )
