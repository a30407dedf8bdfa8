"""Reads a change out of a git repository."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final, assert_never

from inkling.context.changes.file_texts import ChangeLimits, FileTexts
from inkling.context.changes.git_process import Git, GitFailed, git_of_user
from inkling.context.changes.patches import apply_patch
from inkling.context.changes.placing import put_elsewhere, texts_in_place
from inkling.context.changes.revisions import Comparison, History
from inkling.context.changes.wanted import Branch, PatchText, Revisions, Staged, Wanted, WorkingTree
from inkling.context.changes.workbench import Workbench
from inkling.context.changes.working_tree import Checkout, DiskState
from inkling.core.change import ChangedFile, ChangeSet, FileChange, Unreadable
from inkling.core.errors import UserError
from inkling.core.execution import ProjectView

_PREFIX: Final = "inkling-review-"
_MAIN_BRANCHES: Final = ("main", "master", "trunk", "develop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Where a project lies.

    Attributes:
        top: The top of the working tree.
        prefix: Of the project within it, with a slash at its end; empty where the project is all of it.
        common_dir: What all working trees of the repository have in common.
        branch: The one that is checked out; empty for none.
    """

    top: Path
    prefix: str
    common_dir: Path
    branch: str

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.top / self.prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeQuestion:
    """What to read.

    Attributes:
        repository: Where.
        wanted: What.
        interpreter: The project's Python.
        limits: The most that is read.
        texts: What stands in an editor in place of what lies on disk, by path within the project; of the working tree.
    """

    repository: Repository
    wanted: Wanted
    interpreter: Path
    limits: ChangeLimits = field(default_factory=ChangeLimits)
    texts: Mapping[PurePosixPath, str] = field(default_factory=dict)


def find_repository(folder: Path, environment: Mapping[str, str], *, is_project: bool) -> Repository:
    """Returns the repository that a folder lies in.

    Args:
        folder: Absolute.
        environment: The process's.
        is_project: Whether the folder itself is the project; else it is the whole working tree.

    Raises:
        UserError: There is none, it has no working tree, or git is missing.
    """
    git = git_of_user(folder, environment)
    try:
        top = Path(git.line("rev-parse", "--path-format=absolute", "--show-toplevel"))
        prefix = git.line("rev-parse", "--show-prefix")
        common_dir = Path(git.line("rev-parse", "--path-format=absolute", "--git-common-dir"))
    except GitFailed as error:
        raise UserError(_why_no_repository(folder, error.said)) from error
    try:
        branch = git.line("symbolic-ref", "--quiet", "--short", "HEAD")
    except GitFailed:
        branch = ""
    return Repository(top=top, prefix=prefix if is_project else "", common_dir=common_dir, branch=branch)


def project_files(folder: Path, environment: Mapping[str, str]) -> frozenset[PurePosixPath]:
    """Returns the files of a folder that git knows or does not ignore, by path within it; blocks.

    Raises:
        UserError: The folder is in no repository, or there is no git.
    """
    listed = git_of_user(folder, environment).run("ls-files", "--cached", "--others", "--exclude-standard", "-z")
    return frozenset(PurePosixPath(os.fsdecode(name)) for name in listed.split(b"\0") if name)


def branch_base(repository: Repository, environment: Mapping[str, str]) -> str:
    """Returns the branch that the one that is checked out was most likely made from.

    That is the one that the remote checks out for everybody, else the first there is of those names that main branches
    have.

    Raises:
        UserError: There is none.
    """
    git = git_of_user(repository.top, environment)
    with contextlib.suppress(GitFailed):
        return git.line("rev-parse", "--abbrev-ref", "--verify", "--quiet", "refs/remotes/origin/HEAD")
    names = [name for name in _MAIN_BRANCHES if name != repository.branch]
    for name in [*(f"origin/{main}" for main in _MAIN_BRANCHES), *names]:
        if git.works("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"):
            return name
    raise UserError("nobody knows which branch this one was made from; name it, such as origin/main")


def _why_no_repository(folder: Path, said: str) -> str:
    if "not a git repository" in said:
        return f"{folder} is not in a git repository, so that nobody knows what changed; name a place in one"
    if "must be run in a work tree" in said:
        return f"{folder} is in a bare repository, which has no files to review; clone it and review the clone"
    return f"git does not read the repository of {folder}: {' '.join(said.split())}"


@contextlib.contextmanager
def read_changes(question: ChangeQuestion, environment: Mapping[str, str]) -> Iterator[ChangeSet]:
    """Gives a change; blocks while it reads. What it needs on disk is taken away in the end.

    Args:
        question: What is read.
        environment: The process's.

    Raises:
        UserError: The change cannot be had; the message says what to do.
    """
    _remove_left_behind()
    top = question.repository.top
    with _temporary_folder() as folder:
        bench_folder = folder / "bench"
        bench_folder.mkdir()
        user = git_of_user(top, environment)
        bench = Workbench(bench_folder, user, environment)
        reading = _Reading(question, user, bench)
        yield reading.change_set(folder / "project")


