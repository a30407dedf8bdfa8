"""Whole edits, checked by the real parser's worker, by the real ruff, and against real files."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from inkling.context.editable_files import WorkspaceFiles
from inkling.context.linting import RuffEditLinter
from inkling.context.syntax import WorkerSyntaxChecker
from inkling.core.edit import apply_edit, minimal_edit
from inkling.core.errors import WorkerError
from inkling.core.ports import SyntaxVerdict
from inkling.core.settings import NextEditSettings, Settings
from inkling.core.suggestion import Reason


async def test_the_syntax_worker_judges_edits() -> None:
    checker = WorkerSyntaxChecker(deadline_s=20)
    task = asyncio.create_task(checker.run())
    broken, sound = minimal_edit("f(x)\n", "f(x\n"), minimal_edit("f(x)\n", "f(y)\n")
    while True:
        with contextlib.suppress(WorkerError):
            assert await checker.check_edit("f(x)\n", broken) is SyntaxVerdict.BREAKS
            break
        await asyncio.sleep(0)
    assert await checker.check_edit("f(x)\n", sound) is SyntaxVerdict.PARSES
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("total = 1\nprint(total)\n", "total = 1\nprint(totl)\n", True),
        ("total = 1\nprint(total)\n", "total = 1\nprint(total, 2)\n", False),
        ("print(unknown)\n", "print(unknown, 1)\n", False),
        ("print(unknown)\n", "print(unknown, other)\n", True),
        ("x = 1\n", "import os\nx = 1\n", True),
        ("os.getcwd()\n", "import os\n\nos.getcwd()\n", False),
        ("import os\n\n\nos.getcwd()\n", "\n\nos.getcwd()\n", False),  # the complaint is about another line
        ("x = 1\n", "x   = 1\n", False),
        ("", "'😀' + unknown\n", True),
        ("x = 1\n", "x = (1\n", None),  # whether it parses is not for the linter to say
        ("print(unknown\n", "print(unknown)\n", None),
    ],
)
async def test_ruff_tells_whether_an_edit_brings_a_mistake(
    tmp_path: Path, before: str, after: str, expected: bool | None
) -> None:
    assert await RuffEditLinter().is_worse(tmp_path / "a.py", before, minimal_edit(before, after)) is expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("x = f'{1}'\n", "x = f'1'\n", "x = '1'\n"),
        ("import os\n\nos.getcwd()\n", "import os\n\nprint(1)\n", "\nprint(1)\n"),
        ("x = f'1'\n", "x = f'1'\ny = 2\n", None),  # it was said before
        ("x = 1\n", "x = (1\n", None),
    ],
)
async def test_ruffs_own_mend_of_what_a_change_brought(
    tmp_path: Path, before: str, after: str, expected: str | None
) -> None:
    mends = await RuffEditLinter().mends(tmp_path / "a.py", before, after)
    assert [apply_edit(after, mend.edits[0]) for mend in mends] == ([] if expected is None else [expected])
    assert all(mend.words.startswith("ruff, F") for mend in mends)


async def test_the_projects_own_configuration_counts(tmp_path: Path) -> None:
    edit = minimal_edit("x = 1\n", "import os\nx = 1\n")
    (tmp_path / "ruff.toml").write_text('lint.ignore = ["F401"]\n', encoding="utf-8")
    assert await RuffEditLinter().is_worse(tmp_path / "a.py", "x = 1\n", edit) is False
    (tmp_path / "ruff.toml").write_text("this is no configuration", encoding="utf-8")
    assert await RuffEditLinter().is_worse(tmp_path / "a.py", "x = 1\n", edit) is None
    assert await RuffEditLinter().is_worse(tmp_path / "gone" / "a.py", "x = 1\n", edit) is None


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    for name in ("a.py", "generated/b.py", ".venv/lib/c.py", "vendored/d.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x = 1\n", encoding="utf-8")
    (folder / ".gitignore").write_text("generated/\n", encoding="utf-8")
    (tmp_path / "outside.py").write_text("x = 1\n", encoding="utf-8")
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    (folder / "inner.py").symlink_to(folder / "a.py")
    return folder


def files_of(folder: Path, *exclude: str) -> WorkspaceFiles:
    files = WorkspaceFiles()
    files.configure(Settings(next_edit=NextEditSettings(exclude=exclude)))
    files.open_folders((folder,))
    return files


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.py", None),
        ("inner.py", None),
        ("generated/b.py", Reason.EXCLUDED),
        (".venv/lib/c.py", Reason.EXCLUDED),
        ("vendored/d.py", Reason.EXCLUDED),
        ("../outside.py", Reason.OUTSIDE_WORKSPACE),
        ("link.py", Reason.OUTSIDE_WORKSPACE),
        ("not_saved_yet.py", None),
    ],
)
async def test_which_files_may_be_edited(workspace: Path, name: str, reason: Reason | None) -> None:
    assert await files_of(workspace, "vendored/*.py").refusal(workspace / name) is reason


async def test_a_pattern_that_is_none_excludes_everything(workspace: Path) -> None:
    assert await files_of(workspace, "!").refusal(workspace / "a.py") is Reason.EXCLUDED
