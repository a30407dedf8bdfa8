"""What the server is given: features and ports, built by `inkling.app.wiring`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from inkling.core.edit import TextEdit
from inkling.core.events import DecisionSummary, Outcome
from inkling.core.model_state import ModelState
from inkling.core.next_edit import EditPredictor
from inkling.core.ports import (
    Background,
    EventLog,
    FileReader,
    IndexProgress,
    ProgressListener,
    WorkspaceListener,
)
from inkling.core.settings import GateSettings, Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.features.aftermath import Aftermath
from inkling.features.completion import CompletionFeature
from inkling.features.edit_inference import EditOutcomeInference
from inkling.features.fix import FixFeature, UnaskedFixes
from inkling.features.next_edit import NextEditFeature, OpenDocuments
from inkling.features.popup import PopupFeature
from inkling.features.review import EditorReviews
from inkling.lsp.loop_meter import LoopMeter


class ProgressRelay:
    """Passes the index's progress on to whoever listens; a late listener hears the latest state at once."""

    def __init__(self) -> None:
        self._listener: ProgressListener | None = None
        self.latest = IndexProgress(is_ready=False, n_files_done=0, n_files_total=0, message="starting")

    def __call__(self, progress: IndexProgress) -> None:
        """Takes the latest state from the mind that indexes."""
        self.latest = progress
        if self._listener is not None:
            self._listener(progress)

    def listen(self, listener: ProgressListener) -> None:
        """Sets the one listener."""
        self._listener = listener
        listener(self.latest)


class DocumentFollower(Protocol):
    """Follows each open document through its changes."""

    def document_opened(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened."""
        ...

    def document_edited(self, snapshot: Snapshot, edits: Sequence[TextEdit]) -> None:
        """Takes a change: the document as it is now, and the edits that led there."""
        ...

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed."""
        ...


class OpenDocumentsRelay:
    """Looks open documents up for features that are built before there is a client. Nothing is open until then."""

    def __init__(self) -> None:
        self._documents: OpenDocuments | None = None

    def attach(self, documents: OpenDocuments) -> None:
        """Takes the client's documents."""
        self._documents = documents

    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        """Returns a document as it is now; None for one that is not open."""
        return self._documents.snapshot(uri) if self._documents is not None else None

    def uri_of(self, path: Path) -> DocumentUri:
        """Returns what the client calls a file, be it open or not."""
        return self._documents.uri_of(path) if self._documents is not None else DocumentUri(path.as_uri())


class OwnData(Protocol):
    """The user's own events and model. Each call may take seconds, elsewhere, and ends when it is cancelled.

    Each raises an `InklingError` whose words are for the user.
    """

    async def insights(self, n_days: int, gate: GateSettings) -> str:
        """Returns the `Insights` of the last days as they go over the wire, JSON."""
        ...

    async def retrain_model(self) -> tuple[bool, str]:
        """Trains a challenger now; returns whether it is in force, and the verdict in words."""
        ...

    async def reset_model(self) -> str:
        """Forgets all that was learned; returns what that means, in words."""
        ...

    async def export_events(self, file: Path, *, with_text: bool) -> str:
        """Writes all events into a .jsonl or .parquet file; returns what was written, in words."""
        ...


class ModelMind(Protocol):
    """The mind that asks a language model's endpoint, where one is configured."""

    def configure(self, settings: Settings, api_key: str | None) -> None:
        """Takes new settings and the key of the editor's secret storage; returns at once.

        Without an endpoint in the settings nothing is imported, opened or sent.
        """
        ...

    def listen(self, listener: Callable[[ModelState], None]) -> None:
        """Sets the one listener; it hears the present state at once, then each change, on the event loop."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FixServices:
    """What *Fix with feedback* and the Testing view are served with.

    Attributes:
        feature: Runs tests and looks for fixes.
        unasked: Looks for those that nobody asked for; it is among the listeners, too.
        files: Reads what lies on disk.
        real_interpreter: Returns what an interpreter that is a version manager's script starts in a folder; blocks.
        configure: Takes new settings.
    """

    feature: FixFeature
    unasked: UnaskedFixes
    files: FileReader
    real_interpreter: Callable[[Path, Path], Path]
    configure: Callable[[Settings], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditServices:
    """What next edits are served with.

    Attributes:
        feature: Predicts them.
        embedded: The mind among its minds that is always there.
        inference: Says what became of them where the client does not.
        record: Records outcomes that the client did not report, and tells the feature.
        configure: Takes new settings.
    """

    feature: NextEditFeature
    embedded: EditPredictor
    inference: EditOutcomeInference
    record: Callable[[Sequence[Outcome]], None]
    configure: Callable[[Settings], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewServices:
    """What *Review changes* is served with.

    Attributes:
        feature: Has changes reviewed, and remembers the latest reviews.
        files: Reads what lies on disk.
        real_interpreter: Returns what an interpreter that is a version manager's script starts in a folder; blocks.
        configure: Takes new settings, and the key of a language model's endpoint.
    """

    feature: EditorReviews
    files: FileReader
    real_interpreter: Callable[[Path, Path], Path]
    configure: Callable[[Settings, str | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the handlers call.

    Attributes:
        completion: Ghost text.
        aftermath: What becomes of suggestions.
        next_edits: What is changed next.
        open_documents: Is given the client's documents, once there is a client.
        popup: Names for the completion popup.
        log: The event store.
        own_data: What the Insights page shows and does.
        background: Runs what nobody waits for.
        listeners: Minds and analyses that follow the workspace.
        progress: How far the index is.
        process_ids: The processes that belong to the daemon now, itself first.
        loop_meter: Measures how long single callbacks hold the event loop, where that was asked for.
        what_moved: Returns in words which features moved the probability of a decision; may be empty.
        notices: What the user must be told, such as that a damaged database was set aside.
        model_mind: The mind that asks an endpoint; None in programs that never do.
        fixing: Runs tests and looks for fixes; None in programs that never do.
        reviewing: Reviews changes; None in programs that never do.
    """

    completion: CompletionFeature
    aftermath: Aftermath
    next_edits: NextEditServices
    open_documents: OpenDocumentsRelay
    popup: PopupFeature
    log: EventLog
    own_data: OwnData
    background: Background
    listeners: Sequence[WorkspaceListener]
    progress: ProgressRelay
    process_ids: Callable[[], list[int]]
    loop_meter: LoopMeter
    what_moved: Callable[[DecisionSummary], str]
    notices: Callable[[], list[str]]
    model_mind: ModelMind | None = None
    fixing: FixServices | None = None
    reviewing: ReviewServices | None = None
