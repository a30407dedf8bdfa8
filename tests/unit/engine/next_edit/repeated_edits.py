"""Situations for tests of repeats: files as they are after edits, each given by the lines that it replaced."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from textwrap import dedent

from inkling.core.next_edit import LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Proposer
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.situation import Situation

MAIN = DocumentUri("file:///shop/main.py")


@dataclass(frozen=True)
class Edit:
    """Lines that were replaced: the first place where `old` stands below `below`."""

    old: str
    new: str
    uri: DocumentUri = MAIN
    after: str = ""


def situation_after(files: Mapping[DocumentUri, str] | str, *edits: Edit) -> Situation:
    """Returns the situation after the edits, of whole lines, were made one after another.

    Where `old` is empty, `new` is inserted after the line `after`.
    """
    texts = {MAIN: files} if isinstance(files, str) else files
    lines = {uri: dedent(text).strip("\n").split("\n") for uri, text in texts.items()}
    history: list[LineChange] = []
    for edit in edits:
        there = lines[edit.uri]
        removed, inserted = _lines(edit.old), _lines(edit.new)
        first = _place(there, removed) if removed else there.index(edit.after) + 1
        end = first + len(removed)
        moved = len(inserted) - len(removed)
        history = [
            replace(past, first_line=past.first_line + moved)
            if past.uri == edit.uri and past.first_line >= end
            else past
            for past in history
        ]
        history.append(
            LineChange(
                uri=edit.uri,
                first_line=first,
                removed=tuple(removed),
                inserted=tuple(inserted),
                above=tuple(there[max(0, first - 3) : first]),
                below=tuple(there[end : end + 3]),
            )
        )
        there[first:end] = inserted
    views = {uri: FileView(uri, None, tuple(there)) for uri, there in lines.items()}
    return Situation(views, tuple(history))


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def _place(lines: list[str], removed: list[str]) -> int:
    return next(at for at in range(len(lines)) if lines[at : at + len(removed)] == removed)


def proposed(proposer: Proposer, situation: Situation) -> list[EditCandidate]:
    """Returns what is proposed, with proposals for the same place and of the same text once, the nearest first."""
    found = {(c.uri, c.first_line, c.end_line, c.inserted): c for c in proposer(situation)}
    return sorted(found.values(), key=lambda candidate: candidate.grounds.rank)


def results(situation: Situation, candidates: Iterable[EditCandidate]) -> set[tuple[str, str]]:
    """Returns the lines that candidates replace and those that come there, without indentation at their ends."""
    return {
        (
            "\n".join(situation.files[c.uri].lines[c.first_line : c.end_line]).strip(),
            "\n".join(c.inserted).strip(),
        )
        for c in candidates
    }
