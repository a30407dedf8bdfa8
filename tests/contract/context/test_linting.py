"""Ruff's own fixes, from the real ruff, for the text that the user sees."""

import sys
from pathlib import Path, PurePosixPath

import pytest

from inkling.context.linting import RuffLinter
from inkling.context.project_view import patched_view, text_in_view
from inkling.core.execution import ProjectView

CART = PurePosixPath("cart.py")


def _view(folder: Path, text: str) -> ProjectView:
    (folder / CART).write_text("", encoding="utf-8")
    return ProjectView(folder=folder, interpreter=Path(sys.executable), edits={CART: text})


@pytest.mark.parametrize(
    ("text", "line", "mended"),
    [
        ("import os\n\n\ndef f():\n    return 1\n", 1, "\n\ndef f():\n    return 1\n"),
        ("NAME = '🙂'; import os\n", 1, "NAME = '🙂'; \n"),
        ("def f(x):\r\n    return x is 'a'\r\n", 2, "def f(x):\r\n    return x == 'a'\r\n"),
    ],
)
async def test_the_fix_for_a_finding_on_a_line(tmp_path: Path, text: str, line: int, mended: str) -> None:
    view = _view(tmp_path, text)
    (patch,) = await RuffLinter().fixes(view, CART, line)
    assert patch.explanation.startswith("Ruff's own fix for F")
    assert text_in_view(patched_view(view, patch.edits), CART) == mended


@pytest.mark.parametrize(("text", "line"), [("import os\n", 2), ("x = 1\n", 1), ("def f(:\n", 1), ("", 1)])
async def test_where_ruff_has_nothing_there_is_nothing(tmp_path: Path, text: str, line: int) -> None:
    assert await RuffLinter().fixes(_view(tmp_path, text), CART, line) == []


async def test_a_file_that_is_gone_is_no_error(tmp_path: Path) -> None:
    view = ProjectView(folder=tmp_path, interpreter=Path(sys.executable))
    assert await RuffLinter().fixes(view, CART, 1) == []


async def test_the_projects_configuration_says_what_is_found(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('lint.ignore = ["F401"]\n', encoding="utf-8")
    assert await RuffLinter().fixes(_view(tmp_path, "import os\n"), CART, 1) == []
