"""Several answers to one question, for who asks explicitly: sampled, side by side."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from inkling.core.concurrency import side_by_side
from inkling.core.errors import ModelError
from inkling.llm.answers import Answer
from inkling.llm.text_model import ChatRequest, TextChunk, TextRequest

logger = logging.getLogger(__name__)

N_ALTERNATIVES = 4  # besides the likeliest; with the embedded mind's they are more than are shown
TEMPERATURE = 0.7  # with 0 all would say the same
Stream = Callable[[TextRequest | ChatRequest], AsyncGenerator[TextChunk, None]]


class Sampler:
    """Asks one endpoint for several answers: in one request where it knows `n`, else in as many requests."""

    def __init__(self, stream: Stream) -> None:
        """Takes what makes a request, and yields the pieces of its answer."""
        self._stream = stream
        self._knows_n = True  # until it gives one answer where several were asked for

    async def sample(self, request: TextRequest | ChatRequest, answers: Sequence[Answer]) -> None:
        """Fills the answers. What fails stays empty, since it is only more of what there is already."""
        sampled = replace(request, temperature=TEMPERATURE)
        if self._knows_n:
            await self._ask(replace(sampled, n=len(answers)), answers)
            self._knows_n = any(answer.text for answer in answers[1:])
        if not self._knows_n:
            empty = [answer for answer in answers if not answer.text]
            await side_by_side(*(self._ask(sampled, [answer]) for answer in empty))

    async def _ask(self, request: TextRequest | ChatRequest, answers: Sequence[Answer]) -> None:
        try:
            async with aclosing(self._stream(request)) as chunks:
                async for chunk in chunks:
                    if chunk.index < len(answers) and not answers[chunk.index].has_enough:
                        answers[chunk.index].take(chunk)
                    if all(answer.has_enough for answer in answers):
                        break
        except ModelError as error:
            logger.info("no alternatives: %s", error)


class Sampling:
    """Several answers that come in, and the task that fetches them.

    Attributes:
        answers: All of them; each is done in the end.
    """

    def __init__(self, answers: Sequence[Answer]) -> None:
        """Prepares; somebody has to `run` what fills the answers."""
        self.answers = answers
        self._task: asyncio.Task[None] | None = None

    async def run(self, fill: Callable[[Sequence[Answer]], Awaitable[None]]) -> None:
        """Has the answers filled, unless that was called off already."""
        if all(answer.is_done for answer in self.answers):
            return
        self._task = asyncio.current_task()
        try:
            await fill(self.answers)
        finally:
            self._task = None
            for answer in self.answers:
                answer.end()

    def end(self) -> None:
        """Ends what still runs; its streams are closed."""
        for answer in self.answers:
            answer.withdraw()
        if self._task is not None:
            self._task.cancel()
