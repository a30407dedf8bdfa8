"""A repository of our own in a temporary folder, which borrows the user's objects: theirs is only read.

States of the user's project are trees in it, whatever they are made of, so that all are compared in one way, without
the user's attributes, filters and diff drivers.

Source: git's documentation, gitrepository-layout(5) (objects/info/alternates), git(1) (GIT_OBJECT_DIRECTORY).
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from inkling.context.changes.git_process import Git, GitFailed, git_of_our_own
from inkling.core.errors import UserError

FILE_MODES: Final = frozenset({"100644", "100755"})
SUBMODULE_MODE: Final = "160000"
SYMLINK_MODE: Final = "120000"


class Workbench:
    """Trees, texts and differences, in a folder of our own."""

    def __init__(self, folder: Path, user: Git, environment: Mapping[str, str]) -> None:
        """Makes the repository in an empty folder.

        Args:
            folder: Where it is made.
            user: The user's repository, whose objects are borrowed.
            environment: The process's.

        Raises:
            UserError: Git cannot make it.
        """
        self.folder = folder
        self.git = git_of_our_own(folder, environment)
        self._user = user
        objects = Path(user.line("rev-parse", "--path-format=absolute", "--git-path", "objects"))
        kind = user.line("rev-parse", "--show-object-format")
        self.git.run("init", "--quiet", "--bare", "--template=", f"--object-format={kind}")
        info = folder / "objects" / "info"
        info.mkdir(parents=True, exist_ok=True)
        quoted = _quoted(objects)
        (info / "alternates").write_bytes(os.fsencode(f"{quoted}\n"))
        self._writing_here = {
            "GIT_OBJECT_DIRECTORY": str(folder / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted,
        }

    def for_user_git(self, index: Path | None = None) -> dict[str, str]:
        """Returns variables with which the user's git writes objects here, and works on an index of ours."""
        return self._writing_here | ({"GIT_INDEX_FILE": str(index)} if index is not None else {})

    def empty_tree(self) -> str:
        """Returns the id of a tree without files."""
        return self.tree_of([])

    def tree_of(self, blobs: Iterable[tuple[str, str]]) -> str:
        """Returns the id of a tree with files.

        Args:
            blobs: Names in one folder, and the ids of what they hold.
        """
        entries = "".join(f"100644 blob {blob}\t{name}\0" for name, blob in blobs)
        return self.git.run("mktree", "-z", "--missing", stdin=entries.encode()).decode().strip()

    def below(self, tree: str, prefix: str) -> str:
        """Returns the tree of a folder within a tree; one without files where there is no such folder."""
        if not prefix:
            return tree
        name = f"{tree}:{prefix.rstrip('/')}"
        try:
            if self.git.line("cat-file", "-t", name) == "tree":
                return self.git.line("rev-parse", "--verify", name)
        except GitFailed:
            pass
        return self.empty_tree()

    def index_of(self, tree: str, name: str) -> Path:
        """Returns an index that holds just a tree."""
        index = self.folder / f"{name}.index"
        self.git.run("read-tree", tree, environment={"GIT_INDEX_FILE": str(index)})
        return index

    def sizes(self, blobs: Sequence[str]) -> dict[str, int]:
        """Returns how many bytes blobs have; those that are not here, as in a partial clone, are left out."""
        said = self.git.run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=_lines(blobs)).decode()
        pairs = (line.split(" ") for line in said.splitlines())
        return {blob: int(size) for blob, size in pairs if size.isdecimal()}

    def contents(self, blobs: Sequence[str]) -> dict[str, bytes]:
        """Returns what objects hold; those that are not here are left out."""
        return dict(self._read_batch(blobs)) if blobs else {}

    def _read_batch(self, objects: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Yields ids and contents.

        Source: git-cat-file(1), "BATCH OUTPUT".
        """
        said = self.git.run("cat-file", "--batch=%(objectname) %(objectsize)", stdin=_lines(objects))
        at = 0
        while at < len(said):
            end = said.index(b"\n", at)
            name, _, size = said[at:end].decode().partition(" ")
            at = end + 1
            if size.isdecimal():
                yield name, said[at : at + int(size)]
                at += int(size) + 1

    def check_out(self, tree: str, folder: Path) -> None:
        """Writes the files of a tree into an empty folder.

        Raises:
            UserError: They cannot all be written.
        """
        environment = {"GIT_INDEX_FILE": str(self.index_of(tree, "checkout")), "GIT_WORK_TREE": str(folder)}
        try:
            self.git.run("checkout-index", "--all", "--force", "--quiet", environment=environment)
        except GitFailed as error:
            raise UserError(
                f"the reviewed state of the project cannot be written to a temporary folder: {error}."
                " Is there room on the disk, and is the clone complete?"
            ) from error


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _quoted(path: Path) -> str:
    r"""Returns a path for a list of object folders, where `:` would part it and `\` and `"` are special."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
