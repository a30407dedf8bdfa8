"""Whether what was accepted stays: places of suggestions, followed through edits, closing, renaming and commits.

Acceptance alone says little: code that was taken and thrown away cost more than it gave. So some time after an accept,
and after a rejection, the tracker looks at what stands at the place, and records how much of the suggestion it is.
No source text is recorded, and nothing is waited for on the event loop.
"""

import logging
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.core.edit import TextEdit, minimal_edit
from inkling.core.errors import StoreError
from inkling.core.events import EventId, Outcome, OutcomeKind, Survival, SurvivalKind
from inkling.core.ports import Background, Clock, CommitReader, EventLog, FileReader
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import SuggestionId
from inkling.features.offers import Offers
from inkling.features.similarity import judge
from inkling.features.tracked_place import ACCEPTS, TrackedPlace

logger = logging.getLogger(__name__)

LOOKS_S = (15.0, 30.0, 120.0, 300.0, 600.0)
"""Seconds after an outcome at which the tracker looks.

Source: 30 s, 2, 5 and 10 minutes are those of A. Ziegler et al., "Productivity Assessment of Neural Code Completion"
(2022), section 3.2; 15 s tells what is taken back at once, which is most of what is not kept.
"""
MAX_TRACKED = 200  # some hours of work; most of them wait for nothing but a commit
MAX_RENAMES_SEARCHED = 20  # more files that appear at once come from a checkout, not from a rename

