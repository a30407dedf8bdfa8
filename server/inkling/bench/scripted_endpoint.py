"""An OpenAI-compatible endpoint with a fixed latency that knows what will be typed, for `inkling bench typing`."""

import asyncio
import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

STARTS_WITHIN_S = 10.0


class ScriptedEndpoint:
    """Answers on a free port of this machine, in a thread of its own; a context manager.

    Attributes:
        answer: Returns the text that follows a prompt.
        n_requests: Requests for text so far, by the name of the model that they ask for.
        n_cancelled: Those whose client had left before the answer was due.
    """

    def __init__(self, latency_s: float, answer: Callable[[str], str]) -> None:
        """Prepares.

        Args:
            latency_s: From the request to the answer, which then comes at once.
            answer: Returns the text that follows a prompt.
        """
        self.answer = answer
        self.n_requests = Counter[str]()
        self.n_cancelled = Counter[str]()
        self.base_url = ""
        self._latency_s = latency_s
        self._is_listening = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._is_listening.wait(STARTS_WITHIN_S):
            raise TimeoutError("the scripted endpoint did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._listen())

    async def _listen(self) -> None:
        handlers: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                handlers.add(task)
                task.add_done_callback(handlers.discard)
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._serve_one(reader, writer):
                    pass
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._is_listening.set()
        await self._ending.wait()
        server.close()
        for task in tuple(handlers):
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers one request; returns whether the connection stays open."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        path = first.split(" ")[1]
        if not path.endswith("/completions") or "/chat/" in path:
            is_list = path.endswith("/models")
            await _send(writer, 200 if is_list else 404, {"object": "list", "data": [{"id": "scripted"}]})
            return True
        body = json.loads(content)
        model = str(body.get("model"))
        self.n_requests[model] += 1
        text = _until_stop(self.answer(body["prompt"]), body.get("stop") or [])
        # Nothing more is sent over the connection before the answer: bytes or their end mean that the client left.
        left = asyncio.create_task(reader.read(1))
        done, _ = await asyncio.wait({left}, timeout=self._latency_s)
        if done:
            self.n_cancelled[model] += 1
            return False
        left.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await left
        choice = {"index": 0, "text": text, "finish_reason": "stop", "logprobs": _logprobs(text)}
        answer = {"id": "scripted", "object": "text_completion", "created": 0, "model": model}
        if body.get("stream"):
            event = f"data: {json.dumps(answer | {'choices': [choice]})}\n\ndata: [DONE]\n\n".encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(event), event))
            await writer.drain()
        else:
            await _send(writer, 200, answer | {"choices": [choice]})
        return True


async def _send(writer: asyncio.StreamWriter, status: int, value: dict[str, Any]) -> None:
    content = json.dumps(value).encode()
    head = f"HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)
    await writer.drain()


def _until_stop(text: str, stops: str | list[str]) -> str:
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.split(stop, 1)[0]
    return text


def _logprobs(text: str) -> dict[str, Any]:
    return {"tokens": [text], "token_logprobs": [-0.2], "top_logprobs": None, "text_offset": [0]}