class _Reading:
    """One change that is being read."""

    def __init__(self, question: ChangeQuestion, user: Git, bench: Workbench) -> None:
        self._question = question
        self._bench = bench
        self._history = History(user, bench)
        self._checkout = Checkout(question.repository.top, user, bench)
        self._not_in_tree: DiskState | None = None
        self._unsaved: dict[PurePosixPath, str] = {}

    def change_set(self, folder: Path) -> ChangeSet:
        """Returns the change; a new folder is made for its files where they cannot be seen in the project's own."""
        wanted, prefix = self._question.wanted, self._question.repository.prefix
        compared = self._compare(wanted)
        before, after = (self._bench.below(tree, prefix) for tree in (compared.before, compared.after))
        name, view = compared.name, self._view(self._question.repository.project)
        if isinstance(wanted, WorkingTree):
            view = replace(view, edits=self._unsaved)
        else:
            disk = self._bench.below(self._disk(with_untracked=False).tree, prefix)
            in_place = texts_in_place(self._bench, disk, after)
            if in_place is None:
                put_elsewhere(self._bench, after, folder)
                view = self._view(folder)
            else:
                view = replace(view, edits=in_place)
            if isinstance(wanted, Branch) and disk != after:
                name += " (what is not committed is left out)"
        texts = FileTexts(self._bench, view, self._question.limits)
        files = [*texts.read(before, after), *self._left_out()]
        return ChangeSet(
            name=name,
            files=tuple(sorted(files, key=lambda file: file.path)),
            before=replace(view, edits={**view.edits, **texts.old_texts}),
            after=view,
            message=compared.message,
        )

    def _compare(self, wanted: Wanted) -> Comparison:
        match wanted:
            case WorkingTree():
                disk = self._not_in_tree = self._disk(with_untracked=True)
                return self._uncommitted("the working tree against HEAD", self._with_unsaved(disk.tree))
            case Staged():
                return self._uncommitted("the index against HEAD", self._checkout.index_tree())
            case Revisions():
                return self._history.compare(wanted)
            case Branch():
                return self._history.compare_branch(wanted)
            case PatchText():
                return self._patched(wanted)
            case _:
                assert_never(wanted)

    def _with_unsaved(self, tree: str) -> str:
        """Returns the tree of what lies on disk with the editor's texts in it, and notes which it took."""
        texts, prefix = self._question.texts, self._question.repository.prefix
        if not texts:
            return tree
        tree, taken = self._checkout.tree_with({PurePosixPath(prefix) / path: text for path, text in texts.items()})
        self._unsaved = {path: text for path, text in texts.items() if PurePosixPath(prefix) / path in taken}
        return tree

    def _uncommitted(self, name: str, tree: str) -> Comparison:
        if not self._history.has_commits():
            name = f"{name.removesuffix(' against HEAD')} (there is no commit yet)"
        return Comparison(name=name, before=self._history.head_tree(), after=tree, message="")

    def _patched(self, wanted: PatchText) -> Comparison:
        # `git diff | inkling review -` is of files that have the patch in them already.
        bases = [(self._history.head_tree(), "HEAD")]
        with contextlib.suppress(UserError):  # of an index with a merge in it; the others are tried
            bases.append((self._checkout.index_tree(), "the index"))
        bases.append((self._disk(with_untracked=True).tree, "the working tree"))
        before, after, base = apply_patch(self._bench, wanted.text, bases)
        return Comparison(name=f"the patch against {base}", before=before, after=after, message="")

    def _view(self, folder: Path) -> ProjectView:
        return ProjectView(folder=folder, interpreter=self._question.interpreter)

    def _disk(self, *, with_untracked: bool) -> DiskState:
        return self._checkout.disk_state(
            with_untracked=with_untracked, max_file_bytes=self._question.limits.max_file_bytes
        )

    def _left_out(self) -> Iterator[ChangedFile]:
        """Yields untracked files that were not even put into a tree."""
        if self._not_in_tree is None:
            return
        disk = self._not_in_tree
        reasons = {Unreadable.TOO_LARGE: disk.too_large, Unreadable.BEYOND_LIMIT: disk.too_many}
        prefix = self._question.repository.prefix
        for reason, paths in reasons.items():
            for path in paths:
                if path.is_relative_to(prefix):
                    yield ChangedFile(
                        path=path.relative_to(prefix), old_path=None, change=FileChange.ADDED, unreadable=reason
                    )


@contextlib.contextmanager
def _temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left_behind() -> None:
    """Removes the folders of reviews that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdecimal() and not _is_running(int(pid)) and folder.stat().st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
