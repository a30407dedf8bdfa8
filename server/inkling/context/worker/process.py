"""The daemon's half: starts a worker, calls it, and brings it back when it dies."""

import asyncio
import itertools
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
from inkling.core.errors import WorkerError, WorkerUnavailableError

logger = logging.getLogger(__name__)

FIRST_BACK_OFF_S = 0.2  # before the first restart; doubled for each death that follows soon
LONGEST_BACK_OFF_S = 30.0
HEALTHY_AFTER_S = 60.0  # a worker that lived this long is restarted without delay
MAX_UNSENT_BYTES = 64 * 1024 * 1024  # of frames that a stuck worker has not read; then it is killed


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """Which worker to run.

    Attributes:
        name: What the logs call it.
        module: The module to run with `-m`, in the daemon's own interpreter.
        arguments: Its command line; the level of the daemon's log is put behind it.
    """

    name: str
    module: str
    arguments: tuple[str, ...] = ()


class WorkerProcess:
    """One worker, kept alive by `run`, which the daemon's task group owns."""

    def __init__(
        self,
        spec: WorkerSpec,
        *,
        on_event: Callable[[str, Any], None] | None = None,
        on_start: Callable[[], None] | None = None,
        waits_for_start: bool = False,
    ) -> None:
        """Prepares the worker; nothing runs yet.

        Args:
            spec: Which worker.
            on_event: Takes the events that the worker emits; called on the event loop.
            on_start: Called after each start, so that the owner can tell the worker again what it must know.
            waits_for_start: Whether `run` starts nothing before `start` is called: not everybody needs every worker.
        """
        self._spec = spec
        self._on_event = on_event
        self._on_start = on_start
        self._process: Process | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._ids = itertools.count(1)
        self._is_closing = False
        self._is_wanted = asyncio.Event()
        if not waits_for_start:
            self._is_wanted.set()

    @property
    def process_id(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Has `run` start the worker, if it waits for that."""
        self._is_wanted.set()

    async def run(self) -> None:
        """Keeps the worker running until it is cancelled; then the worker is gone, too."""
        await self._is_wanted.wait()
        back_off_s = FIRST_BACK_OFF_S
        loop = asyncio.get_running_loop()
        while True:
            started_at_s = loop.time()
            try:
                await self._run_once()
            except OSError as error:
                logger.error("worker=%s cannot be started: %s", self._spec.name, error)
            if loop.time() - started_at_s > HEALTHY_AFTER_S:
                back_off_s = FIRST_BACK_OFF_S
            logger.warning("worker=%s ended, restarting back_off_s=%.1f", self._spec.name, back_off_s)
            await asyncio.sleep(back_off_s)
            back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)

    async def call(self, method: str, payload: Any, *, deadline_s: float) -> Any:
        """Calls the worker and returns its answer; a cancelled call is cancelled in the worker, too.

        Args:
            method: What to call.
            payload: Plain data; see `frames`.
            deadline_s: Longest wait for the answer, seconds.

        Raises:
            WorkerUnavailableError: The worker is not running now.
            WorkerError: The call failed, or the worker died or missed the deadline.
        """
        process = self._process
        if process is None:
            raise WorkerUnavailableError(f"the {self._spec.name} worker is not running")
        call_id = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[call_id] = future
        try:
            self._send(process, Frame(CALL, call_id, method, payload))
            async with asyncio.timeout(deadline_s):
                return await future
        except TimeoutError as error:
            self._send(process, Frame(CANCEL, call_id, "", None))
            raise WorkerError(f"the {self._spec.name} worker did not answer within {deadline_s} s") from error
        except asyncio.CancelledError:
            self._send(process, Frame(CANCEL, call_id, "", None))
            raise
        finally:
            self._waiting.pop(call_id, None)

    def notify(self, name: str, payload: Any) -> None:
        """Tells the worker something; lost when it is not running, so `on_start` must tell it again."""
        if self._process is not None:
            self._send(self._process, Frame(NOTICE, 0, name, payload))

    def _send(self, process: Process, frame: Frame) -> None:
        stdin = process.stdin
        if stdin is None or stdin.is_closing() or process.returncode is not None:
            return
        if stdin.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            logger.error("worker=%s reads nothing any more, killing it", self._spec.name)
            process.kill()
            return
        stdin.write(encode(frame))

    async def _run_once(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the current folder may be a workspace, and its files are no modules of ours
            "-X",
            "utf8",
            "-m",
            self._spec.module,
            *self._spec.arguments,
            logging.getLevelName(logger.getEffectiveLevel()),
            stdin=PIPE,
            stdout=PIPE,
            stderr=None,
            limit=2**20,
        )
        self._process = process
        logger.info("worker=%s started pid=%d", self._spec.name, process.pid)
        try:
            if self._on_start is not None:
                self._on_start()
            await self._read(process)
        finally:
            self._process = None
            self._fail_waiting(WorkerError(f"the {self._spec.name} worker died"))
            await _end(process)

    async def _read(self, process: Process) -> None:
        stdout = process.stdout
        if stdout is None:
            return
        try:
            while True:
                length = decode_length(await stdout.readexactly(HEADER.size))
                self._take(decode_body(await stdout.readexactly(length)))
        except asyncio.IncompleteReadError:
            return
        except ValueError:
            logger.error("worker=%s sent nonsense, killing it", self._spec.name)

    def _take(self, frame: Frame) -> None:
        if frame.kind == EVENT:
            if self._on_event is not None:
                self._on_event(frame.name, frame.payload)
            return
        future = self._waiting.get(frame.id)
        if future is None or future.done():
            return
        if frame.kind == RESULT:
            future.set_result(frame.payload)
        elif frame.kind == FAILURE:
            future.set_exception(WorkerError(f"the {self._spec.name} worker failed: {frame.payload}"))

    def _fail_waiting(self, error: WorkerError) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)


async def _end(process: Process) -> None:
    """Closes the pipe, which ends the worker, and makes sure of it."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        try:
            process.kill()
        except ProcessLookupError:
            logger.debug("pid=%d had ended by itself", process.pid)
    gone = asyncio.ensure_future(process.wait())
    try:
        await asyncio.shield(gone)
    except asyncio.CancelledError:
        await gone  # it was killed, so that takes no time; whoever cancels a second time shall find nothing left
        raise
