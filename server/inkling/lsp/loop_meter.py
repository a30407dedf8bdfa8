"""Measures for how long single callbacks hold the event loop."""

import asyncio
import logging
import threading
import time
from typing import Any

logger = logging.getLogger(__name__)

HELD_MS_WANTED = 10.0  # see ARCHITECTURE.md, Invariants


class LoopMeter:
    """Keeps the longest time that one callback held the loop, by the clock and in CPU time.

    By the clock waits for the interpreter's lock count, and so does every moment in which the machine ran something
    else; the CPU time says how much was the callback's own work.

    It wraps `asyncio.Handle._run`, through which every callback and every step of a task goes. That is a
    private name, so this is done for measurements only (`inkling serve --measure-loop`): asyncio's public
    debug mode reports slow callbacks, but slows all of them down first.
    """

    def __init__(self) -> None:
        self.held_ms_max = 0.0
        self.held_cpu_ms_max = 0.0

    def install(self) -> None:
        """Starts measuring the loop of this thread, until the process ends; reviews have loops of their own."""
        run_unmeasured, thread = asyncio.Handle._run, threading.get_ident()

        def run_measured(handle: asyncio.Handle) -> Any:
            if threading.get_ident() != thread:
                return run_unmeasured(handle)
            started_at_s, started_cpu_s = time.perf_counter(), time.thread_time()
            try:
                return run_unmeasured(handle)
            finally:
                held_ms = (time.perf_counter() - started_at_s) * 1000
                held_cpu_ms = (time.thread_time() - started_cpu_s) * 1000
                self.held_ms_max = max(self.held_ms_max, held_ms)
                self.held_cpu_ms_max = max(self.held_cpu_ms_max, held_cpu_ms)
                if held_ms > HELD_MS_WANTED:
                    logger.warning("loop held_ms=%.1f cpu_ms=%.1f by=%s", held_ms, held_cpu_ms, handle)

        asyncio.Handle._run = run_measured  # type: ignore[method-assign,assignment]  # the purpose of this class
