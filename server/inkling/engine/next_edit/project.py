"""The files that a question may be about: open documents as the editor has them, other files as they are on disk."""

import logging
import queue
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from inkling.context.sources import Limits, is_workspace_file, is_written_by_hand, read_source, workspace_files
from inkling.core.next_edit import LineChange
from inkling.core.snapshot import DocumentUri
from inkling.core.text import split_lines
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_index import FileImports, ImportIndex, imports_of, read_imports
from inkling.engine.next_edit.imports.package_build import PackageScope
from inkling.engine.next_edit.imports.package_library import PackageLibrary
from inkling.engine.next_edit.ranking.line_traits import is_definition, words_of
from inkling.engine.next_edit.situation import MOST_PLACES, MOST_PLACES_OF_GROUP, Situation
from inkling.engine.next_edit.word_index import WordIndex, indexed_words

logger = logging.getLogger(__name__)

KB = 1024
N_ASKED_CHANGES = 6  # of the history whose words closed files are looked for by
MOST_FILES_OF_WORD = 60  # a word in more files says nothing about which of them is meant
MOST_CLOSED_FILES = 30  # that one question is about
MOST_CLOSED_FILES_OF_GROUP = 400  # that all edits of one kind are looked for in
MOST_KEPT_VIEWS = MOST_CLOSED_FILES  # between questions: the next one is mostly about the same files
_OF_OTHERS = frozenset({"_vendor", "vendor", "_vendored", "vendored", "third_party", "thirdparty"})
"""Folders of code that came from elsewhere: no change is carried on there, unless somebody has it open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectScope:
    """What may be read.

    Attributes:
        folders: The workspace folders.
        exclude: Patterns of paths that are not read.
        limits: How much is read in all.
        max_file_kb: Largest file, kilobytes.
    """

    folders: tuple[Path, ...]
    exclude: tuple[str, ...]
    limits: Limits
    max_file_kb: int


@dataclass(slots=True, kw_only=True)
class _Document:
    """An open document; its view is made when it is first asked for."""

    path: Path | None
    text: str
    view: FileView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was found in one file of the workspace; None for one that is gone or not to be read."""

    path: str
    found: tuple[frozenset[str], FileImports] | None


