"""Which shared libraries a program needs, read from its file: unlike `ldd`, nothing is loaded.

Source: System V ABI, chapters 4 and 5 (ELF header, program header, dynamic section); ld.so(8) for the order of search.
"""

import re
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3  # program header types
_NEEDED, _STRING_TABLE, _RPATH, _RUNPATH = 1, 5, 15, 29  # tags of the dynamic section
_SYSTEM_FOLDERS = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")
_CACHE_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkage:
    """What a file asks the dynamic linker for.

    Attributes:
        needed: Names of libraries.
        folders: Where to look first.
        interpreter: The dynamic linker itself, for a program; empty for a library.
    """

    needed: tuple[str, ...]
    folders: tuple[str, ...]
    interpreter: str


def read_linkage(path: Path) -> Linkage | None:
    """Returns what a file needs; None for what is no 64-bit little-endian ELF file or is damaged."""
    try:
        with path.open("rb") as file:
            if file.read(6) != b"\x7fELF\x02\x01":
                return None
            with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
                return _parse(path, data)
    except (OSError, struct.error, ValueError, OverflowError, StopIteration):
        return None


def libraries_of(files: Iterable[Path], names: Iterable[str] = ()) -> dict[Path, Path]:
    """Returns libraries and those that they need in turn: the path to find each at, and the real file.

    Args:
        files: Programs and libraries whose needs are looked up.
        names: Further libraries, where the system has them.
    """
    cache = _linker_cache()
    found = {cache[name]: cache[name].resolve() for name in names if name in cache}
    to_read = [*files, *found]
    seen: set[Path] = set()
    while to_read:
        path = to_read.pop()
        if path in seen:
            continue
        seen.add(path)
        linkage = read_linkage(path)
        if linkage is None:
            continue
        places = [_find(name, linkage.folders, cache) for name in linkage.needed]
        linker = Path(linkage.interpreter)
        for place in [*places, linker.parent.resolve() / linker.name if linkage.interpreter else None]:
            if place is not None and place not in found and place.is_file():
                found[place] = place.resolve()
                to_read.append(place)
    return found


def _parse(path: Path, data: mmap) -> Linkage:
    header_at, entry_size, n_entries = *struct.unpack_from("<Q", data, 32), *struct.unpack_from("<HH", data, 54)
    headers = [struct.unpack_from("<IIQQQQ", data, header_at + number * entry_size) for number in range(n_entries)]
    loads = [(address, at, size) for kind, _, at, address, _, size in headers if kind == _LOAD]
    interpreter, entries = "", []
    for kind, _, at, _, _, size in headers:
        if kind == _INTERPRETER:
            interpreter = data[at : at + size].rstrip(b"\0").decode()
        elif kind == _DYNAMIC:
            entries = list(struct.iter_unpack("<qQ", data[at : at + size - size % 16]))
    strings = next((value for tag, value in entries if tag == _STRING_TABLE), None)
    if strings is None:
        return Linkage(needed=(), folders=(), interpreter=interpreter)
    table_at = next(at + strings - address for address, at, size in loads if address <= strings < address + size)

    def text(offset: int) -> str:
        start = table_at + offset
        return data[start : data.find(b"\0", start)].decode(errors="replace")

    folders = [folder for tag, value in entries if tag in (_RPATH, _RUNPATH) for folder in text(value).split(":")]
    origin = str(path.parent)
    return Linkage(
        needed=tuple(text(value) for tag, value in entries if tag == _NEEDED),
        folders=tuple(re.sub(r"\$(ORIGIN|\{ORIGIN\})", lambda _: origin, folder) for folder in folders if folder),
        interpreter=interpreter,
    )


def _find(name: str, folders: tuple[str, ...], cache: dict[str, Path]) -> Path | None:
    if "/" in name:
        return Path(name)
    for folder in (*folders, None, *_SYSTEM_FOLDERS):
        path = cache.get(name) if folder is None else Path(folder) / name
        if path is not None and path.is_file():
            return path.parent.resolve() / path.name
    return None


def _linker_cache() -> dict[str, Path]:
    """Returns where the system's libraries are, by name, as `ldconfig -p` prints them for 64-bit programs."""
    try:
        words = subprocess.run(
            ["/sbin/ldconfig", "-p"], capture_output=True, text=True, timeout=_CACHE_WITHIN_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    cache: dict[str, Path] = {}
    for name, kind, path in re.findall(r"^\s+(\S+) \(([^)]*)\) => (\S+)$", words, re.MULTILINE):
        if "x86-64" in kind or "AArch64" in kind:
            cache.setdefault(name, Path(path).parent.resolve() / name)
    return cache
