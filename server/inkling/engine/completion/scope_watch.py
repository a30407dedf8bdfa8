"""Has the scope of the cursor analysed in the background; no answer waits for what is found."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from inkling.context.analysis.scope_facts import ScopeFacts, scope_of
from inkling.core.errors import WorkerError
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest
from inkling.core.text import line_end, line_start, position_at

logger = logging.getLogger(__name__)

PAUSE_S = 0.3  # in the questions, after which the scope is analysed
MOST_ROUNDS = 3  # of asking about one text: each tells as much as there is time for
FRESH_FOR_S = 60.0  # afterwards what was told of a scope is asked again: its class or its variables may have changed
MOST_SCOPES = 64  # whose facts are remembered
MOST_CHAINS = 200  # receivers and callees remembered of one scope


class ScopeReader(Protocol):
    """Reads the facts of a scope."""

    async def scope_facts(self, snapshot: Snapshot, line_number: int, known: Sequence[str]) -> ScopeFacts | None:
        """Returns what is known of the scope around a line, from 0; as much as there is time for.

        Raises:
            WorkerError: Its process died, is not running or took too long.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A place about which facts are wanted; the same text around its line is the same place."""

    uri: DocumentUri
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    """Facts, and when the first of them were read, on the monotonic clock."""

    facts: ScopeFacts
    since_s: float


class ScopeWatch:
    """Follows the questions of a completer, and tells the facts of the scopes that they are about."""

    def __init__(
        self, reader: ScopeReader, tell: Callable[[DocumentUri, ScopeFacts], None], *, pause_s: float = PAUSE_S
    ) -> None:
        """Prepares; nothing is asked before `run`.

        Args:
            reader: Who is asked.
            tell: Takes facts, again when more is known.
            pause_s: In the questions, after which the scope is analysed.
        """
        self._reader = reader
        self._tell = tell
        self._pause_s = pause_s
        self._latest: CompletionRequest | None = None
        self._was_asked = asyncio.Event()
        self._facts: OrderedDict[tuple[DocumentUri, str], _Remembered] = OrderedDict()
        self._read: _Asked | None = None

    async def run(self) -> None:
        """Reads scopes until it is cancelled."""
        while True:
            await self._was_asked.wait()
            self._was_asked.clear()
            await asyncio.sleep(self._pause_s)
            if self._was_asked.is_set() or self._latest is None:
                continue
            try:
                await self._read_around(self._latest)
            except WorkerError as error:
                logger.debug("no facts of the scope: %s", error)

    def asked(self, request: CompletionRequest) -> None:
        """Takes a question; its scope is read in the next pause."""
        self._latest = request
        self._was_asked.set()

    def closed(self, uri: DocumentUri) -> None:
        """Forgets a document."""
        for key in [key for key in self._facts if key[0] == uri]:
            del self._facts[key]
        self._read = None

    def tell_again(self) -> None:
        """Tells all that is remembered: whoever is told has just started."""
        for (uri, _), remembered in self._facts.items():
            self._tell(uri, remembered.facts)

    async def _read_around(self, request: CompletionRequest) -> None:
        snapshot, text = request.snapshot, request.snapshot.text
        before, after = text[: line_start(text, request.offset)], text[line_end(text, request.offset) :]
        asked = _Asked(uri=snapshot.uri, before=hash(before), after=hash(after))
        if asked == self._read:
            return
        line_number = position_at(text, request.offset).line
        known = self._known(snapshot.uri, scope_of(text, request.offset))
        for _ in range(MOST_ROUNDS):
            facts = await self._reader.scope_facts(snapshot, line_number, sorted(known))
            if facts is None or self._was_asked.is_set():
                return
            found = facts.attributes.keys() | facts.parameters.keys()
            self._take(snapshot.uri, facts)
            if found <= known:
                break
            known |= found
        self._read = asked

    def _known(self, uri: DocumentUri, scope: str) -> set[str]:
        """Returns the receivers and callees of which enough was told lately."""
        remembered = self._facts.get((uri, scope))
        if remembered is not None and time.monotonic() > remembered.since_s + FRESH_FOR_S:
            del self._facts[uri, scope]
            remembered = None
        return set() if remembered is None else {*remembered.facts.attributes, *remembered.facts.parameters}

    def _take(self, uri: DocumentUri, facts: ScopeFacts) -> None:
        """Joins new facts with those of the same scope, and tells them."""
        older = self._facts.pop((uri, facts.scope), None)
        if older is not None:
            facts = replace(
                facts,
                attributes=dict([*older.facts.attributes.items(), *facts.attributes.items()][-MOST_CHAINS:]),
                parameters=dict([*older.facts.parameters.items(), *facts.parameters.items()][-MOST_CHAINS:]),
            )
        since_s = time.monotonic() if older is None else older.since_s
        self._facts[uri, facts.scope] = _Remembered(facts=facts, since_s=since_s)
        while len(self._facts) > MOST_SCOPES:
            self._facts.popitem(last=False)
        self._tell(uri, facts)
