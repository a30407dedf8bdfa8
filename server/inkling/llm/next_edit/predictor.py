"""The model mind as a predictor of next edits: whom it asks, when, and what it makes of the answer."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from inkling.context.prompt_context import Lookup
from inkling.context.prompt_context.readable import Readable
from inkling.context.sources import read_source
from inkling.core.errors import ModelError, WorkerError
from inkling.core.next_edit import (
    ChangeOrigin,
    EditKind,
    EditQuestion,
    LineChange,
    PredictedEdit,
    PredictedPlace,
    Prediction,
)
from inkling.core.ports import WorkspaceScope
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Source
from inkling.core.text import position_at, split_lines
from inkling.llm.next_edit.answers import Answer
from inkling.llm.next_edit.doubts import doubt_of
from inkling.llm.next_edit.prompt import MAX_EDITS, WINDOW_TOKENS, Problem, Scene, request_for
from inkling.llm.next_edit.replies import LineEdit, Misfit, find_again, fit, n_complete, parse_hunks
from inkling.llm.next_edit.windows import Anchor, ShownFile, choose_windows
from inkling.llm.text_model import ChatMessage, ChatRequest, Purpose, TextModel

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT = 2
MAX_CHARS = 500_000  # of one file; a larger one is data
MAX_PLACES = 8
MAX_FILES = 8
N_KEPT = 16  # answers, and groups of edits, that are remembered
CURSOR_REACH = 12  # lines above and below the cursor that are worth most
PLACE_REACH = 5
PROBLEMS_WITHIN_S = 0.1  # a model takes longer by far, and does without
WORDS = "the language model expects it to follow from your latest changes"
_MEANT = frozenset({ChangeOrigin.TYPED, ChangeOrigin.APPLIED})


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
        self._lookup = lookup
        self._readable = Readable(scope)
        self._turns: list[asyncio.Timeout] = []
        self._free = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._answers: OrderedDict[tuple[ChatMessage, ...], Answer] = OrderedDict()
        self._groups: OrderedDict[str, Sequence[tuple[LineEdit, PredictedEdit]]] = OrderedDict()
        self._n_groups = 0
        self._is_closed = False

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders, and what is excluded."""
        self._readable = Readable(scope)

    def files_changed(self) -> None:
        """Looks anew at what may be shown: one of the files may be a `.gitignore`."""
        self._readable.forget()

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
        history = tuple(change for change in question.history if change.origin in _MEANT)
        if self._is_closed or not history:
            return Prediction()
        problems = await self._problems(question)
        readable = self._readable
        files = await asyncio.to_thread(_shown_files, question, history, places, (self._find_document, readable))
        if question.snapshot.uri not in files:
            return Prediction()  # a file that no model may see
        scene = await asyncio.to_thread(_scene, question, history, places, (files, problems))
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
            first = find_again(line_edit, _lines(text)) if text is not None else None
            if first is not None:
                found.append((first, predicted))
        return tuple(replace(predicted, first_line=first, n_in_group=len(found)) for first, predicted in found)

    async def _problems(self, question: EditQuestion) -> tuple[Problem, ...]:
        with suppress(TimeoutError, WorkerError):
            async with asyncio.timeout(PROBLEMS_WITHIN_S):
                found = await self._lookup.problems(question.snapshot, question.offset)
                return tuple(Problem(line=line - 1, words=words) for line, words in found)
        return ()

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


def _shown_files(
    question: EditQuestion,
    history: Sequence[LineChange],
    places: Sequence[PredictedPlace],
    sources: tuple[Callable[[DocumentUri], Snapshot | None], Readable],
) -> dict[DocumentUri, ShownFile]:
    """Returns the files that matter and may be shown, the one with the cursor first; reads files, so on a thread."""
    find_document, readable = sources
    uris = [question.snapshot.uri, *(place.uri for place in places), *(change.uri for change in reversed(history))]
    files: dict[DocumentUri, ShownFile] = {}
    for uri in list(dict.fromkeys(uris))[:MAX_FILES]:
        snapshot = question.snapshot if uri == question.snapshot.uri else find_document(uri)
        path = snapshot.path if snapshot is not None else _path_of(uri)
        if path is not None and not (readable.known(path) or readable.look(path)):
            continue
        text = snapshot.text if snapshot is not None else read_source(str(path)) if path is not None else None
        if text is not None and len(text) <= MAX_CHARS:
            files[uri] = ShownFile(uri=uri, path=path, name=readable.name(path), lines=_lines(text))
    return files


def _scene(
    question: EditQuestion,
    history: Sequence[LineChange],
    places: Sequence[PredictedPlace],
    known: tuple[dict[DocumentUri, ShownFile], tuple[Problem, ...]],
) -> Scene:
    files, problems = known
    cursor_line = position_at(question.snapshot.text, question.offset).line
    likeliest = sorted(places, key=lambda place: -place.probability)[:MAX_PLACES]
    anchors = [
        Anchor(uri=question.snapshot.uri, line=cursor_line, reach=CURSOR_REACH),
        *(Anchor(uri=place.uri, line=place.line, reach=PLACE_REACH) for place in likeliest),
        *(Anchor(uri=question.snapshot.uri, line=problem.line, reach=PLACE_REACH) for problem in problems),
        *(Anchor(uri=change.uri, line=change.first_line, reach=PLACE_REACH) for change in reversed(history)),
    ]
    return Scene(
        windows=choose_windows(files, anchors, WINDOW_TOKENS),
        changes=tuple(change for change in history if change.uri in files),
        problems=problems,
        places=tuple((place.uri, place.line) for place in likeliest if place.uri in files),
        cursor_uri=question.snapshot.uri,
        cursor_line=cursor_line,
        name=lambda uri: files[uri].name,
    )


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


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.rstrip("\r\n") for line in split_lines(text))


def _path_of(uri: DocumentUri) -> Path | None:
    """Returns where a document lies that nobody has open; None for what is no file of this machine."""
    parts = urlsplit(uri)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" and parts.netloc in {"", "localhost"} else None
