"""Work in an event loop of its own: its result, its failure, and that nothing of it goes on once it is cancelled."""

import asyncio
import threading

import pytest

from inkling.app.own_loop import in_own_loop


async def test_work_runs_on_another_loop_and_thread_and_its_result_or_failure_comes_back() -> None:
    async def work() -> tuple[bool, bool]:
        await asyncio.sleep(0)
        return asyncio.get_running_loop() is here, threading.current_thread() is threading.main_thread()

    async def failing() -> None:
        raise ZeroDivisionError

    here = asyncio.get_running_loop()
    assert await in_own_loop(work) == (False, False)
    with pytest.raises(ZeroDivisionError):
        await in_own_loop(failing)


async def test_what_is_cancelled_has_ended_when_the_caller_goes_on() -> None:
    began, ended = threading.Event(), threading.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    task = asyncio.ensure_future(in_own_loop(work))
    await asyncio.to_thread(began.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_a_second_cancellation_waits_for_the_end_too_and_blocks_nobody() -> None:
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.to_thread(may_end.wait)
            ended.set()

    task = asyncio.ensure_future(in_own_loop(work))
    await asyncio.to_thread(began.wait)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_work_that_is_cancelled_before_it_began_never_begins() -> None:
    async def work() -> None:
        raise AssertionError("it began")

    task = asyncio.ensure_future(in_own_loop(work))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
