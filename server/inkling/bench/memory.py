"""How much memory processes take."""

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
