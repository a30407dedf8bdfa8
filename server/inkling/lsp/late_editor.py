"""The editor, where it asks again when it is told that there is more."""

from pygls.lsp.server import LanguageServer

from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.lsp.documents import Documents
from inkling.lsp.methods import SUGGESTIONS_READY, SuggestionsReadyParams
from inkling.lsp.wire import wire


class LateEditor:
    """Implements `features.late.LateClient` over the protocol."""

    def __init__(self, server: LanguageServer, documents: Documents) -> None:
        self._server = server
        self._documents = documents

    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        """Returns a document as it is now; None for one that is not open."""
        document = self._documents.get(uri)
        return None if document is None else document.snapshot()

    def suggestions_ready(self, snapshot: Snapshot) -> None:
        """Tells the editor to ask again, if the document is still at this version there."""
        params = SuggestionsReadyParams(uri=snapshot.uri, version=snapshot.version)
        self._server.protocol.notify(SUGGESTIONS_READY, wire(params))
