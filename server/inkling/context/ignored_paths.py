"""Which paths of a workspace are never read: what git ignores, what tools make, what the settings exclude."""

from collections.abc import Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

IGNORE_FILE = ".gitignore"
NEVER_READ = frozenset(
    {
        ".eggs", ".git", ".hg", ".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache",
        ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__", "__pypackages__", "_build", "build", "dist",
        "htmlcov", "node_modules", "site-packages", "venv",
    }
)  # fmt: skip
"""Folders that hold what was downloaded or made, not what was written."""

ENVIRONMENT_MARK = "pyvenv.cfg"  # lies in every virtual environment, whatever its name


class IgnoredPaths:
    """The ignore rules of one workspace folder; folders are visited from the top."""

    def __init__(self, root: Path, exclude: Sequence[str] = ()) -> None:
        self._root = root
        self._excluded = GitIgnoreSpec.from_lines(exclude)
        self._specs: dict[Path, GitIgnoreSpec] = {}
        for folder in _repository_folders_above(root):
            self.visit(folder)
        if self._is_ruled_out(root, "/"):
            # Who opens an ignored folder wants to work in it.
            self._specs.clear()

    def visit(self, folder: Path) -> None:
        """Reads the rules that `folder` itself holds."""
        try:
            text = (folder / IGNORE_FILE).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        self._specs[folder] = GitIgnoreSpec.from_lines(text.splitlines())

    def ignores(self, path: Path, *, is_folder: bool) -> bool:
        """Tells whether `path` is left out; the folders above it were visited and are not ignored."""
        if is_folder and (path.name in NEVER_READ or (path / ENVIRONMENT_MARK).exists()):
            return True
        end = "/" if is_folder else ""
        if self._excluded.match_file(path.relative_to(self._root).as_posix() + end):
            return True
        return self._is_ruled_out(path, end)

    def _is_ruled_out(self, path: Path, end: str) -> bool:
        # As in git, the rules of the nearest folder decide first.
        for folder in path.parents:
            spec = self._specs.get(folder)
            if spec is not None:
                verdict = spec.check_file(path.relative_to(folder).as_posix() + end).include
                if verdict is not None:
                    return verdict
        return False

    def ignores_below_root(self, path: Path) -> bool:
        """Tells whether the file `path` or a folder above it, up to the root, is left out."""
        folders = [folder for folder in path.parents if folder != self._root and folder.is_relative_to(self._root)]
        self.visit(self._root)
        for folder in reversed(folders):
            if self.ignores(folder, is_folder=True):
                return True
            self.visit(folder)
        return self.ignores(path, is_folder=False)


def _repository_folders_above(root: Path) -> list[Path]:
    """Returns the folders from the repository's top down to, but without, `root`; none outside of a repository."""
    if (root / ".git").exists():
        return []
    for number, folder in enumerate(root.parents, 1):
        if (folder / ".git").exists():
            return list(reversed(root.parents[:number]))
    return []
