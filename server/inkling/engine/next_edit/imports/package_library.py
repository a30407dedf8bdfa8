"""The table of the environment's packages as the worker has it: built in another process, taken up when it is there."""

import contextlib
import json
import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inkling.engine.next_edit.imports.package_build import PackageScope
from inkling.engine.next_edit.imports.package_imports import DamagedTableError, PackageImports, open_table

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 15.0  # at the folders of packages, whether something was installed or removed
_BUILD_MODULE = "inkling.engine.next_edit.imports.package_build"


@dataclass(frozen=True, slots=True)
class _Built:
    """What a build said; nothing for one that failed."""

    build: subprocess.Popen[bytes]
    table: Path | None = None
    folders: tuple[Path, ...] = ()


class PackageLibrary:
    """How the packages of an environment import what. `take_news` is called often by the thread that owns it.

    Attributes:
        imports: What is known now; nothing before the first build is done.
    """

    def __init__(self, on_build: Callable[[int], None] | None = None) -> None:
        """Makes a library that knows nothing.

        Args:
            on_build: Is told the id of the process of a build that begins, and 0 when it is gone.
        """
        self._on_build = on_build or (lambda process_id: None)
        self.imports = PackageImports()
        self._scope: PackageScope | None = None
        self._build: subprocess.Popen[bytes] | None = None
        self._news: queue.SimpleQueue[_Built] = queue.SimpleQueue()
        self._table: Path | None = None
        self._seen: dict[Path, int] = {}
        self._looked_at_s = time.monotonic()

    def open(self, scope: PackageScope) -> None:
        """Takes up an environment; what was known of another one is dropped."""
        if scope == self._scope:
            return
        self._scope = scope
        self.imports, self._table = PackageImports(), None
        self._seen.clear()
        self._start_build()

    @property
    def is_building(self) -> bool:
        """Whether a build runs, or what it said was not taken up yet."""
        return self._build is not None

    def take_news(self) -> None:
        """Takes up what the build left, and builds again when packages came or went; returns at once."""
        while not self._news.empty():
            self._take_up(self._news.get())
        if time.monotonic() - self._looked_at_s > LOOK_EVERY_S and self._build is None:
            self._looked_at_s = time.monotonic()
            if any(_modified_ns(folder) != modified_ns for folder, modified_ns in self._seen.items()):
                self._start_build()

    def wait_until_built(self) -> None:
        """Waits for the build that is under way."""
        while self._build is not None:
            self._take_up(self._news.get())

    def _start_build(self) -> None:
        if self._scope is None:
            return
        if self._build is not None:
            self._build.kill()  # what it finds belongs to the environment before
        # -P keeps modules of the folder we happen to be in from being imported; the level of the log is handed on.
        build = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [
                sys.executable,
                "-P",
                "-X",
                "utf8",
                "-m",
                _BUILD_MODULE,
                logging.getLevelName(logger.getEffectiveLevel()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._build = build
        self._on_build(build.pid)
        if build.stdin is not None:
            # Left open afterwards: the build ends when this pipe closes.
            with contextlib.suppress(BrokenPipeError):
                build.stdin.write(self._scope.to_json().encode() + b"\n")
                build.stdin.flush()
        threading.Thread(target=self._listen, args=(build,), name="packages", daemon=True).start()

    def _listen(self, build: subprocess.Popen[bytes]) -> None:
        said = build.stdout.read() if build.stdout is not None else b""
        build.wait()
        for pipe in (build.stdin, build.stdout):
            if pipe is not None:
                pipe.close()
        if build.returncode or not said:
            self._news.put(_Built(build))
            return
        answer = json.loads(said)
        self._news.put(_Built(build, Path(answer["table"]), tuple(Path(folder) for folder in answer["folders"])))

    def _take_up(self, built: _Built) -> None:
        if built.build is not self._build:
            return
        self._build = None
        self._on_build(0)
        self._seen = {folder: _modified_ns(folder) for folder in built.folders}
        if built.table is None:
            logger.error("the imports of packages could not be read; see the log")
        elif built.table != self._table:
            try:
                self.imports = open_table(built.table)
                self._table = built.table
            except (OSError, DamagedTableError) as error:
                logger.error("the imports of packages cannot be used: %s", error)


def _modified_ns(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
