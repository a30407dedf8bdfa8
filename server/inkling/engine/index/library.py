"""What the worker has read: the segments in use, what was saved since, and the build that keeps them fresh."""

import contextlib
import json
import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inkling.context.sources import is_workspace_file, read_source
from inkling.engine.index.index_files import ENVIRONMENT, PARTS, WORKSPACE, WORKSPACE_ALONE, IndexFiles, IndexScope
from inkling.engine.index.saved_files import SavedFiles
from inkling.engine.index.segment import DamagedSegmentError, Segment, open_segment
from inkling.engine.index.stack import SegmentStack, gone_key, key_on_disk
from inkling.engine.language.evidence import Layer
from inkling.engine.language.open_files import Ints, TokenNumbers

logger = logging.getLogger(__name__)

MOST_READ_AT_ONCE = 100  # saved files that are read here; those of a switch of branches are left to a build
MOST_SAVED_FILES = 32  # files that are scanned as they are; with more a build makes a small segment of them
MOST_SAVED_CHARS = 200_000  # as MOST_SAVED_FILES
FAILED_FOR_S = 60.0  # after a build that failed: the next one will hardly fare better
ENVIRONMENT_FOR_S = 600.0  # so long packages are not looked at again: that takes as long as reading the workspace
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
        self._segments: dict[str, dict[str, Segment]] = {}
        self._workspace = SegmentStack()
        self._keys: dict[str, str] = {}
        self._saved = SavedFiles()
        self._build: subprocess.Popen[bytes] | None = None
        self._news: queue.SimpleQueue[tuple[subprocess.Popen[bytes], dict[str, Any] | None]] = queue.SimpleQueue()
        self._is_outdated = False
        self._build_started_at_s = 0.0
        self._next_build_at_s = 0.0
        self._environment_at_s: float | None = None
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
        self._workspace = SegmentStack()
        self._keys.clear()
        self._saved.clear()
        self._next_build_at_s = 0.0
        self._environment_at_s = None
        head = self._index.head(scope)
        for part in PARTS:
            self._adopt(part, head.get(part, ()))
        asked_for = {WORKSPACE}
        if scope.include_environment and scope.interpreter is not None:
            asked_for.add(ENVIRONMENT)
        self.is_ready = all(self._segments.get(part) for part in asked_for)
        self._start_build()

    def saved(self, paths: Iterable[str]) -> None:
        """Takes files that were saved, created, renamed or deleted."""
        if self._scope is None:
            return
        changed = list(paths)
        if any(path.endswith(".gitignore") for path in changed):
            self._start_build()
        if len(changed) > MOST_READ_AT_ONCE:
            self._start_build()
            return
        folders = [Path(folder) for folder in self._scope.folders]
        for path in changed:
            is_known = path in self._saved or path in self._keys
            if is_known or is_workspace_file(Path(path), folders, self._scope.exclude):
                self._take_saved(path)
        if len(self._saved) > MOST_SAVED_FILES or self._saved.n_chars > MOST_SAVED_CHARS:
            self._start_build()

    def _take_saved(self, path: str) -> None:
        key = key_on_disk(path)
        if self._keys.get(path, gone_key(path)) == key:
            self._saved.forget(path)
        else:
            self._saved.take(path, read_source(path))

    def closed(self, path: str, text: str, tokens: Ints) -> None:
        """Takes the tokens of a document that is closed."""
        self._saved.take_tokens(path, text, tokens)

    def workspace_layers(self, open_paths: frozenset[str]) -> list[Layer]:
        """Returns the workspace without the open files and without old versions of saved ones, the newest first."""
        self._workspace.leave_out(open_paths.union(self._saved))
        return list(reversed(self._workspace.segments))

    def environment_layers(self) -> list[Layer]:
        """Returns the environment."""
        return list(self._segments.get(ENVIRONMENT, {}).values())

    def saved_tokens(self, numbers: TokenNumbers, open_paths: frozenset[str]) -> list[Ints]:
        """Returns the tokens of the files that were saved since they were last built and are not open."""
        return self._saved.tokens(numbers, open_paths)

    def read_ahead(self, numbers: TokenNumbers, open_paths: frozenset[str]) -> None:
        """Lexes one saved file that was too large to be lexed within an answer; called while nothing is asked."""
        self._saved.lex_next(numbers, open_paths)

    def forget_numbers(self) -> None:
        """Drops what was made with token numbers that are given up."""
        self._saved.forget_numbers()

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
                self._adopt(message["segment"], message["names"])
                if message["segment"] == ENVIRONMENT:
                    self._environment_at_s = time.monotonic()
                else:
                    # What it has not taken up is not to be learned from, by its size or place.
                    self._saved.forget_before(self._build_started_at_s)
            else:
                self._tell(message["done"], message["total"], f"Reading the {message['part']}")
        if self._is_outdated and self._build is None:
            self._start_build()

    def _start_build(self) -> None:
        if self._scope is None:
            return
        now_s = time.monotonic()
        if self._build is not None or now_s < self._next_build_at_s:
            self._is_outdated = True
            return
        self._is_outdated = False
        self._build_started_at_s = now_s
        is_environment_fresh = self._environment_at_s is not None and now_s < self._environment_at_s + ENVIRONMENT_FOR_S
        alone = [WORKSPACE_ALONE] if is_environment_fresh else []
        # -P keeps modules of the folder we happen to be in from being imported; the level of the log is handed on.
        build = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-X", "utf8", "-m", _BUILD_MODULE, *alone, sys.argv[-1]],
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
        # Half of the time at most goes into builds, however often files change.
        now_s = time.monotonic()
        pause_s = now_s - self._build_started_at_s
        self._next_build_at_s = now_s + (max(pause_s, FAILED_FOR_S) if build.returncode else pause_s)
        self.is_ready = True
        if build.returncode:
            logger.error("the build of the index failed rc=%d", build.returncode)
            self._tell(0, 0, "The index could not be built; see the log")
        else:
            n_files = len(self._keys)
            logger.info("index ready workspace_files=%d segments=%s", n_files, [*map(list, self._segments.values())])
            self._tell(0, 0, f"{n_files} files of the workspace are read")

    def _adopt(self, part: str, names: Sequence[str]) -> None:
        """Takes up the segments of a part, the oldest first; those that are open already stay open."""
        if self._index is None:
            return
        before = self._segments.get(part, {})
        if list(before) == list(names):
            return
        adopted: dict[str, Segment] = {}
        for name in names:
            try:
                adopted[name] = before[name] if name in before else open_segment(self._index.path(name))
            except (OSError, DamagedSegmentError) as error:
                # The build that is under way writes it again, and says so.
                logger.debug("part=%s cannot be used: %s", part, error)
        self._segments[part] = adopted
        if part == WORKSPACE:
            self._workspace = SegmentStack(list(adopted.values()))
            self._keys = self._workspace.keys()
            for path in list(self._saved):
                if self._keys.get(path, gone_key(path)) == key_on_disk(path):
                    self._saved.forget(path)

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
