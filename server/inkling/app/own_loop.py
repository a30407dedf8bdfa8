"""Work in an event loop of its own, on a thread: what computes in it holds up nobody else's loop."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class UnawaitedThreads(ThreadPoolExecutor):
    """Threads whose work is left as it is when a loop ends: it reads only, and nobody wants what comes of it."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Waits for nothing."""
        super().shutdown(wait=False, cancel_futures=True)


async def in_own_loop(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Returns what comes of work; cancelled, it cancels the work, and is over when that is.

    Args:
        work: Called on the other thread. It may block there, but is cancelled only where it awaits.
    """
    own = _OwnLoop(work)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="inkling-own-loop") as thread:
        running = asyncio.get_running_loop().run_in_executor(thread, own.run)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            own.cancel()
            while not running.done():  # a second cancellation does not leave it running, nor blocks this loop
                with contextlib.suppress(Exception, asyncio.CancelledError):
                    await asyncio.shield(running)
            raise


class _OwnLoop(Generic[T]):
    """One piece of work on its thread."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._was_cancelled = False
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> T:
        """Returns what comes of the work."""
        return asyncio.run(self._main())

    def cancel(self) -> None:
        """Cancels the work, from another thread, be it begun or not."""
        with self._lock:
            self._was_cancelled = True
            if self._loop is not None and self._task is not None:
                # The loop is gone where the work ended by itself in this moment.
                with contextlib.suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._task.cancel)

    async def _main(self) -> T:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(UnawaitedThreads())
        with self._lock:
            self._loop, self._task = loop, asyncio.current_task()
            if self._was_cancelled:
                raise asyncio.CancelledError
        return await self._work()
