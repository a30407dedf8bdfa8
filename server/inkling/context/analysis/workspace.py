"""Facts about the whole workspace: which modules it may provide, which classes have subclasses, how it imports."""

import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from inkling.context.analysis.import_habits import ImportHabits

MAX_FILES: Final = 5000  # past this nothing is certain any more
MAX_FILE_BYTES: Final = 500_000

_SKIPPED_FOLDERS: Final = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env"})
_CLASS: Final = re.compile(r"^[ \t]*class[ \t]+\w+[ \t]*\(([^:]*)\)[ \t]*:", re.MULTILINE)
_WORD: Final = re.compile(r"\w+")


class WorkspaceFacts:
    """Collects the facts bit by bit; until all files were read, everything is thought possible.

    A file that goes away keeps its facts, and one that is saved often counts often: too many possibilities do no harm.

    Attributes:
        import_habits: How the workspace imports names, as far as it was read.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        """Prepares the reading; `advance` does it."""
        self._names: set[str] = set()
        self._bases: set[str] = set()
        self._is_complete = False
        self.import_habits = ImportHabits()
        self._walk = self._read_all(tuple(folders))

    def advance(self, budget_s: float) -> bool:
        """Reads on for about `budget_s` seconds; returns whether there is more."""
        if self._is_complete:
            return False
        end_s = time.monotonic() + budget_s
        return any(time.monotonic() > end_s for _ in self._walk)

    def take(self, path: Path) -> None:
        """Reads a file that was made or changed."""
        self._names.update((path.name.partition(".")[0], *(folder.name for folder in path.parents)))
        if path.suffix == ".py":
            self.take_text(_read(path))

    def take_text(self, text: str) -> None:
        """Takes the text of a file, or of a document that is not saved."""
        for match in _CLASS.finditer(text):
            self._bases.update(_WORD.findall(match.group(1)))
        self.import_habits.take_text(text)

    def may_have_module(self, name: str) -> bool:
        """Tells whether a file or folder in the workspace could be a top-level module of that name."""
        return not self._is_complete or name in self._names

    def may_have_subclass(self, name: str) -> bool:
        """Tells whether a class of that name may have subclasses in the workspace."""
        return not self._is_complete or name in self._bases

    def _read_all(self, folders: Sequence[Path]) -> Iterator[None]:
        n_files = 0
        for root in folders:
            for folder, subfolders, files in os.walk(root):
                subfolders[:] = [name for name in subfolders if name[0] != "." and name not in _SKIPPED_FOLDERS]
                self._names.update(subfolders)
                for file in files:
                    if file.endswith((".py", ".pyi", ".so", ".pyd")):
                        self.take(Path(folder, file))
                        n_files += 1
                    if n_files > MAX_FILES:
                        return
                    yield
        self._is_complete = True


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
