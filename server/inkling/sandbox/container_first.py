"""The first process of a container: waits for a program, runs it, and ends with it or with the daemon.

It is given to the container's Python as text, so it needs nothing but the standard library. Its standard input has
frames: four bytes of length, big-endian, and as many bytes. The first frame is the program, JSON; each further one
is input for it, and an empty one ends its input. When the frames themselves end, the daemon is gone, in whatever way:
then all is killed at once, and so it is some seconds after the program's time is up, should the engine be gone and
unable to do it. The program's output goes straight to the container's.
"""

import contextlib
import json
import os
import select
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

HEADER = struct.Struct(">I")
MOST_KEPT_BYTES = 1024 * 1024  # of input that the program has not read yet
CHUNK_BYTES = 64 * 1024
BACKSTOP_S = 10  # beyond the program's time


def end_all() -> NoReturn:
    """Kills everything in the container, this process last."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    os._exit(128 + signal.SIGKILL)


def read_exactly(n_bytes: int) -> bytes:
    """Returns as many bytes of the frames; ends the container where they end."""
    data = b""
    while len(data) < n_bytes:
        chunk = os.read(0, n_bytes - len(data))
        if not chunk:
            end_all()
        data += chunk
    return data


def close_to_program() -> None:
    """Keeps the program, which has the same user, from reading and writing this process's memory and files."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE; prctl(2)


def become_program(task: Any, stdin: int) -> NoReturn:
    """Replaces this process by the program."""
    try:
        os.setsid()
        os.dup2(stdin, 0)
        os.closerange(3, 256)
        os.environ.update(task["environment"])
        Path(os.environ["HOME"]).mkdir(parents=True, exist_ok=True)
        os.chdir(task["folder"])
        interpreter = task["interpreter"] or sys.executable
        os.execv(interpreter, [interpreter, *task["arguments"]])  # noqa: S606 - that is what a sandbox is for
    except (OSError, KeyError, TypeError, ValueError) as error:
        os.write(2, f"cannot start: {error}\n".encode())
    os._exit(126)


class Program:
    """The running program and its input."""

    def __init__(self, process_id: int, stdin: int, wall_s: float) -> None:
        self._process_id = process_id
        self._ends_at_s = time.monotonic() + wall_s + BACKSTOP_S
        self._stdin = stdin
        self._frames = b""
        self._waiting = b""
        self._is_last = False
        os.set_blocking(stdin, False)

    def serve(self) -> NoReturn:
        """Passes input on, and ends with the program's exit code."""
        ended, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        while True:
            self._reap()
            # A closed pipe is told also while nothing is read: a program that reads nothing hides nothing.
            poll.register(0, select.POLLIN if len(self._waiting) < MOST_KEPT_BYTES else 0)
            if self._waiting and self._stdin >= 0:
                poll.register(self._stdin, select.POLLOUT)
            left_s = self._ends_at_s - time.monotonic()
            if left_s <= 0:
                end_all()
            for descriptor, event in poll.poll(left_s * 1000):
                if descriptor == ended:
                    os.read(ended, CHUNK_BYTES)
                elif descriptor == 0:
                    self._take(os.read(0, CHUNK_BYTES) if event & select.POLLIN else b"")
                else:
                    self._pass_on()
            if self._stdin >= 0 and not self._waiting:
                with contextlib.suppress(KeyError):
                    poll.unregister(self._stdin)
                if self._is_last:
                    os.close(self._stdin)
                    self._stdin = -1

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                process_id, status = os.waitpid(-1, os.WNOHANG)
                if process_id == 0:
                    return
                if process_id == self._process_id:
                    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))

    def _take(self, chunk: bytes) -> None:
        if not chunk:
            end_all()
        self._frames += chunk
        while len(self._frames) >= HEADER.size:
            end = HEADER.size + HEADER.unpack_from(self._frames)[0]
            if len(self._frames) < end:
                return
            if not self._is_last:
                self._waiting += self._frames[HEADER.size : end]
                self._is_last = end == HEADER.size
            self._frames = self._frames[end:]

    def _pass_on(self) -> None:
        try:
            self._waiting = self._waiting[os.write(self._stdin, self._waiting[:CHUNK_BYTES]) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._waiting, self._is_last = b"", True


def main() -> NoReturn:
    """Runs one program."""
    close_to_program()
    task = json.loads(read_exactly(HEADER.unpack(read_exactly(HEADER.size))[0]))
    stdin, program_input = os.pipe()
    process_id = os.fork()
    if process_id == 0:
        become_program(task, stdin)
    os.close(stdin)
    Program(process_id, program_input, task["wall_s"]).serve()


if __name__ == "__main__":
    main()
