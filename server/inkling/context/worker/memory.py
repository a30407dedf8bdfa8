"""Memory that is free inside a process, given back to the system."""

import ctypes
import sys


def give_back_memory() -> bool:
    """Gives back what was freed, which the allocator keeps otherwise; takes a few milliseconds.

    Returns:
        Whether the system's allocator can do that: glibc's can.

    Source: Linux man-pages, malloc_trim(3).
    """
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim(0)
    return True
