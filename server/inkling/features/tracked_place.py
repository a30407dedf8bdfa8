"""One place that is followed after an outcome, and what stands there."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from inkling.core.edit import Span, TextEdit, move_span, swallows
from inkling.core.events import Outcome, OutcomeKind
from inkling.core.ports import Timer
from inkling.core.text import line_end
from inkling.features.offers import Offer
from inkling.features.similarity import similarity

ACCEPTS = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.PARTLY_ACCEPTED, OutcomeKind.TYPED_THROUGH})


@dataclass(slots=True, kw_only=True)
class TrackedPlace:
    """One place after an accept of some kind, or a rejection.

    Attributes:
        offer: The suggestion.
        outcome: Since when time counts.
        expected: What of the suggestion was accepted; after a rejection all of it.
        span: What stands there for it; None while the accept's own edit has not come.
        due_s: Looks still to come.
        is_gone: Whether the place was deleted together with what is around it.
        is_lost: Whether it was rewritten together with so much else that nobody can say what became of it.
        commit_before: The latest commit at the time of the outcome.
        awaits_commit: Whether `commit_before` is known and no commit came since.
    """

    offer: Offer
    outcome: Outcome
    expected: str
    span: Span | None
    due_s: deque[float]
    is_gone: bool = False
    is_lost: bool = False
    commit_before: str | None = None
    awaits_commit: bool = False
    timer: Timer | None = field(default=None)

    @property
    def is_accept(self) -> bool:
        """Whether its text was taken."""
        return self.outcome.kind in ACCEPTS

    def locate(self) -> None:
        """Takes over from the offer where the accepted text stands, once it does."""
        wanted = len(self.offer.text)
        if self.outcome.kind is OutcomeKind.PARTLY_ACCEPTED:
            wanted = max(1, self.outcome.accepted_chars or 1)
        if self.span is None and self.offer.n_agreed >= wanted:
            self.span = self.offer.agreed
            self.expected = self.offer.text[: self.offer.n_agreed]

    def follow(self, edits: Sequence[TextEdit], before: str) -> None:
        """Moves with a change of the document, whose text was `before`."""
        if self.span is None:
            return
        own_text = self.span.text(before)
        for edit in edits:
            if swallows(edit, self.span):
                self._be_swallowed(edit, own_text)
            else:
                self.span = move_span(self.span, edit)

    def _be_swallowed(self, edit: TextEdit, own_text: str) -> None:
        """Finds the place again in what replaced it and more, as a formatter's or another tool's edit does."""
        span = self.span or Span(start=edit.offset, end=edit.offset)
        at = _nearest(edit.inserted, own_text, span.start - edit.offset) if own_text else -1
        if at >= 0:
            self.span = Span(start=edit.offset + at, end=edit.offset + at + len(own_text))
            return
        self.span = Span(start=edit.offset, end=edit.offset)
        self.is_gone = True
        # A shorter text cannot hold it any more; a longer one may, in other words.
        if len(edit.inserted) >= len(self.expected) and (own_text or not self.is_accept):
            self.is_lost = True

    def standing(self, text: str) -> str:
        """Returns what stands at the place."""
        if self.span is None:
            return ""
        start = self.span.start
        if text.startswith(self.expected, start) and not (self.is_gone and not self.is_accept):
            return self.expected
        if not self.is_accept:
            return "" if self.is_gone else _lines_from(text, start, self.expected.count("\n") + 1)
        own_text = self.span.text(text)
        if not own_text or len(own_text) >= len(self.expected):
            return own_text
        # Its end was deleted. What was typed there since lies behind the span, and may be the same again.
        retyped = text[start : start + len(self.expected)]
        return max(own_text, retyped, key=lambda candidate: similarity(self.expected, candidate))


def _nearest(text: str, wanted: str, near: int) -> int:
    """Returns the offset of the occurrence of `wanted` that is nearest to `near`, or -1."""
    left, right = text.rfind(wanted, 0, near + len(wanted)), text.find(wanted, near)
    if left < 0 or right < 0:
        return max(left, right)
    return left if near - left < right - near else right


def _lines_from(text: str, offset: int, n_lines: int) -> str:
    """Returns the text from `offset` to the end of its line, or of the `n_lines - 1`-th line after it."""
    end = line_end(text, offset)
    for _ in range(n_lines - 1):
        if end < len(text):
            end = line_end(text, end + (2 if text.startswith("\r\n", end) else 1))
    return text[offset:end]
