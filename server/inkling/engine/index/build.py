"""The build process: finds what changed since the last build, reads it, writes a segment of it, and ends.

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
from inkling.engine.index.index_files import ENVIRONMENT, WORKSPACE, WORKSPACE_ALONE, IndexFiles, IndexScope
from inkling.engine.index.segment import DamagedSegmentError, Segment, SegmentWriter, open_segment
from inkling.engine.index.stack import SegmentStack, file_key, gone_key
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
        is_workspace_alone: Whether the environment was looked at a moment ago, and only files were saved since.
    """

    scope: IndexScope
    index: IndexFiles
    tell: Tell
    is_workspace_alone: bool = False

    def run(self) -> None:
        """Builds what is missing, and removes old segments.

        Raises:
            OSError: The cache folder cannot be written.
        """
        limits = Limits(n_files=self.scope.max_files, size_bytes=self.scope.max_mb * 1024 * 1024)
        files = limits.take(workspace_files([Path(folder) for folder in self.scope.folders], self.scope.exclude))
        self._provide_workspace(files)
        if not self.is_workspace_alone:
            self._provide_environment(files, limits)
        self.index.remove_old(name for names in self.index.head(self.scope).values() for name in names)

    def _provide_workspace(self, files: Sequence[SourceFile]) -> None:
        """Adds a segment for what changed, and makes it one with those that are not much larger."""
        names, segments = self._usable(WORKSPACE)
        stack = SegmentStack(segments)
        wanted = {file_key(file): file for file in files}
        present = stack.keys()
        missing = [file for key, file in wanted.items() if present.get(file.path) != key]
        are_gone = present.keys() - {file.path for file in files}
        if missing or are_gone or not names:
            folding = stack.fold(wanted.keys(), sum(file.size_bytes for file in missing))
            gone = [gone_key(path) for path in folding.gone]
            content = [*(key for _, key in folding.taken), *map(file_key, missing), *gone]
            names = [*names[: folding.n_kept], _name(WORKSPACE, content)]
            if not self._is_usable(names[-1]):
                writer = SegmentWriter()
                for segment, key in folding.taken:
                    writer.add(key, segment.file_tokens(key) or ())
                for key in gone:
                    writer.add(key, ())
                self._write(WORKSPACE, writer, names[-1], missing)
        self._adopt(WORKSPACE, names)

    def _provide_environment(self, files: Sequence[SourceFile], limits: Limits) -> None:
        environment = None
        if self.scope.include_environment and self.scope.interpreter is not None:
            environment = find_environment(Path(self.scope.interpreter))
        if environment is None:
            self._adopt(ENVIRONMENT, [])
            return
        taken_bytes = sum(file.size_bytes for file in files)
        step_bytes = limits.size_bytes // ENVIRONMENT_STEPS
        taken_bytes = -(-taken_bytes // step_bytes) * step_bytes
        imported = imported_names(text for file in files if (text := read_source(file.path)) is not None)
        rest = Limits(n_files=max(0, limits.n_files - len(files)), size_bytes=max(0, limits.size_bytes - taken_bytes))
        chosen = environment_files(environment, imported, rest)
        folders = sorted({str(Path(file.path).parent) for file in chosen})
        name = _name(ENVIRONMENT, [*installed_versions(environment), *folders])
        if not self._is_usable(name):
            self._write(ENVIRONMENT, SegmentWriter(), name, chosen)
        self._adopt(ENVIRONMENT, [name])

    def _usable(self, part: str) -> tuple[list[str], list[Segment]]:
        """Returns the segments that were used last; those that are damaged are left out, and so built again."""
        names: list[str] = []
        segments: list[Segment] = []
        for name in self.index.head(self.scope).get(part, ()):
            with contextlib.suppress(OSError):
                try:
                    segments.append(open_segment(self.index.path(name)))
                    names.append(name)
                except DamagedSegmentError as error:
                    logger.warning("part=%s is built again: %s", part, error)
        return names, segments

    def _is_usable(self, name: str) -> bool:
        try:
            open_segment(self.index.path(name))
        except (OSError, DamagedSegmentError):
            return False
        return True

    def _adopt(self, part: str, names: Sequence[str]) -> None:
        for name in names:
            os.utime(self.index.path(name))
        self.index.set_head(self.scope, part, names)
        self.tell({"segment": part, "names": list(names)})

    def _write(self, part: str, writer: SegmentWriter, name: str, files: Sequence[SourceFile]) -> None:
        """Reads files into a segment and writes it."""
        told_at_s = time.monotonic()
        for n_done, file in enumerate(files):
            if time.monotonic() - told_at_s > TELL_EVERY_S:
                told_at_s = time.monotonic()
                self.tell({"part": part, "done": n_done, "total": len(files)})
            text = read_source(file.path)
            writer.add(file_key(file), lex(text) if text is not None else [])
        writer.write(self.index.path(name))


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
        Build(
            scope=scope,
            index=IndexFiles(Path(scope.cache_dir)),
            tell=tell,
            is_workspace_alone=WORKSPACE_ALONE in sys.argv,
        ).run()
    except OSError as error:
        logger.error("the index cannot be written: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    # The thread that watches standard input may hold it, so the usual way out could wait for ever.
    os._exit(main())
