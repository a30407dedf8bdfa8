"""What next edits are predicted and checked with: the ports that `NextEditFeature` is given."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from inkling.core.edit import TextEdit
from inkling.core.next_edit import EditHistory, EditPredictor, GuidedEditPredictor, LinterMend, NextEditModel
from inkling.core.ports import Background, Clock, Completer, EventLog, FileReader, NameVerdict, SyntaxVerdict
from inkling.core.settings import Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Reason, SuggestionId


class EditSyntaxChecker(Protocol):
    """Tells whether a file still parses after an edit."""

    async def check_edit(self, text: str, edit: TextEdit) -> SyntaxVerdict:
        """Returns what a replacement does to the syntax of a whole text.

        Raises:
            WorkerError: Its process died or is not running.
        """
        ...


class EditLinter(Protocol):
    """Tells what a linter thinks of an edit."""

    async def is_worse(self, path: Path, text: str, edit: TextEdit) -> bool | None:
        """Tells whether the edit brings a complaint to the lines it touches; None where that is not known in time."""
        ...

    async def mends(self, path: Path, before: str, after: str) -> Sequence[LinterMend]:
        """Returns the mends, that keep the meaning, of what it says of a text and did not say of the one before."""
        ...


class EditNames(Protocol):
    """Tells whether the attributes and imports that an edit brings in can exist."""

    async def check_edit(self, snapshot: Snapshot, edit: TextEdit, *, within_s: float) -> NameVerdict:
        """Returns what is known within a time; never raises WorkerError."""
        ...


class EditableFiles(Protocol):
    """Tells which files may be edited."""

    def configure(self, settings: Settings) -> None:
        """Takes new settings."""
        ...

    def open_folders(self, folders: tuple[Path, ...]) -> None:
        """Takes the workspace folders."""
        ...

    async def refusal(self, path: Path) -> Reason | None:
        """Returns why a file is left alone; None for one that may be edited.

        It is outside of the workspace, cannot be written, is excluded by the settings or ignored by git.
        """
        ...


class OpenDocuments(Protocol):
    """The documents that the editor has open."""

    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        """Returns a document as it is now; None for one that is not open."""
        ...

    def uri_of(self, path: Path) -> DocumentUri:
        """Returns what the editor calls a file, be it open or not."""
        ...


class NextEditClient(Protocol):
    """An editor that asks again when it is told that there is more."""

    def next_edit_ready(self, uri: DocumentUri) -> None:
        """Tells the editor that it is worth asking again for a document."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditPorts:
    """What next edits are predicted and checked with.

    Attributes:
        history: What was changed lately.
        predictors: Minds that answer in milliseconds.
        slow_predictors: Returns the minds that may take seconds; settings change which there are.
        completer: Says how the text at a place goes on; None: edits without known content are not offered.
        syntax: Checks edits.
        linter: Checks edits; None: nothing is said of complaints.
        names: Checks edits; None: nothing is said of names.
        editable: Which files may be edited.
        documents: What is open.
        files: Reads what is not.
        model: The gate's probability.
        log: Where decisions go.
        background: Writes them down, and listens to slow minds.
        clock: Tells the time.
        draw: Returns random numbers, uniform in [0, 1).
        offered: Is told of each edit that is offered, once, with its document and the replacement.
    """

    history: EditHistory
    predictors: Sequence[EditPredictor]
    syntax: EditSyntaxChecker
    editable: EditableFiles
    documents: OpenDocuments
    files: FileReader
    model: NextEditModel
    log: EventLog
    background: Background
    clock: Clock
    completer: Completer | None = None
    linter: EditLinter | None = None
    names: EditNames | None = None
    slow_predictors: Callable[[], Sequence[GuidedEditPredictor]] = tuple
    draw: Callable[[], float] = random.random
    offered: Callable[[SuggestionId, DocumentUri, TextEdit], None] = lambda *_: None
