"""A review that an editor asks for, and what it is made with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Protocol

from inkling.core.change import ChangeSet
from inkling.core.execution import SuiteRequest, SuiteRun
from inkling.core.review import ReviewBudget, ReviewProgress
from inkling.features.review.feature import MAX_COMMENTS, Review
from inkling.features.review.ports import CommentAcceptance, ReviewClosings

NOT_TRUSTED = "this workspace is not trusted, so nothing of it is run; trust it to have the code run in a sandbox"
NO_INTERPRETER = "no Python interpreter is selected, so nothing is run; select the project's one"
SWITCHED_OFF = "the setting inkling.review.run is off, so nothing is run"


class ReviewScope(StrEnum):
    """What is compared with what."""

    WORKING_TREE = "working_tree"
    STAGED = "staged"
    BRANCH = "branch"
    RANGE = "range"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQuestion:
    """A review that is asked for.

    Attributes:
        folder: The project, in a repository or the top of one.
        scope: What is compared.
        revisions: The base of a branch, empty for the one that it was made from; or git's notation of a range.
        texts: What stands in open documents in place of what lies on disk, by path within the project.
        interpreter: The project's Python; None where nothing of the workspace is run.
        why_not_run: Why the project's code is not run, in words for the user; empty where it is.
        budget: What the review may cost.
        max_comments: The most that are shown.
    """

    folder: Path
    scope: ReviewScope = ReviewScope.WORKING_TREE
    revisions: str = ""
    texts: Mapping[PurePosixPath, str] = field(default_factory=dict)
    interpreter: Path | None = None
    why_not_run: str = ""
    budget: ReviewBudget = field(default_factory=ReviewBudget)
    max_comments: int = MAX_COMMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedChange:
    """A review, and the change that it is of.

    Attributes:
        review: The comments.
        changes: The change; both its states can be run until `leave` is called.
        project: The project's folder, as git has it.
        closings: Where comments are closed.
        leave: Takes away what the change has on disk; blocks.
    """

    review: Review
    changes: ChangeSet
    project: Path
    closings: ReviewClosings
    leave: Callable[[], None]


class ReviewTools(Protocol):
    """Reads changes, asks the reviewers, and runs tests."""

    async def review(
        self,
        question: ReviewQuestion,
        acceptance: CommentAcceptance,
        on_progress: Callable[[ReviewProgress], None],
    ) -> ReviewedChange:
        """Returns a review. Cancelled, it leaves no process, no container and no file.

        Args:
            question: What is asked.
            acceptance: How likely the user is to take a comment.
            on_progress: Is told how far it is, on the event loop that asks.

        Raises:
            UserError: The change cannot be had; the message says what to do.
        """
        ...

    async def files(self, folder: Path) -> frozenset[PurePosixPath]:
        """Returns the files of a project that git knows or does not ignore, by path within it.

        Raises:
            UserError: They cannot be listed.
        """
        ...

    async def run_tests(self, request: SuiteRequest) -> SuiteRun:
        """Returns what came of tests, in the sandbox.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        ...
