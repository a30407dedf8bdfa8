"""The worker's half: reads calls, runs them one after the other, answers.

The worker lives exactly as long as its standard input: when the daemon goes, in whatever way, the pipe
closes and the worker ends at once. Standard output belongs to the frames; whatever else is printed goes to
standard error.
"""

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from inkling.context.worker.frames import (
    CALL,
    CANCEL,
    EVENT,
    FAILURE,
    HEADER,
    NOTICE,
    RESULT,
    Frame,
    decode_body,
    decode_length,
    encode,
)

logger = logging.getLogger(__name__)

IDLE_AFTER_S = 0.2  # a pause in the calls after which housekeeping may run
LONGEST_WITHOUT_HOUSEKEEPING_S = 2.0  # under calls without a pause it runs between two of them


class Call:
    """One call being answered.

    Attributes:
        payload: Its arguments.
    """

    def __init__(self, call_id: int, payload: Any, cancelled: set[int]) -> None:
        self.payload = payload
        self._id = call_id
        self._cancelled = cancelled

    def is_cancelled(self) -> bool:
        """Tells whether nobody waits for the answer any more; long handlers ask now and then."""
        return self._id in self._cancelled


Handler = Callable[[Call], Any]


class Worker:
    """Serves calls from standard input until it closes."""

    def __init__(
        self,
        calls: Mapping[str, Handler],
        notices: Mapping[str, Callable[[Any], None]],
        on_idle: Callable[[], None] | None = None,
    ) -> None:
        logging.basicConfig(level=sys.argv[-1], format="%(name)s %(levelname)s %(message)s")
        self._calls = calls
        self._notices = notices
        self._on_idle = on_idle
        self._frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._write_lock = threading.Lock()
        self._was_idle_at_s = time.monotonic()
        self._stdin, self._stdout = _claim_standard_streams()

    def emit(self, name: str, payload: Any) -> None:
        """Sends an event to the daemon; any thread may call it."""
        self._write(Frame(EVENT, 0, name, payload))

    def serve(self) -> None:
        """Answers calls for ever; the process ends when the daemon closes the pipe."""
        threading.Thread(target=self._read, name="frames", daemon=True).start()
        while True:
            if time.monotonic() - self._was_idle_at_s > LONGEST_WITHOUT_HOUSEKEEPING_S:
                self._run_idle()
            try:
                frame = self._frames.get(timeout=IDLE_AFTER_S if self._on_idle else None)
            except queue.Empty:
                self._run_idle()
                continue
            if frame.kind == NOTICE:
                self._take_notice(frame)
            else:
                self._answer(frame)

    def _run_idle(self) -> None:
        try:
            if self._on_idle is not None:
                self._on_idle()
        except Exception:
            logger.exception("housekeeping failed")
        self._was_idle_at_s = time.monotonic()

    def _take_notice(self, frame: Frame) -> None:
        try:
            self._notices[frame.name](frame.payload)
        except Exception:
            logger.exception("notice=%s failed", frame.name)

    def _answer(self, frame: Frame) -> None:
        if frame.id in self._cancelled:
            self._cancelled.discard(frame.id)
            return
        try:
            result = self._calls[frame.name](Call(frame.id, frame.payload, self._cancelled))
            self._write(Frame(RESULT, frame.id, "", result))
        except Exception as error:
            logger.exception("call=%s failed", frame.name)
            self._write(Frame(FAILURE, frame.id, "", f"{type(error).__name__}: {error}"))
        finally:
            self._cancelled.discard(frame.id)

    def _write(self, frame: Frame) -> None:
        data = encode(frame)
        with self._write_lock:
            try:
                self._stdout.write(data)
                self._stdout.flush()
            except (BrokenPipeError, ValueError):
                os._exit(0)

    def _read(self) -> None:
        while True:
            header = self._stdin.read(HEADER.size)
            if len(header) < HEADER.size:
                os._exit(0)
            frame = decode_body(self._stdin.read(decode_length(header)))
            if frame.kind == CANCEL:
                self._cancelled.add(frame.id)
            elif frame.kind in (CALL, NOTICE):
                self._frames.put(frame)


def _claim_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Returns private streams on the pipes, and points standard output at standard error for everybody else."""
    frames_in = os.fdopen(os.dup(0), "rb")
    frames_out = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return frames_in, frames_out
