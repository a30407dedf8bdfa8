"""Answers of a model as they stream in, kept for as long as what is typed goes along with them."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from inkling.core.errors import ModelError
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import CompletionRequest
from inkling.llm.replies import Place, is_enough
from inkling.llm.text_model import TextChunk

logger = logging.getLogger(__name__)

N_KEPT = 64
NEAR_CHARS = 2000  # before and after the cursor, that must be the same for an answer to fit
_AUTO_CLOSERS = ")]}'\""  # what editors put behind the cursor when its opening half is typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an answer was asked for: the place, and the text around it."""

    uri: DocumentUri
    offset: int
    before: str
    after: str


def spot_of(request: CompletionRequest) -> Spot:
    """Returns where a question is asked."""
    text, offset = request.snapshot.text, request.offset
    return Spot(
        uri=request.snapshot.uri,
        offset=offset,
        before=text[max(0, offset - NEAR_CHARS) : offset],
        after=text[offset : offset + NEAR_CHARS],
    )


class Answer:
    """One answer, growing while its stream runs.

    Attributes:
        spot: Where it was asked for.
        text: What came so far.
        is_done: Whether nothing more comes.
        was_withdrawn: Whether it was ended because nobody asked for it any more.
        was_cut_short: Whether it ended for its length.
        error: Why it ended, where that was an error.
        asked_at_s: When the endpoint was asked for it, or will be, in the time of the event loop.
    """

    def __init__(self, spot: Spot, place: Place, asked_at_s: float = 0.0) -> None:
        self.spot = spot
        self.asked_at_s = asked_at_s
        self.text = ""
        self.is_done = False
        self.was_withdrawn = False
        self.was_cut_short = False
        self.error: ModelError | None = None
        self._place = place
        self._logprobs: list[tuple[int, int, tuple[float, ...]]] = []
        self._changed = asyncio.Event()

    async def follow(self, chunks: AsyncIterator[TextChunk]) -> None:
        """Takes in a stream until it ends or has said enough."""
        try:
            async for chunk in chunks:
                if chunk.index == 0:
                    self.take(chunk)
                if self.has_enough:
                    break
        except ModelError as error:
            self.error = error
        self.end()

    def take(self, chunk: TextChunk) -> None:
        """Takes one piece of it."""
        start = len(self.text)
        self.text += chunk.text
        self._logprobs.append((start, len(self.text), chunk.logprobs))
        self.was_cut_short = chunk.finish_reason == "length"
        self._tell()

    def end(self) -> None:
        """Takes that nothing more comes."""
        self.is_done = True
        self._tell()

    def fail(self, error: ModelError) -> None:
        """Takes that it could not be asked for."""
        self.error = error
        self.end()

    @property
    def has_enough(self) -> bool:
        """Whether nothing of what may still come will be used."""
        return is_enough(self.text, self._place)

    @property
    def logprobs(self) -> tuple[float, ...]:
        """Of all its tokens."""
        return tuple(value for _, _, group in self._logprobs for value in group)

    def withdraw(self) -> None:
        """Ends it as it is; whoever waits for more is told."""
        if not self.is_done:
            self.is_done = self.was_withdrawn = self.was_cut_short = True
            self._tell()

    async def changed(self, within_s: float | None = None) -> bool:
        """Waits until more has come, or the end; returns whether that was so within so many seconds."""
        try:
            async with asyncio.timeout(within_s):
                if not self.is_done:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def typed_of(self, spot: Spot) -> str | None:
        """Returns what was typed since it was asked for; None where that, or something else, does not go along."""
        asked, n_typed = self.spot, spot.offset - self.spot.offset
        if spot.uri != asked.uri or not 0 <= n_typed < NEAR_CHARS or not self._follows(spot.after):
            return None
        cut = len(spot.before) - n_typed
        before, typed = spot.before[:cut], spot.before[cut:]
        if not asked.before.endswith(before) or (asked.before and not before):
            return None
        if self.text.startswith(typed):
            return typed if not typed or not self.is_done or self.text[n_typed:].strip() else None
        return typed if not self.is_done and typed.startswith(self.text) else None

    def mean_logprob(self, start: int, n_chars: int) -> tuple[float, int] | None:
        """Returns mean log-probability and number of the tokens in a stretch; None where the endpoint does not say."""
        end = start + n_chars
        values = [value for first, last, group in self._logprobs if first < end and last > start for value in group]
        return (min(0.0, sum(values) / len(values)), len(values)) if values else None

    def _follows(self, after: str) -> bool:
        """Tells whether the same follows the cursor, but for brackets and quotes that the editor has closed."""
        if after == self.spot.after or after.startswith(self.spot.after):
            return True
        stripped = after.lstrip(_AUTO_CLOSERS)
        return stripped != after and self.spot.after.startswith(stripped)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class AnswerCache:
    """The latest answers, running ones included."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, str], Answer] = OrderedDict()

    def keep(self, answer: Answer) -> None:
        """Takes an answer; the one that was not used for the longest time is forgotten."""
        key = (answer.spot.before, answer.spot.after)
        self._answers[key] = answer
        self._answers.move_to_end(key)
        while len(self._answers) > N_KEPT:
            self._answers.popitem(last=False)

    def forget(self, answer: Answer) -> None:
        """Drops an answer that came to nothing."""
        key = (answer.spot.before, answer.spot.after)
        if self._answers.get(key) is answer:
            del self._answers[key]

    def find(self, spot: Spot) -> tuple[Answer, str] | None:
        """Returns an answer that fits, and what of it was typed already."""
        key = (spot.before, spot.after)
        same = self._answers.get(key)
        if same is not None:
            self._answers.move_to_end(key)
            return same, ""
        fitting = [(answer, typed) for answer in self._answers.values() if (typed := answer.typed_of(spot))]
        # What has said something is known to fit; of those that have not, the oldest will speak first.
        spoken = [found for found in fitting if found[0].text]
        return spoken[-1] if spoken else fitting[0] if fitting else None
