"""Definitions and problems around a place, found by the real analysis worker on real files."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from inkling.context.analysis.analysis import Analysis
from inkling.context.prompt_context import CodeFacts, ContextQuestion, ContextRecorder, build
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest

PATIENCE_S = 60.0  # far over what a loaded machine needs; only a fault makes a test wait that long
STORE = """\
class Order:
    total = 0


class Store:
    def __init__(self, path: str) -> None:
        self.path = path

    def find(self, name: str) -> Order:
        return Order()


TOKEN = "not a secret"
"""
MAIN = """\
from store import Store


class Shop:
    def __init__(self) -> None:
        self.store = Store("a")

    def sell(self) -> None:
        order = self.store.find(|)
        print(ordr)
"""


class Tasks:
    """Runs background work of a test."""

    def __init__(self) -> None:
        self.started: list[asyncio.Task[None]] = []

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.started.append(asyncio.get_running_loop().create_task(work))


class Workspace:
    """A recorder with facts from a running analysis."""

    def __init__(self, folder: Path, analysis: Analysis, recorder: ContextRecorder, tasks: Tasks) -> None:
        self.tasks = tasks
        self.folder = folder
        self.analysis = analysis
        self.recorder = recorder

    async def question(self, marked: str, name: str = "main.py", within_s: float = PATIENCE_S) -> ContextQuestion:
        offset = marked.index("|")
        path = self.folder / name
        text = marked[:offset] + marked[offset + 1 :]
        snapshot = Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=1, text=text)
        self.recorder.document_changed(snapshot)
        found = await self.recorder.question(CompletionRequest(snapshot=snapshot, offset=offset), within_s)
        assert found is not None
        return found


@contextlib.asynccontextmanager
async def _opened(folder: Path, *exclude: str, is_running: bool = True) -> AsyncIterator[Workspace]:
    analysis, tasks = Analysis(check_deadline_s=PATIENCE_S, completion_deadline_s=PATIENCE_S), Tasks()
    scope = WorkspaceScope(
        folders=(folder,), interpreter=Path(sys.executable), index=IndexSettings(exclude=tuple(exclude))
    )
    recorder = ContextRecorder(CodeFacts(analysis, tasks))
    recorder.open_workspace(scope)
    analysis.open_workspace(scope)
    run = asyncio.create_task(analysis.run()) if is_running else None
    while is_running and not analysis.process_ids():
        await asyncio.sleep(0.01)
    yield Workspace(folder, analysis, recorder, tasks)
    await asyncio.gather(*tasks.started)
    if run is not None:
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    (tmp_path / "store.py").write_text(STORE, encoding="utf-8")
    async with _opened(tmp_path) as workspace:
        yield workspace


def _first_lines(question: ContextQuestion) -> list[tuple[str, str]]:
    return [(definition.path, definition.text.split("\n")[0]) for definition in question.definitions]


async def test_what_the_names_stand_for_and_what_is_wrong(workspace: Workspace) -> None:
    question = await workspace.question(MAIN)
    assert _first_lines(question) == [
        ("store.py", "def find(self, name: str) -> Order:"),
        ("store.py", "class Order:"),
    ]
    [problem] = question.diagnostics
    assert (problem.line, problem.code, problem.message) == (10, "print(ordr)", "undefined name 'ordr'")
    told = [snippet.text for snippet in build(question, 2000).snippets]
    assert "def find(self, name: str) -> Order:\n    return Order()" in told
    assert "print(ordr)  # undefined name 'ordr'" in told


async def test_what_stands_before_the_dot_is_looked_up_while_its_member_is_written(workspace: Workspace) -> None:
    question = await workspace.question("from store import Store\nshelf = Store('a')\nshelf.fi|")
    assert _first_lines(question)[0] == ("store.py", "class Store:")


async def test_typing_on_asks_nothing_anew_and_changes_no_definition(workspace: Workspace) -> None:
    before = await workspace.question(MAIN)
    await asyncio.to_thread((workspace.folder / "store.py").write_text, "", encoding="utf-8")
    # Without any time to look up: what is known stays known, until files are said to have changed.
    after = await workspace.question(MAIN.replace("find(|)", "find(na|)"), within_s=0)
    assert (after.definitions, after.diagnostics) == (before.definitions, before.diagnostics)
    workspace.analysis.files_changed([workspace.folder / "store.py"])
    workspace.recorder.files_changed([workspace.folder / "store.py"])
    assert _first_lines(await workspace.question(MAIN)) == []


async def test_what_is_typed_is_looked_up_before_anybody_asks(workspace: Workspace) -> None:
    path = workspace.folder / "main.py"
    uri = DocumentUri(path.as_uri())
    before, after = MAIN.split("find(|)")
    for version, text in enumerate((before + after, MAIN.replace("|", ""))):
        workspace.recorder.document_changed(Snapshot(uri=uri, path=path, version=version, text=text))
    await asyncio.gather(*workspace.tasks.started)
    question = await workspace.question(MAIN, within_s=0)
    assert ("store.py", "def find(self, name: str) -> Order:") in _first_lines(question)
    assert len(question.diagnostics) == 1


async def test_the_standard_library_is_not_quoted_and_packages_are(workspace: Workspace) -> None:
    assert _first_lines(await workspace.question("import json\nprint(json.dumps(len(|)))")) == []
    question = await workspace.question("import click\nclick.echo(|)")
    assert _first_lines(question) == [("click/utils.py", "def echo(")]


@pytest.mark.parametrize("rule", [".gitignore", "exclude", "secrets"])
async def test_nothing_is_quoted_from_a_file_that_is_left_out(tmp_path: Path, rule: str) -> None:
    name = "credentials" if rule == "secrets" else "store"
    folder = tmp_path / name if rule == "secrets" else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / "store.py").write_text(STORE, encoding="utf-8")
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("store.py" if rule == ".gitignore" else "", encoding="utf-8")
    async with _opened(tmp_path, *(["store.py"] if rule == "exclude" else [])) as workspace:
        question = await workspace.question(
            MAIN.replace("from store", "from credentials.store") if rule == "secrets" else MAIN
        )
    assert question.definitions == ()
    assert [problem.message for problem in question.diagnostics] == ["undefined name 'ordr'"]


async def test_a_package_that_the_settings_exclude_is_not_quoted(tmp_path: Path) -> None:
    async with _opened(tmp_path, "click/") as workspace:
        assert _first_lines(await workspace.question("import click\nclick.echo(|)")) == []


async def test_secrets_in_a_definition_are_masked(workspace: Workspace) -> None:
    code = 'def connect(password="hunter2-hunter2-x9") -> None: ...\n'
    (workspace.folder / "secretive.py").write_text(code, encoding="utf-8")
    question = await workspace.question("from secretive import connect\nconnect(|)")
    [definition] = question.definitions
    assert definition.text.startswith("def connect(password=")
    assert "hunter2" not in str(question.definitions)


async def test_without_the_worker_there_are_no_facts_and_no_waiting(tmp_path: Path) -> None:
    async with _opened(tmp_path, is_running=False) as workspace:
        question = await workspace.question(MAIN)
    assert (question.definitions, question.diagnostics) == ((), ())
