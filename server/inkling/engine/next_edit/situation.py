"""What proposers look at: the files as they are now, and what was changed lately."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from inkling.core.next_edit import LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_index import ImportIndex
from inkling.engine.next_edit.reading.meanings import Meanings

MOST_PLACES: Final = 200  # of one cause that are proposed; who is asked for the likeliest needs no more
MOST_PLACES_OF_GROUP: Final = 5000  # that are applied in one step; more are no work for an editor


@dataclass(frozen=True)
class Situation:
    """One question to the proposers.

    Attributes:
        files: Views of the files that matter: the one with the latest change, other open ones, and those of the project
            that name what was changed. Never empty.
        history: What was changed lately, oldest first, at present places. Never empty.
        cursor_line: The line of the cursor in the file of the latest change; None where it is elsewhere or unknown.
        imports: How the project imports what; None where nothing is known of it beyond `files`.
        meanings: What jedi said that names stand for; None where it is not asked.
        most_places: Of one cause that are proposed, the nearest ones.
    """

    files: Mapping[DocumentUri, FileView]
    history: tuple[LineChange, ...]
    cursor_line: int | None = None
    imports: ImportIndex | None = None
    meanings: Meanings | None = None
    most_places: int = MOST_PLACES

    @property
    def latest(self) -> LineChange:
        """The latest change."""
        return self.history[-1]

    def was_written(self, uri: DocumentUri, line: int, *, since: int) -> bool:
        """Tells whether a line came with one of the latest changes: those at most `since` changes old."""
        return any(
            change.uri == uri and change.first_line <= line < change.end_line for change in self.history[-1 - since :]
        )

    @cached_property
    def nearest_first(self) -> tuple[DocumentUri, ...]:
        """The files: the one of the latest change, then those changed before it, the latest first, then the others."""
        changed = dict.fromkeys(change.uri for change in reversed(self.history) if change.uri in self.files)
        return tuple(dict.fromkeys([*changed, *self.files]))
