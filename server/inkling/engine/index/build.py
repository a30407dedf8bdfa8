"""The build process: finds what changed since the last build, reads it, writes segments, and ends.

It is started by the worker, runs at low priority, and lives at most as long as its standard input: when the
worker goes, in whatever way, the pipe closes and the build ends. It reads one line, the scope as JSON, and
writes one JSON object for each line that `inkling.engine.index.library` reads.
"""

import contextlib
import hashlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.context.environment import find_environment
from inkling.context.sources import (
    Limits,
    SourceFile,
    environment_files,
    imported_names,
    installed_versions,
    read_source,
    workspace_files,
)
from inkling.engine.index.index_files import ENVIRONMENT, WORKSPACE, IndexFiles, IndexScope
from inkling.engine.index.segment import DamagedSegmentError, Segment, SegmentWriter, open_segment
from inkling.engine.language.lexer import lex

logger = logging.getLogger(__name__)

NICENESS = 10
TELL_EVERY_S = 0.2
ENVIRONMENT_STEPS = 10  # the room for packages changes by tenths, not with each line written in the workspace

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One run of the build.

    Attributes:
        scope: What to learn from.
        index: Where segments lie.
        tell: Takes what is to be told the worker.
    """

    scope: IndexScope
    index: IndexFiles
    tell: Tell

    def run(self) -> None:
        """Builds both segments where they are missing, and removes old ones.

        Raises:
            OSError: The cache folder cannot be written.
        """
        limits = Limits(n_files=self.scope.max_files, size_bytes=self.scope.max_mb * 1024 * 1024)
        files = limits.take(workspace_files([Path(folder) for folder in self.scope.folders], self.scope.exclude))
        previous = self._previous(WORKSPACE)
        name = _name(WORKSPACE, [str(file) for file in files])
        self._provide(WORKSPACE, name, files, previous)
        self._provide_environment(files, limits)
        self.index.remove_old(self.index.head(self.scope).values())

    def _provide_environment(self, files: Sequence[SourceFile], limits: Limits) -> None:
        environment = None
        if self.scope.include_environment and self.scope.interpreter is not None:
            environment = find_environment(Path(self.scope.interpreter))
        if environment is None:
            self.index.set_head(self.scope, ENVIRONMENT, None)
            self.tell({"segment": ENVIRONMENT, "name": None})
            return
        taken_bytes = sum(file.size_bytes for file in files)
        step_bytes = limits.size_bytes // ENVIRONMENT_STEPS
        taken_bytes = -(-taken_bytes // step_bytes) * step_bytes
        imported = imported_names(text for file in files if (text := read_source(file.path)) is not None)
        rest = Limits(n_files=max(0, limits.n_files - len(files)), size_bytes=max(0, limits.size_bytes - taken_bytes))
        chosen = environment_files(environment, imported, rest)
        folders = sorted({str(Path(file.path).parent) for file in chosen})
        name = _name(ENVIRONMENT, [*installed_versions(environment), *folders])
        self._provide(ENVIRONMENT, name, chosen, None)

    def _previous(self, part: str) -> Segment | None:
        """Returns the last segment of this part, whose unchanged files need not be read again."""
        name = self.index.head(self.scope).get(part)
        with contextlib.suppress(OSError, DamagedSegmentError):
            return open_segment(self.index.path(name)) if name else None
        return None

    def _provide(self, part: str, name: str, files: Sequence[SourceFile], previous: Segment | None) -> None:
        path = self.index.path(name)
        try:
            open_segment(path)
            os.utime(path)
        except (OSError, DamagedSegmentError) as error:
            if isinstance(error, DamagedSegmentError):
                logger.warning("part=%s is built again: %s", part, error)
            self._write(part, path, files, previous)
        self.index.set_head(self.scope, part, name)
        self.tell({"segment": part, "name": name})

    def _write(self, part: str, path: Path, files: Sequence[SourceFile], previous: Segment | None) -> None:
        writer = SegmentWriter()
        told_at_s = time.monotonic()
        for n_done, file in enumerate(files):
            if time.monotonic() - told_at_s > TELL_EVERY_S:
                told_at_s = time.monotonic()
                self.tell({"part": part, "done": n_done, "total": len(files)})
            key = file_key(file)
            tokens = previous.file_tokens(key) if previous is not None else None
            if tokens is None:
                text = read_source(file.path)
                tokens = lex(text) if text is not None else []
            writer.add(key, tokens)
        writer.write(path)


def file_key(file: SourceFile) -> str:
    """Returns what a file is called in a segment: another version of it has another key."""
    return f"{file.size_bytes}:{file.modified_ns}:{file.path}"


def _name(part: str, ingredients: Sequence[str]) -> str:
    digest = hashlib.sha256("\n".join(ingredients).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{part}-{digest[:32]}"


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(1)


def main() -> int:
    """Runs one build for the scope on standard input."""
    logging.basicConfig(level=sys.argv[-1], stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    scope = IndexScope.from_json(sys.stdin.buffer.readline().decode())
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()

    def tell(message: dict[str, Any]) -> None:
        print(json.dumps(message), flush=True)  # noqa: T201 - the pipe to the worker

    try:
        Build(scope=scope, index=IndexFiles(Path(scope.cache_dir)), tell=tell).run()
    except OSError as error:
        logger.error("the index cannot be written: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    # The thread that watches standard input may hold it, so the usual way out could wait for ever.
    os._exit(main())
