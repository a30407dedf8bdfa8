"""What lies on disk as a tree of git's, without the user's index being written."""

import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from inkling.context.changes.git_process import Git, GitFailed
from inkling.context.changes.workbench import FILE_MODES, Workbench
from inkling.context.ignored_paths import ENVIRONMENT_MARK, NEVER_READ
from inkling.core.errors import UserError

_DISK: Final = "disk"
MAX_UNTRACKED: Final = 2000  # files; more are data or somebody's environment, not what was written for this change


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskState:
    """What lies on disk.

    Attributes:
        tree: Its id, untracked files included where they were asked for.
        too_large: Untracked files that are not in it, because of their size.
        too_many: Untracked files that are not in it, because there are so many.
    """

    tree: str
    too_large: tuple[PurePosixPath, ...] = ()
    too_many: tuple[PurePosixPath, ...] = ()


class Checkout:
    """The user's working tree and index, which are read only."""

    def __init__(self, top: Path, user: Git, bench: Workbench) -> None:
        """Takes the top of the working tree, git that runs there, and where trees are made."""
        self.top = top
        self._user = user
        self._bench = bench

    def index_tree(self) -> str:
        """Returns the tree that the next commit would have.

        Raises:
            UserError: A merge has left files in the index that are not resolved yet.
        """
        index = self._copy_index("staged")
        unmerged = _names(self._user.run("ls-files", "--unmerged", "-z", environment={"GIT_INDEX_FILE": str(index)}))
        if unmerged:
            names = sorted({entry.partition("\t")[2] for entry in unmerged})
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise UserError(
                f"a merge is not finished: {', '.join(names[:3])}{more}. Resolve the conflicts and `git add` the files,"
                " or review the working tree without --staged"
            )
        return self._write(index)

    def disk_state(self, *, with_untracked: bool, max_file_bytes: int) -> DiskState:
        """Returns what lies on disk, line ends as git would commit them.

        Args:
            with_untracked: Whether files count that git does not know and does not ignore.
            max_file_bytes: The largest untracked file that counts.
        """
        index = self._copy_index(_DISK)
        ours = {"GIT_INDEX_FILE": str(index)}
        changed = [name for name in _names(self._user.run("diff-files", "--name-only", "-z")) if self._may_read(name)]
        large: list[PurePosixPath] = []
        new: list[str] = []
        if with_untracked:
            for name in self._untracked():
                size_bytes = self._size_of_file(name)
                if size_bytes is not None and size_bytes > max_file_bytes:
                    large.append(PurePosixPath(name))
                elif size_bytes is not None:
                    new.append(name)
        new.sort(key=lambda name: (not name.endswith(".py"), name))
        many = tuple(map(PurePosixPath, new[MAX_UNTRACKED:]))
        paths = b"".join(os.fsencode(name) + b"\0" for name in [*changed, *new[:MAX_UNTRACKED]])
        if paths:
            self._user.run(
                "update-index", "-z", "--add", "--remove", "--replace", "--stdin",
                stdin=paths, environment=self._bench.for_user_git() | ours,
            )  # fmt: skip
        return DiskState(tree=self._write(index), too_large=tuple(large), too_many=many)

    def tree_with(self, texts: Mapping[PurePosixPath, str]) -> tuple[str, frozenset[PurePosixPath]]:
        """Returns the tree of `disk_state`, which was made before, with other texts in it, and whose these are.

        Those of files that are not in it stay out: git ignores them, or they are gone from disk.

        Args:
            texts: By path from the top, with the line ends that they have on disk.
        """
        ours = self._bench.for_user_git(self._bench.folder / f"{_DISK}.index")
        listed = os.fsdecode(self._user.run("ls-files", "--stage", "-z", "--", *map(str, texts), environment=ours))
        lines, taken = [], set()
        for entry in filter(None, listed.split("\0")):
            mode, name = entry.split(" ", 1)[0], entry.partition("\t")[2]
            path = PurePosixPath(name)
            if mode in FILE_MODES and path in texts:
                content = texts[path].encode("utf-8", "surrogatepass")
                said = self._user.run("hash-object", "-w", "--stdin", "--path", name, stdin=content, environment=ours)
                lines.append(b"%s %s\t%s\0" % (mode.encode(), said.strip(), os.fsencode(name)))
                taken.add(path)
        self._user.run("update-index", "-z", "--index-info", stdin=b"".join(lines), environment=ours)
        return self._write(self._bench.folder / f"{_DISK}.index"), frozenset(taken)

    def _copy_index(self, name: str) -> Path:
        source = Path(self._user.line("rev-parse", "--path-format=absolute", "--git-path", "index"))
        copy = self._bench.folder / f"{name}.index"
        if source.exists():
            # With its time: by that git knows which files may have changed in the moment after it was written.
            shutil.copy2(source, copy)
        else:
            copy.unlink(missing_ok=True)  # nothing was ever added, and git takes no file for an empty index
        return copy

    def _write(self, index: Path) -> str:
        try:
            return self._user.line("write-tree", "--missing-ok", environment=self._bench.for_user_git(index))
        except GitFailed as error:
            raise UserError(f"the files cannot be read as git would commit them: {error}") from error

    def _untracked(self) -> Sequence[str]:
        """Returns files that git neither knows nor ignores, but for what tools make and what was downloaded."""
        names = _names(self._user.run("ls-files", "--others", "--exclude-standard", "-z"))
        is_made: dict[PurePosixPath, bool] = {}

        def holds_made_things(folder: PurePosixPath) -> bool:
            if folder not in is_made:
                is_made[folder] = folder != folder.parent and (
                    folder.name in NEVER_READ
                    or (self.top / folder / ENVIRONMENT_MARK).exists()
                    or holds_made_things(folder.parent)
                )
            return is_made[folder]

        # A name that ends in a slash is a repository within this one.
        return [name for name in names if name[-1] != "/" and not holds_made_things(PurePosixPath(name).parent)]

    def _may_read(self, name: str) -> bool:
        """Tells whether git could read a changed file; one that nobody may read would spoil all others."""
        path = self.top / name
        return not path.is_file() or os.access(path, os.R_OK)

    def _size_of_file(self, name: str) -> int | None:
        path = self.top / name
        try:
            status = path.lstat()
        except OSError:
            return None
        if stat.S_ISLNK(status.st_mode):
            return 0
        return status.st_size if stat.S_ISREG(status.st_mode) and os.access(path, os.R_OK) else None


def _names(said: bytes) -> list[str]:
    return list(dict.fromkeys(os.fsdecode(name) for name in said.split(b"\0") if name))
