"""Texts of a project as a run would see it: from files on disk, with edited texts in place of some."""

import sys
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.context.project_view import line_edits, patched_view, text_in_view
from inkling.core.edit import TextEdit
from inkling.core.errors import UnreadableFileError
from inkling.core.execution import ProjectView
from inkling.core.repair import FileEdit

CART = PurePosixPath("shop/cart.py")


@pytest.fixture
def view(tmp_path: Path) -> ProjectView:
    folder = tmp_path / "project"
    (folder / "shop").mkdir(parents=True)
    (folder / CART).write_bytes(b"a = 1\r\nb = 2\r\n")
    (tmp_path / "secret.txt").write_text("key", encoding="utf-8")
    (folder / "link.py").symlink_to(tmp_path / "secret.txt")
    return ProjectView(folder=folder, interpreter=Path(sys.executable))


def _edit(offset: int, n_removed: int, inserted: str) -> FileEdit:
    return FileEdit(path=CART, edit=TextEdit(offset=offset, n_removed=n_removed, inserted=inserted))


def test_a_text_is_that_of_the_file_until_an_edited_one_stands_in(view: ProjectView) -> None:
    assert text_in_view(view, CART) == "a = 1\r\nb = 2\r\n"
    patched = patched_view(view, [_edit(4, 1, "🙂")])
    assert text_in_view(patched, CART) == "a = 🙂\r\nb = 2\r\n"
    assert (view.folder / CART).read_bytes() == b"a = 1\r\nb = 2\r\n"


def test_edits_of_one_patch_are_all_places_in_the_text_before(view: ProjectView) -> None:
    patched = patched_view(view, [_edit(11, 1, "22"), _edit(4, 1, "111")])
    assert text_in_view(patched, CART) == "a = 111\r\nb = 22\r\n"


def test_a_patch_of_an_edited_text_goes_on_from_it(view: ProjectView) -> None:
    once = patched_view(view, [_edit(4, 1, "10")])
    assert text_in_view(patched_view(once, [_edit(12, 1, "20")]), CART) == "a = 10\r\nb = 20\r\n"


@pytest.mark.parametrize("path", ["missing.py", "../secret.txt", "/etc/hostname", "link.py"])
def test_what_is_not_in_the_folder_is_not_read(view: ProjectView, path: str) -> None:
    with pytest.raises(UnreadableFileError):
        text_in_view(view, PurePosixPath(path))


@given(st.text(alphabet="ab\n\r🙂"), st.text(alphabet="ab\n\r🙂"))
def test_line_edits_lead_from_one_text_to_the_other(before: str, after: str) -> None:
    text = before
    for edit in reversed(line_edits(before, after)):
        text = text[: edit.offset] + edit.inserted + text[edit.end :]
    assert text == after


def test_line_edits_leave_other_lines_alone() -> None:
    assert line_edits("a\nb\nc\n", "a\nB\nc\n") == [TextEdit(offset=2, n_removed=2, inserted="B\n")]
