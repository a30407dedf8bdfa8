"""What changed in a git repository, as files with their texts before and after; git runs as a process."""

from inkling.context.changes.file_texts import ChangeLimits
from inkling.context.changes.reader import (
    ChangeQuestion,
    Repository,
    branch_base,
    find_repository,
    project_files,
    read_changes,
)
from inkling.context.changes.wanted import Branch, PatchText, Revisions, Staged, Wanted, WorkingTree

__all__ = [
    "Branch",
    "ChangeLimits",
    "ChangeQuestion",
    "PatchText",
    "Repository",
    "Revisions",
    "Staged",
    "Wanted",
    "WorkingTree",
    "branch_base",
    "find_repository",
    "project_files",
    "read_changes",
]
