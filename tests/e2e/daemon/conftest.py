"""An editor per test; each leaves properly, and leaves no process behind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.e2e.daemon.editor import Editor


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets one process run all of these: answers have deadlines, and one daemon has enough to do with its share."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("daemon"))


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    """An editor with the sample project, its index built."""
    editor = Editor(tmp_path)
    editor.write_project()
    await editor.start()
    await editor.wait_for_index()
    yield editor
    if editor.is_running:
        assert await editor.leave() == 0


@pytest.fixture
async def closed_editor(tmp_path: Path) -> AsyncIterator[Editor]:
    """An editor that the test starts itself, after it has made its own trouble."""
    editor = Editor(tmp_path)
    editor.write_project()
    yield editor
    if editor.is_running:
        assert await editor.leave() == 0
