"""Bytes in and out: messages are read and written by threads, so that neither side ever holds the event loop.

Source: Language Server Protocol 3.17, "Base Protocol" (header part).
"""

import asyncio
import logging
import os
import queue
import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import BinaryIO

from inkling.core.errors import UserError
from inkling.lsp.documents import OpenDocument
from inkling.lsp.protocol import Protocol

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 256 * 1024 * 1024  # far over any document; a larger length is a torn stream
_CONTENT_LENGTH = re.compile(rb"content-length:\s*(\d+)\s*", re.IGNORECASE)


class _Writer:
    """Writes messages in order on a thread of its own; pygls calls `write` and `close`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="lsp-writer", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        self._queue.put(data)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._stream.write(data)
                self._stream.flush()
            except (OSError, ValueError):
                logger.info("the client does not read any more")
                return


def _read_messages(stream: BinaryIO, take: Callable[[bytes], None]) -> None:
    """Reads messages until the stream ends; header lines that mean nothing are passed over."""
    length = None
    while line := stream.readline(4096):
        match = _CONTENT_LENGTH.fullmatch(line)
        if match:
            length = int(match.group(1))
        elif not line.strip() and length is not None:
            if length > MAX_MESSAGE_BYTES:
                logger.error("a message of %d bytes cannot be right, closing the connection", length)
                return
            body = stream.read(length)
            if len(body) < length:
                return
            take(body)
            length = None


async def serve_streams(protocol: Protocol, reader: BinaryIO, writer: BinaryIO) -> None:
    """Serves one client over a pair of streams until it says goodbye or goes away."""
    loop = asyncio.get_running_loop()
    has_ended = protocol.has_exited
    out = _Writer(writer)
    protocol.set_writer(out)

    def tell(callback: Callable[..., None], *args: object) -> None:
        try:
            loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            logger.debug("a message came after the end")

    def present(uri: str) -> OpenDocument | None:
        """Returns a document once the loop has come to it: all that was told before is done then."""
        found: Future[OpenDocument | None] = Future()
        tell(lambda: found.set_result(protocol.documents.get(uri)))
        return found.result()

    def receive(body: bytes) -> None:
        received = protocol.read(body, present)
        if received is not None:
            tell(protocol.take, received)

    def read() -> None:
        try:
            _read_messages(reader, receive)
        except (OSError, ValueError):
            logger.info("the connection broke")
        finally:
            tell(has_ended.set)

    threading.Thread(target=read, name="lsp-reader", daemon=True).start()
    try:
        await has_ended.wait()
    finally:
        out.close()


async def serve_tcp(protocol: Protocol, host: str, port: int, on_listening: Callable[[str, int], None]) -> None:
    """Waits for one client on a TCP port, and serves it until it goes away.

    Args:
        protocol: What handles the messages.
        host: Address to listen on.
        port: Port to listen on; 0 for any that is free.
        on_listening: Told the address and port when clients may connect.

    Raises:
        UserError: The address cannot be listened on.
    """
    try:
        listener = socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        raise UserError(f"cannot listen on {host}:{port} ({error}); choose another address or port") from error
    with listener:
        listener.setblocking(False)
        on_listening(*listener.getsockname()[:2])
        connection, _ = await asyncio.get_running_loop().sock_accept(listener)
    connection.setblocking(True)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as reader, connection.makefile("wb") as writer:
        await serve_streams(protocol, reader, writer)


def claim_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Returns private streams on standard input and output; whatever else is printed goes to standard error."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return reader, writer
