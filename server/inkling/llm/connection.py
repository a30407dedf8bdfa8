"""The one module that imports `openai`: requests, streams, and what its errors mean.

The import costs half a second of CPU, so `inkling.llm.client` imports this module on a thread, and only once there is
an endpoint.
"""

import errno
import json
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai

from inkling.llm.endpoint import Endpoint
from inkling.llm.faults import Failure, Fault, RequestFailedError
from inkling.llm.text_model import TextChunk

CONNECT_WITHIN_S = 5.0  # for the connection alone; the whole answer has the time limit of its purpose
KEPT_ALIVE_S = 30.0  # pauses in typing are shorter, and a new TLS connection costs two round trips
MAX_ANSWER_BYTES = 2 * 2**20  # a token with its log-probability is about 300 bytes on the wire
# What the request itself needs; the package would add facts about this machine, and what OPENAI_* variables hold.
_OWN_HEADERS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "accept"})
_USER_AGENT = "inkling"

Body = dict[str, Any]  # a JSON object, as the endpoint takes it

for _name in ("openai", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below, they print prompts and addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The tokens that the endpoint counted."""

    n_prompt_tokens: int
    n_answer_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a stream, or a whole answer.

    Attributes:
        chunks: Pieces of text.
        usage: The endpoint's count, where this event has it.
    """

    chunks: tuple[TextChunk, ...]
    usage: Usage | None


class Connection:
    """An HTTP client for one endpoint.

    Raises:
        RequestFailedError: The certificates to trust cannot be read, or the address is none.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._base_url, self._query = endpoint.base_url, f"?{endpoint.query}" if endpoint.query else ""
        self._http = httpx2.AsyncClient(
            verify=_tls(endpoint),
            proxy=endpoint.proxy,
            timeout=httpx2.Timeout(None, connect=CONNECT_WITHIN_S),
            limits=httpx2.Limits(
                max_connections=endpoint.max_concurrent + 1,  # one more for a connection that is being closed
                max_keepalive_connections=endpoint.max_concurrent,
                keepalive_expiry=KEPT_ALIVE_S,
            ),
            # What is sent to one address must not go on to another.
            follow_redirects=False,
            event_hooks={"request": [_HeaderFilter(endpoint)], "response": [_limit_size]},
        )
        try:
            self._client = openai.AsyncOpenAI(
                base_url=endpoint.base_url,
                # Without one the package would take OPENAI_API_KEY, which belongs to somebody else.
                api_key=endpoint.api_key or "none",
                max_retries=0,
                http_client=self._http,
            )
        except httpx2.InvalidURL as error:
            raise RequestFailedError(Failure(fault=Fault.UNKNOWN_HOST)) from error

    async def stream(self, path: str, body: Body) -> "EventStream":
        """Sends a request; returns its answer once the headers are there.

        Raises:
            RequestFailedError: There is no answer, or a bad one.
        """
        try:
            stream = await self._client.post(
                f"{self._base_url}{path}{self._query}",
                cast_to=object,
                body=body | {"stream": True},
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
        except Exception as error:
            raise RequestFailedError(_failure(error)) from error
        return EventStream(stream)

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.close()


class EventStream:
    """The answer to one request. `close` it in any case."""

    def __init__(self, stream: openai.AsyncStream[object]) -> None:
        self._stream = stream
        self._has_ended = False

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yields the events as they come.

        Raises:
            RequestFailedError: The answer cannot be read, is far too long, or breaks off.
        """
        try:
            async with aclosing(self._raw()) as raws:
                async for raw in raws:
                    event = _event(raw)
                    self._has_ended = self._has_ended or any(chunk.finish_reason for chunk in event.chunks)
                    yield event
        except RequestFailedError:
            raise
        except Exception as error:
            raise RequestFailedError(_failure(error, is_streaming=True)) from error
        if not self._has_ended:
            raise RequestFailedError(Failure(fault=Fault.CUT))

    async def close(self) -> None:
        """Ends the request; the connection is closed where the answer is not complete."""
        await self._stream.close()

    async def _raw(self) -> AsyncGenerator[object, None]:
        kind = self._stream.response.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind in {"text/event-stream", ""}:
            while True:
                # Not `async for`: that would wrap the iterator in one more generator, left open when this one ends.
                try:
                    yield await anext(self._stream)
                except StopAsyncIteration:
                    return
        elif kind == "application/json":
            # Some gateways answer in one piece whatever they are asked.
            yield json.loads(await self._stream.response.aread())
        else:
            raise RequestFailedError(Failure(fault=Fault.WRONG_CONTENT, detail=f"it answers with {kind}"))


class _HeaderFilter:
    """Leaves in a request what the user wants there, and nothing that the package adds."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._headers = {"accept-encoding": "identity", "user-agent": _USER_AGENT}
        if endpoint.api_key:
            self._headers["authorization"] = f"Bearer {endpoint.api_key}"
        self._headers |= {name.lower(): value for name, value in endpoint.headers}

    async def __call__(self, request: httpx2.Request) -> None:
        for name in list(request.headers):
            if name.lower() not in _OWN_HEADERS:
                del request.headers[name]
        request.headers.update(self._headers)


class _TooLargeError(Exception):
    """An answer is far longer than any that was asked for."""


class _LimitedStream(httpx2.AsyncByteStream):
    """Stops reading an answer that is too long."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        n_bytes = 0
        async for content in self._stream:
            n_bytes += len(content)
            if n_bytes > MAX_ANSWER_BYTES:
                raise _TooLargeError
            yield content

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _limit_size(response: httpx2.Response) -> None:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        # A few packed bytes may unpack to gigabytes; the request said that it takes none.
        await response.aclose()
        raise RequestFailedError(Failure(fault=Fault.MALFORMED, detail=f"packed as {encoding}"))
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _LimitedStream(response.stream)


def _tls(endpoint: Endpoint) -> ssl.SSLContext | bool:
    if endpoint.ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=endpoint.ca_file)
    except OSError as error:  # ssl.SSLError is one
        detail = f"{endpoint.ca_file} cannot be read as certificates"
        raise RequestFailedError(Failure(fault=Fault.CERTIFICATE, detail=detail)) from error


