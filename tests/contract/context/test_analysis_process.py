"""The analysis with its real worker process: answers, deadlines, death, documents and files that change."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from inkling.context.analysis.analysis import TREES_FOLDER, Analysis, is_analysed
from inkling.core.errors import WorkerError
from inkling.core.names import NameDocumentation
from inkling.core.ports import NameVerdict, WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source

PATIENCE_S = 60.0  # far over what a loaded machine needs; only a fault makes a test wait that long


class Editor:
    """An analysis at work on one workspace, as the daemon uses it."""

    def __init__(self, folder: Path, *, check_deadline_s: float = PATIENCE_S, cache_dir: Path | None = None) -> None:
        self.folder = folder
        self.analysis = Analysis(
            check_deadline_s=check_deadline_s, completion_deadline_s=PATIENCE_S, cache_dir=cache_dir
        )

    def snapshot(self, text: str, name: str = "doc.py") -> Snapshot:
        path = self.folder / name
        return Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=1, text=text)

    def request(self, marked: str) -> CompletionRequest:
        return CompletionRequest(snapshot=self.snapshot(marked.replace("|", "", 1)), offset=marked.index("|"))

    async def check(self, marked: str, candidate: str) -> NameVerdict:
        proposal = Candidate(text=candidate, source=Source.EMBEDDED, mean_logprob=-1.0, n_tokens=1)
        return await self.analysis.check(self.request(marked), proposal)

    async def names(self, marked: str) -> list[str]:
        return list((await self.analysis.complete_names(self.request(marked))).names)

    async def until_running(self) -> int:
        while not self.analysis.process_ids():
            await asyncio.sleep(0.01)
        return self.analysis.process_ids()[0]

    async def until(self, expected: NameVerdict, marked: str, candidate: str) -> None:
        """Asks again until the worker knows; the test's own limit is the judge of how long that may take."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.check(marked, candidate) is not expected:
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(editor: Editor, interpreter: Path | None) -> AsyncIterator[Editor]:
    task = asyncio.create_task(editor.analysis.run())
    editor.analysis.open_workspace(
        WorkspaceScope(folders=(editor.folder,), interpreter=interpreter, index=IndexSettings())
    )
    await editor.until_running()
    yield editor
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def editor(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    cache_dir = tmp_path_factory.getbasetemp() / "analysis"  # shared: the standard library is read once
    async with running(Editor(tmp_path, cache_dir=cache_dir), Path(sys.executable)) as editor:
        yield editor


async def test_names_are_checked_and_completed(editor: Editor) -> None:
    assert await editor.check("import os\nos.|", "pth") is NameVerdict.UNKNOWN_ATTRIBUTE
    assert await editor.check("import os\nos.|", "path.join(a)") is NameVerdict.EXIST
    assert await editor.check("import os\nos.path.|", "join(a).split(b)") is NameVerdict.NOT_KNOWN_YET
    assert await editor.check("from os import pa|", "ht") is NameVerdict.UNKNOWN_IMPORT
    assert await editor.names("import os\nos.pathc|") == ["pathconf", "pathconf_names"]


async def test_an_empty_file_and_one_that_does_not_parse_are_completed(editor: Editor) -> None:
    assert len(await editor.names("|")) > 100
    assert "getcwd" in await editor.names("def f(:\nimport os\nos.getcw|")


@pytest.mark.parametrize(
    "before",
    [
        "import os\f\n",
        "import os; x = '\u2028'\r\n",
        "import os\r\r",
        "import os\r\n\n\r",
        "import os; '😀'; ",
        "\ufeffimport os; ",
    ],
)
async def test_positions_survive_every_kind_of_line_break(editor: Editor, before: str) -> None:
    assert await editor.names(before + "os.pathc|\nx") == ["pathconf", "pathconf_names"]


async def test_rows_are_described_by_their_ticket(editor: Editor) -> None:
    found = await editor.analysis.complete_names(editor.request("def f(key): ...\nclass Key: ...\nf(ke|"))
    assert (list(found.names), found.is_all) == (["key", "Key", "KeyboardInterrupt", "KeyError"], True)
    (row,) = await editor.analysis.describe_names(found.ticket, [0])
    assert (row.name, row.written, row.kind, row.ticket, row.index) == ("key", "key=", "param", found.ticket, 0)
    assert await editor.analysis.describe_names("another", [0]) == []
    assert await editor.analysis.describe_names(found.ticket, [7]) == []
    newer = await editor.analysis.complete_names(editor.request("import os\nos.pathc|"))
    assert await editor.analysis.describe_names(found.ticket, [0]) == []
    kinds = [row.kind for row in await editor.analysis.describe_names(newer.ticket, [1, 0])]
    assert set(kinds) <= {"statement", "instance", "function"}, kinds


async def test_documentation_comes_later_even_after_other_questions(editor: Editor) -> None:
    marked = 'class Shop:\n    def sell(self, price):\n        """Sells it."""\n\nshop = Shop()\nshop.se|'
    found = await editor.analysis.complete_names(editor.request(marked))
    assert (
        await editor.analysis.define(editor.snapshot(marked.replace("shop.se|", "shop")), len(marked) - 10) is not None
    )
    documentation = await editor.analysis.document_name(found.ticket, 0)
    assert documentation == NameDocumentation(signature="sell(price)", documentation="Sells it.")
    assert await editor.analysis.document_name(found.ticket, 9) is None
    assert await editor.analysis.document_name("another", 0) is None


async def test_documents_of_strange_size_are_not_analysed(editor: Editor) -> None:
    for text in ("x = 1\n" * 900_000, "x = '" + "y" * 200_000 + "'\n"):
        assert await editor.names(text + "import os\nos.|") == []
        assert await editor.check(text + "import os\nos.|", "pth") is NameVerdict.NOT_KNOWN_YET


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("x" * 20_000, True),
        ("x" * 20_001, False),
        ("x" * 20_000 + "\n" + "x" * 20_000, True),
        ("x" * 20_000 + "\r" + "x" * 20_001 + "\r\n", False),
        ("ab\n" * 300_000, True),
        ("ab\n" * 400_000, False),
    ],
)
def test_which_documents_are_analysed(text: str, expected: bool) -> None:
    assert is_analysed(text) is expected


