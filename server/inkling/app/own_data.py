"""What the Insights page shows and does, in processes beside the daemon: the commands that a shell runs, too."""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from inkling.app.exit_codes import EXIT_NOTHING
from inkling.app.learning import reset
from inkling.core.errors import UserError, WorkerError
from inkling.core.settings import GateSettings

logger = logging.getLogger(__name__)

DEADLINE_S = 300.0  # a million events take seconds; a stuck process must not be waited for for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a command printed.

    Attributes:
        code: Its exit code, 0 or 1.
        words: Its standard output.
    """

    code: int
    words: str


class OwnDataCommands:
    """The user's own events and model, through the commands of `inkling`; one of them runs at a time."""

    def __init__(self, data_dir: Path, on_trained: Callable[[], Awaitable[None]]) -> None:
        """Takes the place of events and model, and what takes over a model or thresholds that were made or deleted."""
        self._data_dir = data_dir
        self._on_trained = on_trained
        self._is_free = asyncio.Semaphore()

    async def insights(self, n_days: int, gate: GateSettings) -> str:
        """Returns the `Insights` of the last days as they go over the wire, JSON.

        Raises:
            UserError: The event store cannot be read.
            WorkerError: The process failed or took too long.
        """
        answer = await self._run("report", "--json", "-", f"--days={n_days}", f"--gate={json.dumps(asdict(gate))}")
        return answer.words

    async def retrain_model(self) -> tuple[bool, str]:
        """Trains a challenger now; returns whether it is in force, and the verdict in words.

        Raises:
            UserError: The event store cannot be read, or the model cannot be written.
            WorkerError: The process failed or took too long.
        """
        answer = await self._run("model", "retrain")
        await self._on_trained()
        return answer.code != EXIT_NOTHING, answer.words.strip()

    async def reset_model(self) -> str:
        """Forgets all that was learned; returns what that means, in words.

        Raises:
            UserError: The files cannot be changed.
        """
        async with self._is_free:
            await asyncio.to_thread(reset, self._data_dir)
        await self._on_trained()
        return "Your model is forgotten, and the shipped one decides. What was judged before is not learned from again."

    async def export_events(self, file: Path, *, with_text: bool) -> str:
        """Writes all events into a .jsonl or .parquet file; returns what was written, in words.

        Raises:
            UserError: The file's name ends otherwise or is not absolute, or it cannot be written.
            WorkerError: The process failed or took too long.
        """
        if not file.is_absolute():
            raise UserError(f"{file}: the file's path must be absolute")
        # The editor's dialog has asked whether a file may be replaced.
        flags = ["--force", "--with-text"] if with_text else ["--force"]
        return (await self._run("telemetry", "export", *flags, "--", str(file))).words.strip()

    async def _run(self, *arguments: str) -> _Answer:
        try:
            async with asyncio.timeout(DEADLINE_S), self._is_free:
                return await self._answer(arguments)
        except TimeoutError as error:
            raise WorkerError(f"inkling {arguments[0]} gave no answer within {DEADLINE_S:.0f} s") from error

    async def _answer(self, arguments: tuple[str, ...]) -> _Answer:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "inkling.app.cli", *arguments),
            env={**os.environ, "INKLING_DATA_DIR": str(self._data_dir), "PYTHONIOENCODING": "utf-8"},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        try:
            out, complaint = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        code, words = process.returncode, complaint.decode(errors="replace").strip()
        logger.info("command=%s rc=%s", arguments[0], code)
        # An interpreter that fails ends with code 1, too, but says nothing on standard output.
        if code == 0 or (code == EXIT_NOTHING and out):
            return _Answer(code=code, words=out.decode())
        last_line = words.rpartition("\n")[2].removeprefix("inkling: ")
        raise UserError(last_line or f"inkling {arguments[0]} ended with exit code {code}")
