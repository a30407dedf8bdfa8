"""What the worker has read: the segments in use, what was saved since, and the build that keeps them fresh."""

import contextlib
import json
import logging
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inkling.context.sources import is_workspace_file, read_source
from inkling.core.text import split_lines
from inkling.engine.index.index_files import ENVIRONMENT, PARTS, WORKSPACE, IndexFiles, IndexScope
from inkling.engine.index.segment import DamagedSegmentError, Segment, open_segment
from inkling.engine.language.evidence import Layer
from inkling.engine.language.open_files import Ints, OpenFile, TokenNumbers

logger = logging.getLogger(__name__)

MOST_SAVED_FILES = 100  # files that are kept beside the segment; more are better read by a build
_BUILD_MODULE = "inkling.engine.index.build"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryState:
    """How far the index is, in the form that goes to the daemon.

    Attributes:
        is_ready: Whether every part that was asked for has been read once.
        n_files_done: Files read so far in the running build; 0 when idle.
        n_files_total: Files of the running build; 0 when idle.
        message: One line for a person.
        build_process_id: The running build; 0 when idle.
    """

    is_ready: bool
    n_files_done: int
    n_files_total: int
    message: str
    build_process_id: int


class Library:
    """The layers of workspace and environment; `take_news` is called often by the thread that owns it."""

    def __init__(self, on_state: Callable[[LibraryState], None]) -> None:
        self._on_state = on_state
        self._scope: IndexScope | None = None
        self._index: IndexFiles | None = None
        self._segments: dict[str, Segment] = {}
        self._names: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._saved: dict[str, str | None] = {}
        self._saved_tokens: dict[str, Ints] = {}
        self._left_out: frozenset[str] = frozenset()
        self._build: subprocess.Popen[bytes] | None = None
        self._news: queue.SimpleQueue[tuple[subprocess.Popen[bytes], dict[str, Any] | None]] = queue.SimpleQueue()
        self._is_outdated = False
        self.is_ready = False

    def open(self, scope: IndexScope) -> None:
        """Takes up a scope: what was built for it before is there at once, a build looks for what changed."""
        if scope == self._scope:
            return
        if self._build is not None:
            # What it finds belongs to the scope before.
            self._build.kill()
            self._build = None
        self._scope = scope
        self._index = IndexFiles(Path(scope.cache_dir))
        self._segments.clear()
        self._names.clear()
        self._keys.clear()
        self._saved.clear()
        self._saved_tokens.clear()
        head = self._index.head(scope)
        for part in PARTS:
            self._adopt(part, head.get(part))
        asked_for = {WORKSPACE}
        if scope.include_environment and scope.interpreter is not None:
            asked_for.add(ENVIRONMENT)
        self.is_ready = asked_for <= self._segments.keys()
        self._start_build()

    def saved(self, paths: Iterable[str]) -> None:
        """Takes files that were saved, created, renamed or deleted."""
        if self._scope is None:
            return
        changed = list(paths)
        if len(changed) + len(self._saved) > MOST_SAVED_FILES:
            self._start_build()
            return
        folders = [Path(folder) for folder in self._scope.folders]
        for path in changed:
            text = None
            if path in self._saved or path in self._keys or is_workspace_file(Path(path), folders, self._scope.exclude):
                text = read_source(path)
            elif not path.endswith(".gitignore"):
                continue
            self._saved[path] = text
            self._saved_tokens.pop(path, None)
            if path.endswith(".gitignore"):
                self._start_build()

    def workspace_layers(self, open_paths: frozenset[str]) -> list[Layer]:
        """Returns the workspace without the open files and without old versions of saved ones."""
        segment = self._segments.get(WORKSPACE)
        if segment is None:
            return []
        left_out = open_paths | self._saved.keys()
        if left_out != self._left_out:
            self._left_out = left_out
            segment.leave_out(self._keys[path] for path in left_out if path in self._keys)
        return [segment]

    def environment_layers(self) -> list[Layer]:
        """Returns the environment."""
        segment = self._segments.get(ENVIRONMENT)
        return [] if segment is None else [segment]

    def saved_tokens(self, numbers: TokenNumbers, open_paths: frozenset[str]) -> list[Ints]:
        """Returns the tokens of the files that were saved since the segment was built and are not open."""
        found: list[Ints] = []
        for path, text in self._saved.items():
            if text is None or path in open_paths:
                continue
            if path not in self._saved_tokens:
                file = OpenFile(numbers)
                file.update(split_lines(text))
                self._saved_tokens[path] = file.tokens
            found.append(self._saved_tokens[path])
        return found

    def forget_numbers(self) -> None:
        """Drops what was made with token numbers that are given up."""
        self._saved_tokens.clear()

    def take_news(self) -> None:
        """Does what the build says; returns at once when it says nothing."""
        while not self._news.empty():
            build, message = self._news.get()
            if message is None:
                _close_pipes(build)
            if build is not self._build:
                continue
            if message is None:
                self._end_build(build)
            elif "segment" in message:
                self._adopt(message["segment"], message["name"])
            else:
                self._tell(message["done"], message["total"], f"Reading the {message['part']}")

    def _start_build(self) -> None:
        if self._scope is None:
            return
        if self._build is not None:
            self._is_outdated = True
            return
        self._is_outdated = False
        # -P keeps modules of the folder we happen to be in from being imported; the level of the log is handed on.
        build = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-X", "utf8", "-m", _BUILD_MODULE, sys.argv[-1]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._build = build
        if build.stdin is not None:
            # Left open afterwards: the build ends when this pipe closes.
            with contextlib.suppress(BrokenPipeError):
                build.stdin.write(self._scope.to_json().encode() + b"\n")
                build.stdin.flush()
        threading.Thread(target=self._listen, args=(build,), name="build", daemon=True).start()
        self._tell(0, 0, "Looking for what changed")

    def _listen(self, build: subprocess.Popen[bytes]) -> None:
        if build.stdout is not None:
            for line in build.stdout:
                self._news.put((build, json.loads(line)))
        build.wait()
        self._news.put((build, None))

    def _end_build(self, build: subprocess.Popen[bytes]) -> None:
        self._build = None
        self.is_ready = True
        if build.returncode:
            logger.error("the build of the index failed rc=%d", build.returncode)
            self._tell(0, 0, "The index could not be built; see the log")
        else:
            n_files = len(self._keys)
            logger.info("index ready workspace_files=%d segments=%s", n_files, sorted(self._names.values()))
            self._tell(0, 0, f"{n_files} files of the workspace are read")
        if self._is_outdated:
            self._start_build()

    def _adopt(self, part: str, name: str | None) -> None:
        if self._index is None or name == self._names.get(part):
            return
        self._segments.pop(part, None)
        self._names.pop(part, None)
        if name is None:
            return
        try:
            segment = open_segment(self._index.path(name))
        except (OSError, DamagedSegmentError) as error:
            # The build that is under way writes it again, and says so.
            logger.debug("part=%s cannot be used: %s", part, error)
            return
        self._segments[part] = segment
        self._names[part] = name
        if part == WORKSPACE:
            self._keys = {key.split(":", 2)[2]: key for key in segment.files}
            self._left_out = frozenset()
            self._forget_saved_that_were_read()

    def _forget_saved_that_were_read(self) -> None:
        for path in list(self._saved):
            try:
                status = Path(path).stat()
                is_read = self._keys.get(path) == f"{status.st_size}:{status.st_mtime_ns}:{path}"
            except OSError:
                is_read = path not in self._keys
            if is_read:
                del self._saved[path]
                self._saved_tokens.pop(path, None)

    def _tell(self, n_done: int, n_total: int, message: str) -> None:
        process_id = self._build.pid if self._build is not None else 0
        self._on_state(
            LibraryState(
                is_ready=self.is_ready,
                n_files_done=n_done,
                n_files_total=n_total,
                message=message,
                build_process_id=process_id,
            )
        )


def _close_pipes(build: subprocess.Popen[bytes]) -> None:
    for pipe in (build.stdin, build.stdout):
        if pipe is not None:
            pipe.close()


def gather(tokens: Sequence[Ints], most_tokens: int) -> list[Ints]:
    """Returns the first arrays that hold at most `most_tokens` together."""
    sizes = np.cumsum([len(array) for array in tokens])
    return [array for array, size in zip(tokens, sizes.tolist(), strict=True) if size <= most_tokens]
