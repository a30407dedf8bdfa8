"""A slow mind that is played by the test, and a feature that asks it beside a quick one."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace

from tests.unit.features.fakes import FakeCompleter, FakeLog, FakeModel, FakeNames, FakeSyntax, proposal, question

from inkling.app.background import TaskGroupBackground
from inkling.core.errors import ModelError
from inkling.core.settings import CompletionSettings, Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Source, Suggestion, Trigger
from inkling.features.completion import CompletionFeature
from inkling.features.completion_ports import CompletionPorts
from inkling.models.asking import LogisticAskingModel

PATIENT = Settings(completion=CompletionSettings(deadline_ms=5000))
PATIENCE_S = 10


class SlowMind:
    """Says what the test lets it say."""

    def __init__(self) -> None:
        self.is_due = False
        self.prepared: list[CompletionRequest] = []
        self.n_asked = 0
        self.was_left = asyncio.Event()
        self._said: asyncio.Queue[Sequence[Candidate] | ModelError | None] = asyncio.Queue()

    def say(self, *texts: str) -> None:
        """What it has to say so far."""
        self._said.put_nowait([replace(proposal(text), source=Source.MODEL) for text in texts])

    def end(self) -> None:
        self._said.put_nowait(None)

    def fail(self, words: str) -> None:
        self._said.put_nowait(ModelError(words))

    def is_due_within(self, request: CompletionRequest, within_s: float) -> bool:
        return self.is_due

    def prepare(self, request: CompletionRequest) -> None:
        self.prepared.append(request)

    async def answers(self, request: CompletionRequest) -> AsyncGenerator[Sequence[Candidate], None]:
        self.n_asked += 1
        try:
            while (said := await self._said.get()) is not None:
                if isinstance(said, ModelError):
                    raise said
                yield said
        finally:
            self.was_left.set()


class Window:
    """An editor that takes late suggestions. Implements `LateClient`."""

    def __init__(self) -> None:
        self.now: Snapshot | None = None
        self.told: asyncio.Queue[Snapshot] = asyncio.Queue()

    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        return self.now

    def suggestions_ready(self, snapshot: Snapshot) -> None:
        self.told.put_nowait(snapshot)


class World:
    def __init__(self, group: asyncio.TaskGroup, quick: FakeCompleter, settings: Settings) -> None:
        self.group = group
        self.model, self.log, self.syntax, self.names = FakeModel(), FakeLog(), FakeSyntax(), FakeNames()
        self.slow, self.window = SlowMind(), Window()
        ports = CompletionPorts(
            completers=[quick],
            slow_completers=lambda: [self.slow],
            syntax=self.syntax,
            names=self.names,
            asking=LogisticAskingModel.load(),
            model=self.model,
            log=self.log,
            background=TaskGroupBackground(group),
            draw=lambda: 0.99,
        )
        self.feature = CompletionFeature(ports, settings)
        self.feature.late.client = self.window

    def ask(
        self, marked: str = "x = |\n", trigger: Trigger = Trigger.AUTOMATIC, version: int = 3
    ) -> "asyncio.Task[Suggestion | NoSuggestion]":
        """Asks in the document as it is now in the window."""
        asked = question(marked, trigger)
        self.window.now = replace(asked.snapshot, version=version)
        return self.group.create_task(self._answer(replace(asked, snapshot=self.window.now)))

    async def _answer(self, request: CompletionRequest) -> Suggestion | NoSuggestion:
        async with asyncio.timeout(PATIENCE_S):
            return await self.feature.complete(request)

    async def told(self) -> Snapshot:
        """What the window is told to ask again about."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.window.told.get()

    async def left(self) -> None:
        """Returns when nobody listens to the slow mind any more."""
        async with asyncio.timeout(PATIENCE_S):
            await self.slow.was_left.wait()

    async def rows(self, n_rows: int) -> list[tuple[str | None, str, bool]]:
        """Reason, source and whether it was offered, of each decision."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.log.decisions) < n_rows:
                await asyncio.sleep(0)
        return [(row.reason, row.source, row.was_offered) for row in self.log.decisions]


@contextlib.asynccontextmanager
async def world(
    *quick: str, settings: Settings = PATIENT, completer: FakeCompleter | None = None
) -> AsyncIterator[World]:
    """A feature with a quick mind that says `quick`, and a slow one."""
    async with asyncio.timeout(2 * PATIENCE_S), asyncio.TaskGroup() as group:
        made = World(group, completer or FakeCompleter(*quick), settings)
        yield made
        made.feature.document_closed(question("|").snapshot.uri)
