"""Names for what a daemon leaves on the system while it lives, so that the next one can clear up after a killed one."""

import os
import platform
import re
from pathlib import Path

_TOKEN = re.compile(r"(\d+)-(\d+)")
_STARTED_AT = 19  # index of `starttime` after the command's name; proc_pid_stat(5)


def own_token() -> str:
    """Returns a name for this process that no later process has: its id and when it was started."""
    return f"{os.getpid()}-{_started_at(os.getpid())}"


def own_place() -> str:
    """Returns a name for this machine, since it was started, and for the container that this process may be in."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}-{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def has_ended(token: str) -> bool:
    """Tells whether the process of a token is gone; what is no token says nothing of the kind."""
    match = _TOKEN.fullmatch(token)
    return match is not None and _started_at(int(match[1])) != int(match[2])


def _started_at(process_id: int) -> int:
    """Returns when a process was started, in ticks since the system's start; 0 when it does not run."""
    try:
        words = (
            Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
        return int(words[_STARTED_AT])
    except (OSError, ValueError, IndexError):
        return 0
