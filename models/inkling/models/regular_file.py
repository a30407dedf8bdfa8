"""Small files that are read with distrust and written whole: anybody may have put a pipe or a device in their place."""

import contextlib
import errno
import os
import stat
from pathlib import Path


def read_regular(path: Path, max_bytes: int) -> bytes:
    """Returns what a regular file holds; never waits, and never reads more than `max_bytes` and one.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
    """
    # Without O_NONBLOCK a named pipe would be waited for; Windows knows neither.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {max_bytes} bytes", str(path))
    return data


def set_aside(path: Path) -> Path:
    """Moves whatever lies at `path` to a name beside it that nothing reads, and returns that.

    Raises:
        OSError: It cannot be moved.
    """
    kept = aside_of(path)
    with contextlib.suppress(FileNotFoundError):  # another window was faster
        path.replace(kept)
    return kept


def remove(path: Path) -> None:
    """Removes a file; a folder in its place, too, which is set aside where it holds something.

    Raises:
        OSError: It cannot be removed.
    """
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    try:
        path.rmdir()
    except OSError:
        set_aside(path)


def aside_of(path: Path) -> Path:
    """Returns the name beside `path` under which a damaged file is kept."""
    return path.with_name(f"{path.name}.damaged")


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file aside and moves it into place, so that nobody ever reads a part of it; makes its folder, too.

    Nobody but the user may look into either: file names and habits are their own.

    Raises:
        OSError: It cannot be written; what was there before still is.
    """
    aside = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # of a folder that somebody else owns
            path.parent.chmod(0o700)  # versions before this one left it open
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # it may never have been made
            aside.unlink()
        raise
