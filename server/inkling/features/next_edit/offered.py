"""A predicted edit at its place in a file, ready to be shown and applied."""

from dataclasses import dataclass, field

from inkling.core.edit import TextEdit
from inkling.core.next_edit import PredictedEdit
from inkling.core.snapshot import Snapshot
from inkling.core.suggestion import Check, Scored, SuggestionId


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEdit:
    """A predicted edit in the text that it was checked against.

    Attributes:
        edit: The prediction, its lines as they are counted in `snapshot`.
        snapshot: The file to change; its version is -1 where no client has it open.
        change: The same as one replacement in that text, as small as it can be, with the file's own line ends.
    """

    edit: PredictedEdit
    snapshot: Snapshot
    change: TextEdit

    @property
    def version(self) -> int | None:
        """The version of the document to change; None for a file that no client has open."""
        return self.snapshot.version if self.snapshot.version >= 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedEdit:
    """A prediction that passed the checks and the gate.

    Attributes:
        id: What outcomes refer to.
        placed: What would be changed, and where.
        scored: Why it is shown.
        n_in_group: Edits of its kind that can be applied together, as far as that was known, this one included.
        checked: What was verified; a check that ran out of time is missing here.
    """

    id: SuggestionId
    placed: PlacedEdit
    scored: Scored
    n_in_group: int
    checked: frozenset[Check] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditGroup:
    """All edits that follow from the cause of one that was offered, as things are now.

    Attributes:
        edits: By file, and from the top within each; none where the prediction holds no longer.
        words: Their cause in a few words for a person.
        n_left_out: How many more there are at least, which are found once these are made.
    """

    edits: tuple[PlacedEdit, ...] = ()
    words: str = ""
    n_left_out: int = 0
