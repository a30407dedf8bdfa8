"""The files that next edits are about, as they lie on a real disk."""

import gc
import weakref
from pathlib import Path

import pytest

from inkling.context.sources import Limits
from inkling.core.next_edit import LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.project import MOST_CLOSED_FILES, Project, ProjectScope
from inkling.engine.next_edit.situation import Situation

MAIN = "def pay(price):\n    return price * rate\n"
USER = "from shop import pay\n\npay(amount)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "shop.py").write_text(MAIN)
    (folder / "user.py").write_text(USER)
    (folder / "unrelated.py").write_text("nothing = 1\n")
    return folder


def opened(folder: Path, *, max_file_kb: int = 1024, exclude: tuple[str, ...] = ()) -> Project:
    project = Project()
    limits = Limits(n_files=100, size_bytes=10**7)
    project.open(ProjectScope(folders=(folder,), exclude=exclude, limits=limits, max_file_kb=max_file_kb))
    project.wait_until_ready()
    return project


def changed(
    path: Path, first_line: int = 0, removed: str = "def buy(price):", inserted: str = "def pay(price):"
) -> LineChange:
    return LineChange(uri=DocumentUri(path.as_uri()), first_line=first_line, removed=(removed,), inserted=(inserted,))


def asked(project: Project, path: Path, change: LineChange | None = None) -> Situation | None:
    uri = DocumentUri(path.as_uri())
    if path.exists():
        project.take_document(uri, path, path.read_text())
    return project.situation([change or changed(path)], cursor=(uri, 0))


def names(situation: Situation | None) -> set[str]:
    assert situation is not None
    return {uri.rpartition("/")[2] for uri in situation.files}


def test_closed_files_that_name_what_was_changed_are_seen_and_others_are_not(folder: Path) -> None:
    situation = asked(opened(folder), folder / "shop.py")
    assert names(situation) == {"shop.py", "user.py"}


def test_code_of_others_in_the_workspace_is_left_alone_unless_it_is_open(folder: Path, tmp_path: Path) -> None:
    others = folder / "_vendor"
    others.mkdir()
    (others / "bundled.py").write_text(USER)
    project = opened(folder)
    assert names(asked(project, folder / "shop.py")) == {"shop.py", "user.py"}
    project.take_document(DocumentUri((others / "bundled.py").as_uri()), others / "bundled.py", USER)
    assert names(asked(project, folder / "shop.py")) == {"shop.py", "user.py", "bundled.py"}
    own = tmp_path / "vendor" / "workspace"
    folder.rename(own.parent.with_name("moved"))
    own.parent.mkdir()
    (tmp_path / "moved").rename(own)
    assert names(asked(opened(own), own / "shop.py")) == {"shop.py", "user.py"}


def test_open_documents_win_over_the_disk(folder: Path) -> None:
    project = opened(folder)
    uri = DocumentUri((folder / "user.py").as_uri())
    project.take_document(uri, folder / "user.py", "pay(unsaved)\n")
    situation = asked(project, folder / "shop.py")
    assert situation is not None
    assert situation.files[uri].lines == ("pay(unsaved)",)
    project.close_document(uri)
    situation = asked(project, folder / "shop.py")
    assert situation is not None
    assert situation.files[uri].lines == tuple(USER.splitlines())


def test_a_file_that_changed_on_disk_is_seen_as_it_is_now(folder: Path) -> None:
    project = opened(folder)
    user, new = folder / "user.py", folder / "new.py"
    user.write_text("nobody = 1\n")
    new.write_text("pay(2)\n")
    project.files_changed([str(user), str(new)])
    assert names(asked(project, folder / "shop.py")) == {"shop.py", "new.py"}
    new.unlink()
    project.files_changed([str(new)])
    assert names(asked(project, folder / "shop.py")) == {"shop.py"}


def test_imports_of_the_whole_project_are_known(folder: Path) -> None:
    situation = asked(opened(folder), folder / "unrelated.py")
    assert situation is not None
    assert situation.imports is not None
    (imported,) = situation.imports.spellings("pay")
    assert (imported.module, imported.member) == ("shop", "pay")


