"""An OpenAI-compatible endpoint that does as it is told, on a real socket.

```
async with ModelServer().running() as server:
    server.script = lambda received: Reply(texts=("return 1",), piece_delay_s=0.01)
    ...  # ask server.base_url
    assert server.received[-1].body["prompt"] == "..."
    await server.received[-1].ended.wait()
    assert server.received[-1].was_closed_by_client
```
"""

import asyncio
import contextlib
import json
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

_PIECE = re.compile(r"\s*\w+|\s*[^\w\s]+|\s+")
_REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}


@dataclass(kw_only=True)
class Received:
    """A request, and what became of it.

    Attributes:
        method: As sent.
        path: As sent, with `/v1`, without the query.
        query: What follows the `?`.
        headers: Names in lower case.
        body: The JSON object of the body; empty when there is none.
        ended: Set once the server has nothing to do with it any more.
        was_closed_by_client: Whether the client went away before the end of the answer.
        n_pieces_sent: Pieces of text that were written into the stream.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str]
    body: dict[str, Any]
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    was_closed_by_client: bool = False
    n_pieces_sent: int = 0

    @property
    def is_chat(self) -> bool:
        return self.path.endswith("/chat/completions")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What to answer.

    Attributes:
        texts: One text for each alternative; of fewer than asked for, the last is repeated.
        logprob: Of each token, where log-probabilities are asked for.
        header_delay_s: Before the first byte.
        first_delay_s: Between the headers and the first piece.
        piece_delay_s: Before each further piece.
        status: Anything but 200 is answered with an error object.
        headers: Further headers of the answer.
        error: The words of the error object.
        raw: Sent as the whole body, in place of everything above.
        content_type: Of `raw`.
        finish_reason: None: "stop", or "length" where `max_tokens` cut.
        fault: What goes wrong on the way.
        fault_after: Pieces that are sent before it does.
        hold: Nothing more of a stream is sent before this is set.
        hold_after: Pieces that are sent before that.
    """

    texts: tuple[str, ...] = ("pass",)
    logprob: float = -0.25
    header_delay_s: float = 0.0
    first_delay_s: float = 0.0
    piece_delay_s: float = 0.0
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    error: str = "scripted error"
    raw: bytes | None = None
    content_type: str = "application/json"
    finish_reason: str | None = None
    fault: Literal["no headers", "stalls", "cut", "malformed", "error event", "no end"] | None = None
    fault_after: int = 0
    hold: asyncio.Event | None = None
    hold_after: int = 0


