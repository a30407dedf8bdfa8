"""What a run has used, where no control group counts it: by looking at its processes in `/proc`.

Source: proc(5).
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

_MB = 2**20
_INODE_BYTES = 1024  # about what an empty file in memory costs the kernel
_TIMES = slice(11, 15)  # utime, stime, cutime, cstime after the command's name; proc_pid_stat(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a run has used so far.

    Attributes:
        cpu_s: Seconds of CPU time, all its processes; None where that is not known.
        memory_mb: Megabytes now, where nothing but the daemon holds the run to its limit; else None.
        peak_memory_mb: Megabytes at most; None where that is not known.
        n_out_of_memory: How many of its processes the kernel has killed because it used too much memory.
    """

    cpu_s: float | None = None
    memory_mb: float | None = None
    peak_memory_mb: float | None = None
    n_out_of_memory: int = 0

    def after(self, earlier: "Usage") -> "Usage":
        """Returns this, with what only an earlier look could tell."""
        peaks_mb = [mb for mb in (self.peak_memory_mb, earlier.peak_memory_mb, self.memory_mb) if mb is not None]
        return Usage(
            cpu_s=earlier.cpu_s if self.cpu_s is None else self.cpu_s,
            memory_mb=self.memory_mb,
            peak_memory_mb=max(peaks_mb, default=None),
            n_out_of_memory=self.n_out_of_memory,
        )


def usage_of_tree(first: int, scratch: str) -> Usage:
    """Returns what a process and all below it use; nothing is known once it has ended.

    Files that they have written into memory count as memory.

    Args:
        first: Id of the first process.
        scratch: Where it finds the folder that it may write to.
    """
    ticks, size_bytes = 0, 0
    if not Path(f"/proc/{first}/root/").exists():
        return Usage()
    for process_id in _tree(first):
        with contextlib.suppress(OSError, ValueError, IndexError):
            folder = Path(f"/proc/{process_id}")
            words = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            ticks += sum(map(int, words[_TIMES]))
            # Pages that a fork shares with its parent are divided between them.
            for line in (folder / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    size_bytes += int(line.split()[1]) * 1024
    with contextlib.suppress(OSError):
        files = os.statvfs(f"/proc/{first}/root{scratch}")
        size_bytes += (files.f_blocks - files.f_bfree) * files.f_frsize
        size_bytes += (files.f_files - files.f_ffree) * _INODE_BYTES
    return Usage(cpu_s=ticks / os.sysconf("SC_CLK_TCK"), memory_mb=size_bytes / _MB)


def _tree(first: int) -> list[int]:
    found = [first]
    for process_id in found:
        with contextlib.suppress(OSError, ValueError):
            for task in Path(f"/proc/{process_id}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found
