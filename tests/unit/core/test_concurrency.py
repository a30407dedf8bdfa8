"""Work side by side: results in order, and nothing that goes on behind a failure or a cancellation."""

import asyncio

import pytest

from inkling.core.concurrency import side_by_side


class Slow:
    """Work that takes some turns to end once it is cancelled."""

    def __init__(self) -> None:
        self.has_begun = False
        self.has_ended = False

    async def work(self) -> None:
        self.has_begun = True
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            self.has_ended = True


async def test_results_come_in_the_order_of_the_works() -> None:
    is_second_done = asyncio.Event()

    async def first() -> int:
        await is_second_done.wait()
        return 1

    async def second() -> str:
        is_second_done.set()
        return "two"

    assert await side_by_side(first(), second()) == (1, "two")
    assert await side_by_side(*()) == ()


async def test_a_failure_is_raised_as_it_is_when_the_others_have_ended() -> None:
    slow, cause = Slow(), KeyError("cause")

    async def failing() -> None:
        while not slow.has_begun:
            await asyncio.sleep(0)
        raise ZeroDivisionError from cause

    with pytest.raises(ZeroDivisionError) as caught:
        await side_by_side(slow.work(), failing())
    assert slow.has_ended
    assert caught.value.__cause__ is cause


async def test_cancelled_it_is_over_when_all_have_ended_however_quickly_one_of_them_ends() -> None:
    slow = Slow()
    task = asyncio.ensure_future(side_by_side(asyncio.Event().wait(), slow.work()))
    while not slow.has_begun:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.has_ended
