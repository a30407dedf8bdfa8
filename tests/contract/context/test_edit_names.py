"""The names that an edit brings in, looked up by the real analysis worker in files as the editor has them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inkling.context.analysis.analysis import Analysis
from inkling.core.edit import minimal_edit
from inkling.core.ports import NameVerdict, WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot

PATIENCE_S = 60.0
STORE = "class Store:\n    def load(self, key):\n        return key\n"
USE = "import os\nfrom store import Store\n\nstore = Store()\nstore.load(1)\nprint(os.sep)\n"


def snapshot(folder: Path, name: str, text: str) -> Snapshot:
    return Snapshot(uri=DocumentUri((folder / name).as_uri()), path=folder / name, version=1, text=text)


@pytest.fixture
async def analysis(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Analysis]:
    (tmp_path / "store.py").write_text(STORE)
    analysis = Analysis(
        check_deadline_s=PATIENCE_S,
        completion_deadline_s=PATIENCE_S,
        cache_dir=tmp_path_factory.getbasetemp() / "analysis",  # shared: the standard library is read once
    )
    task = asyncio.create_task(analysis.run())
    analysis.open_workspace(WorkspaceScope(folders=(tmp_path,), interpreter=None, index=IndexSettings()))
    async with asyncio.timeout(PATIENCE_S):
        while not analysis.process_ids():
            await asyncio.sleep(0.01)
    yield analysis
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def verdict(analysis: Analysis, folder: Path, after: str, before: str = USE) -> NameVerdict:
    edit = minimal_edit(before, after)
    return await analysis.check_edit(snapshot(folder, "use.py", before), edit, within_s=PATIENCE_S)


CASES = [
    ("store.load(1)", "store.save(1)", NameVerdict.UNKNOWN_ATTRIBUTE),
    ("store.load(1)", "store.load(2)", NameVerdict.EXIST),
    ("store.load(1)", "store.loads(1)", NameVerdict.UNKNOWN_ATTRIBUTE),  # one letter is the whole edit
    ("store.load(1)", "store.loa(1)", NameVerdict.UNKNOWN_ATTRIBUTE),  # and here none at all
    ("os.sep", "os.path.sepp", NameVerdict.UNKNOWN_ATTRIBUTE),
    ("os.sep", "os.path.sep", NameVerdict.EXIST),
    ("print(os.sep)", "print(store.sep)", NameVerdict.UNKNOWN_ATTRIBUTE),  # what is before the dot changed
    ("store.load(1)\n", "store.load(1)\nstore.load(2)\nstore.drop(3)\n", NameVerdict.UNKNOWN_ATTRIBUTE),
    ("store.load(1)\n", "store.load(1)\nstore.load(2)\n# store.drop\n", NameVerdict.EXIST),
    ("import Store\n", "import Shop\n", NameVerdict.UNKNOWN_IMPORT),
    ("import os\n", "import os\nimport sys\n", NameVerdict.EXIST),
    ("store.load(1)", "store.load(1).x", NameVerdict.NOT_KNOWN_YET),
    ("store.load(1)\n", "", NameVerdict.EXIST),
]


async def until(expected: NameVerdict, analysis: Analysis, folder: Path, after: str, before: str = USE) -> None:
    """Asks until the workspace was read through; till then names are not known, and nothing else is said of them."""
    async with asyncio.timeout(PATIENCE_S):
        while (found := await verdict(analysis, folder, after, before)) is not expected:
            assert found is NameVerdict.NOT_KNOWN_YET, after
            await asyncio.sleep(0.05)


async def test_names_of_edits(analysis: Analysis, tmp_path: Path) -> None:
    for old, new, expected in CASES:
        await until(expected, analysis, tmp_path, USE.replace(old, new))


async def test_lines_that_stay_are_not_judged(analysis: Analysis, tmp_path: Path) -> None:
    before = USE + "store.gone()\nstore.load(3)\n"
    after = before.replace("load(1)", "load(4)").replace("load(3)", "load(5)")
    assert await verdict(analysis, tmp_path, after, before) is NameVerdict.EXIST


async def test_what_was_written_just_now_in_another_document_is_known(analysis: Analysis, tmp_path: Path) -> None:
    after = USE.replace("store.load(1)", "store.save(1)")
    await until(NameVerdict.UNKNOWN_ATTRIBUTE, analysis, tmp_path, after)
    written = STORE + "\n    def save(self, key):\n        return key\n"
    analysis.document_changed(snapshot(tmp_path, "store.py", written))
    assert await verdict(analysis, tmp_path, after) is NameVerdict.EXIST


async def test_windows_line_ends_and_characters_beyond_the_basic_plane(analysis: Analysis, tmp_path: Path) -> None:
    before = USE.replace("\n", "\r\n").replace("load(1)", "load('😀')")
    after = before.replace("store.load", "store.load(0); store.drop")
    await until(NameVerdict.UNKNOWN_ATTRIBUTE, analysis, tmp_path, after, before)


async def test_a_dead_worker_knows_nothing(tmp_path: Path) -> None:
    asleep = Analysis(check_deadline_s=PATIENCE_S, completion_deadline_s=PATIENCE_S)
    after = USE.replace("store.load(1)", "store.save(1)")
    assert await verdict(asleep, tmp_path, after) is NameVerdict.NOT_KNOWN_YET
