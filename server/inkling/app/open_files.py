"""The files that stand in for those an editor would have open, where there is no editor."""

import heapq
from pathlib import Path
from typing import Final

from inkling.app.location import Location
from inkling.context.sources import read_source
from inkling.core.snapshot import DocumentUri, Snapshot

MAX_OPEN: Final = 20


def as_if_open(location: Location) -> list[Snapshot]:
    """Returns the Python files beside a location's that were written last, the latest at the end."""
    here = location.snapshot.path
    folder = Path.cwd() if here is None else here.parent
    paths = [path for path in folder.glob("*.py") if path != here and path.is_file()]
    snapshots = []
    for path in heapq.nlargest(MAX_OPEN, paths, key=lambda path: path.stat().st_mtime_ns):
        text = read_source(str(path))
        if text is not None:
            snapshots.append(Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=-1, text=text))
    return snapshots[::-1]