_REJECTIONS = frozenset({OutcomeKind.REJECTED, OutcomeKind.IGNORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalPorts:
    """What places are followed with."""

    log: EventLog
    background: Background
    clock: Clock
    files: FileReader
    commits: CommitReader


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlace:
    """A file by the editor's name and by the system's."""

    uri: DocumentUri
    path: Path


@dataclass(slots=True, kw_only=True)
class _Document:
    """The latest text that is known of a document, unsaved changes included."""

    text: str
    path: Path | None
    is_open: bool


class SurvivalTracker:
    """Follows the places of suggestions that were judged, and records what stands there later.

    All times count from the moment at which the outcome arrives. A place whose document is closed is looked up on
    disk. One that cannot be found gets one look of the kind UNKNOWN, and is followed no further; so does the oldest
    when there are too many. Looks that are due after the daemon's end are not made.
    """

    def __init__(self, ports: SurvivalPorts, offers: Offers, looks_s: Sequence[float] = LOOKS_S) -> None:
        self._ports = ports
        self._offers = offers
        self._looks_s = tuple(looks_s)
        self._documents: dict[DocumentUri, _Document] = {}
        self._tracked: OrderedDict[SuggestionId, TrackedPlace] = OrderedDict()

    def text(self, uri: DocumentUri) -> str | None:
        """Returns the latest text that is known of a document."""
        document = self._documents.get(uri)
        return document.text if document else None

    def document_opened(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened; one that is known goes on from its last text."""
        document = self._documents.get(snapshot.uri)
        if document is not None:
            self._follow(snapshot.uri, (minimal_edit(document.text, snapshot.text),), document.text, snapshot.text)
        self._documents[snapshot.uri] = _Document(text=snapshot.text, path=snapshot.path, is_open=True)

    def document_edited(self, snapshot: Snapshot, edits: Sequence[TextEdit]) -> None:
        """Takes a change: the document as it is now, and the edits that led there."""
        document = self._documents.get(snapshot.uri)
        if document is None:
            self.document_opened(snapshot)
            return
        before, document.text = document.text, snapshot.text
        self._follow(snapshot.uri, edits, before, snapshot.text)

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed; its file is read when a look is due."""
        document = self._documents.get(uri)
        if document is not None:
            document.is_open = False
            self._forget_unused()

    def file_renamed(self, old_uri: DocumentUri, new: FilePlace) -> None:
        """Takes that a file has another name; the editor may have opened it under that name before or may do so."""
        document = self._documents.pop(old_uri, None)
        if document is None:
            return
        current = self._documents.get(new.uri)
        if current is not None:
            self._follow(old_uri, (minimal_edit(document.text, current.text),), document.text, current.text)
        else:
            self._documents[new.uri] = _Document(text=document.text, path=new.path, is_open=False)
        for place in (*self._offers.in_document(old_uri), *(tracked.offer for tracked in self._in(old_uri))):
            place.uri = new.uri

    def files_replaced(self, deleted: Sequence[DocumentUri], created: Sequence[FilePlace]) -> None:
        """Takes files that went and came at the same time; one that came with the text of one that went was renamed."""
        gone = [uri for uri in deleted if (known := self._documents.get(uri)) is not None and not known.is_open]
        if gone and created:
            self._ports.background.start(self._search_renames(gone, created[:MAX_RENAMES_SEARCHED]))

    def outcomes_arrived(self, outcomes: Sequence[Outcome]) -> None:
        """Takes outcomes, in order; those of suggestions that this daemon did not offer are left alone."""
        for outcome in outcomes:
            if outcome.kind in ACCEPTS or outcome.kind in _REJECTIONS:
                self._track(outcome)

    def look_for_commits(self) -> None:
        """Looks whether somebody committed since; called after saves, and with each look."""
        if any(tracked.awaits_commit for tracked in self._tracked.values()):
            self._ports.background.start(self._look_for_commits())

    def _track(self, outcome: Outcome) -> None:
        offer = self._offers.get(outcome.suggestion_id)
        older = self._tracked.get(outcome.suggestion_id)
        if offer is None or offer.uri not in self._documents:
            return
        if older is not None and (older.outcome.event_id == outcome.event_id or _outweighs(older.outcome, outcome)):
            return
        if older is not None:
            self._drop(older)
        is_accept = outcome.kind in ACCEPTS
        tracked = TrackedPlace(
            offer=offer,
            outcome=outcome,
            expected=offer.text,
            span=None if is_accept else offer.place,
            due_s=deque(self._looks_s),
        )
        if is_accept:
            tracked.locate()
        self._tracked[outcome.suggestion_id] = tracked
        self._wait(tracked, self._looks_s[0])
        self._ports.background.start(self._learn_commit(tracked))
        if len(self._tracked) > MAX_TRACKED:
            self._give_up(next(iter(self._tracked.values())))

    def _follow(self, uri: DocumentUri, edits: Sequence[TextEdit], before: str, after: str) -> None:
        for offer in self._offers.in_document(uri):
            offer.follow(edits, after)
        for tracked in self._in(uri):
            tracked.follow(edits, before)
            if tracked.is_accept:
                tracked.locate()

    def _in(self, uri: DocumentUri) -> list[TrackedPlace]:
        return [tracked for tracked in self._tracked.values() if tracked.offer.uri == uri]

    def _wait(self, tracked: TrackedPlace, delay_s: float) -> None:
        tracked.timer = self._ports.clock.call_later(delay_s, lambda: self._look_in_time(tracked))

    def _look_in_time(self, tracked: TrackedPlace) -> None:
        after_s = tracked.due_s.popleft()
        if tracked.due_s:
            self._wait(tracked, tracked.due_s[0] - after_s)
        self._look(tracked, after_s)
        self.look_for_commits()

    def _look(self, tracked: TrackedPlace, after_s: float | None) -> None:
        document = self._documents[tracked.offer.uri]
        if tracked.span is None or tracked.is_lost:
            self._give_up(tracked, after_s)
        elif document.is_open:
            self._judge(tracked, after_s, document.text)
        else:
            self._ports.background.start(self._look_on_disk(tracked, after_s))

    async def _look_on_disk(self, tracked: TrackedPlace, after_s: float | None) -> None:
        path = self._path(tracked)
        text = await self._ports.files.read(path) if path is not None else None
        if not self._is_followed(tracked):
            return
        document = self._documents[tracked.offer.uri]
        if not document.is_open and text is not None:
            before, document.text = document.text, text
            self._follow(tracked.offer.uri, (minimal_edit(before, text),), before, text)
        if tracked.is_lost or (text is None and not document.is_open):
            self._give_up(tracked, after_s)
        else:
            self._judge(tracked, after_s, document.text)

    def _judge(self, tracked: TrackedPlace, after_s: float | None, text: str) -> None:
        kind, value = judge(tracked.expected, tracked.standing(text))
        self._record(tracked, after_s, kind, value)
        if not tracked.due_s and not tracked.awaits_commit:
            self._drop(tracked)

    def _give_up(self, tracked: TrackedPlace, after_s: float | None = None) -> None:
        if after_s is None and tracked.due_s:
            after_s = tracked.due_s[0]
        self._record(tracked, after_s, SurvivalKind.UNKNOWN, 0.0)
        self._drop(tracked)

    def _drop(self, tracked: TrackedPlace) -> None:
        if tracked.timer is not None:
            tracked.timer.cancel()
        self._tracked.pop(tracked.offer.suggestion_id, None)
        self._forget_unused()

    def _forget_unused(self) -> None:
        """Lets go of the texts of closed documents in which nothing is followed any more."""
        for uri in [uri for uri, document in self._documents.items() if not document.is_open]:
            if not self._in(uri) and next(self._offers.in_document(uri), None) is None:
                del self._documents[uri]

    def _record(self, tracked: TrackedPlace, after_s: float | None, kind: SurvivalKind, value: float) -> None:
        look = "commit" if after_s is None else f"{after_s:g}s"
        survival = Survival(
            event_id=EventId(f"{tracked.outcome.event_id}-{look}"),
            suggestion_id=tracked.offer.suggestion_id,
            follows=tracked.outcome.kind,
            at_ms=self._ports.clock.now_ms(),
            after_s=after_s,
            kind=kind,
            similarity=value,
        )
        self._ports.background.start(self._write(survival))

    async def _write(self, survival: Survival) -> None:
        try:
            await self._ports.log.record_survivals([survival])
        except StoreError as error:
            logger.error("a look was not recorded: %s", error)

    async def _learn_commit(self, tracked: TrackedPlace) -> None:
        path = self._path(tracked)
        if path is not None:
            tracked.commit_before = await self._ports.commits.latest_commit(path.parent)
            tracked.awaits_commit = tracked.commit_before is not None

    async def _look_for_commits(self) -> None:
        latest: dict[Path, str | None] = {}
        for tracked in list(self._tracked.values()):
            path = self._path(tracked)
            if path is None:
                continue
            if path.parent not in latest:
                latest[path.parent] = await self._ports.commits.latest_commit(path.parent)
            was_committed = latest[path.parent] not in (None, tracked.commit_before)
            if was_committed and tracked.awaits_commit and self._is_followed(tracked):
                tracked.awaits_commit = False
                self._look(tracked, None)

    def _is_followed(self, tracked: TrackedPlace) -> bool:
        return tracked is self._tracked.get(tracked.offer.suggestion_id)

    def _path(self, tracked: TrackedPlace) -> Path | None:
        document = self._documents.get(tracked.offer.uri)
        return document.path if document else None

    async def _search_renames(self, gone: Sequence[DocumentUri], created: Sequence[FilePlace]) -> None:
        for new in created:
            text = await self._ports.files.read(new.path)
            for uri in gone:
                document = self._documents.get(uri)
                if text is not None and document is not None and document.text == text:
                    self.file_renamed(uri, new)
                    break


def _outweighs(older: Outcome, newer: Outcome) -> bool:
    """What was accepted in part stands there, whatever became of the rest."""
    return older.kind in ACCEPTS and newer.kind in _REJECTIONS
