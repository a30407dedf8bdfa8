"""Jedi asked in the background for what the worker of next edits wants to know; nobody waits for it."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from inkling.context.analysis.analysis import DefinedPlace, NamedPlace
from inkling.core.errors import WorkerError
from inkling.engine.next_edit.reading.meanings import FilePlace, Inquiry

logger = logging.getLogger(__name__)

WITHIN_S = 20.0  # of quiet moments and answers; later the developer has gone on

Answers = list[list[FilePlace]]


class NameReader(Protocol):
    """Says where names are defined."""

    async def definitions(self, texts: Mapping[Path, str], places: Sequence[NamedPlace]) -> list[list[DefinedPlace]]:
        """Returns for each place where the name at it is defined; nothing where that is not known.

        Raises:
            WorkerError: Its process died or is not running.
        """
        ...


class Inquiries:
    """Asks about one question at a time; a newer one that wants to know something else takes its place."""

    def __init__(self, reader: NameReader, learn: Callable[[int, Answers], None]) -> None:
        """Prepares; nothing is asked before `run`.

        Args:
            reader: Who is asked.
            learn: Takes the key of an inquiry and the answers.
        """
        self._reader = reader
        self._learn = learn
        self._tasks: asyncio.TaskGroup | None = None
        self._asking: asyncio.Task[None] | None = None
        self._asked: frozenset[int] = frozenset()

    async def run(self) -> None:
        """Lets questions be asked until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await asyncio.Event().wait()
            finally:
                self._tasks = None
                self._stop()

    def ask(
        self,
        inquiries: Sequence[Inquiry],
        open_texts: Mapping[str, str],
        tell: Callable[[], None],
    ) -> None:
        """Asks unless the same is being asked already.

        Args:
            inquiries: What is wanted; nothing: what is being asked is wanted no more.
            open_texts: The texts of open documents by path.
            tell: Called once there is an answer that adds to what is proposed.
        """
        keys = frozenset(inquiry.key for inquiry in inquiries)
        if self._asking is not None and not self._asking.done() and keys == self._asked:
            return
        self._stop()
        self._asked = keys
        if inquiries and self._tasks is not None:
            self._asking = self._tasks.create_task(self._ask_all(inquiries, open_texts, tell))

    async def ask_now(self, inquiries: Sequence[Inquiry], open_texts: Mapping[str, str], *, within_s: float) -> None:
        """Asks, and returns once all is answered or the time is over."""
        try:
            async with asyncio.timeout(within_s):
                for inquiry in inquiries:
                    await self._answered(inquiry, open_texts)
        except (TimeoutError, WorkerError) as error:
            logger.info("not all uses of a name are known: %s", error)

    def _stop(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        self._asking = None

    async def _ask_all(
        self, inquiries: Sequence[Inquiry], open_texts: Mapping[str, str], tell: Callable[[], None]
    ) -> None:
        adds = False
        try:
            async with asyncio.timeout(WITHIN_S):
                for inquiry in inquiries:
                    adds |= await self._answered(inquiry, open_texts)
        except (TimeoutError, WorkerError) as error:
            logger.info("not all uses of a name are known: %s", error)
        if adds:
            tell()

    async def _answered(self, inquiry: Inquiry, open_texts: Mapping[str, str]) -> bool:
        """Has an inquiry answered; returns whether that adds to what is proposed."""
        told = {path: open_texts[path] for path, _, _ in inquiry.places if path in open_texts} | dict(inquiry.texts)
        answers = await self._reader.definitions(
            {Path(path): text for path, text in told.items()},
            [
                NamedPlace(path=Path(path), line=line, column=column, name=inquiry.name)
                for path, line, column in inquiry.places
            ],
        )
        found = [[(str(at.path), at.line, at.column) for at in answer] for answer in answers]
        self._learn(inquiry.key, found)
        wanted = inquiry.adds_with
        return any(answer and (wanted is None or wanted.issuperset(answer)) for answer in found)