def _event(raw: object) -> Event:
    """Returns what a JSON value of the endpoint says.

    Raises:
        RequestFailedError: It is an error, or of another shape than OpenAI's.
    """
    if not isinstance(raw, dict):
        raise RequestFailedError(Failure(fault=Fault.MALFORMED, detail="not a JSON object"))
    if raw.get("error"):
        raise RequestFailedError(Failure(fault=Fault.SERVER_ERROR, detail=_error_words(raw)))
    choices = raw.get("choices") or []
    if not isinstance(choices, list):
        raise RequestFailedError(Failure(fault=Fault.MALFORMED, detail="choices are no list"))
    return Event(chunks=tuple(map(_chunk, choices)), usage=_usage(raw.get("usage")))


def _chunk(choice: object) -> TextChunk:
    if not isinstance(choice, dict):
        raise RequestFailedError(Failure(fault=Fault.MALFORMED, detail="a choice is no object"))
    message = choice.get("delta") or choice.get("message") or {}
    text = choice.get("text") or (message.get("content") if isinstance(message, dict) else None) or ""
    index, reason = choice.get("index", 0), choice.get("finish_reason")
    if not isinstance(text, str) or not isinstance(index, int):
        raise RequestFailedError(Failure(fault=Fault.MALFORMED, detail="a choice has no text"))
    return TextChunk(
        index=index,
        text=text,
        logprobs=_logprobs(choice.get("logprobs")),
        finish_reason=str(reason) if reason else None,
    )


def _logprobs(raw: object) -> tuple[float, ...]:
    """Returns the log-probabilities of `/v1/completions` or `/v1/chat/completions`; what is no number is left out."""
    if not isinstance(raw, dict):
        return ()
    values = raw.get("token_logprobs")
    if not isinstance(values, list):
        content = raw.get("content")
        values = (
            [each.get("logprob") for each in content if isinstance(each, dict)] if isinstance(content, list) else []
        )
    return tuple(float(value) for value in values if isinstance(value, int | float))


