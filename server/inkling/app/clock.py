"""The system's time, and the event loop's timers."""

import asyncio
import time
from collections.abc import Callable


class LoopClock:
    """Puts calls off on the running event loop; those that are still to come end with it."""

    def now_ms(self) -> int:
        """Returns milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Calls `callback` after `delay_s` seconds, at least."""
        return asyncio.get_running_loop().call_later(delay_s, callback)