def test_excluded_ignored_generated_binary_and_large_files_are_left_out(folder: Path) -> None:
    (folder / ".gitignore").write_text("private/\n")
    for name, text in {
        "private/secret.py": "pay(1)\n",
        "left/out.py": "pay(1)\n",
        "generated.py": "# @generated\npay(1)\n",
        "minified.py": "pay(1);" * 1000 + "\n",
        "binary.py": "pay(1)\n\0\n",
        "large.py": "pay(1)\n" + "x = 1\n" * 2000,
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (folder / "no_utf8.py").write_bytes(b"pay('\xff')\n")
    project = opened(folder, max_file_kb=8, exclude=("left/",))
    assert names(asked(project, folder / "shop.py")) == {"shop.py", "user.py"}


def test_a_link_that_leads_out_of_the_workspace_is_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("pay(1)\n")
    (folder / "link.py").symlink_to(outside)
    assert names(asked(opened(folder), folder / "shop.py")) == {"shop.py", "user.py"}


def test_an_open_file_outside_of_the_workspace_is_no_place_for_edits_of_it(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("pay(1)\n")
    project = opened(folder)
    project.take_document(DocumentUri(outside.as_uri()), outside, outside.read_text())
    assert names(asked(project, folder / "shop.py")) == {"shop.py", "user.py"}


def test_nothing_is_known_where_the_changed_file_may_not_be_read(folder: Path) -> None:
    large = folder / "large.py"
    large.write_text("def pay(price):\n" + "x = 1\n" * 2000)
    assert asked(opened(folder, max_file_kb=8), large) is None
    assert asked(opened(folder), folder / "gone.py") is None


def test_changes_in_files_that_were_closed_again_are_kept(folder: Path) -> None:
    project = opened(folder)
    uri = DocumentUri((folder / "shop.py").as_uri())
    project.take_document(uri, folder / "shop.py", MAIN)
    history = [
        changed(folder / "unrelated.py", removed="other = 1", inserted="nothing = 1"),
        changed(folder / "shop.py"),
    ]
    situation = project.situation(history, cursor=(uri, 0))
    assert situation is not None
    assert [change.uri.rpartition("/")[2] for change in situation.history] == ["unrelated.py", "shop.py"]
    assert "unrelated.py" in names(situation)


def test_a_file_of_twenty_thousand_lines_is_served_and_views_of_unchanged_files_are_kept(folder: Path) -> None:
    (folder / "long.py").write_text("pay(1)\n" + "x = 1\n" * 20_000)
    project = opened(folder)
    first, second = asked(project, folder / "shop.py"), asked(project, folder / "shop.py")
    assert first is not None
    assert second is not None
    uri = DocumentUri((folder / "long.py").as_uri())
    assert len(first.files[uri].lines) == 20_001
    assert second.files[uri] is first.files[uri]


def test_without_folders_open_documents_are_all_there_is() -> None:
    project = Project()
    uri = DocumentUri("untitled:1")
    project.take_document(uri, None, "a = 1\r\n🐍 = 2\r\n")
    change = LineChange(uri=uri, first_line=0, removed=("a = 0",), inserted=("a = 1",))
    situation = project.situation([change], cursor=(uri, 0))
    assert situation is not None
    assert situation.files[uri].lines == ("a = 1", "🐍 = 2")


def test_between_questions_views_are_kept_of_so_many_closed_files_as_one_is_about(folder: Path) -> None:
    for number in range(MOST_CLOSED_FILES):
        (folder / f"pays_{number}.py").write_text(f"pay({number})\n")
        (folder / f"lends_{number}.py").write_text(f"lend({number})\n")
    project = opened(folder)
    situation = asked(project, folder / "shop.py")
    assert situation is not None
    views = [weakref.ref(view) for view in situation.files.values() if view.path != folder / "shop.py"]
    assert len(views) >= MOST_CLOSED_FILES - 1
    situation = asked(project, folder / "shop.py")
    assert situation is not None
    assert all(view() in situation.files.values() for view in views)
    lent = changed(folder / "shop.py", 1, "    return price * rate", "    return lend(price)")
    situation = asked(project, folder / "shop.py", lent)
    assert sum(name.startswith("lends") for name in names(situation)) >= MOST_CLOSED_FILES - 2
    gc.collect()
    assert sum(view() is not None for view in views) <= 2


def test_words_that_stand_in_many_files_are_kept_once(folder: Path) -> None:
    situation = asked(opened(folder), folder / "shop.py")
    assert situation is not None
    one, other = (set(view.lines_with) for view in situation.files.values())
    assert {id(word) for word in one & other} == {id(word) for word in one if word in other}
    assert "pay" in one & other
