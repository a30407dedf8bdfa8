"""What becomes of suggestions after they were offered: the one object that the editor's messages are told to."""

import logging
from collections.abc import Mapping, Sequence

from inkling.core.edit import TextEdit
from inkling.core.errors import StoreError
from inkling.core.events import Outcome
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import SuggestionId
from inkling.features.inference import OutcomeInference
from inkling.features.offers import Offer, Offers
from inkling.features.survival import LOOKS_S, FilePlace, SurvivalPorts, SurvivalTracker

logger = logging.getLogger(__name__)


class Aftermath:
    """Remembers what was offered, infers outcomes where the client tells none, and looks at what survives.

    Attributes:
        infers_outcomes: Whether the client reports no outcomes by itself.
    """

    def __init__(self, ports: SurvivalPorts, looks_s: Sequence[float] = LOOKS_S) -> None:
        self.infers_outcomes = False
        self._ports = ports
        self._offers = Offers()
        self._survival = SurvivalTracker(ports, self._offers, looks_s)
        self._inference = OutcomeInference(ports.clock, self._take_inferred)

    def offered(self, uri: DocumentUri, offset: int, texts: Mapping[SuggestionId, str]) -> None:
        """Takes suggestions that are sent to the editor for one place, best first.

        Args:
            uri: Their document.
            offset: Where each of them would be inserted, in code points.
            texts: What would be.
        """
        current = self._survival.text(uri)
        if current is None:
            return
        offers = []
        for suggestion_id, text in texts.items():
            if "\r\n" in current:
                text = text.replace("\r\n", "\n").replace("\n", "\r\n")
            offers.append(Offer(suggestion_id, uri, text, offset, self._ports.clock.now_ms()))
            self._offers.add(offers[-1])
        if self.infers_outcomes and offers:
            self._inference.offered(offers[0], is_one_of_several=len(offers) > 1)

    def edit_offered(self, suggestion_id: SuggestionId, uri: DocumentUri, change: TextEdit) -> None:
        """Takes an edit that is sent to the editor: what it inserts is looked after once it was accepted, or rejected.

        One that inserts nothing leaves nothing to look at, and in a document that is not open nothing can be followed.
        """
        if change.inserted and self._survival.text(uri) is not None:
            now_ms = self._ports.clock.now_ms()
            self._offers.add(Offer(suggestion_id, uri, change.inserted, change.offset, now_ms))

    def outcomes_reported(self, outcomes: Sequence[Outcome]) -> None:
        """Takes outcomes that the client told, and that are recorded."""
        for outcome in outcomes:
            offer = self._offers.get(outcome.suggestion_id)
            if offer is not None:
                self._inference.reported(outcome, self._survival.text(offer.uri) or "")
        self._survival.outcomes_arrived(outcomes)

    def document_opened(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened."""
        self._survival.document_opened(snapshot)

    def document_edited(self, snapshot: Snapshot, edits: Sequence[TextEdit]) -> None:
        """Takes a change: the document as it is now, and the edits that led there."""
        before = self._survival.text(snapshot.uri)
        if before is not None:
            self._inference.will_change(snapshot.uri, edits, before, snapshot.text)
        self._survival.document_edited(snapshot, edits)

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed."""
        self._inference.document_closed(uri)
        self._survival.document_closed(uri)

    def file_saved(self) -> None:
        """Takes that some file was saved: people commit after that."""
        self._survival.look_for_commits()

    def file_renamed(self, old_uri: DocumentUri, new: FilePlace) -> None:
        """Takes that a file has another name."""
        self._survival.file_renamed(old_uri, new)

    def files_replaced(self, deleted: Sequence[DocumentUri], created: Sequence[FilePlace]) -> None:
        """Takes files that went and came at the same time."""
        self._survival.files_replaced(deleted, created)

    def _take_inferred(self, outcomes: Sequence[Outcome]) -> None:
        self._ports.background.start(self._record(outcomes))
        self._survival.outcomes_arrived(outcomes)

    async def _record(self, outcomes: Sequence[Outcome]) -> None:
        try:
            await self._ports.log.record_outcomes(outcomes)
        except StoreError as error:
            logger.error("an inferred outcome was not recorded: %s", error)
