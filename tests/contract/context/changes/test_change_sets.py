"""Which change is read, from real repositories: working tree, index, commits, ranges, branches, patches."""

import os
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from tests.contract.context.changes.repository import Repo, by_path, spans

from inkling.context.changes import Branch, PatchText, Revisions, Staged, WorkingTree
from inkling.context.project_view import text_in_view
from inkling.core.change import ChangeSet, FileChange, Unreadable
from inkling.core.errors import UserError

CART = "def total(prices):\n    result = 0\n    for price in prices:\n        result += price\n    return result\n"
CHANGED = CART.replace("+=", "-=")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "shop")
    made.commit({"cart.py": CART, "old.py": "".join(f"value_{n} = {n}\n" for n in range(20)), "gone.py": "x = 1\n"})
    return made


def _texts(changes: ChangeSet, path: str) -> tuple[str, str]:
    return tuple(text_in_view(view, PurePosixPath(path)) for view in (changes.before, changes.after))  # type: ignore[return-value]  # two of them


def _left_behind() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob(f"inkling-review-{os.getpid()}-*")}


def test_the_working_tree_is_compared_with_head_and_untracked_files_belong_to_it(repo: Repo) -> None:
    repo.write({"cart.py": CHANGED, "new.py": "a = 1\n", "kept.log": "…", ".gitignore": "*.log\n"})
    repo.write({".venv/pyvenv.cfg": "", ".venv/lib/thing.py": "x = 1\n"})
    (repo.folder / "gone.py").unlink()
    (repo.folder / "old.py").rename(repo.folder / "moved.py")
    status = repo.git("status", "--porcelain")
    with repo.changes() as changes:
        files = by_path(changes)
        assert list(files) == [".gitignore", "cart.py", "gone.py", "moved.py", "new.py"]
        assert files["cart.py"].change is FileChange.MODIFIED
        assert spans(files["cart.py"]) == [(4, 1, 4, 1)]
        assert (files["cart.py"].before, files["cart.py"].after) == (CART, CHANGED)
        assert (files["new.py"].change, spans(files["new.py"])) == (FileChange.ADDED, [(1, 0, 1, 1)])
        assert (files["gone.py"].change, spans(files["gone.py"])) == (FileChange.DELETED, [(1, 1, 1, 0)])
        assert (files["moved.py"].change, files["moved.py"].hunks) == (FileChange.RENAMED, ())
        assert files["moved.py"].old_path == PurePosixPath("old.py")
        assert changes.after.folder == repo.folder
        assert _texts(changes, "cart.py") == (CART, CHANGED)
        assert changes.before.edits[PurePosixPath("gone.py")] == "x = 1\n"
    assert repo.git("status", "--porcelain") == status
    assert not (repo.folder / ".git" / "index.lock").exists()


def test_what_stands_in_an_editor_takes_the_place_of_what_lies_on_disk(repo: Repo) -> None:
    repo.write({"new.py": "a = 1\n", "kept.log": "…", ".gitignore": "*.log\n"})
    (repo.folder / "gone.py").unlink()
    windows = CART.replace("\n", "\r\n") + "# 🛒\r\n"
    texts = {"cart.py": windows, "new.py": "a = 2\n", "kept.log": "!", "gone.py": "x = 2\n", "none.py": "y = 1\n"}
    with repo.changes(texts={PurePosixPath(path): text for path, text in texts.items()}) as changes:
        files = by_path(changes)
        assert files["cart.py"].after == windows
        assert spans(files["cart.py"]) == [(6, 0, 6, 1)]
        assert (files["new.py"].change, files["new.py"].after) == (FileChange.ADDED, "a = 2\n")
        assert files["gone.py"].change is FileChange.DELETED
        assert "none.py" not in files
        assert set(changes.after.edits) == {PurePosixPath("cart.py"), PurePosixPath("new.py")}
        assert _texts(changes, "cart.py") == (CART.replace("\n", "\r\n"), windows)
    assert (repo.folder / "cart.py").read_text(encoding="utf-8") == CART
    with repo.changes(texts={PurePosixPath("cart.py"): CHANGED}, project="") as changes:
        assert spans(by_path(changes)["cart.py"]) == [(4, 1, 4, 1)]


