"""Where Inkling keeps things on this machine."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

_NAME = "inkling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders to work in.

    Attributes:
        data_dir: Of the event store.
        cache_dir: Of the index, and of whatever else can be built again.
    """

    data_dir: Path
    cache_dir: Path


def find() -> Places:
    """Returns the user's own folders, or those that `INKLING_DATA_DIR` and `INKLING_CACHE_DIR` name."""
    return Places(
        data_dir=Path(os.environ.get("INKLING_DATA_DIR") or platformdirs.user_data_dir(_NAME, appauthor=False)),
        cache_dir=Path(os.environ.get("INKLING_CACHE_DIR") or platformdirs.user_cache_dir(_NAME, appauthor=False)),
    )
