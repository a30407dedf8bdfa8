"""The completion popup: names that fit, in the order of how likely they are."""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkling.core.errors import WorkerError
from inkling.core.names import FoundNames, NameCompleter, NamedCompletion, NameDocumentation, NameRanker
from inkling.core.suggestion import CompletionRequest
from inkling.core.text import line_prefix

logger = logging.getLogger(__name__)

MOST_ROWS = 200  # nobody reads more, and each is some 100 bytes of JSON
ORDER_WAIT_S = 0.005  # after the names are there; the order is there before them as a rule
MOST_GUESSED_ROWS = 10  # where only the order's mind knows any names
LEAST_GUESS_PROBABILITY = 0.01
_BEHIND_DOT = re.compile(r"[\w)\]\"']\s*\.\s*\w*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Popup:
    """What the popup shows.

    Attributes:
        rows: Its rows, the likeliest first.
        is_all: Whether no other name fits, so that the client need not ask again while a name is typed.
    """

    rows: Sequence[NamedCompletion]
    is_all: bool


class PopupFeature:
    """Answers which names fit at the cursor; each of two minds knows what the other does not."""

    def __init__(self, names: NameCompleter, ranker: NameRanker) -> None:
        """Takes the mind that knows which names there are, and the one that knows which are likely."""
        self._names = names
        self._ranker = ranker

    async def complete(self, request: CompletionRequest) -> Popup:
        """Returns the rows, as soon as the names are there; without an order where that is late.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        async with asyncio.TaskGroup() as tasks:
            order = tasks.create_task(self._order(request))
            found = await self._find(request)
            if not order.done() and not isinstance(found, WorkerError):
                await asyncio.wait({order}, timeout=ORDER_WAIT_S)
            likely = order.result() if order.done() else {}
            order.cancel()
        if isinstance(found, WorkerError):
            raise found
        if not found.names:
            return Popup(rows=_guessed(request, likely), is_all=False)
        rows = await self._names.describe_names(found.ticket, in_order(found.names, likely))
        return Popup(rows=rows, is_all=found.is_all and len(rows) == len(found.names))

    async def document(self, ticket: str, index: int) -> NameDocumentation | None:
        """Returns what a row stands for; None where it is not known any more.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        return await self._names.document_name(ticket, index)

    async def _find(self, request: CompletionRequest) -> FoundNames | WorkerError:
        """Returns the names or the error: a task group would wrap it."""
        try:
            return await self._names.complete_names(request)
        except WorkerError as error:
            return error

    async def _order(self, request: CompletionRequest) -> Mapping[str, float]:
        try:
            return await self._ranker.likely_names(request)
        except WorkerError as error:
            logger.debug("names come without an order: %s", error)
            return {}


def in_order(names: Sequence[str], likely: Mapping[str, float]) -> list[int]:
    """Returns the places of the names that are shown, the likeliest first; equally likely ones keep their order."""
    return sorted(range(len(names)), key=lambda index: -likely.get(names[index], 0.0))[:MOST_ROWS]


def guessed_names(likely: Mapping[str, float]) -> list[str]:
    """Returns the names that are worth a row although nobody knows whether they exist, the likeliest first."""
    return [name for name, probability in likely.items() if probability >= LEAST_GUESS_PROBABILITY][:MOST_GUESSED_ROWS]


def _guessed(request: CompletionRequest, likely: Mapping[str, float]) -> list[NamedCompletion]:
    """Returns the attributes that are written in such a place elsewhere, where the receiver's are not known."""
    if not _BEHIND_DOT.search(line_prefix(request.snapshot.text, request.offset)):
        return []
    return [NamedCompletion(name=name, written=name, kind="text", detail="") for name in guessed_names(likely)]
