"""What all backends do alike: hold a run to its limits, collect what it prints, and leave nothing of it behind."""

import asyncio
import contextlib
import logging
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from inkling.core.errors import SandboxError
from inkling.core.execution import KilledFor, Program, ProgramEnd, ProgramResult, ResourceLimits
from inkling.sandbox.output import ProgramOutput
from inkling.sandbox.usage import Usage

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.1  # how often what was used is compared with the limits
_KILLED = 128 + signal.SIGKILL


class Carrier(Protocol):
    """One started program, as its backend has it."""

    async def write(self, data: bytes) -> None:
        """Writes to its standard input.

        Raises:
            ConnectionError: It has ended, or closed its input.
        """
        ...

    async def close_input(self) -> None:
        """Closes its standard input."""
        ...

    async def read(self, take: Callable[[bytes, bool], None]) -> None:
        """Gives what it prints to `take`, with whether it is of the error stream, until it closes its output."""
        ...

    async def usage(self) -> Usage:
        """Returns what it has used so far."""
        ...

    def kill(self) -> None:
        """Begins to end it with all its processes; any number of times."""
        ...

    async def until_end(self) -> int:
        """Returns its exit code, once neither the program nor a process that it has started runs."""
        ...

    async def remove(self) -> None:
        """Removes what was made for it, once it has ended."""
        ...


class SupervisedProgram:
    """A program under its limits."""

    def __init__(self, carrier: Carrier, limits: ResourceLimits) -> None:
        """Begins to supervise what `carrier` has just started."""
        self._carrier = carrier
        self._limits = limits
        self._output = ProgramOutput(limits.output_kb)
        self._killed_for: KilledFor | None = None
        self._usage = Usage()
        self._started_at_s = time.monotonic()
        self._out_of_time = asyncio.get_running_loop().call_later(limits.wall_s, self._end_for, KilledFor.WALL_TIME)
        self._supervising = asyncio.create_task(self._supervise())

    async def send(self, data: bytes) -> None:
        """Writes to its standard input; returns when there is room for more.

        Raises:
            SandboxError: It has ended.
        """
        try:
            await self._carrier.write(data)
        except (ConnectionError, RuntimeError) as error:  # a closed transport is told as a RuntimeError
            raise SandboxError("the program in the sandbox has ended, or closed its input") from error

    async def send_last(self, data: bytes) -> None:
        """Writes to its standard input and closes it; a program that does not read it to the end is no error."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            if data:
                await self._carrier.write(data)
            await self._carrier.close_input()

    async def receive(self) -> bytes:
        """Returns what it printed next, some bytes at least; none when it has closed its output."""
        return await self._output.receive()

    async def wait(self) -> ProgramEnd:
        """Returns how it ended, once it has; then nothing of it is left."""
        return await asyncio.shield(self._supervising)

    async def kill(self) -> ProgramEnd:
        """Ends it with all its processes; returns when nothing of it is left."""
        self._end_for(KilledFor.CANCELLED)
        return await asyncio.shield(self._supervising)

    def when_gone(self, callback: Callable[["SupervisedProgram"], None]) -> None:
        """Calls `callback` when nothing of it is left."""
        self._supervising.add_done_callback(lambda _: callback(self))

    def _end_for(self, reason: KilledFor) -> None:
        if self._killed_for is None and not self._supervising.done():
            self._killed_for = reason
            self._carrier.kill()

    def _take(self, data: bytes, is_error: bool) -> None:
        if not self._output.take(data, is_error=is_error):
            self._end_for(KilledFor.OUTPUT)

    async def _supervise(self) -> ProgramEnd:
        watching = asyncio.create_task(self._watch())
        reading = asyncio.create_task(self._read())
        try:
            exit_code = await self._carrier.until_end()
            wall_s = time.monotonic() - self._started_at_s
            await reading
            usage = await self._look()
        finally:
            self._out_of_time.cancel()
            watching.cancel()
            reading.cancel()
            self._output.close()
            await self._carrier.remove()
        if self._killed_for is None and exit_code == _KILLED:
            self._killed_for = self._kernels_reason(usage)
        return ProgramEnd(
            exit_code=exit_code if self._killed_for is None else None,
            killed_for=self._killed_for,
            wall_s=wall_s,
            cpu_s=usage.cpu_s,
            peak_memory_mb=usage.peak_memory_mb,
            stderr=self._output.stderr,
        )

    def _kernels_reason(self, usage: Usage) -> KilledFor | None:
        if usage.n_out_of_memory:
            return KilledFor.MEMORY
        return KilledFor.CPU_TIME if usage.cpu_s is not None and usage.cpu_s >= self._limits.cpu_s else None

    async def _look(self) -> Usage:
        try:
            self._usage = (await self._carrier.usage()).after(self._usage)
        except SandboxError as error:
            logger.warning("what a run has used is not known: %s", error)
        return self._usage

    async def _read(self) -> None:
        await self._carrier.read(self._take)
        self._output.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            usage = await self._look()
            if usage.cpu_s is not None and usage.cpu_s > self._limits.cpu_s:
                return self._end_for(KilledFor.CPU_TIME)
            if usage.memory_mb is not None and usage.memory_mb > self._limits.memory_mb:
                return self._end_for(KilledFor.MEMORY)


class SupervisingSandbox(ABC):
    """A sandbox of whatever backend; it knows what runs in it."""

    def __init__(self) -> None:
        self._running: set[SupervisedProgram] = set()

    @abstractmethod
    async def launch(self, program: Program) -> Carrier:
        """Starts a program, or leaves nothing behind.

        Raises:
            SandboxError: It cannot be started.
        """

    async def start(self, program: Program) -> SupervisedProgram:
        """Starts a program.

        Raises:
            SandboxError: It cannot be started.
        """
        starting = asyncio.create_task(self._start(program))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # What is half made is made to the end, so that there is one way to take it down.
            with contextlib.suppress(SandboxError):
                await (await starting).kill()
            raise

    async def run(self, program: Program, stdin: bytes = b"") -> ProgramResult:
        """Runs a program to its end; a cancelled run leaves nothing behind.

        Raises:
            SandboxError: It cannot be started.
        """
        process = await self.start(program)
        sending = asyncio.create_task(process.send_last(stdin))
        try:
            stdout = bytearray()
            while chunk := await process.receive():
                stdout += chunk
            return ProgramResult(end=await process.wait(), stdout=bytes(stdout))
        finally:
            await process.kill()
            await sending  # ends by itself now that nobody reads

    async def close(self) -> None:
        """Ends all that still runs in it."""
        ends = await asyncio.gather(*(process.kill() for process in self._running), return_exceptions=True)
        for error in filter(lambda end: isinstance(end, BaseException), ends):
            logger.warning("a run did not end well: %s", error)

    async def _start(self, program: Program) -> SupervisedProgram:
        try:
            carrier = await self.launch(program)
        except OSError as error:
            raise SandboxError(f"{program.view.folder} cannot be shown to a sandbox: {error}") from error
        process = SupervisedProgram(carrier, program.limits)
        self._running.add(process)
        process.when_gone(self._running.discard)
        return process