async def test_a_candidate_that_names_nothing_needs_no_worker(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    assert await editor.check("x = |", "1 + 2") is NameVerdict.EXIST
    assert await editor.check("x = |", "os.path") is NameVerdict.NOT_KNOWN_YET
    with pytest.raises(WorkerError):
        await editor.names("import os\nos.|")


async def test_a_late_answer_serves_the_next_keystroke(tmp_path: Path) -> None:
    async with running(Editor(tmp_path, check_deadline_s=0.0), Path(sys.executable)) as editor:
        assert await editor.check("import os\nos.|", "pth") is NameVerdict.NOT_KNOWN_YET
        await editor.until(NameVerdict.UNKNOWN_ATTRIBUTE, "import os\nos.p|", "th")


async def test_a_killed_worker_answers_nothing_and_comes_back(editor: Editor) -> None:
    process_id = await editor.until_running()
    assert await editor.check("import os\nos.|", "sep") is NameVerdict.EXIST
    os.kill(process_id, signal.SIGSTOP)
    checks = [asyncio.create_task(editor.check("import os\nos.|", name)) for name in ("pth", "path")]
    names = asyncio.create_task(editor.names("import os\nos.pathc|"))
    await asyncio.sleep(0)
    os.kill(process_id, signal.SIGKILL)
    assert await asyncio.gather(*checks) == [NameVerdict.NOT_KNOWN_YET] * 2
    with pytest.raises(WorkerError):
        await names
    while await editor.until_running() == process_id:
        await asyncio.sleep(0.01)
    # It was told the workspace again: without an interpreter no missing package would be certain.
    await editor.until(NameVerdict.UNKNOWN_IMPORT, "import |", "no_such_package")


async def test_the_packages_of_another_environment_are_seen(tmp_path: Path) -> None:
    home = tmp_path / "environment"
    command = [sys.executable, "-m", "venv", "--without-pip", str(home)]
    await asyncio.to_thread(subprocess.run, command, check=True)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "elsewhere").mkdir()
    (packages / "elsewhere" / "__init__.py").write_text("found = 1\n")
    folder = tmp_path / "workspace"
    folder.mkdir()
    async with running(Editor(folder), home / "bin" / "python") as editor:
        assert await editor.check("import elsewhere\nelsewhere.|", "found") is NameVerdict.EXIST
        assert await editor.check("import elsewhere\nelsewhere.|", "lost") is NameVerdict.UNKNOWN_ATTRIBUTE
        assert await editor.names("import elsewhere\nelsewhere.fou|") == ["found"]
        await editor.until(NameVerdict.UNKNOWN_IMPORT, "import |", "pytest")
    async with running(Editor(folder), None) as editor:
        assert await editor.check("import elsewhere\nelsewhere.|", "lost") is NameVerdict.NOT_KNOWN_YET
        assert await editor.check("import |", "pytest") is NameVerdict.NOT_KNOWN_YET


