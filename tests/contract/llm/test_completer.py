"""The model mind with a model that is played by the test, word by word."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from tests.unit.features.fakes import question

from inkling.app.background import TaskGroupBackground
from inkling.context.prompt_context import ContextRecorder
from inkling.core.errors import ModelError
from inkling.core.settings import FimTemplate
from inkling.core.suggestion import Candidate, CompletionRequest, Source
from inkling.llm.completer import UNKNOWN_MEAN_LOGPROB, ModelCompleter
from inkling.llm.prompt import PromptStyle
from inkling.llm.text_model import Capabilities, ChatRequest, Purpose, TextChunk, TextRequest
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.featurize import FEATURE_NAMES, evidence_of

STYLE = PromptStyle(model="qwen2.5-coder", fim_template=FimTemplate.AUTO)
ALL = Capabilities(has_completions=True, has_suffix=False, has_logprobs=True)


@dataclass
class Stream:
    """What the test plays into one request."""

    request: TextRequest | ChatRequest
    pieces: asyncio.Queue[TextChunk | ModelError | None] = field(default_factory=asyncio.Queue)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, text: str, *logprobs: float, finish_reason: str | None = None) -> None:
        self.pieces.put_nowait(TextChunk(index=0, text=text, logprobs=logprobs, finish_reason=finish_reason))

    def end(self) -> None:
        self.pieces.put_nowait(None)

    def fail(self, words: str) -> None:
        self.pieces.put_nowait(ModelError(words))


class PlayedModel:
    """Implements `TextModel`."""

    def __init__(self) -> None:
        self.capabilities = ALL
        self.streams: list[Stream] = []
        self.asked = asyncio.Semaphore(0)

    async def probe(self) -> Capabilities:
        return self.capabilities

    def complete(self, request: TextRequest, purpose: Purpose) -> AsyncGenerator[TextChunk, None]:
        return self._play(request)

    def chat(self, request: ChatRequest, purpose: Purpose) -> AsyncGenerator[TextChunk, None]:
        return self._play(request)

    async def _play(self, request: TextRequest | ChatRequest) -> AsyncGenerator[TextChunk, None]:
        stream = Stream(request)
        self.streams.append(stream)
        self.asked.release()
        try:
            while (piece := await stream.pieces.get()) is not None:
                if isinstance(piece, ModelError):
                    raise piece
                yield piece
        finally:
            stream.closed.set()

    async def next_stream(self) -> Stream:
        async with asyncio.timeout(10):
            await self.asked.acquire()
        return self.streams[-1]


class World:
    """A completer, and questions to it that run side by side with the test."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.group = group
        self.model = PlayedModel()
        self.completer = ModelCompleter(self.model, STYLE, ContextRecorder(), TaskGroupBackground(group))

    def ask(self, marked: str) -> "asyncio.Task[Candidate | None]":
        return self.group.create_task(self._answer(question(marked)))

    async def _answer(self, request: CompletionRequest) -> Candidate | None:
        said = await said_of(self.completer, request)
        return said[-1][0] if said else None


@contextlib.asynccontextmanager
async def world() -> AsyncIterator[World]:
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        made = World(group)
        yield made
        made.completer.close()


def text_of(answer: Candidate | None) -> str | None:
    return answer.text if answer is not None else None


async def said_of(completer: ModelCompleter, request: CompletionRequest) -> list[Sequence[Candidate]]:
    """All that it yields, one after the other."""
    async with asyncio.timeout(10), contextlib.aclosing(completer.answers(request)) as answers:
        return [candidates async for candidates in answers]


async def test_a_line_is_ready_when_its_end_has_streamed_in() -> None:
    async with world() as w:
        asking = w.ask("x = |\ny = 2\n")
        stream = await w.model.next_stream()
        stream.say("foo", -0.2)
        stream.say("(1)", -0.4)
        stream.say("\nand more")
        answer = await asking
        assert isinstance(answer, Candidate)
        assert (answer.text, answer.source, answer.n_tokens) == ("foo(1)", Source.MODEL, 2)
        assert answer.mean_logprob == pytest.approx(-0.3)
        await stream.closed.wait()
        request = stream.request
        assert isinstance(request, TextRequest)
        assert request.prompt == "<|fim_prefix|>x = <|fim_suffix|>\ny = 2\n<|fim_middle|>"
        assert request.stop[0] == "\n"


