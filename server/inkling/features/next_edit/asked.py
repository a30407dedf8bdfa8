"""A question for the next edit on its way through the feature."""

import time
from dataclasses import dataclass

from inkling.core.next_edit import EditQuestion, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with all that is asked about with it.

    Attributes:
        question: What was asked.
        taken_back: What the developer undid or deleted again lately.
        started_at_s: When it came, on the clock of `time.perf_counter`.
        follows_accept: Whether it is about edits of the group of one that was accepted just before.
        only_here: Whether edits of other documents than the one with the cursor are of no use.
    """

    question: EditQuestion
    taken_back: tuple[LineChange, ...]
    started_at_s: float
    follows_accept: bool = False
    only_here: bool = False

    def takes(self, uri: DocumentUri) -> bool:
        """Tells whether edits of a document are of use."""
        return not self.only_here or uri == self.question.snapshot.uri

    @property
    def is_invoked(self) -> bool:
        """Whether somebody asked explicitly."""
        return self.question.trigger is Trigger.INVOKED

    @property
    def elapsed_ms(self) -> float:
        """Returns the milliseconds since it came."""
        return (time.perf_counter() - self.started_at_s) * 1000
