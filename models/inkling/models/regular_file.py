"""Reads small files that anybody may have put something else in the place of: a pipe, a device, an enormous file."""

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
