"""Temporary folders of runs, and what becomes of them when a daemon is killed."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from inkling.sandbox.ownership import has_ended, own_token

_PREFIX = "inkling-run-"


def make_staging() -> Path:
    """Returns a new folder for one run, which only this user can enter."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{own_token()}-"))


def remove_staging(folder: Path) -> None:
    """Removes the folder of a run that has ended."""
    shutil.rmtree(folder, ignore_errors=True)


def remove_left_stagings() -> None:
    """Removes the folders of daemons that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        token = "-".join(folder.name.removeprefix(_PREFIX).split("-")[:2])
        with contextlib.suppress(OSError):
            if has_ended(token) and folder.stat().st_uid == os.getuid():
                remove_staging(folder)
