"""What slow minds say to one question, as it comes in."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from inkling.core.errors import ModelError
from inkling.core.ports import StreamingCompleter
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Reason

logger = logging.getLogger(__name__)


class SlowAnswers:
    """Listens to the slow minds in the background, and keeps the latest of each until it is taken.

    Attributes:
        silence: Why there is nothing, where there is nothing in the end.
    """

    def __init__(self, minds: Sequence[StreamingCompleter], request: CompletionRequest) -> None:
        """Prepares; somebody has to run `listen`."""
        self.silence = NoSuggestion(reason=Reason.NO_CANDIDATE)
        self._minds = minds
        self._request = request
        self._fresh: dict[int, Sequence[Candidate]] = {}
        self._has_ended = not minds
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Takes in what the minds say until all of them have ended, or `end` is called."""
        if self._has_ended:
            return
        self._task = asyncio.current_task()
        try:
            await asyncio.gather(*(self._listen_to(index, mind) for index, mind in enumerate(self._minds)))
        finally:
            self._task = None
            self._finish()

    async def is_there_more(self, within_s: float | None = None) -> bool:
        """Waits until there is something to take, and tells whether there is.

        Args:
            within_s: Longest wait, seconds; None: until the minds have ended.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if within_s is None else max(0.0, within_s)):
                while not self._fresh and not self._has_ended:
                    await self._changed.wait()
        return bool(self._fresh)

    async def wait_for_end(self, within_s: float) -> None:
        """Waits until the minds have ended, for so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, within_s)):
                while not self._has_ended:
                    await self._changed.wait()

    def take(self) -> list[Candidate]:
        """Returns what has come since the last call; of each mind only what it said last."""
        fresh, self._fresh = self._fresh, {}
        return [candidate for index in sorted(fresh) for candidate in fresh[index]]

    def end(self) -> None:
        """Listens no longer; what was not taken is forgotten."""
        self._fresh = {}
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        self._finish()

    async def _listen_to(self, index: int, mind: StreamingCompleter) -> None:
        try:
            async with contextlib.aclosing(mind.answers(self._request)) as answers:
                async for candidates in answers:
                    self._fresh[index] = candidates
                    self._tell()
        except ModelError as error:
            logger.info("the endpoint did not answer: %s", error)
            self.silence = NoSuggestion(reason=Reason.MODEL_UNAVAILABLE)

    def _finish(self) -> None:
        self._has_ended = True
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
