"""Where the index lies: segments named by what they were made of, and for each scope the names it used last.

Any number of windows share one folder. Each file appears at once, by renaming, so nothing is locked: two
windows that build the same segment write the same file.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

WORKSPACE = "workspace"
ENVIRONMENT = "environment"
PARTS = (WORKSPACE, ENVIRONMENT)
WORKSPACE_ALONE = "--workspace-alone"  # has a build leave the environment as it is
MOST_BYTES = 1024 * 1024 * 1024  # of all segments together; the oldest go first
UNFINISHED_FOR_S = 3600.0  # no build writes for so long
UNUSED_FOR_S = 600.0  # a segment that no head names may just have been written, by another window's build
HEAD_FORMAT = "2"  # goes into the names of heads, so that other versions of Inkling do not read ours
_SUFFIX = ".segment"
_HEAD_SUFFIX = ".head"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexScope:
    """What an index is made of, in the form that goes to the worker and the build.

    Attributes:
        cache_dir: Where it is kept.
        folders: The workspace folders.
        interpreter: Whose packages are read, too; None for none.
        include_environment: Whether packages are read at all.
        max_files: Most files.
        max_mb: Most megabytes of source.
        exclude: Patterns of paths that are not read.
    """

    cache_dir: str
    folders: tuple[str, ...]
    interpreter: str | None
    include_environment: bool
    max_files: int
    max_mb: int
    exclude: tuple[str, ...]

    def to_json(self) -> str:
        """Returns one line of JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(line: str) -> "IndexScope":
        """Returns the scope that `to_json` wrote."""
        fields = json.loads(line)
        fields["folders"] = tuple(fields["folders"])
        fields["exclude"] = tuple(fields["exclude"])
        return IndexScope(**fields)


class IndexFiles:
    """The folder of an index."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def path(self, name: str) -> Path:
        """Returns where the segment `name` lies."""
        return self._folder / f"{name}{_SUFFIX}"

    def head(self, scope: IndexScope) -> dict[str, list[str]]:
        """Returns the names of the segments that `scope` used last, by part, the oldest first; empty where none are."""
        return _read_head(self._head_path(scope))

    def set_head(self, scope: IndexScope, part: str, names: Sequence[str]) -> None:
        """Remembers which segments `scope` uses for a part.

        Raises:
            OSError: The folder cannot be written.
        """
        head = self.head(scope)
        if head.get(part, []) == list(names):
            return
        head[part] = list(names)
        path = self._head_path(scope)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(head), encoding="utf-8")
        temporary.replace(path)

    def remove_old(self, in_use: Iterable[str]) -> None:
        """Removes segments that no head names, then those not used for the longest time until the rest is small enough.

        What builds that were killed had begun to write goes, too. Another window may still have mapped what goes.
        """
        for path in self._folder.glob("*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > UNFINISHED_FOR_S:
                    path.unlink()
        kept = {self.path(name) for name in in_use}
        named = {
            self.path(name)
            for head in self._folder.glob(f"*{_HEAD_SUFFIX}")
            for names in _read_head(head).values()
            for name in names
        }
        segments: list[tuple[float, int, Path]] = []
        for path in self._folder.glob(f"*{_SUFFIX}"):
            # Another window may remove it meanwhile.
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                is_unused = path not in named and path not in kept
                if is_unused and time.time() - status.st_mtime > UNUSED_FOR_S:
                    _remove(path)
                else:
                    segments.append((status.st_mtime, status.st_size, path))
        total_bytes = 0
        for _, size_bytes, path in sorted(segments, reverse=True):
            total_bytes += size_bytes
            if total_bytes > self._most_bytes and path not in kept:
                _remove(path)

    def _head_path(self, scope: IndexScope) -> Path:
        digest = hashlib.sha256((HEAD_FORMAT + scope.to_json()).encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / f"{digest[:32]}{_HEAD_SUFFIX}"


def _read_head(path: Path) -> dict[str, list[str]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {part: [str(name) for name in names] for part, names in found.items() if part in PARTS}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _remove(path: Path) -> None:
    # Where a mapped file cannot be removed it goes another time.
    with contextlib.suppress(OSError):
        path.unlink()
