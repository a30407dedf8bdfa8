"""Runs functions in forks of this process, some side by side, each with a time limit. For use inside a sandbox."""

import contextlib
import math
import os
import selectors
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Tell = Callable[[bytes], None]
_CHUNK_BYTES = 1 << 16


@dataclass(slots=True)
class _Fork:
    number: int
    pid: int
    pipe: int
    ends_at: float
    told: bytearray = field(default_factory=bytearray)


def run_in_forks(
    jobs: Sequence[Callable[[Tell], None]], *, n_processes: int, wall_s: float, ends_at_s: float = math.inf
) -> list[bytes]:
    """Returns what each job told, as far as it came: a job that hangs or dies loses only what it had not told yet.

    Args:
        jobs: What to run; the first ones first.
        n_processes: How many side by side.
        wall_s: Seconds for each.
        ends_at_s: When all must be over, by the monotonic clock; jobs that were not started by then tell nothing.
    """
    told = [b""] * len(jobs)
    waiting = list(enumerate(jobs))[::-1]
    running: dict[int, _Fork] = {}
    selector = selectors.DefaultSelector()
    try:
        while waiting or running:
            while waiting and len(running) < n_processes:
                number, job = waiting.pop()
                if time.monotonic() >= ends_at_s:
                    waiting.clear()
                    break
                fork = _start(number, job, min(wall_s, ends_at_s - time.monotonic()))
                running[fork.pipe] = fork
                selector.register(fork.pipe, selectors.EVENT_READ)
            if not running:
                break
            patience_s = max(0.0, min(fork.ends_at for fork in running.values()) - time.monotonic())
            for key, _ in selector.select(patience_s):
                fork = running[key.fd]
                chunk = os.read(fork.pipe, _CHUNK_BYTES)
                fork.told += chunk
                if not chunk:
                    fork.ends_at = 0.0
            for fork in [fork for fork in running.values() if fork.ends_at <= time.monotonic()]:
                selector.unregister(fork.pipe)
                del running[fork.pipe]
                _end(fork)
                told[fork.number] = bytes(fork.told)
    finally:
        for fork in running.values():
            _end(fork)
        selector.close()
    return told


def _start(number: int, job: Callable[[Tell], None], wall_s: float) -> _Fork:
    readable, writable = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writable)
        return _Fork(number=number, pid=pid, pipe=readable, ends_at=time.monotonic() + wall_s)
    try:
        os.setpgid(0, 0)
        os.close(readable)

        def tell(data: bytes) -> None:
            while data:
                data = data[os.write(writable, data) :]

        job(tell)
    finally:
        os._exit(0)  # whatever happened: nothing of the parent's may run a second time


def _end(fork: _Fork) -> None:
    """Ends a fork and what it started."""
    os.close(fork.pipe)
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(fork.pid, signal.SIGKILL)
    os.waitpid(fork.pid, 0)