async def test_without_log_probabilities_a_text_counts_as_an_average_one() -> None:
    async with world() as w:
        asking = w.ask("x = |\n")
        stream = await w.model.next_stream()
        stream.say("foo(1)")
        stream.end()
        answer = await asking
        assert isinstance(answer, Candidate)
        assert answer.mean_logprob == UNKNOWN_MEAN_LOGPROB


def test_the_average_is_that_of_the_shipped_model() -> None:
    artifact = LogisticAcceptanceModel.load().artifact
    average = dict(zip(FEATURE_NAMES, artifact.regression.mean, strict=True))["evidence"]
    said = evidence_of(artifact.calibrations[Source.MODEL], UNKNOWN_MEAN_LOGPROB, 5)
    assert said == pytest.approx(average, abs=0.02)


async def test_what_is_typed_through_is_offered_again_without_a_request() -> None:
    async with world() as w:
        asking = w.ask("x = |\n")
        (await w.model.next_stream()).say("foo(1)\n")
        assert text_of(await asking) == "foo(1)"
        assert text_of(await w.ask("x = fo|\n")) == "o(1)"
        assert text_of(await w.ask("x = foo(|)\n")) == "1"
        assert text_of(await w.ask("x = |\n")) == "foo(1)"
        assert len(w.model.streams) == 1


async def test_a_question_along_the_stream_that_runs_joins_it() -> None:
    async with world() as w:
        first = w.ask("x = |\n")
        stream = await w.model.next_stream()
        first.cancel()
        await asyncio.wait([first])
        second = w.ask("x = fo|\n")
        stream.say("foo(")
        stream.say("1)\n")
        assert text_of(await second) == "o(1)"
        assert len(w.model.streams) == 1


async def test_a_question_that_goes_elsewhere_closes_the_stream_and_asks_anew() -> None:
    async with world() as w:
        first = w.ask("x = |\n")
        stream = await w.model.next_stream()
        second = w.ask("x = b|\n")
        stream.say("foo(")
        other = await w.model.next_stream()
        await stream.closed.wait()
        other.say("ar\n")
        assert text_of(await second) == "ar"
        await first


async def test_a_withdrawn_question_closes_its_stream_after_a_moment() -> None:
    async with world() as w:
        first = w.ask("x = |\n")
        stream = await w.model.next_stream()
        first.cancel()
        await stream.closed.wait()


async def test_an_error_is_raised_and_not_remembered() -> None:
    async with world() as w:
        asking = w.group.create_task(_error_of(w.completer, question("x = |\n")))
        (await w.model.next_stream()).fail("no such model")
        assert await asking == "no such model"
        again = w.ask("x = |\n")
        (await w.model.next_stream()).say("1\n")
        assert text_of(await again) == "1"


async def _error_of(completer: ModelCompleter, request: CompletionRequest) -> str:
    with pytest.raises(ModelError) as caught:
        await said_of(completer, request)
    return str(caught.value)


async def test_a_chat_stands_in_where_there_are_no_completions() -> None:
    async with world() as w:
        w.model.capabilities = Capabilities(has_completions=False, has_suffix=False, has_logprobs=False)
        asking = w.ask("x = |\ny = 2\n")
        stream = await w.model.next_stream()
        stream.say("```python\nx = foo(1)\n```")
        stream.end()
        assert text_of(await asking) == "foo(1)"
        assert isinstance(stream.request, ChatRequest)
        assert stream.request.messages[-1].content == "x = <CURSOR>\ny = 2\n"


async def test_the_servers_own_filling_in_is_used_where_there_is_one() -> None:
    async with world() as w:
        w.model.capabilities = Capabilities(has_completions=True, has_suffix=True, has_logprobs=True)
        asking = w.ask("x = |\ny = 2\n")
        stream = await w.model.next_stream()
        stream.say("1\n")
        await asking
        assert isinstance(stream.request, TextRequest)
        assert (stream.request.prompt, stream.request.suffix) == ("x = ", "\ny = 2\n")


async def test_line_ends_are_those_of_the_document() -> None:
    async with world() as w:
        asking = w.ask("def f():\r\n    |\r\n")
        stream = await w.model.next_stream()
        stream.say("a = 1\n    return a\n")
        stream.end()
        assert text_of(await asking) == "a = 1\r\n    return a"


async def test_closing_ends_the_stream_and_answers_nothing_more() -> None:
    async with world() as w:
        asking = w.ask("x = |\n")
        stream = await w.model.next_stream()
        w.completer.close()
        await stream.closed.wait()
        assert text_of(await asking) is None
        assert text_of(await w.ask("y = |\n")) is None
        assert len(w.model.streams) == 1
