"""Makes forks of this process cheaper: a fork copies page tables, and huge pages need few entries in them."""

import ctypes
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_HUGE_BYTES = 2 * 2**20
_MADV_COLLAPSE = 25  # since Linux 6.1; madvise(2)


def collapse_memory() -> None:
    """Moves what this process holds into huge pages, where the kernel can; else nothing happens."""
    with suppress(OSError, AttributeError, ValueError):
        madvise = ctypes.CDLL(None).madvise
        for first, last in _own_memory():
            start, end = -(-first // _HUGE_BYTES) * _HUGE_BYTES, last // _HUGE_BYTES * _HUGE_BYTES
            if start < end:
                madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE)


def _own_memory() -> Iterator[tuple[int, int]]:
    """Yields the stretches of memory that can be written and come from no file (proc_pid_maps(5))."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, permissions, _, _, inode, *_ = line.split()
        if permissions.startswith("rw") and inode == "0" and "[stack]" not in line:
            first, _, last = addresses.partition("-")
            yield int(first, 16), int(last, 16)
