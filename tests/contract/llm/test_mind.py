"""The model mind follows the settings: a real client, a scripted endpoint, and what the status bar is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from tests.model_server.scripted import ModelServer, Reply
from tests.unit.features.fakes import question

from inkling.app.background import TaskGroupBackground
from inkling.context.analysis.analysis import Analysis
from inkling.core.model_state import ModelState, ModelStateKind
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings, ModelSettings, Settings
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import CompletionRequest
from inkling.llm.client import ModelClient
from inkling.llm.mind import ModelMind

PATIENCE_S = 20


class World:
    def __init__(self, group: asyncio.TaskGroup, folder: Path) -> None:
        self.mind = ModelMind(
            lambda endpoint, tell: ModelClient.open(endpoint, folder / "data", tell),
            TaskGroupBackground(group),
            folder / "cache",
            Analysis(check_deadline_s=PATIENCE_S, completion_deadline_s=PATIENCE_S),  # its worker does not run
        )
        self.states: list[ModelState] = []
        self.mind.listen(self.states.append)

    def configure(self, base_url: str, model: str = "qwen2.5-coder") -> None:
        self.mind.configure(Settings(model=ModelSettings(base_url=base_url, completion_model=model)), None)

    async def connected(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not self.mind.completers():
                await asyncio.sleep(0.01)

    async def ask(self, request: CompletionRequest) -> str | None:
        async with asyncio.timeout(PATIENCE_S):
            said = [candidates async for candidates in self.mind.answers(request)]
        return said[-1][0].text if said else None

    @property
    def kinds(self) -> list[ModelStateKind]:
        return [state.kind for state in self.states]


@contextlib.asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        made = World(group, folder)
        yield made
        await made.mind.close()


async def test_it_connects_proposes_and_lets_go(tmp_path: Path, model_server: ModelServer) -> None:
    model_server.script = lambda _: Reply(texts=("1 + 2\n",))
    async with world(tmp_path) as w:
        assert list(w.mind.completers()) == []
        w.configure(model_server.base_url)
        await w.connected()
        assert await w.ask(question("x = |\n")) == "1 + 2"
        w.configure("")
        assert list(w.mind.completers()) == []
        assert w.kinds == [
            ModelStateKind.OFF,
            ModelStateKind.CONNECTING,
            ModelStateKind.READY,
            ModelStateKind.OFF,
        ]
        async with asyncio.timeout(PATIENCE_S):
            while model_server.n_connections:
                await asyncio.sleep(0.01)


async def test_the_same_settings_again_change_nothing(tmp_path: Path, model_server: ModelServer) -> None:
    async with world(tmp_path) as w:
        w.configure(model_server.base_url)
        await w.connected()
        (before,) = w.mind.completers()
        n_states = len(w.states)
        w.configure(model_server.base_url)
        assert list(w.mind.completers()) == [before]
        assert len(w.states) == n_states


async def test_settings_that_cannot_be_used_are_told_with_their_name(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.configure("localhost:11434")
        state = w.states[-1]
        assert state.kind is ModelStateKind.REFUSED
        assert "inkling.model.baseUrl" in state.problem
        assert list(w.mind.completers()) == []


async def test_without_a_model_for_completions_nothing_is_asked(tmp_path: Path, model_server: ModelServer) -> None:
    async with world(tmp_path) as w:
        w.configure(model_server.base_url, model="")
        assert w.states[-1] == ModelState()
        assert model_server.received == []


async def test_nothing_of_a_file_that_git_ignores_is_sent(tmp_path: Path, model_server: ModelServer) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".git").mkdir()
    (folder / ".gitignore").write_text("private.py\n")
    path = folder / "private.py"
    path.write_text("x = \n")
    asked = question("x = |\n")
    snapshot = replace(asked.snapshot, path=path, uri=DocumentUri(path.as_uri()))
    async with world(tmp_path) as w:
        w.mind.open_workspace(WorkspaceScope(folders=(folder,), interpreter=None, index=IndexSettings()))
        w.configure(model_server.base_url)
        await w.connected()
        n_requests = len(model_server.received)
        assert await w.ask(replace(asked, snapshot=snapshot)) is None
        assert len(model_server.received) == n_requests
