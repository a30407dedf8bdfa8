"""The Python files of a project as a view shows them, looked up by the words in them. Reading blocks."""

import ast
import re
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from inkling.context.parsing import parse
from inkling.context.sources import MAX_SOURCE_BYTES, workspace_files
from inkling.core.change import ChangeSet, FileChange
from inkling.core.execution import ProjectView

MAX_FILES: Final = 5_000  # that are searched; a larger project is searched in part, and that is said
DOCUMENT_SUFFIXES: Final = (".md", ".rst", ".txt")


@dataclass(frozen=True, kw_only=True)
class CodeFile:
    """A file that parses.

    Attributes:
        path: Within the project.
        text: As the view has it.
    """

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module | None:
        """Its syntax; None where it does not parse."""
        try:
            return parse(self.text)
        except (SyntaxError, ValueError, RecursionError):
            return None

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node that each node stands in."""
        if self.tree is None:
            return {}
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}


class ProjectCode:
    """Files of one view, each read once and parsed when it is asked for."""

    def __init__(self, view: ProjectView, gone: Collection[PurePosixPath] = ()) -> None:
        """Reads the project.

        Args:
            view: The project.
            gone: Files that are on disk and do not belong to it any more.
        """
        self._view = view
        self._gone = frozenset(gone)
        self._files = {file.path: file for file in self._read()}

    @property
    def is_whole(self) -> bool:
        """Whether all files were read."""
        return len(self._files) < MAX_FILES

    def file(self, path: PurePosixPath) -> CodeFile | None:
        """Returns one file; None where it is not there."""
        return self._files.get(path)

    def files(self) -> Iterable[CodeFile]:
        """Returns all files."""
        return self._files.values()

    def files_with(self, word: str) -> Iterator[CodeFile]:
        """Yields the files that have a word in them and parse."""
        pattern = re.compile(rf"\b{re.escape(word)}\b")
        for file in self._files.values():
            if word in file.text and pattern.search(file.text) and file.tree is not None:
                yield file

    def documents(self) -> Iterator[tuple[PurePosixPath, str]]:
        """Yields the prose at the project's top and in its folder `docs`, as path and text."""
        top = self._view.folder
        found = [*top.glob("*"), *(top / "docs").rglob("*")]
        for path in sorted(found)[:MAX_FILES]:
            name = PurePosixPath(path.relative_to(top).as_posix())
            if name.suffix not in DOCUMENT_SUFFIXES or name in self._gone:
                continue
            text = self._view.edits.get(name) or _read(path)
            if text is not None:
                yield name, text

    def _read(self) -> Iterator[CodeFile]:
        top = self._view.folder
        paths = {PurePosixPath(Path(file.path).relative_to(top).as_posix()) for file in workspace_files([top], ())}
        paths |= {path for path in self._view.edits if path.suffix == ".py"}
        for path in sorted(paths - self._gone)[:MAX_FILES]:
            text = self._view.edits.get(path)
            if text is None:
                text = _read(top / path)
            if text is not None:
                yield CodeFile(path=path, text=text)


class ProjectReader:
    """Reads the project as it is after a change once, for all reviewers of the change."""

    def __init__(self) -> None:
        """Reads nothing yet."""
        self._alone = threading.Lock()
        self._changes: ChangeSet | None = None
        self._project: ProjectCode | None = None

    def after(self, changes: ChangeSet) -> ProjectCode:
        """Returns the project without what the change took away; whoever else asks for it waits meanwhile."""
        with self._alone:
            if self._project is None or self._changes is not changes:
                old = {
                    file.old_path for file in changes.files if file.change in (FileChange.DELETED, FileChange.RENAMED)
                }
                new = {file.path for file in changes.files if file.change is not FileChange.DELETED}
                gone = [path for path in old - new if path is not None]
                self._changes, self._project = changes, ProjectCode(changes.after, gone)
            return self._project


def _read(path: Path) -> str | None:
    try:
        if path.stat().st_size > MAX_SOURCE_BYTES:
            return None
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
