"""Next edits: from a pause in typing to an edit that is worth showing, or to silence with a reason."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from inkling.core.edit import TextEdit
from inkling.core.errors import ModelError, WorkerError
from inkling.core.events import Outcome, OutcomeKind
from inkling.core.next_edit import EditPredictor, EditQuestion, PredictedEdit, PredictedPlace, Prediction
from inkling.core.settings import Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import NoSuggestion, Reason, SuggestionId, Trigger
from inkling.features.next_edit.asked import Asked
from inkling.features.next_edit.complaints import mended_complaints
from inkling.features.next_edit.continuation import continuation
from inkling.features.next_edit.doubts import RejectedEdits
from inkling.features.next_edit.grouping import EditGroups
from inkling.features.next_edit.judging import KB, NEAR_LINES, EditJudge
from inkling.features.next_edit.late import LateEdits
from inkling.features.next_edit.offered import EditGroup, OfferedEdit, PlacedEdit
from inkling.features.next_edit.placement import Anchor, Files
from inkling.features.next_edit.ports import NextEditClient, NextEditPorts
from inkling.features.next_edit.recorder import NextEditRecorder

logger = logging.getLogger(__name__)

DEADLINE_S: Final = 1.0  # for the quick minds; who has typed on by then asks anew anyway
INVOKED_WAIT_S: Final = 2.0  # for the slow ones, where somebody asks explicitly and the quick ones know nothing
MAX_OFFERS: Final = 64  # that outcomes and groups are known of; outcomes come within seconds
_GONE: Final = frozenset({OutcomeKind.REJECTED, OutcomeKind.UNDONE})
_OVER: Final = _GONE | {OutcomeKind.IGNORED, OutcomeKind.SUPERSEDED, OutcomeKind.TYPED_THROUGH}


class _Offer:
    """A prediction that was offered, followed through later changes of its document."""

    def __init__(self, offered: OfferedEdit, anchor: Anchor) -> None:
        self.offered = offered
        self.anchor = anchor
        self.was_accepted = False


class NextEditFeature:
    """Answers what the developer is likely to change next, and writes down every decision on the way.

    It is told of documents as they change, and tells the history by itself.

    Attributes:
        client: The editor, where it wants to be told of late answers; None: nothing is pushed.
    """

    def __init__(self, ports: NextEditPorts, settings: Settings) -> None:
        self.client: NextEditClient | None = None
        self._ports = ports
        self._settings = settings
        self._files = Files(ports.documents, ports.files)
        self._recorder = NextEditRecorder(ports.log, ports.background, ports.clock, settings)
        self._rejected = RejectedEdits()
        self._judge = EditJudge(ports, self._recorder, self._rejected)
        self._late = LateEdits(
            ports.slow_predictors, ports.background, lambda question: self.more_is_known(question.snapshot.uri)
        )
        self._groups = EditGroups(ports, self._files, self._judge)
        self._offers: OrderedDict[SuggestionId, _Offer] = OrderedDict()
        self._display: _Offer | None = None
        self._pool: list[Anchor] = []
        self._asking: asyncio.Task[object] | None = None
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Takes new settings; requests that are under way end with the old ones."""
        self._settings = settings
        self._judge.configure(settings)
        self._recorder.configure(settings)
        self._ports.editable.configure(settings)

    def open_folders(self, folders: tuple[Path, ...]) -> None:
        """Takes the workspace folders."""
        self._recorder.open_folders(folders)
        self._ports.editable.open_folders(folders)

    def document_opened(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened."""
        self._ports.history.document_opened(snapshot)

    def document_edited(self, snapshot: Snapshot, edits: Sequence[TextEdit]) -> None:
        """Takes a change: the document as it is now, and the edits that led there."""
        self._ports.history.document_edited(snapshot, edits)
        self._rejected.follow(snapshot.uri, edits)
        self._late.follow(snapshot.uri, edits)
        for anchor in {*self._pool, *(offer.anchor for offer in self._offers.values())}:
            if anchor.edit.uri == snapshot.uri:
                anchor.follow(edits)

    def document_saved(self, uri: DocumentUri) -> None:
        """Takes that the editor saved a document."""
        self._ports.history.document_saved(uri)

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed."""
        self._ports.history.document_closed(uri)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that were changed on disk by whomever."""
        self._ports.history.files_changed(paths)

    def outcomes_reported(self, outcomes: Sequence[Outcome]) -> None:
        """Takes outcomes of any suggestions, once they are recorded."""
        for outcome in outcomes:
            offer = self._offers.get(outcome.suggestion_id)
            if offer is None:
                continue
            if outcome.kind is OutcomeKind.ACCEPTED:
                offer.was_accepted = True
            elif outcome.kind in _OVER and offer is self._display:
                self._display = None
            if outcome.kind in _GONE:
                self._rejected.add(offer.anchor.edit.uri, offer.anchor.span, offer.offered.placed)

    def more_is_known(self, uri: DocumentUri) -> None:
        """Takes that a mind has found out more since it was asked about a document.

        The editor is told where nothing is on display: nothing is swapped under one's eyes.
        """
        if self.client is not None and self._display is None:
            self.client.next_edit_ready(uri)

    async def next_edit(
        self, snapshot: Snapshot, offset: int, trigger: Trigger = Trigger.AUTOMATIC, *, only_here: bool = False
    ) -> OfferedEdit | NoSuggestion:
        """Returns the edit that is likeliest to come next and may be shown, or why there is none.

        A newer question cancels an older one that is under way. Asked again while nothing has changed for the edit on
        display, it is offered again with the same id.

        Args:
            snapshot: The document with the cursor.
            offset: The cursor, in code points.
            trigger: What made the editor ask; who asks explicitly is answered whatever the probability.
            only_here: Whether the editor can do nothing with edits of other documents.
        """
        if self._asking is not None:
            self._asking.cancel()
        task = self._asking = asyncio.current_task()
        history = self._ports.history
        question = EditQuestion(snapshot=snapshot, offset=offset, history=history.recent(), trigger=trigger)
        asked = Asked(
            question=question,
            taken_back=history.taken_back(),
            started_at_s=time.perf_counter(),
            only_here=only_here,
        )
        try:
            reason = self._reason_not_to_ask(question) or await self._refusal(snapshot)
            if reason is not None:
                return self._stay_silent(asked, reason)
            return await self._next_of_group(asked) or await self._answer(asked)
        finally:
            if self._asking is task:
                self._asking = None

    async def group(self, suggestion_id: SuggestionId) -> EditGroup:
        """Returns all edits that follow from the cause of one that was offered, as things are now."""
        offer = self._offers.get(suggestion_id)
        placed = await offer.anchor.place(self._files) if offer is not None else None
        if placed is None:
            return EditGroup()
        question = EditQuestion(
            snapshot=placed.snapshot,
            offset=placed.change.offset,
            history=self._ports.history.recent(),
            trigger=Trigger.INVOKED,
        )
        others = [anchor for anchor in self._pool if anchor.edit.group == placed.edit.group and placed.edit.group]
        return await self._groups.group(question, placed, others)

    async def _next_of_group(self, asked: Asked) -> OfferedEdit | None:
        """Returns the next edit of the group of one that was accepted just now; nobody need be asked for it."""
        display = self._display
        if display is None or not display.anchor.edit.group:
            return None
        if not display.was_accepted and not await display.anchor.was_applied(self._files):
            return None
        group, at = display.anchor.edit.group, display.anchor
        anchors = [anchor for anchor in self._pool if anchor.edit.group == group and not anchor.is_instead_of(at)]
        for anchor in anchors:
            anchor.edit = replace(anchor.edit, n_in_group=max(1, anchor.edit.n_in_group - 1))
        self._pool = anchors
        # From the accepted one downwards, then from the top of its file, then in other files.
        anchors = sorted(anchors, key=lambda each: (each.edit.uri != at.edit.uri, each.span.start < at.span.start))
        useful = [anchor for anchor in anchors if asked.takes(anchor.edit.uri)]
        placed = [(each, anchor) for anchor in useful if (each := await anchor.place(self._files)) is not None]
        answer = await self._judge.choose(replace(asked, follows_accept=True), [each for each, _ in placed])
        if isinstance(answer, NoSuggestion):
            return None
        self._show(answer, next(anchor for each, anchor in placed if each is answer.placed))
        return answer

    async def _answer(self, asked: Asked) -> OfferedEdit | NoSuggestion:
        try:
            async with asyncio.timeout(DEADLINE_S):
                answers = await asyncio.gather(*(_answer_of(mind, asked) for mind in self._ports.predictors))
        except TimeoutError:
            return self._stay_silent(asked, Reason.DEADLINE)
        predictions = [answer for answer in answers if isinstance(answer, Prediction)]
        places = [place for prediction in predictions for place in prediction.places]
        late = self._late.ask(asked.question, places)
        candidates = await self._candidates(asked, predictions, places)
        if not candidates and late is not None and asked.is_invoked:
            await _wait_for(late)
            candidates = await self._candidates(asked, predictions, places)
        if not candidates:
            is_down = bool(answers) and not predictions
            return self._stay_silent(asked, Reason.WORKER_UNAVAILABLE if is_down else Reason.NOTHING_FOLLOWS)
        answer = await self._judge.choose(asked, candidates, self._shown_now(candidates))
        anchors = [Anchor(each.edit, self._files.lines(each.snapshot)) for each in candidates]
        self._pool = anchors
        if isinstance(answer, OfferedEdit):
            self._show(answer, next(anchor for anchor in anchors if anchor.edit is answer.placed.edit))
        else:
            self._display = None
        return answer

    async def _candidates(
        self, asked: Asked, predictions: Sequence[Prediction], places: Sequence[PredictedPlace]
    ) -> list[PlacedEdit]:
        """Returns what all minds propose, where it stands now, without duplicates."""
        proposed = [edit for prediction in predictions for edit in prediction.edits]
        placed = await self._files.place_all([*proposed, *self._late.elsewhere()])
        placed += [each for anchor in self._late.anchors() if (each := await anchor.place(self._files)) is not None]
        if places and self._ports.completer is not None and not _has_content_at(places[0], placed):
            going_on = await continuation(asked, places[0], self._ports.completer, self._files)
            placed += [going_on] if going_on is not None else []
        if not placed and asked.is_invoked and self._ports.linter is not None:
            placed += await mended_complaints(asked, self._ports.linter, self._files)
        return [each for each in _without_duplicates(placed) if asked.takes(each.edit.uri)]

    def _shown_now(self, candidates: Sequence[PlacedEdit]) -> OfferedEdit | None:
        """Returns what is on display if it is among the candidates, as it stands now."""
        display = self._display
        if display is None:
            return None
        for placed in candidates:
            edit, shown = placed.edit, display.anchor.edit
            is_same = (edit.uri, edit.removed, edit.inserted) == (shown.uri, shown.removed, shown.inserted)
            if is_same and display.anchor.line(self._files.lines(placed.snapshot)) == edit.first_line:
                return replace(display.offered, placed=placed)
        return None

    def _show(self, offered: OfferedEdit, anchor: Anchor) -> None:
        """Remembers what is on display; one that is known goes on being followed from where it stands."""
        placed = offered.placed
        if offered.id not in self._offers:
            self._ports.offered(offered.id, placed.edit.uri, placed.change)
        self._display = self._offers[offered.id] = _Offer(offered, anchor)
        self._offers.move_to_end(offered.id)
        if len(self._offers) > MAX_OFFERS:
            self._offers.popitem(last=False)

    def _stay_silent(self, asked: Asked, reason: Reason) -> NoSuggestion:
        self._display = None
        self._recorder.silent(asked, reason)
        return NoSuggestion(reason=reason)

    def _reason_not_to_ask(self, question: EditQuestion) -> Reason | None:
        settings, text = self._settings.next_edit, question.snapshot.text
        if not settings.enabled:
            return Reason.DISABLED
        if not 0 <= question.offset <= len(text):
            return Reason.POSITION_OUTSIDE
        if len(text) > settings.max_file_kb * KB:
            return Reason.FILE_TOO_LARGE
        return None if question.history else Reason.NOTHING_FOLLOWS

    async def _refusal(self, snapshot: Snapshot) -> Reason | None:
        """Returns why nothing is offered to who works in a file; None where something may be."""
        return None if snapshot.path is None else await self._ports.editable.refusal(snapshot.path)


async def _answer_of(mind: EditPredictor, asked: Asked) -> Prediction | None:
    """Returns what a mind says; None where it failed."""
    try:
        return await mind.predict(asked.question)
    except (WorkerError, ModelError) as error:
        logger.warning("a mind has no next edit: %s", error)
        return None


async def _wait_for(event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(INVOKED_WAIT_S):
            await event.wait()
    except TimeoutError:
        return


def _has_content_at(place: PredictedPlace, candidates: Sequence[PlacedEdit]) -> bool:
    return any(
        each.edit.uri == place.uri and abs(each.edit.first_line - place.line) <= NEAR_LINES for each in candidates
    )


def _without_duplicates(candidates: Sequence[PlacedEdit]) -> list[PlacedEdit]:
    """Returns each change once, as the surest mind proposes it, with the largest group that it is said to be of."""
    merged: dict[tuple[DocumentUri, TextEdit], PlacedEdit] = {}
    for placed in candidates:
        key = (placed.edit.uri, placed.change)
        other = merged.get(key)
        merged[key] = placed if other is None else _merged(other, placed)
    return list(merged.values())


def _merged(one: PlacedEdit, other: PlacedEdit) -> PlacedEdit:
    surer, less_sure = (one, other) if one.edit.probability >= other.edit.probability else (other, one)
    if less_sure.edit.n_in_group <= surer.edit.n_in_group:
        return surer
    return replace(surer, edit=_in_group_of(surer.edit, less_sure.edit))


def _in_group_of(edit: PredictedEdit, other: PredictedEdit) -> PredictedEdit:
    return replace(
        edit,
        kind=other.kind,
        source=other.source,
        group=other.group,
        n_in_group=other.n_in_group,
        n_left_out=other.n_left_out,
        words=other.words or edit.words,
    )
