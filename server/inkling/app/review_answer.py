"""A review with all that is needed to print it."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from inkling.core.change import ChangedFile, ChangeSet
from inkling.core.edit import apply_edit
from inkling.core.repair import FileEdit
from inkling.core.review import ReviewComment
from inkling.core.unified_diff import file_diff
from inkling.features.review import Review


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
    def _files(self) -> dict[PurePosixPath, ChangedFile]:
        return {file.path: file for file in self.changes.files}

    def path(self, path: PurePosixPath) -> str:
        """Returns a path from the top of the repository, as programs want it that know nothing of projects."""
        return f"{self.prefix}{path}"

    def text(self, path: PurePosixPath) -> str | None:
        """Returns the text of a changed file after the change; None where it is not known."""
        file = self._files.get(path)
        return file.after if file is not None else None

    def place(self, comment: ReviewComment) -> tuple[int, int]:
        """Returns the first and the last line after the change; for lines that went, the line where they would be."""
        if not comment.is_on_old_side:
            return max(1, comment.line), max(1, comment.line, comment.end_line)
        file = self._files.get(comment.path)
        line = next(
            (hunk.after.first for hunk in (file.hunks if file else ()) if comment.line in hunk.before), comment.line
        )
        n_lines = len((file.after or "").splitlines()) if file else line
        line = max(1, min(line, n_lines))
        return line, line

    def suggestion_diff(self, comment: ReviewComment) -> str:
        """Returns a suggestion as a unified diff; empty without one, or where a text is not known."""
        by_path: dict[PurePosixPath, list[FileEdit]] = {}
        for edit in comment.suggestion:
            by_path.setdefault(edit.path, []).append(edit)
        parts = []
        for path, edits in sorted(by_path.items()):
            before = after = self.text(path)
            if before is None or after is None:
                return ""
            for each in sorted(edits, key=lambda each: each.edit.offset, reverse=True):
                after = apply_edit(after, each.edit)
            parts.append(file_diff(path, before, after))
        return "".join(parts)
