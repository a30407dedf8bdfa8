"""Which files next edits may be predicted in: those of the workspace that a developer writes by hand."""

import asyncio
import os
import stat
from pathlib import Path

from inkling.context.ignored_paths import IgnoredPaths
from inkling.core.settings import Settings
from inkling.core.suggestion import Reason

_ANY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class WorkspaceFiles:
    """Implements `features.next_edit.EditableFiles` by looking at the disk, in a thread."""

    def __init__(self) -> None:
        self._folders: tuple[Path, ...] = ()
        self._exclude: tuple[str, ...] = ()

    def configure(self, settings: Settings) -> None:
        """Takes new settings."""
        self._exclude = settings.next_edit.exclude

    def open_folders(self, folders: tuple[Path, ...]) -> None:
        """Takes the workspace folders."""
        self._folders = folders

    async def refusal(self, path: Path) -> Reason | None:
        """Returns why a file is left alone; None for one that may be edited.

        A link counts as the file that it leads to, so none leads out of the workspace.
        """
        return await asyncio.to_thread(_refusal, path, self._folders, self._exclude)


def _refusal(path: Path, folders: tuple[Path, ...], exclude: tuple[str, ...]) -> Reason | None:
    real = path.resolve()
    for folder in folders:
        root = folder.resolve()
        if real.is_relative_to(root):
            try:
                is_left_out = IgnoredPaths(root, exclude).ignores_below_root(real)
            except ValueError:  # what is no pattern excludes everything rather than nothing
                return Reason.EXCLUDED
            return Reason.EXCLUDED if is_left_out else None if _is_writable(real) else Reason.NOT_WRITABLE
    return Reason.OUTSIDE_WORKSPACE


def _is_writable(path: Path) -> bool:
    """Tells whether a file may be written: to root the mode says that it shall not be, if not that it cannot."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return True  # it was not saved yet
    return bool(mode & _ANY_WRITE) and os.access(path, os.W_OK)
