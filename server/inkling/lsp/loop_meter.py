"""Measures for how long single callbacks hold the event loop."""

import asyncio
import time
from typing import Any


class LoopMeter:
    """Keeps the longest time that one callback held the loop, waits for the interpreter's lock included.

    It wraps `asyncio.Handle._run`, through which every callback and every step of a task goes. That is a
    private name, so this is done for measurements only (`inkling serve --measure-loop`): asyncio's public
    debug mode reports slow callbacks, but slows all of them down first.
    """

    def __init__(self) -> None:
        self.held_ms_max = 0.0

    def install(self) -> None:
        """Starts measuring, in this process and until it ends."""
        run_unmeasured = asyncio.Handle._run

        def run_measured(handle: asyncio.Handle) -> Any:
            started_at_s = time.perf_counter()
            try:
                return run_unmeasured(handle)
            finally:
                held_ms = (time.perf_counter() - started_at_s) * 1000
                self.held_ms_max = max(self.held_ms_max, held_ms)

        asyncio.Handle._run = run_measured  # type: ignore[method-assign,assignment]  # the purpose of this class