class Project:
    """Views of all files that matter. The workspace is listed and read in a thread; nobody waits for it."""

    def __init__(self, packages: PackageLibrary | None = None) -> None:
        """Makes a project without files.

        Args:
            packages: What is known of installed packages; None for nothing yet.
        """
        self._scope: ProjectScope | None = None
        self._documents: dict[DocumentUri, _Document] = {}
        self._uri_of_path: dict[str, DocumentUri] = {}
        self._words = WordIndex()
        self._imports = ImportIndex()
        self._packages = packages if packages is not None else PackageLibrary()
        self._closed: OrderedDict[str, tuple[int, FileView]] = OrderedDict()
        self._news: queue.SimpleQueue[tuple[int, _Read | None]] = queue.SimpleQueue()
        self._generation = 0
        self.is_ready = False

    def open(self, scope: ProjectScope) -> None:
        """Takes folders and limits, and begins to read."""
        if scope == self._scope:
            return
        self._scope = scope
        self._closed.clear()
        self._read_all()

    def open_packages(self, scope: PackageScope) -> None:
        """Takes the environment whose packages are known, too, and begins to read it."""
        self._packages.open(scope)

    def take_document(self, uri: DocumentUri, path: Path | None, text: str) -> None:
        """Takes the text of an open document."""
        known = self._documents.get(uri)
        if known is None or known.text != text or known.path != path:
            self._documents[uri] = _Document(path=path, text=text)
        if path is not None:
            self._uri_of_path[str(path)] = uri

    def close_document(self, uri: DocumentUri) -> None:
        """Takes that a document is no longer open: from now on its file counts."""
        document = self._documents.pop(uri, None)
        if document is not None and document.path is not None:
            self.files_changed([str(document.path)])

    def text_of(self, uri: DocumentUri) -> str | None:
        """Returns the text of an open document; None for others."""
        document = self._documents.get(uri)
        return document.text if document is not None else None

    def is_open(self, path: str) -> bool:
        """Tells whether a file is an open document."""
        return self._uri_of_path.get(path) in self._documents

    def files_changed(self, paths: Iterable[str]) -> None:
        """Takes files that were saved, created, renamed or deleted on disk."""
        scope = self._scope
        for path in paths:
            self._closed.pop(path, None)
            if scope is not None and is_workspace_file(Path(path), scope.folders, scope.exclude):
                self._take(_read(path))

    def take_news(self) -> None:
        """Takes up what the reading thread has found; returns at once when that is nothing."""
        while not self._news.empty():
            self._take_up(*self._news.get())
        if self._words.is_worn:
            self._read_all()
        self._packages.take_news()
        self._imports.packages = self._packages.imports

    def wait_until_ready(self) -> None:
        """Waits until the workspace has been read once, and the packages."""
        while self._scope is not None and not self.is_ready:
            self._take_up(*self._news.get())
        self._packages.wait_until_built()

    def _take_up(self, generation: int, read: _Read | None) -> None:
        if generation != self._generation:
            return
        if read is None:
            self.is_ready = True
            logger.info("next edits know files=%d", len(self._words))
        else:
            self._take(read)

    def situation(
        self, history: Sequence[LineChange], *, cursor: tuple[DocumentUri, int], is_for_group: bool = False
    ) -> Situation | None:
        """Returns what is known for a question; None where the file of the latest change is not to be read.

        Args:
            history: What was changed lately, oldest first.
            cursor: The document and line of the cursor.
            is_for_group: Whether all places are wanted, rather than the likeliest.
        """
        self.take_news()
        files: dict[DocumentUri, FileView] = {}
        for change in reversed(history):
            if change.uri not in files and (view := self._view(change.uri)) is not None:
                files[change.uri] = view
        if not history or history[-1].uri not in files:
            return None
        for uri in self._documents:
            if uri not in files and (view := self._view(uri)) is not None and self._is_inside(view.path):
                files[uri] = view
        most = MOST_CLOSED_FILES_OF_GROUP if is_for_group else MOST_CLOSED_FILES
        for path in self._closed_files_about(history, files[history[-1].uri], most):
            uri = self._uri_of_path.get(path) or DocumentUri(Path(path).as_uri())
            if uri not in files and (view := self._closed_view(uri, path)) is not None:
                files[uri] = view
        self._imports.take({uri: imports_of(view) for uri, view in files.items()})
        uri, line = cursor
        return Situation(
            files=files,
            history=tuple(change for change in history if change.uri in files),
            cursor_line=line if uri == history[-1].uri else None,
            imports=self._imports,
            most_places=MOST_PLACES_OF_GROUP if is_for_group else MOST_PLACES,
        )

    def _closed_files_about(self, history: Sequence[LineChange], view: FileView, most: int) -> list[str]:
        """Returns the files of the workspace that name what was changed, those of the most and rarest words first."""
        words: set[str] = set()
        names: set[str] = set()  # of definitions that were changed: whoever names them is concerned, be it everybody
        for change in history[-N_ASKED_CHANGES:]:
            removed = {word for line in change.removed for word in words_of(line)}
            inserted = {word for line in change.inserted for word in words_of(line)}
            words |= removed ^ inserted
            names |= _defined(change.removed) | _defined(change.inserted)
        latest = history[-1]
        # What is added beside others belongs where they are named.
        if not any(line.strip() for line in latest.removed):
            words.update(word for line in (*latest.above[-1:], *latest.below[:1]) for word in words_of(line))
        # What is changed within a function concerns those who name the function.
        if view.lines and (owner := view.definition_of[min(latest.first_line, len(view.lines) - 1)]) >= 0:
            words.update(words_of(view.lines[owner])[:3])
        weight: Counter[str] = Counter()
        most_of_word = most if most > MOST_CLOSED_FILES else MOST_FILES_OF_WORD
        for word in words | names:
            paths = self._words.files_with(word)
            if len(paths) <= most_of_word or word in names:
                for path in paths:
                    if not self._is_of_others(path):
                        weight[path] += 1000 // len(paths)
        folder = str(view.path.parent) if view.path is not None else ""
        ranked = sorted(weight, key=lambda path: (-weight[path], not path.startswith(folder), path))
        return ranked[:most]

    def _view(self, uri: DocumentUri) -> FileView | None:
        document = self._documents.get(uri)
        if document is None:
            parts = urlsplit(uri)
            return self._closed_view(uri, unquote(parts.path)) if parts.scheme == "file" else None
        if document.view is None and self._is_served(document.text):
            document.view = FileView(uri, document.path, lines_of(document.text))
        return document.view

    def _closed_view(self, uri: DocumentUri, path: str) -> FileView | None:
        """Returns a file as it is on disk; None where it lies outside of the workspace, or leads there."""
        try:
            modified_ns = Path(path).stat().st_mtime_ns
        except OSError:
            return None
        kept = self._closed.get(path)
        if kept is not None and kept[0] == modified_ns and kept[1].uri == uri:
            self._closed.move_to_end(path)
            return kept[1]
        scope = self._scope
        if scope is None or not is_workspace_file(Path(path), scope.folders, scope.exclude):
            return None
        if not self._is_inside(Path(path).resolve()):
            return None
        text = read_source(path)
        if text is None or not self._is_served(text):
            return None
        view = FileView(uri, Path(path), lines_of(text))
        self._closed[path] = (modified_ns, view)
        while len(self._closed) > MOST_KEPT_VIEWS:
            self._closed.popitem(last=False)
        return view

    def _is_served(self, text: str) -> bool:
        max_file_kb = self._scope.max_file_kb if self._scope is not None else KB
        return len(text) <= max_file_kb * KB and "\0" not in text and is_written_by_hand(text)

    def _is_of_others(self, path: str) -> bool:
        folders = self._scope.folders if self._scope is not None else ()
        within = next((path.removeprefix(str(folder)) for folder in folders if path.startswith(str(folder))), path)
        return not _OF_OTHERS.isdisjoint(Path(within).parts)

    def _is_inside(self, path: Path | None) -> bool:
        """Tells whether a path lies in the workspace; without folders everything that is open does."""
        if path is None or self._scope is None or not self._scope.folders:
            return True
        return any(path.is_relative_to(one) for folder in self._scope.folders for one in (folder, folder.resolve()))

    def _take(self, read: _Read) -> None:
        uri = self._uri_of_path.get(read.path) or DocumentUri(Path(read.path).as_uri())
        if read.found is None:
            self._words.forget(read.path)
            self._imports.forget(uri)
        else:
            words, imports = read.found
            self._words.take(read.path, words)
            self._imports.take({uri: imports})

    def _read_all(self) -> None:
        scope = self._scope
        if scope is None:
            return
        self._generation += 1
        folders = {one for folder in scope.folders for one in (folder, folder.resolve())}
        self._words, self._imports, self.is_ready = WordIndex(), ImportIndex(folders), False
        reading = _Reading(scope, self._generation, self._news)
        threading.Thread(target=reading.run, name="project", daemon=True).start()


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over the workspace, in a thread of its own."""

    scope: ProjectScope
    generation: int
    news: "queue.SimpleQueue[tuple[int, _Read | None]]"

    def run(self) -> None:
        """Reads all files, and says so."""
        try:
            for file in self.scope.limits.take(workspace_files(self.scope.folders, self.scope.exclude)):
                self.news.put((self.generation, _read(file.path)))
        except Exception:
            logger.exception("the workspace could not be read for next edits")
        self.news.put((self.generation, None))


def _read(path: str) -> _Read:
    text = read_source(path)
    found = (indexed_words(text), read_imports(text)) if text is not None else None
    return _Read(path=path, found=found)


def _defined(lines: Iterable[str]) -> set[str]:
    """Returns the names of functions and classes that are defined on lines; without those that Python knows itself."""
    definitions = (words_of(line.replace("async ", "", 1)) for line in lines if is_definition(line))
    return {name for words in definitions for name in words[1:2] if not name.startswith("__")}


def lines_of(text: str) -> tuple[str, ...]:
    """Returns the lines of a text without their ends."""
    return tuple(line.rstrip("\r\n") for line in split_lines(text))
