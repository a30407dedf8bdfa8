"""Where the index lies: segments named by what they were made of, and for each scope the names it used last.

Any number of windows share one folder. Each file appears at once, by renaming, so nothing is locked: two
windows that build the same segment write the same file.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

WORKSPACE = "workspace"
ENVIRONMENT = "environment"
PARTS = (WORKSPACE, ENVIRONMENT)
MOST_BYTES = 1024 * 1024 * 1024  # of all segments together; the oldest go first
UNFINISHED_FOR_S = 3600.0  # no build writes for so long
_SUFFIX = ".segment"


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

    def head(self, scope: IndexScope) -> dict[str, str]:
        """Returns the names of the segments that `scope` used last, by part; empty when there are none."""
        try:
            found = json.loads(self._head_path(scope).read_text(encoding="utf-8"))
            return {part: str(name) for part, name in found.items() if part in PARTS}
        except (OSError, ValueError, AttributeError):
            return {}

    def set_head(self, scope: IndexScope, part: str, name: str | None) -> None:
        """Remembers which segment `scope` uses for a part; None for none.

        Raises:
            OSError: The folder cannot be written.
        """
        head = self.head(scope)
        if head.get(part) == name:
            return
        if name is None:
            del head[part]
        else:
            head[part] = name
        path = self._head_path(scope)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(head), encoding="utf-8")
        temporary.replace(path)

    def remove_old(self, in_use: Iterable[str]) -> None:
        """Removes the segments that were not used for the longest time, until the rest is small enough.

        What builds that were killed had begun to write goes, too.
        """
        for path in self._folder.glob("*.tmp"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > UNFINISHED_FOR_S:
                    path.unlink()
        kept = {self.path(name) for name in in_use}
        segments: list[tuple[float, int, Path]] = []
        for path in self._folder.glob(f"*{_SUFFIX}"):
            # Another window may remove it meanwhile.
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                segments.append((status.st_mtime, status.st_size, path))
        total_bytes = 0
        for _, size_bytes, path in sorted(segments, reverse=True):
            total_bytes += size_bytes
            if total_bytes > self._most_bytes and path not in kept:
                path.unlink(missing_ok=True)

    def _head_path(self, scope: IndexScope) -> Path:
        digest = hashlib.sha256(scope.to_json().encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / f"{digest[:32]}.head"
