"""The open documents as a worker process knows them."""

from inkling.context.worker.process import WorkerProcess
from inkling.core.snapshot import DocumentUri, Snapshot


class ToldDocuments:
    """Tells a worker of open documents, in notices `document` (URI, path or None, text) and `closed` (URI).

    Texts are sent with the next question and not with each change, so a keystroke costs nothing here.
    """

    def __init__(self, worker: WorkerProcess) -> None:
        """Takes the worker that is told."""
        self._worker = worker
        self._documents: dict[DocumentUri, Snapshot] = {}
        self._unsent: set[DocumentUri] = set()

    def __contains__(self, uri: DocumentUri) -> bool:
        """Tells whether a document is open."""
        return uri in self._documents

    def take(self, snapshot: Snapshot) -> None:
        """Takes the latest text of a document; one that is known already costs nothing."""
        if self._documents.get(snapshot.uri) != snapshot:
            self._documents[snapshot.uri] = snapshot
            self._unsent.add(snapshot.uri)

    def close(self, uri: DocumentUri) -> None:
        """Forgets a document."""
        self._documents.pop(uri, None)
        self._unsent.discard(uri)
        self._worker.notify("closed", uri)

    def send(self) -> None:
        """Sends what the worker has not got yet; nothing where there is none."""
        if self._worker.process_id is None:
            return
        for uri in self._unsent:
            snapshot = self._documents[uri]
            path = str(snapshot.path) if snapshot.path is not None else None
            self._worker.notify("document", (uri, path, snapshot.text))
        self._unsent.clear()

    def worker_started(self) -> None:
        """Takes that a worker has just started, which knows nothing."""
        self._unsent.update(self._documents)

    def texts_on_disk(self) -> dict[str, str]:
        """Returns the texts of the documents that are files, by their path."""
        return {str(each.path): each.text for each in self._documents.values() if each.path is not None}
