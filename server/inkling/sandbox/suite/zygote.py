"""A warm interpreter in a sandbox, as the daemon has it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inkling.core.errors import SandboxError
from inkling.core.execution import KilledFor, ProgramEnd, ProjectView, ResourceLimits
from inkling.core.ports import Sandbox, SandboxProcess
from inkling.sandbox.own_code import own_program
from inkling.sandbox.start import TOO_OLD_EXIT_CODE
from inkling.sandbox.suite import child
from inkling.sandbox.suite.child.frames import FrameError, FrameKind, FrameReader, Job, encode

START_S = 60.0  # longest start, on a machine that is busy; it takes 0.4 s on one that is not
GRACE_S = 15.0  # beyond a job's time, after which the zygote itself is taken to be stuck
DYING_S = 2.0  # between the end of its output and its own; meanwhile the sandbox finds out why it ended
LIFE_S = 24 * 3600.0  # of a zygote; what a job may use is limited for itself
LIFE_OUTPUT_KB = 4 * 1024 * 1024


class PythonTooOldError(SandboxError):
    """The interpreter is older than what our code can run in.

    Attributes:
        version: Its version.
    """

    def __init__(self, version: str) -> None:
        super().__init__(f"Python {version} is too old")
        self.version = version


class NoPytestError(SandboxError):
    """pytest is in the interpreter's environment but cannot be imported; the message is the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """How a job ended.

    Attributes:
        end: The same as for any program.
        is_zygote_usable: Whether nothing of the job is left.
    """

    end: ProgramEnd
    is_zygote_usable: bool


class Zygote:
    """Runs one job at a time."""

    def __init__(self, process: SandboxProcess) -> None:
        """Is called by `start`."""
        self._process = process
        self._reader = FrameReader()
        self._frames: list[tuple[FrameKind, bytes]] = []

    @classmethod
    async def start(cls, sandbox: Sandbox, view: ProjectView, limits: ResourceLimits) -> "Zygote":
        """Returns a zygote that is ready.

        Raises:
            PythonTooOldError: The interpreter is too old.
            NoPytestError: Its pytest cannot be imported.
            SandboxError: It cannot be started.
        """
        program = own_program(
            view=view,
            module=f"{child.PACKAGE_NAME}.zygote",
            packages={child.PACKAGE_NAME: [Path(child.__file__).parent]},
            limits=replace(limits, wall_s=LIFE_S, cpu_s=LIFE_S, output_kb=LIFE_OUTPUT_KB),
        )
        zygote = cls(await sandbox.start(program))
        try:
            async with asyncio.timeout(START_S):
                kind, payload = await zygote._next_frame()
            ready = _object(payload)
            if kind is not FrameKind.READY:
                raise FrameError("something else came first")
        except (TimeoutError, FrameError) as error:
            raise _failure(await zygote._ended(), error) from error
        except BaseException:
            await zygote.kill()
            raise
        if "failure" in ready:
            await zygote.kill()
            raise NoPytestError(str(ready["failure"]))
        return zygote

    async def run(self, job: Job, on_events: Callable[[bytes], None]) -> JobEnd:
        """Runs a job; when it is cancelled, or fails, nothing of the zygote is left.

        Args:
            job: What to run.
            on_events: Takes the events as they come; they are not to be trusted.
        """
        try:
            async with asyncio.timeout(job.wall_s + GRACE_S):
                await self._process.send(encode(FrameKind.JOB, job.to_json()))
                while True:
                    kind, payload = await self._next_frame()
                    if kind is FrameKind.EVENTS:
                        on_events(payload)
                    elif kind is FrameKind.DONE:
                        return _job_end(_object(payload))
        except TimeoutError:
            end = await self.kill()
            return JobEnd(end=replace(end, killed_for=KilledFor.WALL_TIME), is_zygote_usable=False)
        except (SandboxError, FrameError):  # it has died, or the job got at it
            return JobEnd(end=await self._ended(), is_zygote_usable=False)
        except BaseException:
            await self.kill()
            raise

    async def kill(self) -> ProgramEnd:
        """Ends it with all that it runs; returns when nothing is left."""
        return await asyncio.shield(asyncio.ensure_future(self._process.kill()))

    async def _ended(self) -> ProgramEnd:
        """Returns how it ended, where it is about to; else it is killed."""
        try:
            async with asyncio.timeout(DYING_S):
                return await self._process.wait()
        except TimeoutError:
            return await self.kill()
        except BaseException:
            await self.kill()
            raise

    async def _next_frame(self) -> tuple[FrameKind, bytes]:
        while not self._frames:
            data = await self._process.receive()
            if not data:
                raise FrameError("its output is closed")
            self._frames.extend(self._reader.feed(data))
        return self._frames.pop(0)


def _failure(end: ProgramEnd, error: Exception) -> SandboxError:
    words = end.stderr.decode("utf-8", "replace").strip()
    if end.exit_code == TOO_OLD_EXIT_CODE:
        return PythonTooOldError(words)
    if "SyntaxError" in words:  # in `start`
        return PythonTooOldError("older than 3.7")
    last = words.splitlines()[-1] if words else str(error)
    return SandboxError(f"Python did not start in the sandbox: {last}")


def _object(payload: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise FrameError("no JSON in a frame") from error
    if not isinstance(fields, dict):
        raise FrameError("no object in a frame")
    return fields


def _job_end(fields: dict[str, Any]) -> JobEnd:
    try:
        code = int(fields["exit_code"])
        killed_for = KilledFor(fields["killed_for"]) if fields["killed_for"] else None
        end = ProgramEnd(
            exit_code=None if killed_for else code if code >= 0 else 128 - code,
            killed_for=killed_for,
            wall_s=float(fields["wall_s"]),
            cpu_s=float(fields["cpu_s"]),
            peak_memory_mb=float(fields["peak_memory_mb"]),
            stderr=str(fields["stderr"]).encode(),
        )
        return JobEnd(end=end, is_zygote_usable=fields["is_clean"] is True)
    except (KeyError, TypeError, ValueError) as error:
        raise FrameError("no end of a job in a frame") from error
