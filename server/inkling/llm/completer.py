"""The model mind as a completer: asks, waits no longer than needed, and asks nothing twice."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence

from inkling.context.prompt_context import ContextRecorder, build
from inkling.core.ports import Background
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Reason, Source
from inkling.core.text import line_end
from inkling.llm.answers import Answer, AnswerCache, Spot, spot_of
from inkling.llm.prompt import CONTEXT_TOKENS, PromptStyle, request_for
from inkling.llm.replies import Place, is_enough, mended, place_of
from inkling.llm.text_model import Purpose, TextChunk, TextModel, TextRequest

logger = logging.getLogger(__name__)

LINGER_S = 2.0  # a stream that nobody waits for goes on this long: what it says may fit the next question
UNKNOWN_MEAN_LOGPROB = -0.36
"""Mean log-probability where an endpoint does not say: with it a text counts as an average one of its source.

Source: exp(-0.36) is where the calibration of `Source.MODEL` has the log-odds of the study's rate of acceptance.
"""
_CHARS_PER_TOKEN = 4  # rough; counts tokens only where the endpoint does not


class ModelCompleter:
    """Proposes what a language model writes at the cursor. Implements the port `Completer`.

    One stream runs at a time. An answer is kept and serves later questions for as long as what is typed is what it
    says, also while it is still coming in.
    """

    def __init__(self, model: TextModel, style: PromptStyle, recorder: ContextRecorder, background: Background) -> None:
        self._model = model
        self._recorder = recorder
        self._style = style
        self._background = background
        self._answers = AnswerCache()
        self._running: Answer | None = None
        self._task: asyncio.Task[None] | None = None
        self._n_waiting = 0
        self._linger: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def complete(self, request: CompletionRequest) -> Sequence[Candidate] | NoSuggestion:
        """Returns at most one candidate, or why there is none.

        When it is cancelled the stream goes on for a moment, in case the next question is about what it says.

        Raises:
            ModelError: The endpoint did not answer as it should; the words are for the user.
        """
        spot, place = spot_of(request), place_of(request)
        answer, typed = self._answers.find(spot) or (self._ask(request, spot, place), "")
        self._n_waiting += 1
        self._stop_lingering()
        try:
            while not answer.is_done and not self._is_ready(answer, typed, place):
                await answer.changed()
                if answer.was_withdrawn:
                    return NoSuggestion(reason=Reason.NO_CANDIDATE)  # a later question goes elsewhere
                still = answer.typed_of(spot)
                if still is None:
                    answer, still = self._ask(request, spot, place), ""
                typed = still
        finally:
            self._n_waiting -= 1
            if self._n_waiting == 0:
                self._start_lingering()
        if answer.error is not None:
            self._answers.forget(answer)
            raise answer.error
        return self._candidates(answer, typed, request, place)

    def close(self) -> None:
        """Ends the stream that runs; questions are answered with nothing from now on."""
        self._is_closed = True
        self._stop_lingering()
        self._stop_running()

    def _is_ready(self, answer: Answer, typed: str, place: Place) -> bool:
        return len(answer.text) > len(typed) and is_enough(answer.text[len(typed) :], place)

    def _ask(self, request: CompletionRequest, spot: Spot, place: Place) -> Answer:
        """Starts a stream; the one that runs is closed, since nobody types along with it."""
        self._stop_running()
        answer = Answer(spot, place)
        if self._is_closed:
            answer.withdraw()
            return answer
        self._answers.keep(answer)
        self._running = answer
        self._background.start(self._stream(answer, request, place))
        return answer

    async def _stream(self, answer: Answer, request: CompletionRequest, place: Place) -> None:
        if self._running is not answer:
            return  # withdrawn before it began
        self._task = asyncio.current_task()
        try:
            async with contextlib.aclosing(self._chunks(request, place)) as chunks:
                await answer.follow(chunks)
        finally:
            answer.withdraw()
            if self._running is answer:
                self._running = self._task = None

    async def _chunks(self, request: CompletionRequest, place: Place) -> AsyncGenerator[TextChunk, None]:
        known = await self._recorder.question(request)
        if known is None:
            return  # a file that no model may see
        capabilities = await self._model.probe()
        asked = request_for(build(known, CONTEXT_TOKENS), place, self._style, capabilities)
        purpose = Purpose.COMPLETION
        stream = (
            self._model.complete(asked, purpose) if isinstance(asked, TextRequest) else self._model.chat(asked, purpose)
        )
        async with contextlib.aclosing(stream) as chunks:
            async for chunk in chunks:
                yield chunk

    def _candidates(
        self, answer: Answer, typed: str, request: CompletionRequest, place: Place
    ) -> Sequence[Candidate] | NoSuggestion:
        rest = answer.text[len(typed) :]
        text = mended(rest, place, was_cut_short=answer.was_cut_short)
        if text is None:
            return NoSuggestion(reason=Reason.NO_CANDIDATE)
        start = answer.text.find(text.lstrip().split("\n", 1)[0], len(typed))
        said = answer.mean_logprob(max(start, 0), len(text))
        mean_logprob, n_tokens = said or (UNKNOWN_MEAN_LOGPROB, 1 + len(text) // _CHARS_PER_TOKEN)
        text = text.replace("\n", _line_break(request.snapshot.text))
        return [Candidate(text=text, source=Source.MODEL, mean_logprob=mean_logprob, n_tokens=n_tokens)]

    def _start_lingering(self) -> None:
        if self._running is not None:
            self._linger = asyncio.get_running_loop().call_later(LINGER_S, self._stop_running)

    def _stop_lingering(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None

    def _stop_running(self) -> None:
        answer, task = self._running, self._task
        self._running = self._task = None
        if answer is not None and not answer.is_done:
            self._answers.forget(answer)
            answer.withdraw()
        if task is not None:
            task.cancel()


def _line_break(text: str) -> str:
    """Returns how the first line of a text ends."""
    end = line_end(text, 0)
    return "\r\n" if text.startswith("\r\n", end) else "\r" if text.startswith("\r", end) else "\n"
