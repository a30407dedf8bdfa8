"""The model mind with a model that is played by the test, word by word."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.unit.features.fakes import question

from inkling.app.background import TaskGroupBackground
from inkling.context.prompt_context import ContextRecorder
from inkling.core.errors import ModelError
from inkling.core.settings import FimTemplate
from inkling.core.suggestion import Candidate, CompletionRequest, Source, Trigger
from inkling.llm.alternatives import N_ALTERNATIVES
from inkling.llm.answer_store import FILE_NAME, AnswerStore
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

    def say(self, text: str, *logprobs: float, index: int = 0, finish_reason: str | None = None) -> None:
        self.pieces.put_nowait(TextChunk(index=index, text=text, logprobs=logprobs, finish_reason=finish_reason))

    def end(self) -> None:
        self.pieces.put_nowait(None)

    def fail(self, words: str) -> None:
        self.pieces.put_nowait(ModelError(words))


class PlayedModel:
    """Implements `TextModel`."""

    def __init__(self) -> None:
        self.capabilities = ALL
        self.streams: list[Stream] = []
        self.asked: asyncio.Queue[Stream] = asyncio.Queue()

    async def probe(self) -> Capabilities:
        return self.capabilities

    def complete(self, request: TextRequest, purpose: Purpose) -> AsyncGenerator[TextChunk, None]:
        return self._play(request)

    def chat(self, request: ChatRequest, purpose: Purpose) -> AsyncGenerator[TextChunk, None]:
        return self._play(request)

    async def _play(self, request: TextRequest | ChatRequest) -> AsyncGenerator[TextChunk, None]:
        stream = Stream(request)
        self.streams.append(stream)
        self.asked.put_nowait(stream)
        try:
            while (piece := await stream.pieces.get()) is not None:
                if isinstance(piece, ModelError):
                    raise piece
                yield piece
        finally:
            stream.closed.set()

    async def next_stream(self) -> Stream:
        async with asyncio.timeout(10):
            return await self.asked.get()


class World:
    """A completer, and questions to it that run side by side with the test."""

    def __init__(self, group: asyncio.TaskGroup, store: AnswerStore | None, recorder: ContextRecorder) -> None:
        self.group = group
        self.model = PlayedModel()
        self.completer = ModelCompleter(self.model, STYLE, recorder, TaskGroupBackground(group), store=store)

    def ask(self, marked: str) -> "asyncio.Task[Candidate | None]":
        return self.group.create_task(self._answer(question(marked)))

    async def _answer(self, request: CompletionRequest) -> Candidate | None:
        said = await said_of(self.completer, request)
        return said[-1][0] if said else None


@contextlib.asynccontextmanager
async def world(folder: Path | None = None, recorder: ContextRecorder | None = None) -> AsyncIterator[World]:
    """A completer, with answers kept in a folder if one is given."""
    store = AnswerStore(folder, "http://localhost/v1") if folder is not None else None
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        made = World(group, store, recorder or ContextRecorder())
        yield made
        made.completer.close()
    if store is not None:
        await store.close()


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


BLOCK = "def f():\n    |\n\n\nf()\n"


async def test_whole_statements_of_a_slow_block_are_said_before_the_rest() -> None:
    async with world() as w:
        said: list[str] = []

        async def listen() -> None:
            async with contextlib.aclosing(w.completer.answers(question(BLOCK))) as answers:
                async for (candidate,) in answers:
                    said.append(candidate.text)

        listening = w.group.create_task(listen())
        stream = await w.model.next_stream()
        stream.say("a = [\n        1,\n    ]\n    if a:\n        ")
        while not said:
            await asyncio.sleep(0.01)
        stream.say("a.pop()\n    return a\n\n\nf(")
        await listening
        assert said == [
            "a = [\n        1,\n    ]",
            "a = [\n        1,\n    ]\n    if a:\n        a.pop()\n    return a",
        ]


async def several(w: World, marked: str) -> "asyncio.Task[list[Sequence[Candidate]]]":
    return w.group.create_task(said_of(w.completer, question(marked, Trigger.INVOKED)))


async def test_who_asks_explicitly_gets_several_in_one_request_where_the_server_knows_n() -> None:
    async with world() as w:
        asking = await several(w, "x = |\n")
        streams = [await w.model.next_stream(), await w.model.next_stream()]
        sampled = next(stream for stream in streams if stream.request.n > 1)
        first = next(stream for stream in streams if stream.request.n == 1)
        assert (sampled.request.n, first.request.temperature) == (N_ALTERNATIVES, 0.0)
        assert sampled.request.temperature > 0
        first.say("likeliest\n", -0.1)
        for index, text in enumerate(["one", "two", "", "f(1"]):
            sampled.say(text, -0.5, index=index)
        sampled.end()
        said = await asking
        assert [candidate.text for candidate in said[0]] == ["likeliest"]
        assert [candidate.text for candidate in said[-1]] == ["likeliest", "one", "two", "f(1)"]
        assert [candidate.mean_logprob for candidate in said[-1]][:2] == [-0.1, -0.5]


async def test_and_in_several_requests_where_it_does_not() -> None:
    async with world() as w:
        asking = await several(w, "x = |\n")
        streams = [await w.model.next_stream(), await w.model.next_stream()]
        for stream in streams:
            stream.say("likeliest" if stream.request.n == 1 else "one")
            stream.end()
        for text in ("two", "three", "four"):
            more = await w.model.next_stream()
            assert more.request.n == 1
            more.say(text)
            more.end()
        assert {candidate.text for candidate in (await asking)[-1]} == {"likeliest", "one", "two", "three", "four"}
        again = await several(w, "y = |\n")
        for _ in range(1 + N_ALTERNATIVES):
            stream = await w.model.next_stream()
            assert stream.request.n == 1
            stream.end()
        await again


async def test_alternatives_that_fail_cost_nobody_the_likeliest() -> None:
    async with world() as w:
        asking = await several(w, "x = |\n")
        for stream in [await w.model.next_stream(), await w.model.next_stream()]:
            if stream.request.n == 1:
                stream.say("likeliest\n")
            else:
                stream.fail("n is not supported")
        for _ in range(N_ALTERNATIVES):
            (await w.model.next_stream()).fail("still not")
        assert [[candidate.text for candidate in said] for said in await asking] == [["likeliest"]]


async def test_who_leaves_an_explicit_question_closes_its_streams() -> None:
    async with world() as w:
        asking = await several(w, "x = |\n")
        streams = [await w.model.next_stream(), await w.model.next_stream()]
        asking.cancel()
        for stream in streams:
            await stream.closed.wait()


async def test_what_was_asked_ahead_is_there_when_it_is_asked() -> None:
    async with world() as w:
        w.completer.prepare(question("x = foo|\n"))
        w.completer.prepare(question("y = foo|\n"))
        stream = await w.model.next_stream()
        stream.say("(1)\n")
        await stream.closed.wait()
        assert text_of(await w.ask("x = foo|\n")) == "(1)"
        assert len(w.model.streams) == 1


async def test_asking_ahead_never_ends_what_somebody_waits_for() -> None:
    async with world() as w:
        asking = w.ask("x = |\n")
        stream = await w.model.next_stream()
        w.completer.prepare(question("x = foo|\n"))
        stream.say("1\n")
        assert text_of(await asking) == "1"
        assert len(w.model.streams) == 1


async def test_it_is_due_when_the_latest_answers_came_quickly() -> None:
    async with world() as w:
        asked = question("z = |\n")
        assert not w.completer.is_due_within(asked, 60.0)
        for name in ("a", "b", "c"):
            asking = w.ask(f"{name} = |\n")
            (await w.model.next_stream()).say("1\n")
            await asking
        assert w.completer.is_due_within(asked, 60.0)
        assert not w.completer.is_due_within(asked, 0.0)
        assert w.completer.is_due_within(question("a = |\n"), 0.0)


async def test_an_answer_outlives_the_daemon(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        asking = w.ask("x = |\n")
        (await w.model.next_stream()).say("foo(1)\n", -0.5)
        first = await asking
    async with world(tmp_path) as w:
        assert await w.ask("x = |\n") == first
        assert text_of(await w.ask("x = fo|\n")) == "o(1)"
        assert w.model.streams == []


async def test_what_was_cut_off_or_failed_is_not_kept(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        asking = w.group.create_task(_error_of(w.completer, question("x = |\n")))
        (await w.model.next_stream()).fail("down")
        await asking
        first = w.ask("y = |\n")
        stream = await w.model.next_stream()
        stream.say("half of")
        second = w.ask("z = |\n")
        (await w.model.next_stream()).end()
        await asyncio.gather(first, second)
    async with world(tmp_path) as w:
        for marked in ("x = |\n", "y = |\n"):
            asking_again = w.ask(marked)
            (await w.model.next_stream()).say("1\n")
            await asking_again


async def test_of_a_file_that_no_model_may_see_nothing_is_kept(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.touch()
    asked = question("x = |\n")
    asked = replace(asked, snapshot=replace(asked.snapshot, path=path))
    async with world(tmp_path / "cache") as w:
        assert await said_of(w.completer, asked) == []
        w.completer.prepare(asked)
        assert w.model.streams == []
    assert not (tmp_path / "cache" / FILE_NAME).exists()


async def test_an_answer_to_an_earlier_question_that_is_in_doubt_costs_no_second_answers_time() -> None:
    async with world() as w:
        first = w.ask("x = |\n")
        early = await w.model.next_stream()
        first.cancel()
        await asyncio.wait([first])
        asking = w.ask("x = total + |\n")
        spare = await w.model.next_stream()  # asked beside the first, which still runs
        assert not early.closed.is_set()
        early.say("count\n")
        spare.say("tax\n")
        assert text_of(await asking) == "tax"
        assert len(w.model.streams) == 2


async def test_where_the_earlier_answer_fits_after_all_the_spare_one_is_closed() -> None:
    async with world() as w:
        first = w.ask("x = |\n")
        early = await w.model.next_stream()
        first.cancel()
        await asyncio.wait([first])
        asking = w.ask("x = total + |\n")
        spare = await w.model.next_stream()
        early.say("total + tax\n")
        assert text_of(await asking) == "tax"
        await spare.closed.wait()