async def test_a_module_that_changes_on_disk_and_goes_away(editor: Editor) -> None:
    module = editor.folder / "shapes.py"
    module.write_text("old = 1\n")
    editor.analysis.files_changed([module])
    assert await editor.check("from shapes import |", "new") is NameVerdict.UNKNOWN_IMPORT
    module.write_text("old = 1\nnew = 2\n")
    editor.analysis.files_changed([module])
    assert await editor.check("from shapes import |", "new") is NameVerdict.EXIST
    module.unlink()
    editor.analysis.files_changed([module])
    assert await editor.check("from shapes import |", "new") is NameVerdict.NOT_KNOWN_YET


async def test_the_unsaved_text_of_another_document_counts(editor: Editor) -> None:
    (editor.folder / "shapes.py").write_text("old = 1\n")
    editor.analysis.document_changed(editor.snapshot("old = 1\nunsaved = 2\n", "shapes.py"))
    editor.analysis.document_changed(editor.snapshot("from shapes import \n"))
    await editor.until(NameVerdict.EXIST, "from shapes import |", "unsaved")
    editor.analysis.document_closed(editor.snapshot("", "shapes.py").uri)
    assert await editor.check("from shapes import |", "unsaved") is NameVerdict.UNKNOWN_IMPORT


def _trees(cache_dir: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in sorted((cache_dir / TREES_FOLDER).glob("*/*.pkl"))}


def _truncate(paths: Iterable[Path], size_bytes: int) -> None:
    for path in paths:
        os.truncate(path, size_bytes)


@pytest.mark.parametrize("size_bytes", [0, 100])
async def test_damaged_syntax_trees_are_made_anew(tmp_path: Path, size_bytes: int) -> None:
    cache_dir = tmp_path / "cache"
    async with running(Editor(tmp_path, cache_dir=cache_dir), Path(sys.executable)) as editor:
        assert "pathconf" in await editor.names("import os\nos.pathc|")
    whole = _trees(cache_dir)
    assert whole
    _truncate(whole, size_bytes)
    async with running(Editor(tmp_path, cache_dir=cache_dir), Path(sys.executable)) as editor:
        assert "pathconf" in await editor.names("import os\nos.pathc|")
        assert await editor.check("import os\nos.|", "pth") is NameVerdict.UNKNOWN_ATTRIBUTE
    assert max(_trees(cache_dir).values()) > 100


async def test_the_trees_of_other_programs_are_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    async with running(Editor(tmp_path, cache_dir=tmp_path / "cache"), Path(sys.executable)) as editor:
        assert "pathconf" in await editor.names("import os\nos.pathc|")
    assert not (tmp_path / "shared").exists()
    assert (tmp_path / "cache" / TREES_FOLDER).stat().st_mode & 0o777 == 0o700
