"""The model mind as a completer: asks, waits no longer than needed, and asks nothing twice."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence

from inkling.context.prompt_context import ContextRecorder, build
from inkling.core.errors import ModelError
from inkling.core.ports import Background
from inkling.core.suggestion import Candidate, CompletionRequest, Source, Trigger
from inkling.core.text import line_end
from inkling.llm.alternatives import N_ALTERNATIVES, Sampler, Sampling
from inkling.llm.answer_store import AnswerStore, StoredAnswer
from inkling.llm.answers import Answer, AnswerCache, Spot, spot_of
from inkling.llm.latency import RecentLatencies
from inkling.llm.prompt import CONTEXT_TOKENS, PromptStyle, request_for
from inkling.llm.replies import Place, is_enough, mended, place_of, standing_alone
from inkling.llm.rhythm import TypingRhythm
from inkling.llm.text_model import ChatRequest, Purpose, TextChunk, TextModel, TextRequest

logger = logging.getLogger(__name__)

LINGER_S = 2.0  # a stream that nobody waits for goes on this long: what it says may fit the next question
DOUBTED_AFTER_S = 0.02
"""So long after a question an answer to an earlier one is doubted that has said nothing yet.

The endpoint is then asked about this very place, too, so that a wrong guess costs this time and no second answer's. Who
types fast has pressed the next key by then.
"""
SETTLES_WITHIN_S = 0.2  # what can stand alone is held back so long for the rest, so that the text grows less often
UNKNOWN_MEAN_LOGPROB = -0.36
"""Mean log-probability where an endpoint does not say: with it a text counts as an average one of its source.

