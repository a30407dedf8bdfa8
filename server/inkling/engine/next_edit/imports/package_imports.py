r"""How installed packages import what, and what they offer: one sorted table on disk, searched where it lies.

The table is one file, written once and never changed. Its first line says what it is and how to check the rest; each
further line is one import that binds a name:

```
INKLING-IMPORTS <version> <size of the rest, bytes> <CRC-32 of the rest>
<name> TAB <module> TAB <member> TAB <alias> TAB <number of packages that write it> TAB <1 where the module offers it>
```

The lines are sorted by their bytes, so all imports for one name stand together.
"""

import mmap
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkling.engine.next_edit.imports.imported_name import ImportedName

MAGIC: Final = b"INKLING-IMPORTS 1"
MOST_KEPT_NAMES = 5_000  # of which the sources are remembered; a table has some ten thousand names
_CHUNK_BYTES = 1 << 20


class DamagedTableError(Exception):
    """A table that is torn, damaged or of another version; it is to be built again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSource:
    """One import that would bind a name.

    Attributes:
        imported: The import.
        n_packages: How many packages write it, modules of the standard library among them; 0 where it is only offered.
        is_offered: Whether the module has the name in its `__all__`, or without one defines it.
    """

    imported: ImportedName
    n_packages: int
    is_offered: bool


class PackageImports:
    """A table of imports."""

    def __init__(self, lines: bytes | mmap.mmap = b"", start: int = 0) -> None:
        """Takes a table.

        Args:
            lines: Its bytes.
            start: Where its sorted lines begin.
        """
        self._lines = lines
        self._start = start
        self._sources: dict[str, tuple[PackageSource, ...]] = {}

    def sources(self, name: str) -> tuple[PackageSource, ...]:
        """Returns the imports that would bind a name, those that most packages write first."""
        found = self._sources.get(name)
        if found is None:
            if len(self._sources) > MOST_KEPT_NAMES:
                self._sources.clear()
            found = self._sources[name] = tuple(sorted(self._read(name), key=telling))
        return found

    def _read(self, name: str) -> Iterable[PackageSource]:
        key = name.encode("utf-8", "surrogatepass") + b"\t"
        place = self._first_line_from(key)
        while self._lines[place : place + len(key)] == key:
            end = self._lines.find(b"\n", place)
            _, module, member, alias, n_packages, offered = self._lines[place:end].decode().split("\t")
            yield PackageSource(
                imported=ImportedName(module=module, member=member, alias=alias),
                n_packages=int(n_packages),
                is_offered=offered == "1",
            )
            place = end + 1

    def _first_line_from(self, key: bytes) -> int:
        """Returns where the first line begins that is not less than a key."""
        low, high = self._start, len(self._lines)
        while low < high:
            middle = (low + high) // 2
            first = self._lines.rfind(b"\n", low, middle) + 1 or low
            if self._lines[first : first + len(key)] < key:
                low = self._lines.find(b"\n", middle) + 1
            else:
                high = first
        return low


def telling(source: PackageSource) -> tuple[int, bool, int, str]:
    """Returns what is sorted by: the more packages write an import, then the nearer to the root, the less."""
    module = source.imported.module
    return (-source.n_packages, not source.is_offered, module.count("."), module)


def encoded(sources: Iterable[tuple[str, PackageSource]]) -> bytes:
    """Returns the lines of a table, from names and the imports that bind them."""
    lines = []
    for name, source in sources:
        imported = source.imported
        fields = (name, imported.module, imported.member, imported.alias)
        lines.append("\t".join((*fields, str(source.n_packages), str(int(source.is_offered)))))
    return b"".join(sorted(line.encode("utf-8", "surrogatepass") + b"\n" for line in lines))


def write_table(path: Path, lines: bytes) -> None:
    """Writes a table at once: another process sees the whole file or none.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(b"%s %d %d\n" % (MAGIC, len(lines), zlib.crc32(lines)))
            file.write(lines)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def open_table(path: Path) -> PackageImports:
    """Returns the table in `path`, memory-mapped, after all of it was compared with its checksum.

    Raises:
        DamagedTableError: It is torn, damaged or of another version.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        head = file.readline(len(MAGIC) + 40)
        fields = head.removeprefix(MAGIC).split()
        if not head.startswith(MAGIC + b" ") or len(fields) != 2 or not all(field.isdigit() for field in fields):
            raise DamagedTableError(f"{path.name} has another format")
        size, crc = 0, 0
        # Read and not mapped: pages that are only checked would count as the worker's memory.
        while chunk := file.read(_CHUNK_BYTES):
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
        if [size, crc] != [int(field) for field in fields]:
            raise DamagedTableError(f"{path.name} is damaged")
        return PackageImports(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), len(head))
