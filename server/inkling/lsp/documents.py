"""The open documents, kept line by line, and the one place where UTF-16 columns become code points.

pygls keeps documents of its own, but splits lines where editors do not (form feeds, Unicode separators) and
rebuilds the whole text for every keystroke. Here a keystroke costs the lines it touches. What touches very many is
worked out on another thread (`OpenDocument.after`) and only put in place on the event loop (`OpenDocument.take`).

Source: Language Server Protocol 3.17, "Text Documents" and "PositionEncodingKind".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lsprotocol import types
from pygls.uris import to_fs_path

from inkling.core.edit import TextEdit, minimal_edit
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.text import Position, has_line_break, offset_at, split_lines

MAX_PLACES: Final = 100  # of one notification; all who follow places in the document pay for each of them
LARGE_CHARS: Final = 100_000  # of a text; cutting it into lines takes a millisecond or more
LARGE_LINES: Final = 5000  # that are taken out at once; joining them takes a millisecond or more
_BREAKS = "\r\n"
_BYTES_PER_UNIT = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
_CODEC = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


def to_units(text: str, encoding: str) -> int:
    """Returns the length of `text` in code units of `encoding` (utf-8, utf-16 or utf-32)."""
    if text.isascii():
        return len(text)
    return len(text.encode(_CODEC[encoding], "surrogatepass")) // _BYTES_PER_UNIT[encoding]


def to_column(line: str, units: int, encoding: str) -> int:
    """Returns the column, in code points, of `units` code units into `line`.

    A position past the end means the end, and one inside a surrogate pair the character's start.
    Line breaks are no part of the line.
    """
    content = line.rstrip(_BREAKS)
    if content.isascii():
        return min(units, len(content))
    data = content.encode(_CODEC[encoding], "surrogatepass")[: units * _BYTES_PER_UNIT[encoding]]
    return len(data.decode(_CODEC[encoding], "ignore"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedText:
    """A document after a notification of changes.

    Attributes:
        snapshot: The document.
        lines: Its lines with their ends.
        edits: What leads there, in code points, each in offsets of the text that the one before it left. More than
            `MAX_PLACES` changes are one edit.
    """

    snapshot: Snapshot
    lines: list[str]
    edits: tuple[TextEdit, ...]


def is_laborious(changes: Sequence[types.TextDocumentContentChangeEvent]) -> bool:
    """Tells whether applying changes may take longer than the event loop may be held."""
    if len(changes) > MAX_PLACES:
        return True
    for change in changes:
        if len(change.text) > LARGE_CHARS:
            return True
        if isinstance(change, types.TextDocumentContentChangePartial):
            start, end = change.range.start.line, change.range.end.line
            if abs(end - start) > LARGE_LINES:
                return True
    return False


class OpenDocument:
    """One document that the client has open."""

    def __init__(self, item: types.TextDocumentItem, encoding: str) -> None:
        self.uri = DocumentUri(item.uri)
        self.version = item.version
        self.latest_edits: tuple[TextEdit, ...] = ()
        self._encoding = encoding
        self._lines = split_lines(item.text)
        self._snapshot: Snapshot | None = None
        path = to_fs_path(item.uri) if item.uri.startswith("file:") else None
        self.path = Path(path) if path else None

    def apply(self, changes: Sequence[types.TextDocumentContentChangeEvent], version: int) -> tuple[TextEdit, ...]:
        """Applies the client's changes, one after the other.

        Returns:
            The same as minimal edits in code points, each in offsets of the text that the one before it left. More than
            `MAX_PLACES` changes are one edit.
        """
        if len(changes) > MAX_PLACES:
            self.take(self.after(changes, version))
            return self.latest_edits
        lines = _Lines(self._lines, self._encoding)
        self.latest_edits = tuple(lines.apply(change) for change in changes)
        self.version = version
        self._snapshot = None
        return self.latest_edits

    def after(self, changes: Sequence[types.TextDocumentContentChangeEvent], version: int) -> ChangedText:
        """Returns what changes lead to, and leaves the document as it is; another thread may do so."""
        before = self.snapshot().text
        lines = _Lines(list(self._lines), self._encoding)
        edits = tuple(lines.apply(change) for change in changes)
        text = "".join(lines.lines)
        return ChangedText(
            snapshot=Snapshot(uri=self.uri, path=self.path, version=version, text=text),
            lines=lines.lines,
            edits=(minimal_edit(before, text),) if len(changes) > MAX_PLACES else edits,
        )

    def take(self, changed: ChangedText) -> None:
        """Goes on to what `after` returned for the document as it is."""
        self.version, self.latest_edits = changed.snapshot.version, changed.edits
        self._lines, self._snapshot = changed.lines, changed.snapshot

    def snapshot(self) -> Snapshot:
        """Returns the document as it is now."""
        if self._snapshot is None:
            self._snapshot = Snapshot(uri=self.uri, path=self.path, version=self.version, text="".join(self._lines))
        return self._snapshot

    def offset(self, position: types.Position) -> int | None:
        """Returns the offset of a client's position in code points; None for a line that does not exist."""
        if position.line < 0 or position.character < 0 or position.line > self._n_lines() - 1:
            return None
        line = self._lines[position.line] if position.line < len(self._lines) else ""
        column = to_column(line, position.character, self._encoding)
        if position.character > to_units(line.rstrip(_BREAKS), self._encoding):
            return None
        return offset_at(self.snapshot().text, Position(line=position.line, column=column))

    def _n_lines(self) -> int:
        """A text that ends in a line break, and an empty one, have one more, empty line."""
        ends_open = not self._lines or has_line_break(self._lines[-1])
        return len(self._lines) + (1 if ends_open else 0)


