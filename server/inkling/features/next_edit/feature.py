"""Next edits: from a pause in typing to an edit that is worth showing, or to silence with a reason."""

from collections.abc import Sequence
from pathlib import Path

from inkling.core.edit import TextEdit
from inkling.core.events import Outcome
from inkling.core.settings import Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import NoSuggestion, Reason, SuggestionId, Trigger
from inkling.features.next_edit.offered import EditGroup, OfferedEdit
from inkling.features.next_edit.ports import NextEditClient, NextEditPorts


class NextEditFeature:
    """Answers what the developer is likely to change next, and writes down every decision on the way.

    It is told of documents as they change, and tells the history by itself.

    Attributes:
        client: The editor, where it wants to be told of late answers; None: nothing is pushed.
    """

    def __init__(self, ports: NextEditPorts, settings: Settings) -> None:
        self.client: NextEditClient | None = None
        self._ports = ports
        self._settings = settings

    def configure(self, settings: Settings) -> None:
        """Takes new settings; requests that are under way end with the old ones."""
        self._settings = settings
        self._ports.editable.configure(settings)

    def open_folders(self, folders: tuple[Path, ...]) -> None:
        """Takes the workspace folders."""
        self._ports.editable.open_folders(folders)

    def document_opened(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened."""
        self._ports.history.document_opened(snapshot)

    def document_edited(self, snapshot: Snapshot, edits: Sequence[TextEdit]) -> None:
        """Takes a change: the document as it is now, and the edits that led there."""
        self._ports.history.document_edited(snapshot, edits)

    def document_saved(self, uri: DocumentUri) -> None:
        """Takes that the editor saved a document."""
        self._ports.history.document_saved(uri)

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed."""
        self._ports.history.document_closed(uri)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that were changed on disk by whomever."""
        self._ports.history.files_changed(paths)

    def outcomes_reported(self, outcomes: Sequence[Outcome]) -> None:
        """Takes outcomes of any suggestions, once they are recorded."""

    async def next_edit(
        self, snapshot: Snapshot, offset: int, trigger: Trigger = Trigger.AUTOMATIC
    ) -> OfferedEdit | NoSuggestion:
        """Returns the edit that is likeliest to come next and may be shown, or why there is none.

        A newer question cancels an older one that is under way. Asked again while nothing has changed for the edit on
        display, it is offered again with the same id.

        Args:
            snapshot: The document with the cursor.
            offset: The cursor, in code points.
            trigger: What made the editor ask; who asks explicitly is answered whatever the probability.
        """
        return NoSuggestion(reason=Reason.NOTHING_FOLLOWS)

    async def group(self, suggestion_id: SuggestionId) -> EditGroup:
        """Returns all edits that follow from the cause of one that was offered, as things are now."""
        return EditGroup()