def test_the_index_is_reviewed_without_what_is_not_staged(repo: Repo) -> None:
    repo.write({"cart.py": CHANGED})
    repo.git("add", "cart.py")
    repo.write({"cart.py": CHANGED + "# later\n", "old.py": "y = 2\n", "untracked.py": "x = 1\n"})
    (repo.folder / "gone.py").unlink()
    with repo.changes(Staged()) as changes:
        assert list(by_path(changes)) == ["cart.py"]
        assert _texts(changes, "cart.py") == (CART, CHANGED)
        assert changes.after.folder == repo.folder
        assert _texts(changes, "gone.py") == ("x = 1\n", "x = 1\n")
        assert _texts(changes, "old.py")[1].startswith("value_0 = 0\n")
        assert set(map(str, changes.after.edits)) == {"cart.py", "gone.py", "old.py"}
    assert not _left_behind()


@pytest.mark.parametrize("what", ["a file too many", "a file that is no text", "a link", "too many files"])
def test_a_state_that_texts_cannot_make_of_the_disk_is_put_elsewhere_and_taken_away(repo: Repo, what: str) -> None:
    later: dict[str, dict[str, str | bytes]] = {
        "a file too many": {"later.py": "x = 1\n"},
        "a file that is no text": {"logo.png": b"\0\2"},
        "a link": {},
        "too many files": {f"many/{number}.txt": "after\n" for number in range(65)},
    }
    (repo.folder / "link").symlink_to("cart.py")
    repo.commit({"logo.png": b"\0\1", **{f"many/{number}.txt": "before\n" for number in range(65)}})
    repo.commit({"cart.py": CHANGED})
    if what == "a link":
        (repo.folder / "link").unlink()
        (repo.folder / "link").symlink_to("old.py")
    repo.commit(later[what])
    with repo.changes(Revisions(text="HEAD~1")) as changes:
        folder = changes.after.folder
        assert folder != repo.folder
        assert list(by_path(changes)) == ["cart.py"]
        assert _texts(changes, "cart.py") == (CART, CHANGED)
        assert not (folder / "later.py").exists()
        assert (folder / "logo.png").read_bytes() == b"\0\1"
        assert (folder / "link").readlink() == Path("cart.py")
        assert _left_behind()
    assert not folder.exists()
    assert not _left_behind()


def test_what_lies_on_disk_needs_no_second_copy(repo: Repo) -> None:
    repo.commit({"cart.py": CHANGED})
    repo.write({"untracked.py": "x = 1\n"})
    with repo.changes(Revisions(text="HEAD")) as changes:
        assert changes.after.folder == repo.folder
        assert list(by_path(changes)) == ["cart.py"]


def test_a_commit_is_compared_with_its_parent_and_says_what_its_author_meant(repo: Repo) -> None:
    repo.commit({"cart.py": CHANGED}, "cart: subtract\n\nBecause.")
    repo.commit({"cart.py": CART}, "later")
    with repo.changes(Revisions(text="HEAD~1")) as changes:
        assert changes.message == "cart: subtract\n\nBecause."
        assert changes.name.startswith("commit ")
        assert _texts(changes, "cart.py") == (CART, CHANGED)


def test_the_first_commit_adds_everything(repo: Repo) -> None:
    with repo.changes(Revisions(text="HEAD")) as changes:
        assert {file.change for file in changes.files} == {FileChange.ADDED}
        assert len(changes.files) == 3


