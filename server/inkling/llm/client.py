"""The model at an endpoint: time limits, retries, pauses, accounting around `inkling.llm.connection`."""

import asyncio
import importlib
import logging
import math
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from inkling.core.errors import ModelError
from inkling.core.model_state import ModelState, ModelStateKind
from inkling.llm.accounting import Spent, TokenAccount, estimated_tokens, spent_in_words
from inkling.llm.bodies import in_taken_words, written
from inkling.llm.circuit import CircuitBreaker, Pause
from inkling.llm.endpoint import Endpoint
from inkling.llm.faults import PASSING, Failure, Fault, RequestFailedError, state_kind, to_error, warning
from inkling.llm.oddities import oddities_of, oddity_in_words
from inkling.llm.probing import PROMPT, Trial, Tried, find_capabilities
from inkling.llm.short_turns import short_turns
from inkling.llm.text_model import Capabilities, ChatRequest, Purpose, TextChunk, TextRequest

if TYPE_CHECKING:
    from inkling.llm.connection import Body, Connection, EventStream

logger = logging.getLogger(__name__)
T = TypeVar("T")

N_ATTEMPTS = 3
FIRST_BACKOFF_S = 0.25  # doubled for each further attempt, and drawn from its upper half
# What some endpoints refuse and none needs; refused once, it is left out from then on.
_DISPENSABLE = ("stream_options", "logprobs", "temperature")
_STATE_WORDS = {
    ModelStateKind.DOWN: "down",
    ModelStateKind.REFUSED: "refused",
    ModelStateKind.BUDGET: "the budget of today is used up",
}


@dataclass(slots=True, kw_only=True)
class _Asked:
    """One question, and what is known of its answer so far.

    Attributes:
        path: Of the request, below the base URL.
        body: What is sent, without the model.
        purpose: What it is for.
        n_prompt_chars: Characters of all texts in the body.
        texts: The pieces that came back, of all alternatives.
        usage: The endpoint's count of tokens, prompt and answer; None while it has not said.
        was_answered: Whether headers of an answer came, so that tokens were spent.
        answers: Faults that are an answer, too: the endpoint is none the worse for them.
    """

    path: str
    body: "Body"
    purpose: Purpose
    n_prompt_chars: int
    texts: list[str] = field(default_factory=list)
    usage: tuple[int, int] | None = field(default=None)
    was_answered: bool = field(default=False)
    answers: frozenset[Fault] = frozenset()

    @property
    def n_answer_chars(self) -> int:
        """Characters that came back."""
        return sum(map(len, self.texts))