def _usage(raw: object) -> Usage | None:
    if not isinstance(raw, dict):
        return None
    prompt, answer = raw.get("prompt_tokens"), raw.get("completion_tokens") or 0
    if not isinstance(prompt, int) or not isinstance(answer, int):
        return None
    return Usage(n_prompt_tokens=prompt, n_answer_tokens=answer)


def _error_words(raw: dict[Any, Any]) -> str:
    error = raw.get("error")
    words = error.get("message") if isinstance(error, dict) else error
    return words if isinstance(words, str) else ""


def _failure(error: Exception, *, is_streaming: bool = False) -> Failure:
    """Returns what an exception of the package, of HTTP or of JSON means."""
    if isinstance(error, RequestFailedError):
        return error.failure
    if isinstance(error, _TooLargeError):
        return Failure(fault=Fault.TOO_LARGE)
    if isinstance(error, openai.APIStatusError):
        return _failure_of_status(error)
    if isinstance(error, openai.APIConnectionError):
        return Failure(fault=Fault.CUT) if is_streaming else _failure_of_connection(error)
    if isinstance(error, openai.APIError):  # an error in the middle of a stream
        return Failure(fault=Fault.SERVER_ERROR, detail=error.message)
    if isinstance(error, httpx2.InvalidURL):
        return Failure(fault=Fault.UNKNOWN_HOST)
    if isinstance(error, httpx2.TransportError):
        return Failure(fault=Fault.CUT)
    if isinstance(error, ValueError):  # no JSON, or no UTF-8
        return Failure(fault=Fault.MALFORMED)
    raise error  # a mistake of ours, which belongs into the log as it is


def _failure_of_status(error: openai.APIStatusError) -> Failure:
    status, headers = error.status_code, error.response.headers
    body = error.body
    words = str(body.get("message") or body.get("detail") or "") if isinstance(body, dict) else ""
    detail = f"{status}: {words}" if words else str(status)
    if status == 401:
        return Failure(fault=Fault.KEY_REFUSED)  # its words may quote the key
    if 300 <= status < 400:
        return Failure(fault=Fault.REDIRECT, detail=f"{status}: {headers.get('location', '').split('?')[0]}")
    fault = {403: Fault.FORBIDDEN, 404: Fault.NOT_FOUND, 407: Fault.PROXY, 429: Fault.RATE_LIMIT}.get(status)
    if fault is None:
        fault = Fault.SERVER_ERROR if status >= 500 or status in {408, 409, 425} else Fault.BAD_REQUEST
    return Failure(fault=fault, detail=detail, retry_after_s=_retry_after_s(headers.get("retry-after")))


def _retry_after_s(text: str | None) -> float | None:
    """Returns the seconds that a `Retry-After` asks for. Source: RFC 9110, section 10.2.3."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _failure_of_connection(error: BaseException) -> Failure:
    """Looks for the cause in the chain of exceptions below the package's own."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return Failure(fault=Fault.CERTIFICATE, detail=seen.verify_message)
        if isinstance(seen, ssl.SSLError):
            return Failure(
                fault=Fault.WRONG_CONTENT, detail="it does not speak TLS; perhaps http:// instead of https://"
            )
        if isinstance(seen, socket.gaierror):
            return Failure(fault=Fault.UNKNOWN_HOST)
        if isinstance(seen, httpx2.ProxyError):
            return Failure(fault=Fault.PROXY, detail=str(seen))
        if isinstance(seen, httpx2.ConnectTimeout):
            return Failure(fault=Fault.UNREACHABLE, detail="it does not take the connection")
        if isinstance(seen, ConnectionRefusedError) or (isinstance(seen, OSError) and seen.errno == errno.ECONNREFUSED):
            return Failure(fault=Fault.UNREACHABLE, detail="connection refused")
        if isinstance(seen, httpx2.RemoteProtocolError) and "disconnected" not in str(seen):
            return Failure(fault=Fault.WRONG_CONTENT, detail="it does not speak HTTP")
        seen = seen.__cause__ or seen.__context__
    return Failure(fault=Fault.UNREACHABLE)