def test_before_the_first_commit_everything_is_new(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.write({"cart.py": CART})
    for wanted in (WorkingTree(), Staged()):
        with repo.changes(wanted) as changes:
            assert list(by_path(changes)) == (["cart.py"] if wanted == WorkingTree() else [])
    repo.git("add", "cart.py")
    with repo.changes(Staged()) as changes:
        assert list(by_path(changes)) == ["cart.py"]
    with pytest.raises(UserError, match="there is no commit yet"), repo.changes(Revisions(text="HEAD")):
        pass


def test_ranges_have_two_dots_or_three(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "-b", "work")
    repo.commit({"cart.py": CHANGED}, "subtract")
    repo.commit({"more.py": "y = 2\n"}, "more")
    repo.git("checkout", "--quiet", "main")
    repo.commit({"other.py": "z = 3\n"}, "other")
    with repo.changes(Revisions(text="main..work")) as changes:
        assert list(by_path(changes)) == ["cart.py", "more.py", "other.py"]
        assert changes.message == "more\n\nsubtract"
    with repo.changes(Revisions(text="main...work")) as changes:
        assert list(by_path(changes)) == ["cart.py", "more.py"]
    repo.git("checkout", "--quiet", "work")
    repo.write({"cart.py": CHANGED + "# not committed\n"})
    with repo.changes(Branch(base="main")) as changes:
        assert list(by_path(changes)) == ["cart.py", "more.py"]
        assert by_path(changes)["cart.py"].after == CHANGED
        assert changes.name == "HEAD since it left main (what is not committed is left out)"
    with repo.changes(Revisions(text="work~1..")) as changes:
        assert list(by_path(changes)) == ["more.py"]


def test_a_merge_is_compared_with_its_first_parent(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "-b", "work")
    repo.commit({"more.py": "y = 2\n"}, "more")
    repo.git("checkout", "--quiet", "main")
    repo.commit({"other.py": "z = 3\n"}, "other")
    repo.git("merge", "--quiet", "--no-edit", "work")
    with repo.changes(Revisions(text="HEAD")) as changes:
        assert list(by_path(changes)) == ["more.py"]
        assert "a merge, against its first parent" in changes.name


def test_a_project_below_the_top_of_its_repository_is_reviewed_alone(repo: Repo) -> None:
    repo.commit({"server/app/run.py": "x = 1\n", "server/app/helper.py": "y = 2\n"})
    repo.write({"cart.py": CHANGED, "server/app/run.py": "x = 2\n", "server/app/new.py": "z = 3\n"})
    with repo.changes(project="server/app") as changes:
        assert list(by_path(changes)) == ["new.py", "run.py"]
        assert changes.after.folder == repo.folder / "server/app"
    repo.git("add", "--all")
    repo.write({"server/app/run.py": "x = 3\n"})
    with repo.changes(Staged(), project="server/app") as changes:
        assert _texts(changes, "run.py") == ("x = 1\n", "x = 2\n")
        assert changes.after.folder == repo.folder / "server/app"
    (repo.folder / "server/app/helper.py").unlink()
    repo.git("add", "--all")
    repo.commit({})
    with repo.changes(Revisions(text="HEAD~1"), project="server/app") as changes:
        assert (changes.after.folder / "helper.py").is_file() or PurePosixPath("helper.py") in changes.after.edits


@pytest.mark.parametrize("options", [(), ("--no-prefix",)])
def test_a_patch_is_reviewed_whether_or_not_it_is_applied(repo: Repo, options: tuple[str, ...]) -> None:
    repo.write({"cart.py": CHANGED})
    patch = repo.git("diff", *options).encode()
    for _ in range(2):
        with repo.changes(PatchText(text=patch)) as changes:
            assert changes.name == "the patch against HEAD"
            assert _texts(changes, "cart.py") == (CART, CHANGED)
        repo.git("checkout", "--quiet", "cart.py")
    assert (repo.folder / "cart.py").read_text(encoding="utf-8") == CART


def test_a_patch_without_lines_around_it_is_not_guessed_a_place_for(repo: Repo) -> None:
    repo.write({"cart.py": CHANGED})
    patch = repo.git("diff", "--unified=0").encode()
    with pytest.raises(UserError, match="the patch does not apply"), repo.changes(PatchText(text=patch)):
        pass


def test_a_patch_of_what_is_not_committed_yet_is_reviewed_against_the_disk(repo: Repo) -> None:
    repo.write({"cart.py": CART + "\n\nRATE = 2\n"})
    patch = b"--- a/cart.py\n+++ b/cart.py\n@@ -5,4 +5,4 @@\n     return result\n \n \n-RATE = 2\n+RATE = 3\n"
    with repo.changes(PatchText(text=patch)) as changes:
        assert changes.name == "the patch against the working tree"
        assert by_path(changes)["cart.py"].after == CART + "\n\nRATE = 3\n"


def test_an_empty_patch_and_an_unchanged_tree_change_nothing(repo: Repo) -> None:
    for wanted in (PatchText(text=b"\n"), WorkingTree(), Staged(), Revisions(text="HEAD..HEAD")):
        with repo.changes(wanted) as changes:
            assert changes.files == ()
            assert changes.after.folder == repo.folder


def test_a_touched_file_is_not_changed(repo: Repo) -> None:
    (repo.folder / "cart.py").write_bytes(CART.encode())
    with repo.changes() as changes:
        assert changes.files == ()


def test_unfinished_merges_are_named(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "-b", "work")
    repo.commit({"cart.py": CART.replace("+=", "*=")})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"cart.py": CHANGED})
    repo.git("merge", "--quiet", "work", must_work=False)
    with repo.changes() as changes:
        assert by_path(changes)["cart.py"].unreadable is Unreadable.CONFLICT_MARKERS
    with pytest.raises(UserError, match=r"a merge is not finished: cart\.py\."), repo.changes(Staged()):
        pass
