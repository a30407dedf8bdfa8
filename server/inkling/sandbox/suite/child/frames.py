"""The one module that both halves share: frames between the runner and the zygote, and what a job is.

A frame is its payload's length (4 bytes, big-endian), its kind (1 byte) and its payload. The zygote's frames are its
own; the events of a job, which the tests can tamper with, come inside of `EVENTS` frames as they are, one JSON object
a line, and are parsed with suspicion.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum

HEADER = struct.Struct(">IB")
MAX_FRAME_BYTES = 16 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024  # of one event
MAX_EVENTS_BYTES = 64 * 1024 * 1024  # of one job; a test is some 300 bytes, with its lines some 2,000


class FrameKind(IntEnum):
    """What a frame holds: READY, EVENTS and DONE come from the zygote, JOB goes to it."""

    JOB = 1
    READY = 2
    EVENTS = 3
    DONE = 4


class FrameError(Exception):
    """Bytes that are no frames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Tests to run in one process.

    Attributes:
        node_ids: pytest's names; empty: all.
        only_collect: Whether to find the tests and run none.
        with_coverage: Whether to tell the lines of each test.
        with_visits: Whether to tell values by basic block, of the first test that runs.
        stop_at_first_failure: Whether to stop there.
        wall_s: Seconds by the clock.
        cpu_s: Seconds of CPU time of the job's own process.
        file_mb: Megabytes of one file that it writes.
    """

    node_ids: tuple[str, ...]
    only_collect: bool
    with_coverage: bool
    with_visits: bool
    stop_at_first_failure: bool
    wall_s: float
    cpu_s: float
    file_mb: int

    def to_json(self) -> bytes:
        """Returns the job as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Job":
        """Returns the job that `to_json` wrote."""
        fields = json.loads(data)
        return cls(**{**fields, "node_ids": tuple(fields["node_ids"])})


def encode(kind: FrameKind, payload: bytes) -> bytes:
    """Returns a frame."""
    return HEADER.pack(len(payload), kind) + payload


def encode_object(kind: FrameKind, fields: Mapping[str, object]) -> bytes:
    """Returns a frame with JSON in it."""
    return encode(kind, json.dumps(fields).encode())


class FrameReader:
    """Finds frames in bytes that come in pieces."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[FrameKind, bytes]]:
        """Yields the frames that `data` completes.

        Raises:
            FrameError: These are no frames.
        """
        self._pending += data
        while len(self._pending) >= HEADER.size:
            n_bytes, kind = HEADER.unpack_from(self._pending)
            if n_bytes > MAX_FRAME_BYTES or kind not in FrameKind.__members__.values():
                raise FrameError(f"no frame: length={n_bytes} kind={kind}")
            end = HEADER.size + n_bytes
            if len(self._pending) < end:
                return
            payload = bytes(self._pending[HEADER.size : end])
            del self._pending[:end]
            yield FrameKind(kind), payload
