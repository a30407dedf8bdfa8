"""What changed between two states of a project: files with their texts before and after, and the hunks between them."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from inkling.core.execution import ProjectView

MAX_FILES: Final = 2000  # the most that is read of one change
MAX_LINES: Final = 20_000  # changed ones, those that went and those that came
MAX_TOTAL_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpan:
    """Consecutive lines.

    Attributes:
        first: One-based; for no lines, the line before which they would stand.
        n_lines: How many there are, possibly none.
    """

    first: int
    n_lines: int

    @property
    def end(self) -> int:
        """The line after the last one."""
        return self.first + self.n_lines

    def __contains__(self, line: int) -> bool:
        """Tells whether a line, one-based, is one of them."""
        return self.first <= line < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """A maximal run of changed lines, without context.

    Attributes:
        before: The lines that went.
        after: The lines that came in their place.
    """

    before: LineSpan
    after: LineSpan


class FileChange(StrEnum):
    """What became of a file."""

    ADDED = "added"
    DELETED = "deleted"
    MODIFIED = "modified"
    RENAMED = "renamed"


class Unreadable(StrEnum):
    """Why the texts of a changed file are not looked at."""

    BINARY = "binary"
    SUBMODULE = "submodule"
    SYMLINK = "symlink"
    NOTEBOOK = "notebook"
    NOT_UTF8 = "not_utf8"
    TOO_LARGE = "too_large"
    GENERATED = "generated"
    CONFLICT_MARKERS = "conflict_markers"
    BEYOND_LIMIT = "beyond_limit"
    NOT_FETCHED = "not_fetched"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """A file that differs between the two states.

    Attributes:
        path: Within the project, after the change; of a deleted file, before it.
        old_path: Before the change; None for an added file.
        change: What became of it.
        before: The whole text before; None for an added file and where it is not read.
        after: The whole text after; None for a deleted file and where it is not read.
        hunks: What differs, in order of place.
        unreadable: Why the texts are not looked at; None where they are.
    """

    path: PurePosixPath
    old_path: PurePosixPath | None
    change: FileChange
    before: str | None = None
    after: str | None = None
    hunks: tuple[Hunk, ...] = ()
    unreadable: Unreadable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """Two states of a project and what differs between them.

    Attributes:
        name: What is reviewed, in words for the user, such as `the working tree against HEAD`.
        files: What differs, by path.
        before: The project before: deleted and modified files have their old texts in place. Files that were added
            are still there.
        after: The project after.
        message: What the author said of the change, such as the messages of its commits; empty where there is none.
    """

    name: str
    files: tuple[ChangedFile, ...]
    before: ProjectView
    after: ProjectView
    message: str = ""
