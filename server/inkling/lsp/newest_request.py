"""Of several questions about one document only the newest is answered."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any


class NewestRequest:
    """Knows what is being answered for each document."""

    def __init__(self) -> None:
        self._in_flight: dict[str, asyncio.Task[Any]] = {}

    @contextlib.contextmanager
    def of(self, uri: str) -> Iterator[None]:
        """Cancels the older request of a document, and lets a newer one cancel what runs inside."""
        task = asyncio.current_task()
        older = self._in_flight.get(uri)
        if older is not None:
            older.cancel()
        if task is not None:
            self._in_flight[uri] = task
        try:
            yield
        finally:
            if self._in_flight.get(uri) is task:
                del self._in_flight[uri]
