"""Work side by side that is over when its caller is: nothing of it goes on behind a failure or a cancellation."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, overload

T = TypeVar("T")
T1 = TypeVar("T1")
T2 = TypeVar("T2")


@overload
async def side_by_side(first: Coroutine[Any, Any, T1], second: Coroutine[Any, Any, T2], /) -> tuple[T1, T2]: ...


@overload
async def side_by_side(*works: Coroutine[Any, Any, T]) -> tuple[T, ...]: ...


async def side_by_side(*works: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
    """Returns what comes of each of these, in their order.

    Where one fails or the caller is cancelled, the others are cancelled, too, and have ended when this raises.
    `asyncio.gather` leaves them running then.

    Raises:
        Exception: What the first to fail has raised.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return tuple(task.result() for task in tasks)
