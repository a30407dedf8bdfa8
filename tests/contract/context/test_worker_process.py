"""Real worker processes: calls, cancellation, death and return."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from inkling.context.worker.process import WorkerProcess, WorkerSpec
from inkling.core.errors import WorkerError, WorkerUnavailableError

HERE = Path(__file__).parent
SPEC = WorkerSpec(name="echo", module="echo_worker", arguments=("one", "two"))


class Running:
    """A worker with what it emitted."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self.starts: asyncio.Queue[None] = asyncio.Queue()
        self.process = WorkerProcess(
            SPEC,
            on_event=lambda name, _payload: self.events.put_nowait(name),
            on_start=lambda: self.starts.put_nowait(None),
        )


@pytest.fixture
async def running(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    worker = Running()
    task = asyncio.create_task(worker.process.run())
    await worker.starts.get()
    yield worker
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_who_cancels_twice_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    worker = Running()
    task = asyncio.create_task(worker.process.run())
    await worker.starts.get()
    process_id = worker.process.process_id
    assert process_id is not None
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(process_id)


async def test_a_call_returns_what_the_worker_answers(running: Running) -> None:
    payload = {"text": "naïve 🐍\r\n", "numbers": [1, 2.5, None, True], "bytes": b"\x00\xff"}
    assert await running.process.call("echo", payload, deadline_s=20) == payload
    assert await running.process.call("arguments", None, deadline_s=20) == ["one", "two"]


async def test_notices_arrive_before_later_calls(running: Running) -> None:
    for number in range(100):
        running.process.notify("tell", number)
    assert await running.process.call("told", None, deadline_s=20) == list(range(100))


async def test_large_payloads_pass(running: Running) -> None:
    text = "é" * 3_000_000
    assert await running.process.call("echo", text, deadline_s=20) == text


async def test_what_a_worker_prints_does_not_tear_the_frames(running: Running) -> None:
    assert await running.process.call("shout", 7, deadline_s=20) == 7
    assert await running.process.call("echo", 8, deadline_s=20) == 8


async def test_a_failing_call_leaves_the_worker_up(running: Running) -> None:
    with pytest.raises(WorkerError, match="ValueError: no such thing"):
        await running.process.call("fail", "no such thing", deadline_s=20)
    assert await running.process.call("echo", 1, deadline_s=20) == 1


async def test_a_cancelled_call_is_cancelled_in_the_worker(running: Running) -> None:
    call = asyncio.create_task(running.process.call("wait_for_cancellation", None, deadline_s=20))
    assert await running.events.get() == "waiting"
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await running.events.get() == "cancelled"


async def test_a_missed_deadline_is_an_error_and_cancels_the_work(running: Running) -> None:
    with pytest.raises(WorkerError, match="did not answer within"):
        await running.process.call("wait_for_cancellation", None, deadline_s=0.05)
    assert await running.process.call("echo", 1, deadline_s=20) == 1


@pytest.mark.parametrize("death", ["by itself", "killed"])
async def test_a_dead_worker_fails_its_calls_and_comes_back(running: Running, death: str) -> None:
    waiting = asyncio.create_task(running.process.call("wait_for_cancellation", None, deadline_s=20))
    assert await running.events.get() == "waiting"
    pid = running.process.process_id
    assert pid is not None
    if death == "killed":
        os.kill(pid, signal.SIGKILL)
    else:
        waiting.cancel()
        with pytest.raises((asyncio.CancelledError, WorkerError)):
            await waiting
        with pytest.raises(WorkerError, match="died"):
            await running.process.call("die", None, deadline_s=20)
    if death == "killed":
        with pytest.raises(WorkerError, match="died"):
            await waiting
    with contextlib.suppress(WorkerUnavailableError):
        await running.process.call("echo", 1, deadline_s=20)
    await running.starts.get()
    assert await running.process.call("echo", 1, deadline_s=20) == 1
    assert running.process.process_id != pid


async def test_cancelling_run_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    worker = Running()
    task = asyncio.create_task(worker.process.run())
    await worker.starts.get()
    pid = worker.process.process_id
    assert pid is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(pid)


async def test_a_worker_ends_with_its_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon is killed with no chance to clean up; its worker sees the pipe close and ends."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    daemon = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "hold_worker.py"), stdout=asyncio.subprocess.PIPE
    )
    assert daemon.stdout is not None
    worker = psutil.Process(int(await daemon.stdout.readline()))
    daemon.kill()
    await daemon.wait()
    await asyncio.to_thread(psutil.wait_procs, [worker], 20)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
