"""How much memory processes take."""

from pathlib import Path

MB = 2**20


def memory_mb(process_id: int, *, with_children: bool = True) -> tuple[float, float]:
    """Returns resident and proportional memory of a process, and perhaps of all its children, in megabytes."""
    import psutil

    root = psutil.Process(process_id)
    children = root.children(recursive=True) if with_children else []
    infos = [process.memory_full_info() for process in (root, *children)]
    return (
        sum(info.rss for info in infos) / MB,
        sum(getattr(info, "pss", info.rss) for info in infos) / MB,
    )


def anonymous_mb(process_id: int) -> float:
    """Returns the memory of a process that no file holds, its heap and stacks, in megabytes.

    An index that is mapped into memory does not count: its pages are the system's to take back. Where the system does
    not tell them apart, it is what only this process holds.

    Source: Linux, proc_pid_smaps(5), "smaps_rollup".
    """
    rollup = Path(f"/proc/{process_id}/smaps_rollup")
    if rollup.exists():
        (line,) = (line for line in rollup.read_text().splitlines() if line.startswith("Anonymous:"))
        return int(line.split()[1]) * 1024 / MB
    import psutil

    return float(psutil.Process(process_id).memory_full_info().uss) / MB
