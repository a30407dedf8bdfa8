"""Slow minds: asked where quick ones have spoken, heard when they answer, kept until the next question."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from inkling.core.edit import TextEdit
from inkling.core.errors import ModelError, WorkerError
from inkling.core.next_edit import EditQuestion, GuidedEditPredictor, PredictedEdit, PredictedPlace
from inkling.core.numbered_lines import NumberedLines
from inkling.core.ports import Background
from inkling.core.snapshot import DocumentUri
from inkling.features.next_edit.placement import Anchor

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT: Final = 2  # of two that run the older goes on, for it is the nearer to its end


class _Request:
    """A question that slow minds are answering, and what is typed in its document meanwhile."""

    def __init__(self, question: EditQuestion) -> None:
        self.question = question
        self.typed: list[TextEdit] = []
        self.others: set[DocumentUri] = set()
        self.task: asyncio.Task[None] | None = None
        self.has_ended = asyncio.Event()

    def follow(self, uri: DocumentUri, edits: Sequence[TextEdit]) -> None:
        """Takes a change of any document."""
        if uri == self.question.snapshot.uri:
            self.typed.extend(edits)
        else:
            self.others.add(uri)

    def anchored(self, edits: Sequence[PredictedEdit]) -> list[Anchor]:
        """Returns predictions where they are by now; without those in other files that have changed meanwhile."""
        snapshot = self.question.snapshot
        lines, anchors = NumberedLines(snapshot.text), list[Anchor]()
        for edit in edits:
            fits = lines.replacement(edit.first_line, edit.removed, edit.inserted) is not None
            if edit.uri == snapshot.uri and fits:
                anchors.append(Anchor(edit, lines))
                anchors[-1].follow(self.typed)
        return anchors

    def of_other_files(self, edits: Sequence[PredictedEdit]) -> list[PredictedEdit]:
        """Returns the predictions for other files, without those that have changed meanwhile."""
        return [each for each in edits if each.uri != self.question.snapshot.uri and each.uri not in self.others]


class LateEdits:
    """Asks slow minds in the background, two questions at a time, and keeps what the latest answer said."""

    def __init__(
        self,
        minds: Callable[[], Sequence[GuidedEditPredictor]],
        background: Background,
        on_answer: Callable[[EditQuestion], None],
    ) -> None:
        """Prepares; nothing is asked yet.

        Args:
            minds: Returns the minds that there are now.
            background: Listens to them.
            on_answer: Is told that a question was answered with some edits.
        """
        self._minds = minds
        self._background = background
        self._on_answer = on_answer
        self._requests: list[_Request] = []
        self._latest: EditQuestion | None = None
        self._anchors: list[Anchor] = []
        self._elsewhere: list[PredictedEdit] = []

    def ask(self, question: EditQuestion, places: Sequence[PredictedPlace]) -> asyncio.Event | None:
        """Asks a question unless it was the latest one already; returns what is set at the answer's end, if asked."""
        minds = self._minds()
        if not minds or _is_same(question, self._latest):
            return None
        self._latest = question
        if len(self._requests) >= MAX_IN_FLIGHT:
            newest = self._requests.pop()
            if newest.task is not None:
                newest.task.cancel()
        request = _Request(question)
        self._requests.append(request)
        self._background.start(self._listen(request, minds, tuple(places)))
        return request.has_ended

    def follow(self, uri: DocumentUri, edits: Sequence[TextEdit]) -> None:
        """Takes a change of any document."""
        for request in self._requests:
            request.follow(uri, edits)
        for anchor in self._anchors:
            if anchor.edit.uri == uri:
                anchor.follow(edits)
        self._elsewhere = [edit for edit in self._elsewhere if edit.uri != uri]

    def anchors(self) -> list[Anchor]:
        """Returns what the latest answer said of the document that was asked about."""
        return list(self._anchors)

    def elsewhere(self) -> list[PredictedEdit]:
        """Returns what it said of other files."""
        return list(self._elsewhere)

    async def _listen(
        self, request: _Request, minds: Sequence[GuidedEditPredictor], places: Sequence[PredictedPlace]
    ) -> None:
        request.task = asyncio.current_task()
        try:
            answers = await asyncio.gather(*(_answer_of(mind, request.question, places) for mind in minds))
            edits = [edit for answer in answers for edit in answer]
            if edits:
                self._anchors = request.anchored(edits)
                self._elsewhere = request.of_other_files(edits)
        finally:
            request.task = None
            request.has_ended.set()
            if request in self._requests:
                self._requests.remove(request)
        if self._anchors or self._elsewhere:
            self._on_answer(request.question)


async def _answer_of(
    mind: GuidedEditPredictor, question: EditQuestion, places: Sequence[PredictedPlace]
) -> Sequence[PredictedEdit]:
    try:
        return (await mind.predict(question, places)).edits
    except (ModelError, WorkerError) as error:
        logger.info("a slow mind has no next edit: %s", error)
        return ()


def _is_same(question: EditQuestion, other: EditQuestion | None) -> bool:
    """Tells whether nothing has changed between two questions but, on the same line, the cursor."""
    if other is None or question.history != other.history or question.snapshot.uri != other.snapshot.uri:
        return False
    return question.snapshot.text == other.snapshot.text
