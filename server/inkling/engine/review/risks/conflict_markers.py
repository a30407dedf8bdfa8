"""What a merge has left in a file that is changed."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from inkling.context.project_view import text_in_view
from inkling.core.change import ChangeSet, Unreadable
from inkling.core.errors import UnreadableFileError
from inkling.core.execution import ProjectView
from inkling.core.review import ReviewComment, Severity, Topic

_MARKER: Final = re.compile(r"^<{7} ", re.M)


def of_conflict_markers(changes: ChangeSet) -> Iterator[ReviewComment]:
    """Yields a comment for each file with both sides of a merge in it, unless it was so before the change."""
    for file in changes.files:
        if file.unreadable is not Unreadable.CONFLICT_MARKERS:
            continue
        if file.old_path is not None and _first_marker(changes.before, file.old_path) is not None:
            continue
        line = _first_marker(changes.after, file.path) or 1
        yield ReviewComment(
            rule="risk.conflict-markers",
            topic=Topic.RISK,
            path=file.path,
            line=line,
            end_line=line,
            severity=Severity.ERROR,
            confidence=0.95,
            message="A merge has left its conflict markers here.",
            reason="Resolve the conflict; nothing else was looked at in this file.",
        )


def _first_marker(view: ProjectView, path: PurePosixPath) -> int | None:
    """Returns the line of the first marker; None where there is none, or the file cannot be read."""
    try:
        text = text_in_view(view, path)
    except UnreadableFileError:
        return None
    found = _MARKER.search(text)
    return None if found is None else text.count("\n", 0, found.start()) + 1