class ModelClient:
    """A `TextModel` at an endpoint. Imports and connects with the first request; `close` it in the end.

    To end an answer early, leave the iteration through `contextlib.aclosing`, or cancel the task.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        account: TokenAccount,
        on_state: Callable[[ModelState], None] = lambda _: None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares a client; nothing is imported or sent before the first request.

        Args:
            endpoint: Where to ask.
            account: Counts the tokens; opened and closed by whoever made it, which may be several clients' one.
            on_state: Hears on the event loop how the endpoint is doing, whenever that changes.
            now_s: A clock in seconds for the pauses.
        """
        self._endpoint = endpoint
        self._account = account
        self._has_own_account = False
        self._on_state = on_state
        self._state = ModelState()
        self._circuit = CircuitBreaker(now_s)
        self._turns = asyncio.Semaphore(endpoint.max_concurrent)
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self._probing = asyncio.Lock()
        self._capabilities: Capabilities | None = None
        self._refused: set[str] = set()
        self._worth_knowing = warning(endpoint)

    @classmethod
    async def open(
        cls, endpoint: Endpoint, data_dir: Path, on_state: Callable[[ModelState], None] = lambda _: None
    ) -> "ModelClient":
        """Returns a client that has asked what its endpoint can do, with the account of tokens in `data_dir`.

        One that is out of reach now is asked again with each request.
        """
        account = TokenAccount(data_dir)
        client = cls(endpoint, account, on_state)
        client._has_own_account = True
        try:
            await account.open()
            await client.probe()
        except ModelError as error:
            logger.info("the model endpoint is not ready: %s", error)  # the user hears of it through `on_state`
        except BaseException:
            await client.close()
            raise
        return client

    @property
    def capabilities(self) -> Capabilities | None:
        """What the endpoint can do; None until `probe` found out."""
        return self._capabilities

    async def probe(self) -> Capabilities:
        """Returns what the endpoint can do; asks it only once, with a few requests of one token each.

        Raises:
            ModelError: It is out of reach, or refuses.
        """
        async with self._probing:
            if self._capabilities is None:
                if self._state.kind is ModelStateKind.OFF:
                    self._tell(ModelStateKind.CONNECTING, Purpose.COMPLETION, "connecting")
                self._capabilities = await find_capabilities(self._endpoint, self._try)
            return self._capabilities

    def complete(self, request: TextRequest, purpose: Purpose) -> AsyncGenerator[TextChunk, None]:
        """Yields the pieces of the answer as they come.

        Raises:
            ModelError: The endpoint refused, failed, is left alone for a while, or the budget is used up.
        """
        return self._ask(request, purpose)

    def chat(self, request: ChatRequest, purpose: Purpose) -> AsyncGenerator[TextChunk, None]:
        """As `complete`, for `/v1/chat/completions`."""
        return self._ask(request, purpose)

    async def body_of(self, request: TextRequest | ChatRequest, purpose: Purpose) -> "Body":
        """Returns the JSON object that would be sent for a request.

        Raises:
            ModelError: The endpoint is out of reach, so that nothing would be.
        """
        body = in_taken_words(written(request, await self.probe()).body, self._refused)
        return {"model": self._endpoint.models.get(purpose)} | body

    async def close(self) -> None:
        """Closes all connections, and the account where `open` made it."""
        async with self._connecting:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()
        if self._has_own_account:
            await self._account.close()

    async def _ask(self, request: TextRequest | ChatRequest, purpose: Purpose) -> AsyncGenerator[TextChunk, None]:
        sent = written(request, await self.probe())
        asked = _Asked(path=sent.path, body=sent.body, purpose=purpose, n_prompt_chars=sent.n_chars)
        async with aclosing(self._answer(asked)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _answer(self, asked: _Asked) -> AsyncGenerator[TextChunk, None]:
        """Makes one request where one may be made, and draws the lessons from it."""
        model = self._endpoint.models.get(asked.purpose)
        if model is None:
            raise self._error(Failure(fault=Fault.NO_MODEL), asked.purpose)
        used_up = self._used_up()
        if used_up is not None:
            raise self._failed(Failure(fault=used_up), asked.purpose)
        pause = self._circuit.enter()
        if pause is not None:
            raise self._paused(pause, asked.purpose)
        has_ended = has_failed = False
        try:
            async with aclosing(self._stream(asked, asked.body | {"model": model})) as chunks:
                async for chunk in chunks:
                    yield chunk
            has_ended = True
        except RequestFailedError as error:
            has_failed = error.failure.fault not in asked.answers
            if not has_failed:
                raise self._error(error.failure, asked.purpose) from error
            raise self._failed(error.failure, asked.purpose) from error
        finally:
            if asked.was_answered:
                self._account.record(self._spent(asked, model))
            if has_ended or (asked.n_answer_chars and not has_failed):
                self._succeeded(asked)  # whoever ends an answer early has got some of it
            elif not has_failed:
                self._circuit.abandoned()

    def _used_up(self) -> Fault | None:
        """Returns which budget of the day allows no more requests, if one does not."""
        endpoint, account = self._endpoint, self._account
        if endpoint.daily_token_budget and account.n_tokens_today() >= endpoint.daily_token_budget:
            return Fault.BUDGET
        if endpoint.daily_cost_budget and account.cost_today() >= endpoint.daily_cost_budget:
            return Fault.COST_BUDGET
        return None

    def _spent(self, asked: _Asked, model: str) -> Spent:
        n_prompt, n_answer = asked.usage or (
            estimated_tokens(asked.n_prompt_chars),
            estimated_tokens(asked.n_answer_chars),
        )
        return Spent(
            purpose=asked.purpose,
            model=model,
            n_prompt_tokens=n_prompt,
            n_answer_tokens=n_answer,
            is_estimated=asked.usage is None,
            cost=self._endpoint.cost(model, n_prompt, n_answer),
        )

    async def _stream(self, asked: _Asked, body: "Body") -> AsyncGenerator[TextChunk, None]:
        """Yields the pieces of one answer, in its turn and within its time."""
        deadline_s = asyncio.get_running_loop().time() + self._endpoint.time_limit_s(asked.purpose)
        await _in_time(self._turns.acquire(), deadline_s)
        try:
            stream = await self._open_stream(asked.path, body, deadline_s)
            asked.was_answered = True
            try:
                async with aclosing(stream.events()) as events:
                    while True:
                        event = await _in_time(anext(events, None), deadline_s)
                        if event is None:
                            return
                        if event.usage is not None:
                            asked.usage = (event.usage.n_prompt_tokens, event.usage.n_answer_tokens)
                        for chunk in event.chunks:
                            asked.texts.append(chunk.text)
                            yield chunk
            finally:
                await stream.close()
        finally:
            self._turns.release()

    async def _open_stream(self, path: str, body: "Body", deadline_s: float) -> "EventStream":
        """Returns the stream of an answer; asks again for what may go away by itself, as long as there is time."""
        connection = await _in_time(self._connected(), deadline_s)
        n_attempts = 0
        while True:
            try:
                return await _in_time(connection.stream(path, in_taken_words(body, self._refused)), deadline_s)
            except RequestFailedError as error:
                failure = error.failure
                if self._learns_from(failure, body):
                    continue
                n_attempts += 1
                wait_s = _backoff_s(n_attempts) if failure.retry_after_s is None else failure.retry_after_s
                left_s = deadline_s - asyncio.get_running_loop().time()
                is_last = n_attempts >= N_ATTEMPTS or self._circuit.is_probing
                if failure.fault not in PASSING or is_last or wait_s >= left_s:
                    raise
                logger.debug("asks again fault=%s wait_s=%.2f", failure.fault, wait_s)
            await asyncio.sleep(wait_s)

    async def _connected(self) -> "Connection":
        async with self._connecting:
            if self._connection is None:
                # On a thread: importing the package and reading the system's certificates takes half a second.
                self._connection = await asyncio.to_thread(_connect, self._endpoint)
            return self._connection

    def _learns_from(self, failure: Failure, body: "Body") -> bool:
        """Tells whether the endpoint refused something that can be left out, or said otherwise, from now on."""
        if failure.fault is not Fault.BAD_REQUEST:
            return False
        named = {name for name in _DISPENSABLE if name in failure.detail and name in body}
        if "max_completion_tokens" in failure.detail:
            named.add("max_tokens")
        has_learned = not named <= self._refused
        self._refused |= named
        return has_learned

    async def _try(self, trial: Trial) -> Tried:
        asked = _Asked(
            path=trial.path,
            body=trial.body | {"max_tokens": 1, "temperature": 0.0, "stream_options": {"include_usage": True}},
            purpose=next(iter(self._endpoint.models), Purpose.COMPLETION),
            n_prompt_chars=len(PROMPT),
            answers=trial.answers,
        )
        async with aclosing(self._answer(asked)) as chunks:
            has_logprobs = any([chunk.logprobs async for chunk in chunks])
        return Tried(has_logprobs=has_logprobs, n_prompt_tokens=asked.usage[0] if asked.usage else None)

    def _succeeded(self, asked: _Asked) -> None:
        self._circuit.succeeded()
        if asked.purpose is Purpose.COMPLETION:  # elsewhere fences are what is asked for
            for oddity in oddities_of("".join(asked.texts)):
                self._worth_knowing = oddity_in_words(oddity, self._endpoint, asked.purpose)
        spent = spent_in_words(self._account.n_tokens_today(), self._account.cost_today())
        self._tell(ModelStateKind.READY, asked.purpose, f"ready{spent}", problem=self._worth_knowing)

    def _failed(self, failure: Failure, purpose: Purpose) -> ModelError:
        """Takes a failure; returns the error to raise."""
        self._circuit.failed(failure)
        error, kind, pause_s = self._error(failure, purpose), state_kind(failure.fault), self._circuit.pause_s
        logger.info("model request failed fault=%s purpose=%s pause_s=%.0f", failure.fault, purpose, pause_s)
        if kind is not ModelStateKind.DOWN or pause_s:  # a single failure that may be chance is not worth a word
            again = f", tries again in {math.ceil(pause_s)} s" if pause_s else ""
            self._tell(kind, purpose, f"{_STATE_WORDS[kind]}{again}", problem=str(error))
        return error

    def _tell(self, kind: ModelStateKind, purpose: Purpose, words: str, problem: str = "") -> None:
        model = self._endpoint.models.get(purpose, "no model")
        state = ModelState(kind=kind, words=f"{self._endpoint.host}, {model}: {words}", problem=problem)
        if state != self._state:
            self._state = state
            self._on_state(state)

    def _error(self, failure: Failure, purpose: Purpose) -> ModelError:
        return to_error(failure, self._endpoint, purpose)

    def _paused(self, pause: Pause, purpose: Purpose) -> ModelError:
        error = self._error(pause.failure, purpose)
        when = f"in {math.ceil(pause.for_s)} s" if pause.for_s else "right now"
        return ModelError(f"{error} It is asked again {when}.", cause=error.cause)


def _connect(endpoint: Endpoint) -> "Connection":
    with short_turns():
        adapter = importlib.import_module("inkling.llm.connection")
    connection: Connection = adapter.Connection(endpoint)
    return connection


async def _in_time(work: Awaitable[T], deadline_s: float) -> T:
    """Returns what `work` does; the limit holds for this step alone, so that it never ends the caller's own code.

    Raises:
        RequestFailedError: The deadline, in the time of the event loop, has passed.
    """
    try:
        async with asyncio.timeout_at(deadline_s):
            return await work
    except TimeoutError as error:
        raise RequestFailedError(Failure(fault=Fault.TOO_SLOW)) from error


def _backoff_s(n_attempts: int) -> float:
    longest_s: float = FIRST_BACKOFF_S * 2 ** (n_attempts - 1)
    return random.uniform(longest_s / 2, longest_s)  # noqa: S311 - spreads the windows of one user, no secret
