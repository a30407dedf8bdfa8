"""Outcomes of next edits inferred from document changes, for clients that only say when they show or apply one.

| end           | what was seen                                                               |
|---------------|-----------------------------------------------------------------------------|
| accepted      | the command; it is no inference                                             |
| undone        | the text is as it was before the accept, within 10 s of it                  |
| typed_through | the text is as the edit would make it, and no command came within 2 s       |
| ignored       | something else was changed, and the edit had been visible for 750 ms        |
| superseded    | the same after a shorter time; a newer one was sent; the document was closed |

`shown` is inferred with the end, when 750 ms have passed since the client said that it shows the edit. A rejection
cannot be told from looking away. The event id of an inferred outcome begins with `inferred-`.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from inkling.core.edit import TextEdit, apply_edit
from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.ports import Clock
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import SuggestionId
from inkling.features.inference import ACCEPT_FOLLOWS_WITHIN_S, SHOWN_AFTER_MS, UNDONE_WITHIN_S


@dataclass(slots=True, kw_only=True)
class _Followed:
    """An edit that was sent to a client.

    Attributes:
        id: What its outcomes refer to.
        uri: Its document.
        change: The edit.
        before: The text that it was made for.
        after: The same text with the edit.
        shown_at_ms: When the client said that it shows it; None if it did not.
        is_done: Whether the text is as the edit makes it.
        was_accepted: Whether the accept command came.
    """

    id: SuggestionId
    uri: DocumentUri
    change: TextEdit
    before: str
    after: str
    shown_at_ms: int | None = None
    is_done: bool = False
    was_accepted: bool = False

    def is_on_the_way(self, text: str) -> bool:
        """Tells whether a text differs from the one before in nothing but what the edit replaces."""
        head, tail = self.before[: self.change.offset], self.before[self.change.end :]
        return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)


class EditOutcomeInference:
    """Follows the latest next edit of each document, and reports how it ended."""

    def __init__(self, clock: Clock, report: Callable[[Sequence[Outcome]], None]) -> None:
        """Takes what it needs.

        Args:
            clock: Tells the time.
            report: Takes what was inferred.
        """
        self._clock = clock
        self._report = report
        self._followed: dict[DocumentUri, _Followed] = {}

    def offered(self, suggestion_id: SuggestionId, snapshot: Snapshot, change: TextEdit) -> None:
        """Takes an edit that is sent to the client; it replaces the one before in its document."""
        known = self._followed.get(snapshot.uri)
        shown_at_ms = known.shown_at_ms if known is not None and known.id == suggestion_id else None
        if known is not None and known.id != suggestion_id:
            self._leave(known, OutcomeKind.SUPERSEDED)
        self._followed[snapshot.uri] = _Followed(
            id=suggestion_id,
            uri=snapshot.uri,
            change=change,
            before=snapshot.text,
            after=apply_edit(snapshot.text, change),
            shown_at_ms=shown_at_ms,
        )

    def shown(self, suggestion_id: SuggestionId) -> None:
        """Takes that the client shows an edit."""
        for followed in self._followed.values():
            if followed.id == suggestion_id and followed.shown_at_ms is None:
                followed.shown_at_ms = self._clock.now_ms()

    def outcomes_reported(self, outcomes: Sequence[Outcome]) -> None:
        """Takes outcomes that the client told itself, and that are recorded."""
        for outcome in outcomes:
            followed = next((each for each in self._followed.values() if each.id == outcome.suggestion_id), None)
            if followed is not None and outcome.kind is OutcomeKind.ACCEPTED and not followed.was_accepted:
                followed.was_accepted = True
                self._clock.call_later(UNDONE_WITHIN_S, partial(self._forget, followed))

    def document_opened(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened; what was open in it before is over."""
        self.document_closed(snapshot.uri)

    def document_edited(self, snapshot: Snapshot, _edits: Sequence[TextEdit]) -> None:
        """Takes a change: the document as it is now tells more than the edits that led there."""
        followed = self._followed.get(snapshot.uri)
        if followed is None:
            return
        if followed.was_accepted:
            if followed.is_done and snapshot.text == followed.before:
                self._forget(followed)
                self._report([self._outcome(followed, OutcomeKind.UNDONE)])
            followed.is_done = followed.is_done or snapshot.text == followed.after
        elif followed.is_done:
            return  # whether it was accepted shows within two seconds, whatever is typed meanwhile
        elif snapshot.text == followed.after:
            followed.is_done = True
            self._clock.call_later(ACCEPT_FOLLOWS_WITHIN_S, partial(self._settle, followed))
        elif not followed.is_on_the_way(snapshot.text):
            self._leave(followed, OutcomeKind.IGNORED if self._was_read(followed) else OutcomeKind.SUPERSEDED)

    def document_closed(self, uri: DocumentUri) -> None:
        """Ends what is open in a document."""
        followed = self._followed.get(uri)
        if followed is not None:
            self._leave(followed, OutcomeKind.SUPERSEDED)

    def _settle(self, followed: _Followed) -> None:
        if self._followed.get(followed.uri) is followed and not followed.was_accepted:
            self._leave(followed, OutcomeKind.TYPED_THROUGH)

    def _leave(self, followed: _Followed, kind: OutcomeKind) -> None:
        """Ends an edit; one that was accepted has its outcome already."""
        self._forget(followed)
        if followed.was_accepted:
            return
        if followed.is_done:
            kind = OutcomeKind.TYPED_THROUGH
        shown = [self._outcome(followed, OutcomeKind.SHOWN)] if self._was_read(followed) else []
        self._report([*shown, self._outcome(followed, kind)])

    def _forget(self, followed: _Followed) -> None:
        if self._followed.get(followed.uri) is followed:
            del self._followed[followed.uri]

    def _was_read(self, followed: _Followed) -> bool:
        return self._visible_ms(followed) >= SHOWN_AFTER_MS

    def _visible_ms(self, followed: _Followed) -> float:
        return 0.0 if followed.shown_at_ms is None else float(max(0, self._clock.now_ms() - followed.shown_at_ms))

    def _outcome(self, followed: _Followed, kind: OutcomeKind) -> Outcome:
        return Outcome(
            event_id=EventId(f"inferred-{uuid.uuid4().hex}"),
            suggestion_id=followed.id,
            kind=kind,
            at_ms=self._clock.now_ms(),
            visible_ms=self._visible_ms(followed),
        )
