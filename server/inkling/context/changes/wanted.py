"""What a user may want to have reviewed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTree:
    """What lies on disk, untracked files included, against HEAD."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """The index against HEAD: what the next commit will hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """Commits.

    Attributes:
        text: As git has them: `REV` (that commit against its first parent), `A..B`, or `A...B` (B against the last
            commit that both have in common).
    """

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """HEAD against the last commit that it has in common with another branch.

    Attributes:
        base: The other branch.
    """

    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchText:
    """A patch that may or may not be applied on disk.

    Attributes:
        text: A unified diff, or several.
    """

    text: bytes


Wanted = WorkingTree | Staged | Revisions | Branch | PatchText
