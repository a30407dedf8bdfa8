"""The model mind as a predictor of next edits: whom it asks, when, and what it makes of the answer."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from inkling.context.prompt_context import Lookup
from inkling.context.sources import read_source
from inkling.core.errors import ModelError
from inkling.core.next_edit import EditKind, EditQuestion, PredictedEdit, PredictedPlace, Prediction
from inkling.core.ports import WorkspaceScope
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Source
from inkling.llm.next_edit.answers import Answer
from inkling.llm.next_edit.doubts import doubt_of
from inkling.llm.next_edit.prompt import MAX_EDITS, Scene, request_for
from inkling.llm.next_edit.replies import LineEdit, Misfit, find_again, fit, n_complete, parse_hunks
from inkling.llm.next_edit.scene_reader import SceneReader, lines_of
from inkling.llm.text_model import ChatMessage, ChatRequest, Purpose, TextModel

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT = 2
N_KEPT = 16  # answers, and groups of edits, that are remembered
WORDS = "the language model expects it to follow from your latest changes"


class ModelEditPredictor:
    """Predicts what a language model says is changed next. Implements the port `GuidedEditPredictor`.

    At most two requests run at a time. Of two that run the first goes on, since what it says may still fit, and the
    second gives way to a newer one. What was asked before is answered from memory.
    """

    def __init__(
        self,
        model: TextModel,
        find_document: Callable[[DocumentUri], Snapshot | None],
        lookup: Lookup,
        scope: WorkspaceScope,
    ) -> None:
        """Prepares; nothing is asked before the first question.

        Args:
            model: Whom to ask; its model for edits.
            find_document: Returns an open document as it is now.
            lookup: Knows what is wrong near a place.
            scope: The folders, and what is excluded.
        """
        self._model = model
        self._find_document = find_document
        self._scenes = SceneReader(find_document, lookup, scope)
        self._turns: list[asyncio.Timeout] = []
        self._free = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._answers: OrderedDict[tuple[ChatMessage, ...], Answer] = OrderedDict()
        self._groups: OrderedDict[str, Sequence[tuple[LineEdit, PredictedEdit]]] = OrderedDict()
        self._n_groups = 0
        self._is_closed = False

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders, and what is excluded."""
        self._scenes.open_workspace(scope)

    def files_changed(self) -> None:
        """Looks anew at what may be shown: one of the files may be a `.gitignore`."""
        self._scenes.files_changed()

    def close(self) -> None:
        """Ends the requests that run; questions are answered with nothing from now on."""
        self._is_closed = True
        while self._turns:
            self._withdraw_latest()

    async def predict(self, question: EditQuestion, places: Sequence[PredictedPlace] = ()) -> Prediction:
        """Returns what the model expects; empty where it has nothing to go by, or a newer question took its turn.

        Raises:
            ModelError: The endpoint did not answer as it should, and said nothing of use before.
        """
        scene = None if self._is_closed else await self._scenes.scene(question, places)
        if scene is None:
            return Prediction()
        request = request_for(scene)
        answer = self._answers.get(request.messages) or await self._ask(request)
        return self._prediction(answer, scene) if answer is not None else Prediction()

    async def predict_group(self, question: EditQuestion, edit: PredictedEdit) -> Sequence[PredictedEdit]:
        """Returns the edits of the same answer that still apply, where they are now."""
        found = []
        for line_edit, predicted in self._groups.get(edit.group, ()):
            snapshot = question.snapshot if predicted.uri == question.snapshot.uri else None
            snapshot = snapshot or self._find_document(predicted.uri)
            text = snapshot.text if snapshot is not None else None
            if text is None and predicted.path is not None:
                text = await asyncio.to_thread(read_source, str(predicted.path))
            first = find_again(line_edit, lines_of(text)) if text is not None else None
            if first is not None:
                found.append((first, predicted))
        return tuple(replace(predicted, first_line=first, n_in_group=len(found)) for first, predicted in found)

    async def _ask(self, request: ChatRequest) -> Answer | None:
        """Returns the answer; None where a newer question took the turn of this one."""
        answer = Answer()
        try:
            async with self._turn(), aclosing(self._model.chat(request, Purpose.EDIT)) as chunks:
                async for chunk in chunks:
                    if chunk.index == 0:
                        answer.take(chunk)
                    if "\n" in chunk.text and n_complete(answer.text) >= MAX_EDITS:
                        break
        except _WithdrawnError:
            return None
        except ModelError as error:
            if not n_complete(answer.text):
                raise
            logger.debug("an answer broke off and what came of it is used error=%s", error)
            answer.was_cut_short = True
            return answer
        self._answers[request.messages] = answer
        while len(self._answers) > N_KEPT:
            self._answers.popitem(last=False)
        return answer

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Waits until a request may run, and lets it run inside the block for as long as nothing newer takes its turn.

        Raises:
            _WithdrawnError: Something newer did.
        """
        if len(self._turns) >= MAX_IN_FLIGHT:
            self._withdraw_latest()
        turn = asyncio.timeout(None)
        try:
            async with turn:
                self._turns.append(turn)
                async with self._free:
                    yield
        except TimeoutError as error:
            if not turn.expired():
                raise
            raise _WithdrawnError from error
        finally:
            if turn in self._turns:
                self._turns.remove(turn)

    def _withdraw_latest(self) -> None:
        self._turns.pop().reschedule(0.0)

    def _prediction(self, answer: Answer, scene: Scene) -> Prediction:
        """Returns what of an answer fits and is believed."""
        believed: list[tuple[LineEdit, float]] = []
        for hunk in parse_hunks(answer.text, was_cut_short=answer.was_cut_short)[:MAX_EDITS]:
            edit = fit(hunk, scene.windows)
            against = edit if isinstance(edit, Misfit) else doubt_of(edit, scene.changes)
            if isinstance(edit, Misfit) or against is not None:
                logger.debug("drops what the model predicts: %s", against)
            elif any(_touch(edit, other) for other, _ in believed):
                logger.debug("drops what the model predicts: it changes the lines of another prediction")
            else:
                believed.append((edit, answer.probability(hunk.start, hunk.end, len(believed))))
        self._n_groups += 1
        group = f"intent:{self._n_groups}"
        edits = [(edit, _predicted(edit, probability, (group, len(believed)))) for edit, probability in believed]
        if edits:
            self._groups[group] = edits
            while len(self._groups) > N_KEPT:
                self._groups.popitem(last=False)
        ranked = sorted((predicted for _, predicted in edits), key=lambda predicted: -predicted.probability)
        return Prediction(
            edits=tuple(ranked),
            places=tuple(
                PredictedPlace(uri=edit.uri, line=edit.first_line, probability=edit.probability) for edit in ranked
            ),
        )


class _WithdrawnError(Exception):
    """A newer question took the turn of this one."""


def _touch(edit: LineEdit, other: LineEdit) -> bool:
    if edit.file.uri != other.file.uri:
        return False
    if edit.first_line == other.first_line:
        return True
    return edit.first_line < other.end_line and other.first_line < edit.end_line


def _predicted(edit: LineEdit, probability: float, group: tuple[str, int]) -> PredictedEdit:
    return PredictedEdit(
        uri=edit.file.uri,
        path=edit.file.path,
        first_line=edit.first_line,
        removed=edit.removed,
        inserted=edit.inserted,
        kind=EditKind.INTENT,
        source=Source.MODEL,
        probability=probability,
        group=group[0],
        n_in_group=group[1],
        words=WORDS,
    )