@dataclass(kw_only=True)
class ModelServer:
    """The endpoint. `script` may be changed at any time; it is called once for each request for text.

    Attributes:
        script: Gives the reply to a request.
        models: Names of the models that there are; None: any.
        api_key: The one key that is let in; None: anything is.
        has_completions: Whether there is `/v1/completions`.
        suffix: What becomes of `suffix`.
        knows_n: Whether it gives as many alternatives as it is asked for; otherwise one.
        has_logprobs: Whether log-probabilities are given to who asks for them.
        has_usage: Whether tokens are counted for who asks for them in a stream.
        received: All requests so far, oldest first.
    """

    script: Callable[[Received], Reply] = lambda _: Reply()
    models: tuple[str, ...] | None = None
    api_key: str | None = None
    has_completions: bool = True
    suffix: Literal["fills", "ignores", "refuses"] = "fills"
    knows_n: bool = True
    has_logprobs: bool = True
    has_usage: bool = True
    received: list[Received] = field(default_factory=list)
    base_url: str = ""
    n_connections: int = 0

    @contextlib.asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["ModelServer"]:
        """Listens on a free port of this machine inside the block."""
        handlers: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            handlers.add(task)
            self.n_connections += 1
            try:
                await self._serve(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # the client went away between two requests
            except asyncio.CancelledError:
                pass  # the block ends; asyncio would log it
            finally:
                handlers.discard(task)
                self.n_connections -= 1
                writer.close()
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        self.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
        try:
            yield self
        finally:
            server.close()
            for task in list(handlers):
                task.cancel()
            await asyncio.gather(*handlers, return_exceptions=True)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept = b""
        while True:
            try:
                head = kept + await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            received = await _read_request(head, reader)
            self.received.append(received)
            gone = asyncio.create_task(reader.read(1))
            answer = asyncio.create_task(self._answer(received, writer))
            try:
                await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
                received.was_closed_by_client = _broke_off(answer) if answer.done() else _is_end(gone)
                if received.was_closed_by_client:
                    return
                if await answer:
                    return
            finally:
                for task in (answer, gone):
                    if not task.done():
                        task.cancel()
                await asyncio.gather(answer, gone, return_exceptions=True)
                received.ended.set()
            kept = b"" if gone.cancelled() else gone.result()
            if gone.done() and not gone.cancelled() and not kept:
                return

    async def _answer(self, received: Received, writer: asyncio.StreamWriter) -> bool:
        """Answers one request; returns whether the connection is to be closed."""
        if self.api_key is not None and received.headers.get("authorization") != f"Bearer {self.api_key}":
            return await _send_error(writer, 401, "Incorrect API key provided.")
        if received.path == "/v1/models":
            data = [{"id": name, "object": "model"} for name in self.models or ()]
            return await _send_json(writer, 200, {"object": "list", "data": data})
        if not received.is_chat and not (received.path == "/v1/completions" and self.has_completions):
            return await _send_error(writer, 404, f"Unknown request URL: {received.path}")
        body = received.body
        if self.models is not None and body.get("model") not in self.models:
            return await _send_error(writer, 404, f"The model `{body.get('model')}` does not exist")
        if body.get("suffix") is not None and self.suffix == "refuses":
            return await _send_error(writer, 400, "suffix is not currently supported")
        reply = self.script(received)
        await asyncio.sleep(reply.header_delay_s)
        if reply.fault == "no headers":
            await asyncio.Event().wait()
        if reply.raw is not None:
            return await _send(writer, reply.status, reply.content_type, reply.raw, reply.headers)
        if reply.status != 200:
            return await _send_error(writer, reply.status, reply.error, reply.headers)
        if not body.get("stream"):
            await asyncio.sleep(reply.first_delay_s)
            return await _send_json(writer, 200, self._whole(received, reply))
        return await self._stream(received, reply, writer)

    def _whole(self, received: Received, reply: Reply) -> dict[str, Any]:
        choices = []
        for index in range(self._n_choices(received.body)):
            pieces, finish = _cut(_text(reply, index), reply, received.body)
            text = "".join(pieces)
            choice: dict[str, Any] = {"index": index, "finish_reason": finish}
            if received.is_chat:
                choice["message"] = {"role": "assistant", "content": text}
            else:
                choice["text"] = text
            if self._gives_logprobs(received):
                choice["logprobs"] = _logprobs(pieces, reply.logprob, is_chat=received.is_chat)
            choices.append(choice)
        kind = "chat.completion" if received.is_chat else "text_completion"
        return _envelope(kind, received) | {"choices": choices, "usage": self._usage(received, reply)}

    async def _stream(self, received: Received, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n")
        writer.write("".join(f"{name}: {value}\r\n" for name, value in reply.headers).encode() + b"\r\n")
        await writer.drain()
        for number, event in enumerate(self._events(received, reply)):
            await asyncio.sleep(reply.first_delay_s if number == 0 else reply.piece_delay_s)
            if number == reply.hold_after and reply.hold is not None:
                await reply.hold.wait()
            if number == reply.fault_after and reply.fault is not None and reply.fault != "no end":
                return await _go_wrong(writer, reply.fault, event)
            await _send_chunk(writer, f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
            received.n_pieces_sent += 1
        if reply.fault == "no end":
            await _send_chunk(writer, b"")
            return False
        if self.has_usage and (received.body.get("stream_options") or {}).get("include_usage"):
            last = self._envelope(received) | {"choices": [], "usage": self._usage(received, reply)}
            await _send_chunk(writer, f"data: {json.dumps(last)}\n\n".encode())
        await _send_chunk(writer, b"data: [DONE]\n\n")
        await _send_chunk(writer, b"")
        return False

    def _events(self, received: Received, reply: Reply) -> Iterator[dict[str, Any]]:
        for index in range(self._n_choices(received.body)):
            pieces, finish = _cut(_text(reply, index), reply, received.body)
            for number, piece in enumerate([*pieces, ""]):
                is_last = number == len(pieces)
                if is_last and reply.fault == "no end":
                    return
                choice: dict[str, Any] = {"index": index, "finish_reason": finish if is_last else None}
                choice |= {"delta": {"content": piece}} if received.is_chat else {"text": piece}
                if not is_last and self._gives_logprobs(received):
                    choice["logprobs"] = _logprobs([piece], reply.logprob, is_chat=received.is_chat)
                yield self._envelope(received) | {"choices": [choice]}

    def _n_choices(self, body: dict[str, Any]) -> int:
        return (body.get("n") or 1) if self.knows_n else 1

    def _envelope(self, received: Received) -> dict[str, Any]:
        return _envelope("chat.completion.chunk" if received.is_chat else "text_completion", received)

    def _gives_logprobs(self, received: Received) -> bool:
        return self.has_logprobs and bool(received.body.get("logprobs"))

    def _usage(self, received: Received, reply: Reply) -> dict[str, int]:
        body = received.body
        texts = [str(message["content"]) for message in body.get("messages", ())] or [str(body.get("prompt", ""))]
        if self.suffix == "fills" and body.get("suffix"):
            texts.append(body["suffix"])
        n_prompt = sum(len(_PIECE.findall(text)) for text in texts)
        n_answer = sum(len(_cut(_text(reply, index), reply, body)[0]) for index in range(self._n_choices(body)))
        return {"prompt_tokens": n_prompt, "completion_tokens": n_answer, "total_tokens": n_prompt + n_answer}


def n_pieces_of(text: str) -> int:
    """Returns in how many pieces a text is streamed, for `Reply.hold_after` and `Reply.fault_after`."""
    return len(_PIECE.findall(text))


def _broke_off(answer: asyncio.Task[bool]) -> bool:
    """Tells whether an answer ended because nobody was there to take it."""
    return isinstance(answer.exception(), ConnectionError)


def _is_end(gone: asyncio.Task[bytes]) -> bool:
    """Tells whether the client has left, politely or not."""
    return gone.done() and (gone.exception() is not None or gone.result() == b"")


async def _read_request(head: bytes, reader: asyncio.StreamReader) -> Received:
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.split(":", 1) for line in lines)
    headers = {name.lower(): value.strip() for name, value in pairs}
    content = await reader.readexactly(int(headers.get("content-length", 0)))
    path, _, query = path.partition("?")
    return Received(method=method, path=path, query=query, headers=headers, body=json.loads(content) if content else {})


def _text(reply: Reply, index: int) -> str:
    return reply.texts[min(index, len(reply.texts) - 1)]


def _cut(text: str, reply: Reply, body: dict[str, Any]) -> tuple[list[str], str]:
    """Returns the pieces of a text up to the first stop word and the most tokens, and why it ends."""
    stops = body.get("stop") or []
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.split(stop, 1)[0]
    pieces = _PIECE.findall(text)
    most = body.get("max_tokens") or body.get("max_completion_tokens") or len(pieces)
    return pieces[:most], reply.finish_reason or ("length" if len(pieces) > most else "stop")


def _logprobs(pieces: list[str], logprob: float, *, is_chat: bool) -> dict[str, Any]:
    if is_chat:
        return {"content": [{"token": piece, "logprob": logprob, "top_logprobs": []} for piece in pieces]}
    return {"tokens": pieces, "token_logprobs": [logprob] * len(pieces), "top_logprobs": None, "text_offset": []}


def _envelope(kind: str, received: Received) -> dict[str, Any]:
    return {"id": "scripted", "object": kind, "created": int(time.time()), "model": received.body.get("model")}


async def _go_wrong(writer: asyncio.StreamWriter, fault: str, event: dict[str, Any]) -> bool:
    if fault == "stalls":
        await asyncio.Event().wait()
    elif fault == "malformed":
        await _send_chunk(writer, b'data: {"choices": [{"index": 0, "text": \n\n')
        await _send_chunk(writer, b"")
    elif fault == "error event":
        await _send_chunk(writer, b'data: {"error": {"message": "the engine ran out of memory"}}\n\n')
        await _send_chunk(writer, b"")
    else:
        content = f"data: {json.dumps(event)}\n\n".encode()
        writer.write(b"%x\r\n" % len(content) + content[: len(content) // 2])
        await writer.drain()
    return True


async def _send_chunk(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(b"%x\r\n" % len(content) + content + b"\r\n")
    await writer.drain()


async def _send_json(writer: asyncio.StreamWriter, status: int, value: object) -> bool:
    return await _send(writer, status, "application/json", json.dumps(value).encode())


async def _send_error(
    writer: asyncio.StreamWriter, status: int, words: str, headers: tuple[tuple[str, str], ...] = ()
) -> bool:
    content = json.dumps({"error": {"message": words, "type": "scripted", "code": None}}).encode()
    return await _send(writer, status, "application/json", content, headers)


async def _send(
    writer: asyncio.StreamWriter,
    status: int,
    content_type: str,
    content: bytes,
    headers: tuple[tuple[str, str], ...] = (),
) -> bool:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Scripted')}", f"content-type: {content_type}"]
    lines += [f"content-length: {len(content)}", *(f"{name}: {value}" for name, value in headers)]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
    await writer.drain()
    return False
