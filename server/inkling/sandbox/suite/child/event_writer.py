"""Writes a job's events where the zygote reads them, whatever the tests do to descriptors and processes."""

import json
import os
from collections.abc import Mapping

from .frames import MAX_EVENTS_BYTES, MAX_LINE_BYTES

COVERAGE_SHARE = 0.5  # of all bytes; what comes after is reported without its lines


class EventWriter:
    """One JSON object a line, to a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pipe = _identity(descriptor)
        self._process_id = os.getpid()
        self._n_bytes = 0

    @property
    def has_room_for_coverage(self) -> bool:
        """Whether lines may still be told without keeping results from being told."""
        return self._n_bytes < MAX_EVENTS_BYTES * COVERAGE_SHARE

    def write(self, event: Mapping[str, object]) -> None:
        """Writes one event; does nothing in a process that a test forked, nor where a test closed the pipe."""
        data = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        # A test may have closed our descriptor and have opened something of its own under the same number.
        if os.getpid() != self._process_id or _identity(self._descriptor) != self._pipe or len(data) > MAX_LINE_BYTES:
            return
        self._n_bytes += len(data)
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino
