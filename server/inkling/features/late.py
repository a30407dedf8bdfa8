"""Suggestions that come when their question was answered already: pushed to editors that asked for that.

One is only offered where it takes nothing away from under the user's eyes: it begins with the text on display and goes
on from there, and the document is still as it was, but for what was typed of that very text.
"""

import time
import uuid
from dataclasses import dataclass, replace
from typing import Protocol

from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.ports import Background, EventLog
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Reason, Suggestion, Trigger
from inkling.features.judging import Judge, Question, logged
from inkling.features.slow_answers import SlowAnswers


class LateClient(Protocol):
    """An editor that asks again when it is told that there is more."""

    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        """Returns a document as it is now; None for one that is not open."""
        ...

    def suggestions_ready(self, snapshot: Snapshot) -> None:
        """Tells the editor to ask again, if the document is still at this version there."""
        ...


@dataclass(slots=True, kw_only=True)
class _Ready:
    """A suggestion that waits for the editor to ask again.

    Attributes:
        snapshot: The document as it was when the editor was told.
        suggestion: For the cursor in that document.
        was_taken: Whether the editor has asked.
    """

    snapshot: Snapshot
    suggestion: Suggestion
    was_taken: bool = False


class LateSuggestions:
    """Goes on listening to slow minds after a suggestion of a document is on display.

    Attributes:
        client: The editor, where it wants to be told; None: nothing is pushed.
    """

    def __init__(self, judge: Judge, log: EventLog, background: Background) -> None:
        self.client: LateClient | None = None
        self._judge = judge
        self._log = log
        self._background = background
        self._followed: dict[DocumentUri, SlowAnswers] = {}
        self._ready: dict[DocumentUri, _Ready] = {}

    def follow(self, question: Question, shown: Suggestion, answers: SlowAnswers) -> None:
        """Takes over the slow minds of a question that was answered with a suggestion."""
        if self.client is None:
            answers.end()
            return
        self._followed[question.request.snapshot.uri] = answers
        self._background.start(self._follow(self.client, question, shown.candidate, answers))

    def take(self, request: CompletionRequest) -> Suggestion | None:
        """Returns the suggestion that the editor was told of, if it asks for that one."""
        ready = self._ready.get(request.snapshot.uri)
        if ready is None or request.trigger is not Trigger.AUTOMATIC:
            return None
        place = (request.offset, request.snapshot.version, request.snapshot.text)
        if place != (ready.suggestion.offset, ready.snapshot.version, ready.snapshot.text):
            return None
        ready.was_taken = True
        return ready.suggestion

    def stop(self, uri: DocumentUri) -> None:
        """Ends what is followed in a document: something else was asked there, or it was closed."""
        answers = self._followed.pop(uri, None)
        if answers is not None:
            answers.end()
        self._forget(uri)

    async def _follow(self, client: LateClient, question: Question, shown: Candidate, answers: SlowAnswers) -> None:
        uri = question.request.snapshot.uri
        on_display, left_out = shown, None
        try:
            while await answers.is_there_more():
                candidates = answers.take()
                longer = next((each for each in candidates if _goes_on(on_display, each)), None)
                if longer is not None and await self._offer(client, question, longer):
                    on_display, left_out = longer, None
                else:
                    left_out = next((each for each in candidates if each.text != on_display.text), None)
            if left_out is not None and not _goes_on(on_display, left_out):
                self._judge.drop(question, left_out, Reason.TOO_LATE)
        finally:
            answers.end()
            if self._followed.get(uri) is answers:
                del self._followed[uri]

    async def _offer(self, client: LateClient, question: Question, candidate: Candidate) -> bool:
        """Tells the editor of a candidate that still fits and may be shown; returns whether that is so."""
        request = question.request
        if _at(client.snapshot(request.snapshot.uri), request, candidate) is None:
            return False
        suggestion = await self._judge.choose(question, [candidate])
        if not isinstance(suggestion, Suggestion):
            return False
        snapshot = client.snapshot(request.snapshot.uri)
        n_typed = _at(snapshot, request, candidate)
        if snapshot is None or n_typed is None:
            self._supersede(suggestion)
            return False
        rest = replace(candidate, text=candidate.text[n_typed:])
        offset = suggestion.offset + n_typed
        moved = replace(suggestion, candidate=rest, offset=offset, version=snapshot.version)
        self._forget(snapshot.uri)
        self._ready[snapshot.uri] = _Ready(snapshot=snapshot, suggestion=moved)
        client.suggestions_ready(snapshot)
        return True

    def _forget(self, uri: DocumentUri) -> None:
        ready = self._ready.pop(uri, None)
        if ready is not None and not ready.was_taken:
            self._supersede(ready.suggestion)

    def _supersede(self, suggestion: Suggestion) -> None:
        """Writes down that nobody saw a suggestion that was recorded as offered."""
        outcome = Outcome(
            event_id=EventId(uuid.uuid4().hex),
            suggestion_id=suggestion.id,
            kind=OutcomeKind.SUPERSEDED,
            at_ms=time.time_ns() // 1_000_000,
        )
        self._background.start(logged(self._log.record_outcomes([outcome])))


def _goes_on(shown: Candidate, candidate: Candidate) -> bool:
    """Tells whether a candidate begins with what is on display, and goes on from there."""
    return len(candidate.text) > len(shown.text) and candidate.text.startswith(shown.text)


def _at(now: Snapshot | None, request: CompletionRequest, candidate: Candidate) -> int | None:
    """Returns how much of a candidate was typed since the question, in code points; None where it fits no more."""
    before, offset = request.snapshot.text, request.offset
    n_typed = len(now.text) - len(before) if now is not None else -1
    if now is None or not 0 <= n_typed < len(candidate.text):
        return None
    typed = candidate.text[:n_typed]
    return n_typed if now.text == before[:offset] + typed + before[offset:] else None
