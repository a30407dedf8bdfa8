"""An image with an interpreter and what its environment needs, made from the host's files without a registry.

The image has the interpreter, its standard library, and the system's libraries that these and the environment's
packages are linked with. The packages themselves, which may be gigabytes, are mounted. Everything is at the path
that it has on the host, so that what names paths, as virtual environments do, holds. Images are named by a fingerprint
of what they were made from, and found again by it.
"""

import hashlib
import io
import os
import re
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from inkling.sandbox.elf import libraries_of
from inkling.sandbox.environment import SYSTEM_LINKS, system_texts
from inkling.sandbox.installation import Installation

_VERSION = 3  # of what an image has; part of the fingerprint
_FOLDERS = ("dev", "etc", "proc", "sys", "usr/bin", "usr/lib")
_EXTRA_LIBRARIES = ("libgcc_s.so.1", "libstdc++.so.6")  # loaded by name, at run time
_EXTRA_FILES = ("/usr/share/zoneinfo", "/usr/lib/locale/C.utf8", "/etc/mime.types")
_NOT_COPIED = frozenset(  # of the standard library: what is mounted, and what no test uses
    {"dist-packages", "site-packages", "ensurepip", "idlelib", "lib2to3", "test", "tkinter", "turtledemo"}
)
_NATIVE = re.compile(r"\.so(\.[0-9.]+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """What an image is made from.

    Attributes:
        installation: The interpreter.
        user_id: Who runs programs in it.
        libraries: Folders of the standard library, which are copied.
        packages: Folders that are mounted: the environment's, and the installation's where it shows.
        fingerprint: Changes with the interpreter and with what is installed.
    """

    installation: Installation
    user_id: int
    libraries: tuple[Path, ...]
    packages: tuple[Path, ...]
    fingerprint: str


def plan_image(installation: Installation, user_id: int) -> ImagePlan:
    """Returns what the image for an interpreter is made from."""
    environment, prefix = installation.environment, installation.prefix
    libraries = [path for path in sorted(prefix.glob("lib*/python3*")) if (path / "os.py").is_file()]
    packages = [] if environment is None else [environment]
    if environment is None or "include-system-site-packages = true" in (environment / "pyvenv.cfg").read_text():
        below = [*libraries, prefix / "lib/python3", *prefix.glob("local/lib/python3*")]
        packages += [path for folder in below for path in sorted(folder.glob("*-packages"))]
    digest = hashlib.sha256(repr((_VERSION, user_id, installation)).encode())
    for path in [installation.interpreter, *libraries]:
        digest.update(_state(path))
    for folder in packages:
        for site in [folder] if environment is None else sorted(folder.glob("lib*/python3*/site-packages")):
            digest.update(b"".join(sorted(_state(entry) for entry in site.iterdir())))
    return ImagePlan(
        installation=installation,
        user_id=user_id,
        libraries=tuple(libraries),
        packages=tuple(packages),
        fingerprint=digest.hexdigest()[:16],
    )


def write_image(plan: ImagePlan, file: IO[bytes]) -> None:
    """Writes the image as a tar archive."""
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _Writer(tar).write(plan)


class _Writer:
    """Writes each path once, with the folders above it."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._written: set[str] = set()
        self._native: list[Path] = []

    def write(self, plan: ImagePlan) -> None:
        for name in _FOLDERS:
            self._folder(name)
        self._member(tarfile.TarInfo("tmp"), mode=0o1777, kind=tarfile.DIRTYPE)
        for name in SYSTEM_LINKS:
            if Path(name).is_symlink():
                self._link(Path(name), str(Path(name).readlink()))
        for name, text in system_texts(plan.user_id).items():
            self._text(f"etc/{name}", text.encode())
        installation = plan.installation
        for executable in sorted(installation.prefix.glob("bin/python3*")):
            self._path(executable)
        for link, target in installation.links:
            self._link(link, str(target))
        for folder in plan.libraries:
            self._tree(folder, _NOT_COPIED)
        for folder in plan.packages:
            self._folder(str(folder))
            self._native += [path for path in _walk(folder, frozenset()) if _NATIVE.search(path.name)]
        for name in _EXTRA_FILES:
            if Path(name).is_dir():
                self._tree(Path(name), frozenset())
            elif Path(name).is_file():
                self._content(Path(name), Path(name))
        shell = Path("/bin/sh").resolve()
        if shell.is_file():
            self._content(Path("/usr/bin/sh"), shell)
            self._native.append(shell)
        self._native.append(installation.interpreter.resolve())
        mounted = [folder.resolve() for folder in plan.packages]
        for path, real in libraries_of(self._native, _EXTRA_LIBRARIES).items():
            if not any(path.is_relative_to(folder) for folder in mounted):
                self._content(path, real)

    def _tree(self, folder: Path, left_out: frozenset[str]) -> None:
        self._folder(str(folder))
        for path in _walk(folder, left_out):
            self._path(path)

    def _path(self, path: Path) -> None:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            self._link(path, str(path.readlink()))
        elif stat.S_ISDIR(mode):
            self._folder(str(path))
        elif stat.S_ISREG(mode):
            self._content(path, path)
            if _NATIVE.search(path.name):
                self._native.append(path)

    def _folder(self, name: str) -> None:
        for path in [*reversed(Path(name.lstrip("/")).parents[:-1]), Path(name.lstrip("/"))]:
            self._member(tarfile.TarInfo(str(path)), mode=0o755, kind=tarfile.DIRTYPE)

    def _link(self, path: Path, target: str) -> None:
        self._folder(str(path.parent))
        info = tarfile.TarInfo(str(path).lstrip("/"))
        info.linkname = target
        self._member(info, mode=0o777, kind=tarfile.SYMTYPE)

    def _text(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self._member(info, mode=0o644, kind=tarfile.REGTYPE, data=io.BytesIO(data))

    def _content(self, path: Path, real: Path) -> None:
        try:
            with real.open("rb") as file:
                state = os.fstat(file.fileno())
                self._folder(str(path.parent))
                info = tarfile.TarInfo(str(path).lstrip("/"))
                info.size, info.mtime = state.st_size, int(state.st_mtime)
                self._member(info, mode=0o755 if state.st_mode & 0o100 else 0o644, kind=tarfile.REGTYPE, data=file)
        except OSError:
            return  # a file that cannot be read is no use to a run either

    def _member(self, info: tarfile.TarInfo, *, mode: int, kind: bytes, data: IO[bytes] | None = None) -> None:
        if info.name in self._written or info.name in ("", "."):
            return
        self._written.add(info.name)
        info.mode, info.type = mode, kind
        self._tar.addfile(info, data)


def _walk(folder: Path, left_out: frozenset[str]) -> Iterator[Path]:
    """Yields what is below a folder, folders before what they hold, without following links."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name in left_out or entry.name.startswith("config-"):
            continue
        yield folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, frozenset())


def _state(path: Path) -> bytes:
    try:
        state = path.stat()
        return repr((path.name, state.st_mtime_ns, state.st_size)).encode()
    except OSError:
        return path.name.encode()
