"""A stage as a process: started, asked, ended."""

import json
import marshal
import os
import select
import signal
import time
from typing import Any

from inkling.engine.repair.stage import LENGTH, StageSetup, run_stage, send

_LOADING_S = 60.0  # to import the tests


class StageError(Exception):
    """The tests could not be loaded, or the process that has them is gone; the message says what happened."""


class StageProcess:
    """A running stage, which loads the tests while nobody waits for it."""

    def __init__(self, setup: StageSetup) -> None:
        command_source, self._commands = os.pipe()
        self._answers, answer_sink = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._commands)
                os.close(self._answers)
                os.setpgid(0, 0)
                _be_quiet()
                run_stage(setup, command_source, answer_sink)
            finally:
                os._exit(0)
        os.close(command_source)
        os.close(answer_sink)
        self._passing: set[int] | None = None

    def wait_until_ready(self) -> set[int]:
        """Waits until the tests are loaded; returns the places of those that must go on passing and were found.

        Raises:
            StageError: They cannot be loaded; then it has ended.
        """
        if self._passing is not None:
            return self._passing
        try:
            hello = json.loads(self._receive(_LOADING_S))
            if "missing" in hello:
                raise StageError(f"pytest does not find {hello['missing'][0]}")
            self._passing = {int(index) for index in hello["passing"]}
        except (ValueError, KeyError, TypeError, IndexError) as error:
            self.close()
            raise StageError("the tests cannot be imported") from error
        except StageError:
            self.close()
            raise
        return self._passing

    def ask(self, command: tuple[Any, ...], limit_s: float) -> bytes:
        """Returns the answer to a command.

        Raises:
            StageError: The stage is gone, or did not answer in time.
        """
        self.wait_until_ready()
        try:
            send(self._commands, marshal.dumps(command))
        except OSError as error:
            raise StageError("the process with the tests has ended") from error
        return self._receive(limit_s)

    def close(self) -> None:
        """Ends it with all that it started."""
        if self._pid == 0:
            return
        for end in (os.killpg, os.kill):
            try:
                end(self._pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        os.waitpid(self._pid, 0)
        os.close(self._commands)
        os.close(self._answers)
        self._pid = 0

    def _receive(self, limit_s: float) -> bytes:
        deadline = time.monotonic() + limit_s
        data = bytearray()
        wanted = LENGTH.size
        while len(data) < wanted:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self._answers, min(1 << 16, wanted - len(data))) if ready else b""
            if not chunk:
                raise StageError("the process with the tests has ended or hangs")
            data += chunk
            if len(data) == wanted == LENGTH.size:
                wanted += LENGTH.unpack(data)[0]
        return bytes(data[LENGTH.size :])


def _be_quiet() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
