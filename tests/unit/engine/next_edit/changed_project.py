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
    return situation_in(Path("/project"), texts)


def situation_in(folder: Path, texts: dict[str, tuple[str, str]]) -> Situation:
    """Returns a situation in a folder from the text of each file before and after one change."""
    files, history = {}, []
    for path, (before, after) in texts.items():
        old, new = dedent(before).splitlines(), dedent(after).splitlines()
        uri = DocumentUri((folder / path).as_uri())
        files[uri] = FileView(uri, folder / path, tuple(new))
        if old != new:
            history.append(_change(uri, old, new))
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
