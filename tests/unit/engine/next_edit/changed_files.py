"""Small projects in which something was just changed."""

from collections.abc import Mapping
from pathlib import Path

from inkling.core.next_edit import ChangeOrigin, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.situation import Situation


def situation(files: Mapping[str, str], *changes: tuple[str, str, str], origin: str = "typed") -> Situation:
    """Files after changes, each a path, the old lines and the new ones, which stand in the file.

    A line break at the end of the new lines makes a change that removes lines: what stands there is not part of it.
    """
    views = {
        DocumentUri(f"file:///{path}"): FileView(
            DocumentUri(f"file:///{path}"), Path("/", path), tuple(text.split("\n"))
        )
        for path, text in files.items()
    }
    history = []
    for path, removed, inserted in changes:
        before = files[path][: files[path].index(inserted)]
        history.append(
            LineChange(
                uri=DocumentUri(f"file:///{path}"),
                first_line=before.count("\n"),
                removed=tuple(removed.split("\n")),
                inserted=() if inserted.endswith("\n") else tuple(inserted.split("\n")),
                origin=ChangeOrigin(origin),
            )
        )
    return Situation(files=views, history=tuple(history))


def shown(candidates: list[EditCandidate], *, least: float = 0.0) -> list[str]:
    """File, first line and new lines of what is at least as certain, in the order of the text."""
    return sorted(
        f"{candidate.uri.rpartition('/')[2]}:{candidate.first_line}: "
        + " / ".join(line.strip() for line in candidate.inserted)
        for candidate in candidates
        if candidate.grounds.certainty >= least
    )
