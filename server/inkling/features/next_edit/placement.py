"""Where predicted edits stand: checked against the files as they are, and followed while these go on changing."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from inkling.core.edit import Span, TextEdit, move_span
from inkling.core.next_edit import PredictedEdit
from inkling.core.numbered_lines import NumberedLines
from inkling.core.ports import FileReader
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.features.next_edit.offered import PlacedEdit
from inkling.features.next_edit.ports import OpenDocuments

_NOT_OPEN: Final = -1  # the version of a file that no client has open; see core.snapshot.Snapshot
_MAX_FILES: Final = 16  # whose lines are kept counted
EDITS_IN_ONE_GO: Final = 100  # at some 20 µs each; then the event loop is let go of


class Files:
    """The files of predicted edits: open ones as the editor has them, others as they lie on disk."""

    def __init__(self, documents: OpenDocuments, reader: FileReader) -> None:
        self._documents = documents
        self._reader = reader
        self._lines: dict[DocumentUri, NumberedLines] = {}

    async def snapshot(self, uri: DocumentUri, path: Path | None) -> Snapshot | None:
        """Returns a file as it is now, by the name that the editor has for it; None where it cannot be read."""
        snapshot = self._documents.snapshot(uri)
        if snapshot is not None or path is None:
            return snapshot
        uri = self._documents.uri_of(path)
        snapshot = self._documents.snapshot(uri)
        if snapshot is not None:
            return snapshot
        text = await self._reader.read(path)
        return None if text is None else Snapshot(uri=uri, path=path, version=_NOT_OPEN, text=text)

    def lines(self, snapshot: Snapshot) -> NumberedLines:
        """Returns a file's lines; of a large file counting them takes some milliseconds, so it is done once."""
        lines = self._lines.get(snapshot.uri)
        if lines is None or lines.text != snapshot.text:
            if len(self._lines) >= _MAX_FILES:
                self._lines.clear()
            lines = self._lines[snapshot.uri] = NumberedLines(snapshot.text)
        return lines

    async def place_all(self, edits: Sequence[PredictedEdit]) -> list[PlacedEdit]:
        """Returns predictions in the files as they are now; without those where other lines stand than they remove."""
        snapshots: dict[DocumentUri, Snapshot | None] = {}
        placed: list[PlacedEdit] = []
        for number, edit in enumerate(edits, 1):
            if edit.uri not in snapshots:
                snapshots[edit.uri] = await self.snapshot(edit.uri, edit.path)
            if number % EDITS_IN_ONE_GO == 0:
                await asyncio.sleep(0)
            snapshot = snapshots[edit.uri]
            found = None if snapshot is None else self.place_in(snapshot, edit)
            if found is not None:
                placed.append(found)
        return placed

    def place_in(self, snapshot: Snapshot, edit: PredictedEdit) -> PlacedEdit | None:
        """Returns a prediction in a text; None where other lines stand there than those it removes."""
        change = self.lines(snapshot).replacement(edit.first_line, edit.removed, edit.inserted)
        if change is None:
            return None
        edit = replace(edit, uri=snapshot.uri, path=snapshot.path or edit.path)
        return PlacedEdit(edit=edit, snapshot=snapshot, change=change)


class Anchor:
    """A predicted edit that is followed through the changes of its document.

    Attributes:
        edit: The prediction as it was when the anchor was cast.
        span: The lines that it removes, in the document as it is now.
    """

    __slots__ = ("_stood_before", "edit", "span")

    def __init__(self, edit: PredictedEdit, lines: NumberedLines) -> None:
        self.edit = edit
        end_line = edit.first_line + len(edit.removed)
        self.span = Span(start=lines.start_of(edit.first_line), end=lines.start_of(end_line))
        self._stood_before = _stands(edit, lines, edit.first_line)

    def follow(self, edits: Sequence[TextEdit]) -> None:
        """Moves with a change of the document."""
        for edit in edits:
            self.span = move_span(self.span, edit)

    def line(self, lines: NumberedLines) -> int | None:
        """Returns the line that it begins at now; None where that is no line's beginning any more."""
        position = lines.position(self.span.start)
        if position.column == 0:
            return position.line
        return position.line + 1 if self.span.start == len(lines.text) and not self.edit.removed else None

    async def place(self, files: Files) -> PlacedEdit | None:
        """Returns the prediction where it stands now; None where it is done or does not hold any more."""
        snapshot = await files.snapshot(self.edit.uri, self.edit.path)
        if snapshot is None or self.span.start > len(snapshot.text):
            return None
        lines = files.lines(snapshot)
        line = self.line(lines)
        if line is None or self._is_done(lines, line):
            return None
        return files.place_in(snapshot, replace(self.edit, first_line=line))

    def is_instead_of(self, other: "Anchor") -> bool:
        """Tells whether it is the same edit, or puts lines where the other puts some: who has one wants no other."""
        if self is other:
            return True
        is_same_place = self.edit.uri == other.edit.uri and self.span == other.span
        return is_same_place and not self.edit.removed and not other.edit.removed

    async def was_applied(self, files: Files) -> bool:
        """Tells whether the lines that it inserts came to its place since, or those that it removes made way."""
        snapshot = await files.snapshot(self.edit.uri, self.edit.path)
        if snapshot is None or self.span.start > len(snapshot.text):
            return False
        lines = files.lines(snapshot)
        line = self.line(lines)
        if line is None:
            return False
        is_gone = bool(self.edit.removed) and not lines.stand_at(line, self.edit.removed)
        return self._is_done(lines, line) or (is_gone and lines.stand_at(line, self.edit.inserted))

    def _is_done(self, lines: NumberedLines, line: int) -> bool:
        """Tells whether a change since it was cast brought its lines: of an insertion nothing else tells so."""
        return not self._stood_before and _stands(self.edit, lines, line)


def _stands(edit: PredictedEdit, lines: NumberedLines, line: int) -> bool:
    """Tells whether the lines that come stand at a line, or above it, where editors put what is inserted there, too."""
    n_more = max(0, len(edit.inserted) - len(edit.removed))
    return lines.stand_at(line, edit.inserted) or lines.stand_at(line - n_more, edit.inserted)
