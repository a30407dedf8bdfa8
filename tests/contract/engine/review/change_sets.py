"""Two states of a small project on disk, as a change between them."""

import difflib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from inkling.context.project_view import text_in_view
from inkling.core.change import ChangedFile, ChangeSet, FileChange, Hunk, LineSpan
from inkling.core.execution import ProjectView
from inkling.core.review import Findings, ReviewComment, ReviewProgress, ReviewRequest


def change_of(
    folder: Path, interpreter: Path, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> ChangeSet:
    """Writes the project as it is after the change, and returns the change; None is a file that is not there.

    Files of `before` that `after` does not name stay as they were.
    """
    files = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name, before.get(name))
        path = PurePosixPath(name)
        if new is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(new, newline="")
        if old != new:
            files.append(_changed(path, old, new))
    base = ProjectView(
        folder=folder,
        interpreter=interpreter,
        edits={file.old_path: file.before for file in files if file.old_path is not None and file.before is not None},
    )
    return ChangeSet(
        name="a test's change",
        files=tuple(files),
        before=base,
        after=ProjectView(folder=folder, interpreter=interpreter),
    )


def _changed(path: PurePosixPath, old: str | None, new: str | None) -> ChangedFile:
    a, b = (old or "").splitlines(keepends=True), (new or "").splitlines(keepends=True)
    change = FileChange.ADDED if old is None else FileChange.DELETED if new is None else FileChange.MODIFIED
    return ChangedFile(
        path=path,
        old_path=None if old is None else path,
        change=change,
        before=old,
        after=new,
        hunks=tuple(
            Hunk(before=LineSpan(first=i + 1, n_lines=j - i), after=LineSpan(first=k + 1, n_lines=n - k))
            for tag, i, j, k, n in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
            if tag != "equal"
        ),
    )


def ignore_progress(progress: ReviewProgress) -> None:
    """Takes what a reviewer tells of its way."""


def rules_of(findings: Findings) -> list[str]:
    """Returns the rules of the comments, sorted."""
    return sorted(comment.rule for comment in findings.comments)


def only(findings: Findings) -> ReviewComment:
    """Returns the one comment."""
    (comment,) = findings.comments
    return comment


def request_of(changes: ChangeSet) -> ReviewRequest:
    """Returns a request that runs nothing."""
    return ReviewRequest(changes=changes, may_run=False)


def text_after(changes: ChangeSet, name: str) -> str:
    """Returns a file's text after the change."""
    return text_in_view(changes.after, PurePosixPath(name))
