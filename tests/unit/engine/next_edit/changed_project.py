"""A project before and after a change, as proposers see it."""

from pathlib import Path
from textwrap import dedent

from inkling.core.next_edit import LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.situation import Situation


def uri_of(path: str) -> DocumentUri:
    """Returns the URI of a file of the project."""
    return DocumentUri(f"file:///project/{path}")


def situation_of(texts: dict[str, tuple[str, str]]) -> Situation:
    """Returns a situation from the text of each file before and after one change; the last file was changed last."""
    files, history = {}, []
    for path, (before, after) in texts.items():
        old, new = dedent(before).splitlines(), dedent(after).splitlines()
        files[uri_of(path)] = FileView(uri_of(path), Path("/project") / path, tuple(new))
        if old != new:
            history.append(_change(uri_of(path), old, new))
    return Situation(files=files, history=tuple(history))


def _change(uri: DocumentUri, old: list[str], new: list[str]) -> LineChange:
    shorter = min(len(old), len(new))
    first = next((number for number in range(shorter) if old[number] != new[number]), shorter)
    tail = 0
    while tail < shorter - first and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return LineChange(
        uri=uri,
        first_line=first,
        removed=tuple(old[first : len(old) - tail]),
        inserted=tuple(new[first : len(new) - tail]),
    )


def applied(situation: Situation, candidate: EditCandidate) -> str:
    """Returns the text of a candidate's file with the candidate applied."""
    lines = list(situation.files[candidate.uri].lines)
    lines[candidate.first_line : candidate.end_line] = candidate.inserted
    return "\n".join(lines) + "\n"
