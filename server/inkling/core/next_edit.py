"""Edits that follow one another: what was changed, and what is likely to be changed next.

Lines are zero-based and without their ends, as `inkling.core.text.split_lines` tells them apart; a text that ends in a
line break has no empty last line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from inkling.core.edit import TextEdit
from inkling.core.ports import WorkspaceListener
from inkling.core.settings import Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import REASON_WORDS, Reason, Scored, Source, Trigger

NEXT_EDIT_REASON_WORDS: dict[Reason, str] = {
    **REASON_WORDS,
    Reason.DISABLED: "next edits are switched off (inkling.nextEdit.enabled)",
    Reason.FILE_TOO_LARGE: "the file is larger than next edits are predicted in (inkling.nextEdit.maxFileKb)",
    Reason.WORKER_UNAVAILABLE: "the worker for next edits is not running; it is restarted by itself",
    Reason.DEADLINE: "no prediction in time",
    Reason.LOW_PROBABILITY: "its probability is below the threshold (inkling.gate.policy, inkling.nextEdit.threshold)",
}
"""Each reason in words for a person, naming the setting that decides about next edits."""


class ChangeOrigin(StrEnum):
    """How a change came about; only what the developer meant is learned from: TYPED and APPLIED.

    APPLIED is what came at once and was asked for: an accepted suggestion, a refactoring, a paste. UNDONE is an undo or
    a redo, FORMATTED a change of layout alone, EXTERNAL what another program wrote or a switch of branches brought.
    """

    TYPED = "typed"
    APPLIED = "applied"
    UNDONE = "undone"
    FORMATTED = "formatted"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """Lines of one file that were replaced by others: keystrokes that belong together are one change.

    Attributes:
        uri: The file.
        first_line: Where the inserted lines begin, in the file as it is now: later changes have moved it along.
        removed: The lines that were there; empty for an insertion.
        inserted: The lines that came in their place; empty for a deletion.
        above: Up to three lines before it, when it was made.
        below: Up to three lines after it.
        at_ms: When it was last typed at, milliseconds since the Unix epoch; 0 where that is unknown.
        origin: How it came about.
    """

    uri: DocumentUri
    first_line: int
    removed: tuple[str, ...]
    inserted: tuple[str, ...]
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    at_ms: int = 0
    origin: ChangeOrigin = ChangeOrigin.TYPED

    @property
    def end_line(self) -> int:
        """The line after the last inserted one."""
        return self.first_line + len(self.inserted)


class EditKind(StrEnum):
    """Why an edit is expected.

    RENAME: a name was changed elsewhere. SIGNATURE: parameters, a returned shape or fields were. REPEAT: the same was
    done in other places. IMPORT: a name is used and not bound, or bound and no longer used. DEFINITION: what is used is
    not defined yet. DIAGNOSTIC: the last change caused a complaint that has a known mend. SYMMETRY: siblings have a
    counterpart that this one lacks. CONTINUATION: the text at the place where the developer is heading. INTENT: a
    language model says so.
    """

    RENAME = "rename"
    SIGNATURE = "signature"
    REPEAT = "repeat"
    IMPORT = "import"
    DEFINITION = "definition"
    DIAGNOSTIC = "diagnostic"
    SYMMETRY = "symmetry"
    CONTINUATION = "continuation"
    INTENT = "intent"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditQuestion:
    """A question for what the developer will change next.

    Attributes:
        snapshot: The document with the cursor.
        offset: The cursor, in code points.
        history: What was changed lately in all files, oldest first.
        trigger: What made the editor ask.
    """

    snapshot: Snapshot
    offset: int
    history: tuple[LineChange, ...]
    trigger: Trigger = Trigger.AUTOMATIC


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedEdit:
    """Lines of one file that are likely to be replaced by others.

    Attributes:
        uri: The file.
        path: Where it lies on disk; None for a document that was never saved.
        first_line: Where the removed lines begin.
        removed: The lines that stand there now; where others stand the prediction is void. Empty for an insertion.
        inserted: What comes in their place; empty for a deletion.
        kind: Why it is expected.
        source: The mind that proposes it.
        probability: That just this is changed next, in [0, 1].
        group: The same for all edits that follow from one cause; what *apply all of this kind* goes by.
        n_in_group: How many they are, this one included, as one question finds them and one step applies them.
        n_left_out: How many more there are at least, which follow once those are made.
        words: The cause in a few words for a person, such as "`timeout` was renamed to `timeout_s`".
    """

    uri: DocumentUri
    path: Path | None
    first_line: int
    removed: tuple[str, ...]
    inserted: tuple[str, ...]
    kind: EditKind
    source: Source
    probability: float
    group: str = ""
    n_in_group: int = 1
    n_left_out: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinterMend:
    """A linter's own mend of a complaint.

    Attributes:
        edits: What is replaced, in order of place, in the text that it was asked about.
        words: The complaint, for a person.
    """

    edits: tuple[TextEdit, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedPlace:
    """A line at which the next change is likely to begin.

    Attributes:
        uri: The file.
        line: The line; the number of lines for the file's end.
        probability: That it does, within two lines, in [0, 1].
    """

    uri: DocumentUri
    line: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a mind says of the next change.

    Attributes:
        edits: Edits, the likeliest first; at most twenty.
        places: Places with or without a known content, the likeliest first; at most ten.
    """

    edits: tuple[PredictedEdit, ...] = ()
    places: tuple[PredictedPlace, ...] = ()


