"""The files of the user's own model, all in one folder, and how a window sees that one of them changed."""

import json
from pathlib import Path

from inkling.models.operating_points import FILE_NAME as POINTS_NAME
from inkling.models.registry import Registry
from inkling.models.regular_file import write_whole

Mark = tuple[int, int, int] | None
"""Modification time in nanoseconds, size, inode; None for a file that is not there."""


class OwnFiles:
    """Where things are.

    Attributes:
        directory: The folder of all of them, which `Registry` shares.
        reset_mark: When the user last had everything forgotten.
        points: The knob's thresholds from the user's own log, which a retraining writes.
        drift: What a retraining found to have changed of late.
        told: Which alarms the user was told, and when.
    """

    def __init__(self, data_dir: Path) -> None:
        self.directory = data_dir / "personal"
        self.reset_mark = self.directory / "reset.json"
        self.points = self.directory / POINTS_NAME
        self.drift = self.directory / "drift.json"
        self.told = self.directory / "told.json"

    def model_marks(self) -> tuple[Mark, ...]:
        """Returns what changes when a retraining, a rollback or a reset, by whatever process, puts a model in force."""
        return _mark(Registry(self.directory).champion_path), _mark(self.reset_mark)

    def points_mark(self) -> Mark:
        """Returns what changes with the knob's thresholds."""
        return _mark(self.points)

    def drift_mark(self) -> Mark:
        """Returns what changes with every report of drift."""
        return _mark(self.drift)


def write_json(path: Path, content: object) -> None:
    """Writes a file as a whole.

    Raises:
        OSError: It cannot be written.
    """
    write_whole(path, (json.dumps(content, allow_nan=False) + "\n").encode())


def _mark(path: Path) -> Mark:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
