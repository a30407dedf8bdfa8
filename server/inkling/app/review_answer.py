"""A review with all that is needed to print it."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from inkling.core.change import ChangeSet
from inkling.core.review import ReviewComment
from inkling.features.review import ChangeTexts, Review


@dataclass(frozen=True, kw_only=True)
class ReviewAnswer:
    """A review and the change it is of.

    Attributes:
        review: The comments.
        changes: The change.
        prefix: Of the project within its repository, with a slash at its end, or empty.
    """

    review: Review
    changes: ChangeSet
    prefix: str = field(default="")

    @cached_property
    def _texts(self) -> ChangeTexts:
        return ChangeTexts(self.changes)

    def path(self, path: PurePosixPath) -> str:
        """Returns a path from the top of the repository, as programs want it that know nothing of projects."""
        return f"{self.prefix}{path}"

    def text(self, path: PurePosixPath) -> str | None:
        """Returns the text of a changed file after the change; None where it is not known."""
        return self._texts.after(path)

    def place(self, comment: ReviewComment) -> tuple[int, int]:
        """Returns the first and the last line after the change; for lines that went, the line where they would be."""
        return self._texts.place(comment)

    def masked(self, text: str, comment: ReviewComment) -> str:
        """Returns what a comment says with the secrets of its files masked."""
        return self._texts.masked(text, comment)

    def suggestion_diff(self, comment: ReviewComment) -> str:
        """Returns a suggestion as a unified diff; empty without one, or where a text is not known."""
        return self._texts.suggestion_diff(comment)
