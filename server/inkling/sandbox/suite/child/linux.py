"""The few calls of Linux that Python's library lacks. Where one is missing, the sandbox around us still holds."""

import ctypes
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38

# Source: Linux, Documentation/userspace-api/landlock.rst; the numbers are the same on all machines.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446
_LANDLOCK_SCOPES = 0b11  # sockets with abstract names, and signals; since Linux 6.12

LONGEST_REAPING_S = 2.0  # what is not gone by then forks faster than it is killed

_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Makes this process the parent of every orphan among its descendants, so that none is lost from sight."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def set_readable_by_others(is_readable: bool) -> None:
    """Says whether processes of the same user may read this one's memory and descriptors, and write to them."""
    _libc.prctl(_PR_SET_DUMPABLE, int(is_readable), 0, 0, 0)


def die_with_parent() -> None:
    """Has this process killed when its parent ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class _Ruleset(ctypes.Structure):
    """What Landlock is to forbid: `struct landlock_ruleset_attr` of linux/landlock.h."""

    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


def keep_to_own_descendants() -> None:
    """Forbids this process, and all that it starts, to signal, trace or look into any other one.

    Kernels before 6.12 do not know how; there only the sandbox's own walls stand.
    """
    wanted = _Ruleset(files=0, network=0, scopes=_LANDLOCK_SCOPES)
    ruleset = _libc.syscall(_LANDLOCK_CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(ctypes.sizeof(wanted)), 0)
    if ruleset == -1:
        return
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def holds_shared_objects() -> bool:
    """Tells whether there is shared memory, a queue or a semaphore of System V's, which outlive who made them."""
    for kind in ("shm", "msg", "sem"):
        with suppress(OSError), open(f"/proc/sysvipc/{kind}", "rb") as listed:  # noqa: PTH123 - after each job
            if len(listed.readlines()) > 1:
                return True
    return False


def children() -> list[int]:
    """Returns the processes whose parent is this one.

    Raises:
        OSError: There is no `/proc` to look at.
    """
    own = os.getpid()
    found = []
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names are all that is needed
        if not entry.isdigit():
            continue
        try:
            status = Path("/proc", entry, "stat").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        # The name, in parentheses, may hold anything; after it come the state and the parent (proc(5)).
        if int(status[status.rindex(b")") + 1 :].split()[1]) == own:
            found.append(int(entry))
    return found


def reap_all(group: int) -> bool:
    """Kills and reaps every descendant; tells whether none is left after a while.

    Orphans come to this process (`adopt_orphans`), so killing its children again and again reaches all of them.

    Args:
        group: A process group that is killed at one stroke, before any of it can fork again.
    """
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    give_up_at_s = time.monotonic() + LONGEST_REAPING_S
    while time.monotonic() < give_up_at_s:
        try:
            found = children()
            for process_id in found:
                os.kill(process_id, signal.SIGKILL)
            for process_id in found:
                os.waitpid(process_id, 0)
        except OSError:
            return False
        if not found:
            return True
    return False
