"""What a review is made with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from inkling.core.ports import Reviewer


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


class ReviewMemory(Protocol):
    """What is known of earlier reviews of one project."""

    async def closed(self) -> frozenset[str]:
        """Returns the fingerprints of comments that were dismissed or resolved: they do not come back."""
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
