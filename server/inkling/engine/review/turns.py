"""What comes first where two reviewers run code and there are few processors."""

import asyncio
import contextlib
from collections.abc import Iterator


class FirstTurn:
    """Work that others wait for. For one event loop."""

    def __init__(self) -> None:
        """Begins with nothing under way."""
        self._n_under_way = 0
        self._is_over = asyncio.Event()
        self._is_over.set()

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Has the turn as long as the block runs."""
        self._n_under_way += 1
        self._is_over.clear()
        try:
            yield
        finally:
            self._n_under_way -= 1
            if not self._n_under_way:
                self._is_over.set()

    async def wait_until_over(self) -> None:
        """Waits until nothing is under way; at once where nothing was begun."""
        await self._is_over.wait()
