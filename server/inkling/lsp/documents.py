"""The open documents, kept line by line, and the one place where UTF-16 columns become code points.

pygls keeps documents of its own, but splits lines where editors do not (form feeds, Unicode separators) and
rebuilds the whole text for every keystroke. Here a keystroke costs the lines it touches.

Source: Language Server Protocol 3.17, "Text Documents" and "PositionEncodingKind".
"""

from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from inkling.core.edit import TextEdit, minimal_edit
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.text import Position, has_line_break, offset_at, split_lines

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
            The same as minimal edits in code points, each in offsets of the text that the one before it left.
        """
        edits = tuple(
            self._replace(change.range, change.text)
            if isinstance(change, types.TextDocumentContentChangePartial)
            else self._replace_all(change.text)
            for change in changes
        )
        self.version = version
        self._snapshot = None
        return edits

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

    def _replace_all(self, text: str) -> TextEdit:
        edit = minimal_edit("".join(self._lines), text)
        self._lines = split_lines(text)
        return edit

    def _replace(self, range_: types.Range, text: str) -> TextEdit:
        (start_line, before), (end_line, after) = sorted((self._split(range_.start), self._split(range_.end)))
        start_offset = sum(map(len, self._lines[:start_line])) + before
        n_removed = sum(map(len, self._lines[start_line:end_line])) + after - before
        removed = "".join(self._lines[start_line : end_line + 1])[before : before + n_removed]
        head = self._lines[start_line][:before] if start_line < len(self._lines) else ""
        tail = self._lines[end_line][after:] if end_line < len(self._lines) else ""
        first, last = start_line, end_line + 1
        # A lone carriage return joins with a line feed that comes to stand beside it.
        if not head and first > 0:
            first -= 1
            head = self._lines[first]
        if last < len(self._lines):
            tail += self._lines[last]
            last += 1
        self._lines[first:last] = split_lines(head + text + tail)
        # Popups and accepted items replace what was typed by more of the same; only what is new shall count.
        edit = minimal_edit(removed, text)
        return TextEdit(offset=start_offset + edit.offset, n_removed=edit.n_removed, inserted=edit.inserted)

    def _split(self, position: types.Position) -> tuple[int, int]:
        """Returns line and column of a position, clamped to the document as the protocol asks."""
        if position.line >= len(self._lines):
            return len(self._lines), 0
        return position.line, to_column(self._lines[position.line], position.character, self._encoding)


class Documents:
    """All open documents by URI."""

    def __init__(self) -> None:
        self._documents: dict[str, OpenDocument] = {}
        self.encoding = "utf-16"

    def open(self, item: types.TextDocumentItem) -> OpenDocument:
        """Takes a document that the client opened; one that was open is replaced."""
        document = self._documents[item.uri] = OpenDocument(item, self.encoding)
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
