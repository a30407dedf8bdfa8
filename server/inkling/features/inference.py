"""Outcomes inferred from document changes, for clients that report none.

Such a client runs the accept command of the item, and nothing else. What it had on display is not known: a suggestion
counts as visible from the moment it was sent until one of these ends.

| end           | what was seen                                                        |
|---------------|----------------------------------------------------------------------|
| accepted      | the command; it is no inference                                      |
| undone        | one edit that restores the text before the accept, within 10 s of it |
| typed_through | all of it stands there, and no command came within 2 s               |
| ignored       | something else was typed, or text was deleted, at its place          |
| superseded    | a newer one was sent, the document was closed, or its place deleted; |
|               | with others for the same place to choose from, also what is ignored  |

`shown` is inferred with the end, when the suggestion was there for 750 ms. The event id of an inferred outcome begins
with `inferred-`.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.core.edit import Span, TextEdit, common_prefix, move_span, swallows
from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.ports import Clock
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import SuggestionId
from inkling.features.offers import Offer

SHOWN_AFTER_MS = 750  # a suggestion seen for less was not read; see ARCHITECTURE.md, Outcomes
ACCEPT_FOLLOWS_WITHIN_S = 2.0  # the editor runs the item's command right after its edit; the same as in the extension
UNDONE_WITHIN_S = 10.0  # later an undo is a change of mind about the code, which the looks tell better
_CLOSERS = ")]}\"'"
"""What editors close by themselves behind the cursor."""
_ENDS = frozenset(OutcomeKind) - {OutcomeKind.SHOWN, OutcomeKind.PARTLY_ACCEPTED}


@dataclass(slots=True, kw_only=True)
class _Completed:
    """A suggestion whose text is in the document, or is about to be: by whose hand shows later.

    Attributes:
        offer: The suggestion.
        text_before: The document before its last part came.
        text_after: The document once it was there; None while the accept's own edit has not come.
        at_ms: When it was completed.
        was_accepted: Whether the accept command came.
    """

    offer: Offer
    text_before: str
    text_after: str | None
    at_ms: int
    was_accepted: bool


class OutcomeInference:
    """Follows the latest suggestion of each document, and reports how it ended."""

    def __init__(self, clock: Clock, report: Callable[[Sequence[Outcome]], None]) -> None:
        self._clock = clock
        self._report = report
        self._live: dict[DocumentUri, Offer] = {}
        self._is_alone: dict[DocumentUri, bool] = {}
        self._completed: dict[SuggestionId, _Completed] = {}

    def offered(self, offer: Offer, *, is_one_of_several: bool = False) -> None:
        """Takes a suggestion that is sent to the editor; it replaces the one before in its document.

        Of several the first is taken: to which one the user has cycled is not known.
        """
        self.document_closed(offer.uri)
        self._live[offer.uri] = offer
        self._is_alone[offer.uri] = not is_one_of_several

    def document_closed(self, uri: DocumentUri) -> None:
        """Ends what is open in a document."""
        offer = self._live.get(uri)
        if offer is not None:
            self._end(offer, OutcomeKind.SUPERSEDED)

    def will_change(self, uri: DocumentUri, edits: Sequence[TextEdit], before: str, after: str) -> None:
        """Takes a change of a document, before its offers move with it."""
        for completed in list(self._completed.values()):
            if completed.offer.uri != uri:
                continue
            if completed.text_after is None:
                completed.text_after = after
            elif completed.was_accepted and before == completed.text_after and after == completed.text_before:
                self._forget(completed)
                self._report([self._outcome(completed.offer, OutcomeKind.UNDONE)])
        offer = self._live.get(uri)
        if offer is not None:
            self._judge_change(offer, edits, before, after)

    def reported(self, outcome: Outcome, text: str) -> None:
        """Takes an outcome that the client told itself: nothing is inferred any more, but that it was undone.

        Args:
            outcome: What the client told.
            text: The suggestion's document as it is now; the accept's own edit may still come.
        """
        if outcome.kind not in _ENDS:
            return
        completed = self._completed.get(outcome.suggestion_id)
        live = next((offer for offer in self._live.values() if offer.suggestion_id == outcome.suggestion_id), None)
        if outcome.kind is OutcomeKind.ACCEPTED and completed is not None:
            completed.was_accepted = True
        elif outcome.kind is OutcomeKind.ACCEPTED and live is not None:
            self._complete(live, text, None)
        elif completed is not None:
            self._forget(completed)
        elif live is not None:
            del self._live[live.uri]

    def _judge_change(self, offer: Offer, edits: Sequence[TextEdit], before: str, after: str) -> None:
        n_before = offer.n_standing(before)
        own = Span(start=offer.place.start, end=offer.place.start + n_before)
        n_typed, is_touched = 0, False
        for edit in edits:
            if swallows(edit, own):
                self._end(offer, OutcomeKind.SUPERSEDED)
                return
            if edit.offset <= own.end and edit.end >= own.start:
                is_touched = True
                n_typed += len(edit.inserted.rstrip(_CLOSERS)) if edit.offset == own.end else 0
            own = move_span(own, edit)
        if not is_touched:
            return
        n_after = common_prefix(offer.text, after, own.start)
        if n_after == len(offer.text):
            self._complete(offer, before, after)
        elif n_after <= n_before or n_after < n_before + n_typed:
            # Something else may be another one of several.
            self._end(offer, OutcomeKind.IGNORED if self._is_alone[offer.uri] else OutcomeKind.SUPERSEDED)

    def _complete(self, offer: Offer, text_before: str, text_after: str | None) -> None:
        was_accepted = text_after is None
        self._live.pop(offer.uri, None)
        completed = _Completed(
            offer=offer,
            text_before=text_before,
            text_after=text_after,
            at_ms=self._clock.now_ms(),
            was_accepted=was_accepted,
        )
        self._completed[offer.suggestion_id] = completed
        if not was_accepted:
            self._clock.call_later(ACCEPT_FOLLOWS_WITHIN_S, lambda: self._settle(completed))
        self._clock.call_later(UNDONE_WITHIN_S, lambda: self._forget(completed))

    def _settle(self, completed: _Completed) -> None:
        if not completed.was_accepted and completed.offer.suggestion_id in self._completed:
            self._forget(completed)
            self._end(completed.offer, OutcomeKind.TYPED_THROUGH, completed.at_ms)

    def _forget(self, completed: _Completed) -> None:
        self._completed.pop(completed.offer.suggestion_id, None)

    def _end(self, offer: Offer, kind: OutcomeKind, at_ms: int | None = None) -> None:
        self._live.pop(offer.uri, None)
        end = self._outcome(offer, kind, at_ms)
        was_read = end.visible_ms is not None and end.visible_ms >= SHOWN_AFTER_MS
        self._report([self._outcome(offer, OutcomeKind.SHOWN, at_ms), end] if was_read else [end])

    def _outcome(self, offer: Offer, kind: OutcomeKind, at_ms: int | None = None) -> Outcome:
        at_ms = self._clock.now_ms() if at_ms is None else at_ms
        return Outcome(
            event_id=EventId(f"inferred-{uuid.uuid4().hex}"),
            suggestion_id=offer.suggestion_id,
            kind=kind,
            at_ms=at_ms,
            visible_ms=float(max(0, at_ms - offer.offered_at_ms)),
        )