Source: exp(-0.36) is where the calibration of `Source.MODEL` has the log-odds of the study's rate of acceptance.
"""
_CHARS_PER_TOKEN = 4  # rough; counts tokens only where the endpoint does not


class ModelCompleter:
    """Proposes what a language model writes at the cursor. Implements the port `StreamingCompleter`.

    One stream runs at a time, and one more where it is in doubt whether what the first says will fit. An answer is kept
    and serves later questions for as long as what is typed is what it says, also while it is still coming in.
    """

    def __init__(
        self,
        model: TextModel,
        style: PromptStyle,
        recorder: ContextRecorder,
        background: Background,
        *,
        rhythm: TypingRhythm | None = None,
        store: AnswerStore | None = None,
    ) -> None:
        """Prepares; nothing is asked before the first question.

        Args:
            model: What is asked.
            style: How it is asked.
            recorder: What it is told besides.
            background: Runs the streams.
            rhythm: The user's; None: nothing is known of it.
            store: Keeps answers over restarts; None: they are forgotten.
        """
        self._model = model
        self._recorder = recorder
        self._style = style
        self._background = background
        self._rhythm = rhythm or TypingRhythm()
        self._store = store
        self._answers = AnswerCache()
        self._latencies = RecentLatencies()
        self._sampler = Sampler(self._request)
        self._running: dict[Answer, asyncio.Task[None] | None] = {}
        self._n_waiting = 0
        self._linger: asyncio.TimerHandle | None = None
        self._is_closed = False

    def is_due_within(self, request: CompletionRequest, within_s: float) -> bool:
        """Tells whether the answer is very likely to be there in so many seconds, by how long it took lately."""
        found = self._answers.find(spot_of(request))
        if found is None:
            return self._latencies.is_due_within(within_s, 0.0)
        answer, typed = found
        if answer.is_done or self._is_ready(answer, typed, place_of(request)):
            return True
        return self._latencies.is_due_within(within_s, asyncio.get_running_loop().time() - answer.asked_at_s)

    async def answers(self, request: CompletionRequest) -> AsyncGenerator[Sequence[Candidate], None]:
        """Yields at most one candidate, growing; who asks explicitly gets several in the end.

        When it is left the stream goes on for a moment, in case the next question is about what it says.

        Raises:
            ModelError: The endpoint did not answer as it should; the words are for the user.
        """
        sampling = self._sample(request) if request.trigger is Trigger.INVOKED else None
        others = sampling.answers if sampling is not None else ()
        first: Sequence[Candidate] = ()
        try:
            async with contextlib.aclosing(self._first(request)) as growing:
                async for first in growing:
                    yield first
            for answer in others:
                while not answer.is_done:
                    await answer.changed()
        finally:
            if sampling is not None:
                sampling.end()
        more = [found for answer in others if (found := self._candidate(answer, answer.text, "", request))]
        if more:
            yield [*first, *more]

    def prepare(self, request: CompletionRequest) -> None:
        """Asks ahead, unless something is being asked or the answer is known."""
        spot = spot_of(request)
        if not self._running and self._answers.find(spot) is None:
            self._ask(request, spot, place_of(request), wait_s=0.0)

    def close(self) -> None:
        """Ends the stream that runs; questions are answered with nothing from now on."""
        self._is_closed = True
        self._stop_lingering()
        self._stop_running()

    async def _first(self, request: CompletionRequest) -> AsyncGenerator[Sequence[Candidate], None]:
        """Yields the likeliest candidate: what of it can stand alone where the rest is slow, then the whole."""
        spot, place = spot_of(request), place_of(request)
        found = self._answers.find(spot)
        answer, typed = found or (self._ask(request, spot, place, self._wait_s(request)), "")
        shown = ""
        spare: Answer | None = None
        self._n_waiting += 1
        self._stop_lingering()
        try:
            while not answer.is_done and not self._is_ready(answer, typed, place):
                alone = standing_alone(answer.text[len(typed) :], place) if not shown else ""
                is_doubted = spare is None and typed != "" and not answer.text
                within_s = SETTLES_WITHIN_S if alone else DOUBTED_AFTER_S if is_doubted else None
                has_changed = await answer.changed(within_s)
                if answer.was_withdrawn:
                    return  # a later question goes elsewhere
                if not has_changed and is_doubted:
                    spare = self._ask_beside(answer, request, spot, place)
                    continue
                if not has_changed:
                    shown = alone
                    candidate = self._candidate(answer, answer.text[: len(typed) + len(alone)], typed, request)
                    if candidate is not None:
                        yield [candidate]
                    continue
                still = answer.typed_of(spot)
                if still is None:
                    answer, still = spare or self._ask(request, spot, place, self._wait_s(request)), ""
                    spare = None
                typed = still
        finally:
            if spare is not None:
                self._stop(spare)
            self._n_waiting -= 1
            if self._n_waiting == 0:
                self._start_lingering()
        if answer.error is not None:
            self._answers.forget(answer)
            raise answer.error
        candidate = self._candidate(answer, answer.text, typed, request)
        if candidate is not None:
            yield [candidate]

    def _wait_s(self, request: CompletionRequest) -> float:
        """Returns how long the endpoint is better not asked, since more may be typed at once."""
        if request.trigger is Trigger.INVOKED:
            return 0.0
        return self._rhythm.wait_s(self._latencies.typical_s() or 0.0)

    def _is_ready(self, answer: Answer, typed: str, place: Place) -> bool:
        return len(answer.text) > len(typed) and is_enough(answer.text[len(typed) :], place)

    def _ask(self, request: CompletionRequest, spot: Spot, place: Place, wait_s: float) -> Answer:
        """Starts a stream; what runs is closed, since nobody types along with it."""
        self._stop_running()
        return self._start(request, spot, place, wait_s)

    def _ask_beside(self, doubted: Answer, request: CompletionRequest, spot: Spot, place: Place) -> Answer:
        """Starts a stream beside the one that is in doubt."""
        for answer in [answer for answer in self._running if answer is not doubted]:
            self._stop(answer)
        return self._start(request, spot, place, wait_s=0.0)

    def _start(self, request: CompletionRequest, spot: Spot, place: Place, wait_s: float) -> Answer:
        answer = Answer(spot, place, asyncio.get_running_loop().time() + wait_s)
        if self._is_closed:
            answer.withdraw()
            return answer
        self._answers.keep(answer)
        self._running[answer] = None
        self._background.start(self._stream(answer, request, place))
        return answer

    async def _stream(self, answer: Answer, request: CompletionRequest, place: Place) -> None:
        if answer not in self._running:
            return  # withdrawn before it began
        self._running[answer] = asyncio.current_task()
        try:
            asked = await self._prompt(request, place)
            if asked is None:
                answer.end()  # a file that no model may see
            else:
                await self._fill(answer, asked)
        except ModelError as error:
            answer.fail(error)
        finally:
            answer.withdraw()
            self._running.pop(answer, None)

    async def _fill(self, answer: Answer, asked: TextRequest | ChatRequest) -> None:
        """Takes the answer that is stored; asks the endpoint where there is none, once it is worth it."""
        loop, question = asyncio.get_running_loop(), f"{self._style}\n{answer.spot.before}\0{answer.spot.after}"
        stored = await self._store.find(question) if self._store is not None else None
        if stored is not None:
            finish_reason = "length" if stored.was_cut_short else "stop"
            answer.take(TextChunk(index=0, text=stored.text, logprobs=stored.logprobs, finish_reason=finish_reason))
            answer.end()
            return
        await asyncio.sleep(max(0.0, answer.asked_at_s - loop.time()))
        async with contextlib.aclosing(self._request(asked)) as chunks:
            await answer.follow(chunks)
        if answer.error is None:
            self._latencies.add(loop.time() - answer.asked_at_s)
            if self._store is not None and not self._is_closed:
                said = StoredAnswer(text=answer.text, logprobs=answer.logprobs, was_cut_short=answer.was_cut_short)
                self._background.start(self._store.keep(question, said))

    async def _prompt(self, request: CompletionRequest, place: Place) -> TextRequest | ChatRequest | None:
        """Returns what to ask, or None for a file that no model may see."""
        known = await self._recorder.question(request)
        if known is None:
            return None
        capabilities = await self._model.probe()
        return request_for(build(known, CONTEXT_TOKENS), place, self._style, capabilities)

    def _request(self, asked: TextRequest | ChatRequest) -> AsyncGenerator[TextChunk, None]:
        purpose = Purpose.COMPLETION
        return (
            self._model.complete(asked, purpose) if isinstance(asked, TextRequest) else self._model.chat(asked, purpose)
        )

    def _sample(self, request: CompletionRequest) -> Sampling:
        """Starts asking for several answers."""
        spot, place = spot_of(request), place_of(request)
        sampling = Sampling([Answer(spot, place) for _ in range(N_ALTERNATIVES)])

        async def fill(answers: Sequence[Answer]) -> None:
            try:
                asked = await self._prompt(request, place)
            except ModelError:
                return  # the likeliest answer has the same error, and tells it
            if asked is not None:
                await self._sampler.sample(asked, answers)

        if self._is_closed:
            sampling.end()
        self._background.start(sampling.run(fill))
        return sampling

    def _candidate(self, answer: Answer, text: str, typed: str, request: CompletionRequest) -> Candidate | None:
        """Returns what of an answer's text is to be inserted after what was typed of it; None where nothing is."""
        place = place_of(request)
        is_whole = len(text) == len(answer.text)
        said = mended(text[len(typed) :], place, was_cut_short=is_whole and answer.was_cut_short)
        if said is None:
            return None
        start = answer.text.find(said.lstrip().split("\n", 1)[0], len(typed))
        known = answer.mean_logprob(max(start, 0), len(said))
        mean_logprob, n_tokens = known or (UNKNOWN_MEAN_LOGPROB, 1 + len(said) // _CHARS_PER_TOKEN)
        said = said.replace("\n", _line_break(request.snapshot.text))
        return Candidate(text=said, source=Source.MODEL, mean_logprob=mean_logprob, n_tokens=n_tokens)

    def _start_lingering(self) -> None:
        if self._running:
            self._linger = asyncio.get_running_loop().call_later(LINGER_S, self._stop_running)

    def _stop_lingering(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None

    def _stop_running(self) -> None:
        for answer in list(self._running):
            self._stop(answer)

    def _stop(self, answer: Answer) -> None:
        """Ends the stream of an answer, where it runs."""
        task = self._running.pop(answer, None)
        if not answer.is_done:
            self._answers.forget(answer)
            answer.withdraw()
        if task is not None:
            task.cancel()


def _line_break(text: str) -> str:
    """Returns how the first line of a text ends."""
    end = line_end(text, 0)
    return "\r\n" if text.startswith("\r\n", end) else "\r" if text.startswith("\r", end) else "\n"