class _Lines:
    """Lines that changes are applied to, in place.

    Editors send many changes from the bottom up or from the top down. So where a change begins is counted from the one
    before it, and not from the top each time.
    """

    def __init__(self, lines: list[str], encoding: str) -> None:
        self.lines = lines
        self._encoding = encoding
        self._known_line, self._known_offset = 0, 0

    def apply(self, change: types.TextDocumentContentChangeEvent) -> TextEdit:
        """Applies one change; returns it as a minimal edit of the text before it."""
        if isinstance(change, types.TextDocumentContentChangePartial):
            return self._replace(change.range, change.text)
        edit = minimal_edit("".join(self.lines), change.text)
        self.lines[:] = split_lines(change.text)
        self._known_line, self._known_offset = 0, 0
        return edit

    def _replace(self, range_: types.Range, text: str) -> TextEdit:
        lines = self.lines
        (start_line, before), (end_line, after) = sorted((self._split(range_.start), self._split(range_.end)))
        start_offset = self._offset_of(start_line) + before
        n_removed = sum(map(len, lines[start_line:end_line])) + after - before
        removed = "".join(lines[start_line : end_line + 1])[before : before + n_removed]
        head = lines[start_line][:before] if start_line < len(lines) else ""
        tail = lines[end_line][after:] if end_line < len(lines) else ""
        first, last = start_line, end_line + 1
        # A lone carriage return joins with a line feed that comes to stand beside it.
        if not head and first > 0:
            first -= 1
            head = lines[first]
            self._offset_of(first)
        if last < len(lines):
            tail += lines[last]
            last += 1
        lines[first:last] = split_lines(head + text + tail)
        # Popups and accepted items replace what was typed by more of the same; only what is new shall count.
        edit = minimal_edit(removed, text)
        return TextEdit(offset=start_offset + edit.offset, n_removed=edit.n_removed, inserted=edit.inserted)

    def _offset_of(self, line: int) -> int:
        """Returns where a line begins; nothing above the line that it was asked for last may have changed since."""
        known = self._known_line
        if line >= known:
            self._known_offset += sum(map(len, self.lines[known:line]))
        else:
            self._known_offset -= sum(map(len, self.lines[line:known]))
        self._known_line = line
        return self._known_offset

    def _split(self, position: types.Position) -> tuple[int, int]:
        """Returns line and column of a position, clamped to the document as the protocol asks."""
        if position.line >= len(self.lines):
            return len(self.lines), 0
        return position.line, to_column(self.lines[position.line], position.character, self._encoding)


class Documents:
    """All open documents by URI."""

    def __init__(self) -> None:
        self._documents: dict[str, OpenDocument] = {}
        self.encoding = "utf-16"

    def open(self, item: types.TextDocumentItem) -> OpenDocument:
        """Takes a document that the client opened; one that was open is replaced."""
        return self.add(OpenDocument(item, self.encoding))

    def add(self, document: OpenDocument) -> OpenDocument:
        """Takes a document that is cut into lines already."""
        self._documents[document.uri] = document
        return document

    def close(self, uri: str) -> None:
        """Forgets a document; one that was not open is no error."""
        self._documents.pop(uri, None)

    def get(self, uri: str) -> OpenDocument | None:
        """Returns the document, or None when the client has not opened it."""
        return self._documents.get(uri)

    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        """Returns a document as it is now; None when the client has not opened it."""
        document = self._documents.get(uri)
        return None if document is None else document.snapshot()

    def uri_of(self, path: Path) -> DocumentUri:
        """Returns what the client calls a file; the same file's URI can be written in different ways."""
        opened = (document.uri for document in self._documents.values() if document.path == path)
        return next(opened, DocumentUri(path.as_uri()))

    def all(self) -> tuple[OpenDocument, ...]:
        """Returns the open documents."""
        return tuple(self._documents.values())
