"""Each fault of an endpoint, through the real HTTP client, with the words that the user reads."""

import asyncio
import logging
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from tests.model_server.scripted import ModelServer, Received, Reply
from tests.sandboxes.backends import skip_for_want_of

from inkling.core.errors import ModelError
from inkling.core.model_state import ModelState, ModelStateKind
from inkling.core.settings import ModelApi, ModelSettings
from inkling.llm.accounting import TokenAccount
from inkling.llm.circuit import FIRST_PAUSE_S, N_FAILURES, PAUSE_FOR_USER_S
from inkling.llm.client import N_ATTEMPTS, ModelClient
from inkling.llm.connection import MAX_ANSWER_BYTES
from inkling.llm.endpoint import Endpoint, endpoint_from_settings
from inkling.llm.faults import Fault
from inkling.llm.text_model import Purpose, TextRequest

KEY = "sk-0123456789-secret"
ASKED = TextRequest(prompt="def add(a, b):\n    return ", max_tokens=32)


class Clock:
    """A clock that is moved by hand."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
async def account(tmp_path: Path) -> AsyncIterator[TokenAccount]:
    account = TokenAccount(tmp_path)
    await account.open()
    yield account
    await account.close()


def _client(
    base_url: str,
    account: TokenAccount,
    *,
    ca_file: Path | None = None,
    proxy: str | None = None,
    timeout_s: float = 5.0,
    on_state: Callable[[ModelState], None] = lambda _: None,
    now_s: Callable[[], float] | None = None,
) -> ModelClient:
    endpoint = Endpoint(
        base_url=base_url,
        api_key=KEY,
        models={Purpose.COMPLETION: "coder"},
        timeout_s=timeout_s,
        ca_file=ca_file,
        proxy=proxy,
        api=ModelApi.COMPLETIONS,
    )
    return ModelClient(endpoint, account, on_state, now_s or Clock())


async def _text(client: ModelClient) -> str:
    return "".join([chunk.text async for chunk in client.complete(ASKED, Purpose.COMPLETION)])


async def _failure(client: ModelClient) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await _text(client)
    return caught.value


_HTML = b"<!doctype html><html><body>It works!</body></html>"
_SCRIPTED = [
    (Reply(fault="no headers"), Fault.TOO_SLOW, "did not finish within 2 s. Raise inkling.model.timeoutSeconds"),
    (Reply(fault="stalls"), Fault.TOO_SLOW, "The model coder at {url} did not finish"),
    (Reply(fault="stalls", fault_after=1), Fault.TOO_SLOW, "a faster model in inkling.model.completionModel"),
    (Reply(texts=("a b c",), fault="cut", fault_after=1), Fault.CUT, "broke off in the middle of an answer"),
    (Reply(texts=("a b c",), fault="no end"), Fault.CUT, "broke off in the middle of an answer"),
    (Reply(fault="malformed"), Fault.MALFORMED, "sent an answer that cannot be read. Change inkling.model.api"),
    (Reply(raw=b"[1, 2]"), Fault.MALFORMED, "cannot be read (not a JSON object)"),
    (Reply(raw=b'{"choices": [7]}'), Fault.MALFORMED, "cannot be read (a choice is no object)"),
    (Reply(raw=b'{"choices": [{"text": 7}]}'), Fault.MALFORMED, "cannot be read (a choice has no text)"),
    (Reply(raw=b'{"choices": [{"text": "\xff"}]}'), Fault.MALFORMED, "cannot be read"),
    (Reply(raw=b"packed", headers=(("content-encoding", "gzip"),)), Fault.MALFORMED, "packed as gzip"),
    (Reply(fault="error event"), Fault.SERVER_ERROR, "failed (the engine ran out of memory)"),
    (Reply(status=401, error=f"Incorrect API key provided: {KEY}"), Fault.KEY_REFUSED, "“Inkling: Set API Key”"),
    (Reply(status=403, error=f"no {KEY}\n\x1b[31m"), Fault.FORBIDDEN, "the model coder (403: no … [31m)"),
    (Reply(status=404, error="no such model"), Fault.NOT_FOUND, "has no model coder, or is not at that address"),
    (Reply(status=408), Fault.SERVER_ERROR, "failed (408: scripted error)"),
    (Reply(status=429), Fault.RATE_LIMIT, "takes no more requests now (429: scripted error). Lower inkling.model.max"),
    (Reply(status=429, headers=(("retry-after", "900"),)), Fault.RATE_LIMIT, "inkling.completion.debounceMs"),
    (Reply(status=500, error="x" * 9999), Fault.SERVER_ERROR, "x…). Look at its own log"),
    (Reply(status=503), Fault.SERVER_ERROR, "failed (503: scripted error)"),
    (
        Reply(status=400, error="context too long"),
        Fault.BAD_REQUEST,
        "request (400: context too long). Change inkling.",
    ),
    (Reply(status=307, headers=(("location", "https://other.example/v1?k=1"),)), Fault.REDIRECT, "(307: https://other"),
    (Reply(raw=b"hello", content_type="text/plain"), Fault.WRONG_CONTENT, "(it answers with text/plain)"),
    (Reply(raw=_HTML, content_type="text/html; charset=utf-8"), Fault.WRONG_CONTENT, "(it answers with text/html)"),
    (Reply(raw=_HTML, content_type="application/json"), Fault.MALFORMED, "sent an answer that cannot be read"),
    (Reply(raw=b"x" * 10_000_000), Fault.TOO_LARGE, "sent far more than was asked for; the answer was dropped"),
    (Reply(raw=b"data: " * 2_000_000, content_type="text/event-stream"), Fault.TOO_LARGE, "sent far more"),
    (Reply(status=500, raw=b"x" * 10_000_000, content_type="text/html"), Fault.TOO_LARGE, "sent far more"),
]


@pytest.mark.parametrize(
    ("reply", "fault", "words"), _SCRIPTED, ids=[f"{number}-{fault}" for number, (_, fault, _) in enumerate(_SCRIPTED)]
)
async def test_a_fault_is_told_with_the_setting_to_change(
    model_server: ModelServer,
    account: TokenAccount,
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
    fault: Fault,
    words: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    slow = reply.fault in {"no headers", "stalls"}
    client = _client(model_server.base_url, account, timeout_s=2.0 if slow else 20.0)
    await client.probe()
    model_server.script = lambda _: reply
    error = await _failure(client)
    await client.close()
    assert error.cause == fault
    assert words.format(url=model_server.base_url) in str(error)
    assert "inkling." in str(error) or "Inkling:" in str(error)
    assert KEY not in f"{error}{caplog.text}"
    assert len(str(error)) < 600
    assert str(error).isprintable()


async def test_nothing_listens(account: TokenAccount) -> None:
    with socket.socket() as taken:  # bound and not listening, so that nobody else can take the port
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        client = _client(url, account)
        error = await _failure(client)
        await client.close()
    assert error.cause == Fault.UNREACHABLE
    assert str(error) == (
        f"Nothing answers at {url} (connection refused). Start the endpoint, or change inkling.model.baseUrl."
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://no-such-host.invalid/v1",  # RFC 2606: this name is never given to anybody
        "http://xn--/v1",
        "http://a..b/v1",
        f"http://{'a' * 80}.example/v1",
    ],
)
async def test_a_host_that_there_is_not(account: TokenAccount, url: str) -> None:
    client = _client(url, account)
    error = await _failure(client)
    await client.close()
    assert error.cause == Fault.UNKNOWN_HOST
    assert str(error) == f"The host of {url} is not known. Change inkling.model.baseUrl."


async def test_a_proxy_that_refuses(model_server: ModelServer, account: TokenAccount) -> None:
    client = _client("https://endpoint.example/v1", account, proxy=model_server.base_url.removesuffix("/v1"))
    error = await _failure(client)
    await client.close()
    assert error.cause == Fault.PROXY
    assert "Change inkling.model.proxy" in str(error)


@pytest.mark.parametrize(
    ("scheme", "banner", "words"),
    [
        ("http", b"SSH-2.0-scripted\r\n\r\n", "(it does not speak HTTP)"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "perhaps http:// instead of https://"),
    ],
)
async def test_a_server_that_speaks_something_else(
    account: TokenAccount, scheme: str, banner: bytes, words: str
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(banner)
        while await reader.read(4096):
            pass
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = _client(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", account)
    error = await _failure(client)
    await client.close()
    server.close()
    await server.wait_closed()
    assert error.cause == Fault.WRONG_CONTENT
    assert words in str(error)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
    if shutil.which("openssl") is None:
        skip_for_want_of("openssl is not installed")
    path = tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=scripted", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, "-keyout", path, "-out", tmp_path / "public.pem"], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (tmp_path / "public.pem").read_bytes())
    return path


async def test_a_certificate_is_trusted_where_the_setting_names_it(certificate: Path, account: TokenAccount) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    async with ModelServer().running(tls) as server:
        client = _client(server.base_url, account)
        error = await _failure(client)
        await client.close()
        assert error.cause == Fault.CERTIFICATE
        assert "is not trusted (" in str(error)
        assert "Name its authority in inkling.model.caFile." in str(error)
        assert server.received == []
        client = _client(server.base_url, account, ca_file=certificate.with_name("public.pem"))
        assert await _text(client) == "pass"
        await client.close()


async def test_a_file_of_certificates_that_holds_none(account: TokenAccount, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing", encoding="utf-8")
    client = _client("https://127.0.0.1:9/v1", account, ca_file=tmp_path / "empty.pem")
    error = await _failure(client)
    await client.close()
    assert error.cause == Fault.CERTIFICATE
    assert "empty.pem cannot be read as certificates" in str(error)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_what_may_pass_is_asked_again_before_the_first_byte(
    model_server: ModelServer, account: TokenAccount, status: int
) -> None:
    client = _client(model_server.base_url, account)
    await client.probe()
    model_server.received.clear()
    replies = [Reply(status=status, headers=(("retry-after", "0"),)), Reply(status=status), Reply(texts=("a",))]
    model_server.script = lambda _: replies.pop(0)
    assert await _text(client) == "a"
    assert len(model_server.received) == N_ATTEMPTS
    await client.close()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401),
        Reply(status=404),
        Reply(fault="error event", fault_after=1),
        Reply(fault="cut"),
        Reply(status=429, headers=(("retry-after", "60"),)),
        Reply(status=503, headers=(("retry-after", format_datetime(datetime.now(UTC) + timedelta(days=9))),)),
    ],
)
async def test_what_does_not_pass_in_time_is_asked_once(
    model_server: ModelServer, account: TokenAccount, reply: Reply
) -> None:
    client = _client(model_server.base_url, account)
    await client.probe()
    model_server.received.clear()
    model_server.script = lambda _: reply
    await _failure(client)
    assert len(model_server.received) == 1
    await client.close()


async def test_an_endpoint_that_keeps_failing_is_left_alone_and_asked_again(
    model_server: ModelServer, account: TokenAccount
) -> None:
    clock, states = Clock(), list[ModelState]()
    client = _client(model_server.base_url, account, on_state=states.append, now_s=clock)
    await client.probe()
    model_server.script = lambda _: Reply(fault="error event")
    for _ in range(N_FAILURES):
        assert "asked again" not in str(await _failure(client))
    model_server.received.clear()
    paused = await _failure(client)
    assert str(paused).endswith(f"It is asked again in {FIRST_PAUSE_S:.0f} s.")
    assert paused.cause == Fault.SERVER_ERROR
    assert model_server.received == []
    assert states[-1].kind is ModelStateKind.DOWN
    assert states[-1].words.endswith(f"coder: down, tries again in {FIRST_PAUSE_S:.0f} s")
    clock.now_s += FIRST_PAUSE_S + 1
    await _failure(client)
    assert len(model_server.received) == 1
    assert f"in {2 * FIRST_PAUSE_S:.0f} s" in str(await _failure(client))
    model_server.script = lambda _: Reply()
    clock.now_s += 2 * FIRST_PAUSE_S + 1
    assert await _text(client) == "pass"
    assert await _text(client) == "pass"
    assert states[-1].kind is ModelStateKind.READY
    await client.close()


async def test_a_refused_key_is_not_sent_with_each_keystroke(model_server: ModelServer, account: TokenAccount) -> None:
    clock, states = Clock(), list[ModelState]()
    model_server.api_key = "another"
    client = _client(model_server.base_url, account, on_state=states.append, now_s=clock)
    for _ in range(5):
        assert (await _failure(client)).cause == Fault.KEY_REFUSED
    assert len(model_server.received) == 1
    assert states[-1].kind is ModelStateKind.REFUSED
    assert states[-1].problem.startswith(f"The endpoint at {model_server.base_url} refuses the key.")
    clock.now_s += PAUSE_FOR_USER_S + 1
    await _failure(client)
    assert len(model_server.received) == 2
    await client.close()


async def test_who_has_set_no_key_is_told_to_set_one(model_server: ModelServer, account: TokenAccount) -> None:
    model_server.api_key = "one"
    endpoint = endpoint_from_settings(ModelSettings(base_url=model_server.base_url, completion_model="coder"), None)
    assert endpoint is not None
    client = ModelClient(endpoint, account)
    error = await _failure(client)
    assert (error.cause, "refuses" in str(error)) == (Fault.KEY_REFUSED, False)
    assert "wants a key, and none is set. Set it with the command “Inkling: Set API Key”" in str(error)
    await client.close()


async def test_the_one_request_after_a_pause_may_be_cancelled(model_server: ModelServer, account: TokenAccount) -> None:
    clock = Clock()
    client = _client(model_server.base_url, account, now_s=clock)
    await client.probe()
    model_server.script = lambda _: Reply(status=403)
    await _failure(client)
    clock.now_s += PAUSE_FOR_USER_S + 1
    arrived = asyncio.Event()

    def script(_: Received) -> Reply:
        arrived.set()
        return Reply(fault="no headers")

    model_server.script = script
    task = asyncio.create_task(_text(client))
    await arrived.wait()
    assert str(await _failure(client)).endswith("It is asked again right now.")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    model_server.script = lambda _: Reply()
    assert await _text(client) == "pass"
    await client.close()


async def test_a_10_mb_answer_is_not_read_whole(account: TokenAccount) -> None:
    n_written = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal n_written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 10000000\r\n\r\n")
        try:
            for _ in range(100):
                writer.write(b"x" * 100_000)
                await writer.drain()
                n_written += 100_000
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = _client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", account)
    assert (await _failure(client)).cause == Fault.TOO_LARGE
    await client.close()
    server.close()
    await server.wait_closed()
    assert n_written < MAX_ANSWER_BYTES + 7_000_000  # the sockets' own buffers hold some megabytes
