"""What a review is made with."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Protocol

from inkling.core.ports import Reviewer
from inkling.core.review import ReviewComment


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedReviewer:
    """A reviewer, and what the user knows its work by.

    Attributes:
        name: Such as `behaviour`.
        reviewer: Who looks.
    """

    name: str
    reviewer: Reviewer


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedComment:
    """A comment that somebody has seen.

    Attributes:
        fingerprints: Its own, then those of the comments with the same cause that were merged into it.
        rule: What it is an instance of.
        path: The file it is in.
        message: What it says.
    """

    fingerprints: tuple[str, ...]
    rule: str
    path: PurePosixPath
    message: str


class Closing(StrEnum):
    """How a comment was closed.

    DISMISSED: it is wrong, or not worth it. RESOLVED: something was done about it. RULE_SILENCED: with all comments of
    its rule in this repository.
    """

    DISMISSED = "dismissed"
    RESOLVED = "resolved"
    RULE_SILENCED = "rule_silenced"


class CommentAcceptance(Protocol):
    """Tells how likely this user is to take a comment."""

    def probability(self, comment: ReviewComment) -> float:
        """Returns the probability, in [0, 1]; without own judgements that is the comment's confidence."""
        ...


class AsStated:
    """Takes the reviewers at their word. Implements `CommentAcceptance`."""

    def probability(self, comment: ReviewComment) -> float:
        """Returns the comment's confidence."""
        return comment.confidence


class ReviewMemory(Protocol):
    """What is known of earlier reviews of one project."""

    async def closed(self) -> frozenset[str]:
        """Returns the fingerprints of comments that were dismissed or resolved: they do not come back."""
        ...

    async def silenced(self) -> frozenset[str]:
        """Returns the rules of which no comment is wanted in this repository."""
        ...

    async def seen(self, scope: str) -> frozenset[str]:
        """Returns the fingerprints that the last review of a scope showed, or would have shown again.

        Args:
            scope: A branch and what of it is compared; reviews of different ones know nothing of each other.
        """
        ...

    async def remember(self, scope: str, shown: Sequence[RememberedComment], still_there: frozenset[str]) -> None:
        """Keeps what a review found.

        Args:
            scope: As in `seen`.
            shown: What it showed.
            still_there: Fingerprints that it found and did not show, because they had been seen.
        """
        ...


class ReviewClosings(ReviewMemory, Protocol):
    """What is known of earlier reviews, and is told what becomes of comments."""

    async def close(self, comment: RememberedComment, closing: Closing, reason: str) -> None:
        """Makes a comment not come back, with `RULE_SILENCED` none of its rule.

        Args:
            comment: Which.
            closing: How.
            reason: Why, in the user's words; may be empty.

        Raises:
            UserError: It cannot be kept.
        """
        ...

    async def reopen(self, comment: RememberedComment) -> None:
        """Takes back that a comment was closed, or its rule silenced.

        Raises:
            UserError: It cannot be kept.
        """
        ...
