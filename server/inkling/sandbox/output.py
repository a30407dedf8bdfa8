"""What a run prints: kept until it is received, and counted."""

import asyncio

_KEPT_STDERR_BYTES = 64 * 1024  # the end of it, where the last error is


class ProgramOutput:
    """Both streams of one run, fed by whatever reads them."""

    def __init__(self, limit_kb: int) -> None:
        """Prepares for output.

        Args:
            limit_kb: Most that may be printed, both streams together; what comes after it is dropped.
        """
        self._room_bytes = limit_kb * 1024
        self._stdout = bytearray()
        self._stderr = bytearray()
        self._is_closed = False
        self._has_news = asyncio.Event()

    @property
    def stderr(self) -> bytes:
        """The end of the error stream so far."""
        return bytes(self._stderr)

    def take(self, data: bytes, *, is_error: bool) -> bool:
        """Keeps what was printed and tells whether it is still within the limit."""
        kept = data[: max(self._room_bytes, 0)]
        self._room_bytes -= len(data)
        if is_error:
            self._stderr += kept
            del self._stderr[:-_KEPT_STDERR_BYTES]
        else:
            self._stdout += kept
            self._has_news.set()
        return self._room_bytes >= 0

    def close(self) -> None:
        """Notes that no more comes."""
        self._is_closed = True
        self._has_news.set()

    async def receive(self) -> bytes:
        """Returns what was printed since the last call, once there is something; nothing when no more comes."""
        while not self._stdout and not self._is_closed:
            self._has_news.clear()
            await self._has_news.wait()
        data = bytes(self._stdout)
        self._stdout.clear()
        return data