class EditPredictor(Protocol):
    """A mind that says what is changed next."""

    async def predict(self, question: EditQuestion) -> Prediction:
        """Returns what is likely to be changed next; empty where nothing is known.

        Raises:
            WorkerError: Its process died or is not running.
            ModelError: The language model that it asks did not answer as it should.
        """
        ...

    async def predict_group(self, question: EditQuestion, edit: PredictedEdit) -> Sequence[PredictedEdit]:
        """Returns all edits of an edit's group as things are now, itself included if it still holds.

        Raises:
            WorkerError: Its process died or is not running.
        """
        ...


class GuidedEditPredictor(EditPredictor, Protocol):
    """A mind that may take seconds, and does better when it is told where the next change is likely to be."""

    async def predict(self, question: EditQuestion, places: Sequence[PredictedPlace] = ()) -> Prediction:
        """As `EditPredictor.predict`.

        Args:
            question: The question.
            places: Where another mind expects the next change, the likeliest first.
        """
        ...


class EditHistory(Protocol):
    """Follows what is changed in all open documents, and says what belongs together."""

    def set_max_file_kb(self, max_file_kb: int) -> None:
        """Takes the size of the largest document that is followed, kilobytes."""
        ...

    def document_opened(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened."""
        ...

    def document_edited(self, snapshot: Snapshot, edits: Sequence[TextEdit]) -> None:
        """Takes one notification of changes.

        Args:
            snapshot: The document after them.
            edits: The changes, each in offsets of the text that the one before it left.
        """
        ...

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed; its changes stay known while its file is as it was."""
        ...

    def document_saved(self, uri: DocumentUri) -> None:
        """Takes that the editor saved a document: the change of its file on disk is nobody else's."""
        ...

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that were changed on disk by whomever; a changed `.git/HEAD` is a switch of branches."""
        ...

    def recent(self) -> tuple[LineChange, ...]:
        """Returns the latest changes that the developer meant, oldest first, at their present places."""
        ...

    def taken_back(self) -> tuple[LineChange, ...]:
        """Returns the latest changes that the developer undid or deleted again, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOccasion:
    """All that the gate may look at when it scores a predicted edit.

    Attributes:
        edit: The prediction; its probability is the prior.
        is_near: Whether it stands in the file with the cursor and so near that no jump is needed to see it.
        is_elsewhere: Whether it stands in another file.
        follows_accept: Whether another edit of its group was accepted just before.
        project: As in `core.events.Decision`.
    """

    edit: PredictedEdit
    is_near: bool
    is_elsewhere: bool
    follows_accept: bool
    project: str = ""


class NextEditModel(Protocol):
    """Scores predicted edits by how likely this user is to accept them."""

    def score(self, occasion: EditOccasion) -> Scored:
        """Returns the probability with the features behind it; well under a millisecond."""
        ...

    def threshold(self, settings: Settings) -> float:
        """Returns the least probability to show that the user's settings amount to now; from memory."""
        ...


class EditMind(EditPredictor, WorkspaceListener, Protocol):
    """A mind that predicts edits and follows the workspace by itself."""
