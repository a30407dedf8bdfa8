"""The process that reads an environment's packages once and leaves a table of their imports, and ends.

It is started by the worker of next edits, runs at low priority, and lives at most as long as its standard input: when
the worker goes, in whatever way, the pipe closes and the build ends. It reads one line, the scope as JSON, and writes
one JSON object: the table's path, and the folders whose change calls for another build.
"""

import contextlib
import hashlib
import json
import logging
import os
import sys
import sysconfig
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from inkling.context.environment import Environment, find_environment
from inkling.context.sources import installed_versions
from inkling.engine.next_edit.imports.package_imports import (
    MAGIC,
    DamagedTableError,
    encoded,
    open_table,
    write_table,
)
from inkling.engine.next_edit.imports.package_reading import read_packages

logger = logging.getLogger(__name__)

NICENESS = 10
MOST_TABLES = 8  # environments that are kept; the one that was not used for the longest time goes first
_SUFFIX = ".imports"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageScope:
    """Which packages are read.

    Attributes:
        cache_dir: Where tables are kept.
        interpreter: Whose packages; None for the standard library alone.
    """

    cache_dir: str
    interpreter: str | None

    def to_json(self) -> str:
        """Returns one line of JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(line: str) -> "PackageScope":
        """Returns the scope that `to_json` wrote."""
        return PackageScope(**json.loads(line))


def provide_table(scope: PackageScope) -> tuple[Path, list[Path]]:
    """Returns the table of an environment, built where it is missing or damaged, and the folders it was made of.

    Raises:
        OSError: The cache folder cannot be written.
    """
    environment = find_environment(Path(scope.interpreter)) if scope.interpreter is not None else None
    if environment is None:
        environment = own_standard_library()
    folder = Path(scope.cache_dir)
    ingredients = "\n".join([MAGIC.decode(), *installed_versions(environment)])
    path = folder / f"{hashlib.sha256(ingredients.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}{_SUFFIX}"
    try:
        open_table(path)
        os.utime(path)
    except (OSError, DamagedTableError) as error:
        if isinstance(error, DamagedTableError):
            logger.warning("the imports of packages are read again: %s", error)
        started_s = time.monotonic()
        lines = encoded(read_packages(environment))
        write_table(path, lines)
        logger.info("imports of packages size_kb=%d seconds=%.1f", len(lines) // 1024, time.monotonic() - started_s)
    _remove_old(folder, path)
    return path, list(environment.package_folders)


def own_standard_library() -> Environment:
    """Returns an environment without packages: the standard library of this interpreter."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    return Environment(version=sys.version, standard_library=folder, package_folders=())


def _remove_old(folder: Path, kept: Path) -> None:
    """Removes the tables that were not used for the longest time; unfinished ones go with those of the index."""
    tables: list[tuple[float, Path]] = []
    for path in folder.glob(f"*{_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):  # another window may remove it meanwhile
            tables.append((path.stat().st_mtime, path))
    for _, path in sorted(tables, reverse=True)[MOST_TABLES:]:
        if path != kept:
            path.unlink(missing_ok=True)


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(1)


def main() -> int:
    """Provides the table for the scope on standard input."""
    logging.basicConfig(level=sys.argv[-1], stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    scope = PackageScope.from_json(sys.stdin.buffer.readline().decode())
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    try:
        path, folders = provide_table(scope)
    except OSError as error:
        logger.error("the imports of packages cannot be kept: %s", error)
        return 1
    print(json.dumps({"table": str(path), "folders": [str(folder) for folder in folders]}), flush=True)  # noqa: T201 - the pipe to the worker
    return 0


if __name__ == "__main__":
    # The thread that watches standard input may hold it, so the usual way out could wait for ever.
    os._exit(main())
