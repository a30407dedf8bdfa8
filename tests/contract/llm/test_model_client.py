"""The client against a scripted endpoint on a real socket: what comes back, what is sent, what is left behind."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from pathlib import Path

import pytest
from tests.model_server.scripted import ModelServer, Received, Reply

from inkling.core.errors import ModelError
from inkling.core.model_state import ModelState, ModelStateKind
from inkling.core.settings import ModelApi, ModelSettings
from inkling.llm.accounting import FILE_NAME, Spent, TokenAccount
from inkling.llm.client import ModelClient
from inkling.llm.endpoint import Endpoint, endpoint_from_settings
from inkling.llm.faults import Fault
from inkling.llm.prices import Price
from inkling.llm.text_model import Capabilities, ChatMessage, ChatRequest, Purpose, TextChunk, TextRequest

ASKED = TextRequest(prompt="def add(a, b):\n    return ", max_tokens=32)


def _endpoint(server: ModelServer, **changes: object) -> Endpoint:
    settings: dict[str, object] = {"models": {Purpose.COMPLETION: "coder"}, "timeout_s": 5.0, "api_key": "sk-secret"}
    return Endpoint(base_url=server.base_url, **(settings | changes))  # type: ignore[arg-type]


@pytest.fixture
async def account(tmp_path: Path) -> AsyncIterator[TokenAccount]:
    account = TokenAccount(tmp_path)
    await account.open()
    yield account
    await account.close()


@pytest.fixture
async def client(model_server: ModelServer, account: TokenAccount) -> AsyncIterator[ModelClient]:
    client = ModelClient(_endpoint(model_server), account)
    await client.probe()
    model_server.received.clear()
    yield client
    await client.close()


async def _text(client: ModelClient, request: TextRequest = ASKED) -> str:
    return "".join([chunk.text async for chunk in client.complete(request, Purpose.COMPLETION)])


async def test_an_answer_streams_in_with_log_probabilities(model_server: ModelServer, client: ModelClient) -> None:
    model_server.script = lambda _: Reply(texts=("a + b",), logprob=-0.5)
    chunks = [chunk async for chunk in client.complete(ASKED, Purpose.COMPLETION)]
    assert [chunk.text for chunk in chunks] == ["a", " +", " b", ""]
    assert [chunk.logprobs for chunk in chunks] == [(-0.5,), (-0.5,), (-0.5,), ()]
    assert chunks[-1].finish_reason == "stop"


async def test_alternatives_keep_their_numbers(model_server: ModelServer, client: ModelClient) -> None:
    model_server.script = lambda _: Reply(texts=("a", "b"))
    asked = TextRequest(prompt="x = ", max_tokens=4, n=2, temperature=0.8)
    chunks = [chunk async for chunk in client.complete(asked, Purpose.COMPLETION)]
    assert [(chunk.index, chunk.text) for chunk in chunks if chunk.text] == [(0, "a"), (1, "b")]


async def test_a_chat_is_answered_the_same_way(model_server: ModelServer, client: ModelClient) -> None:
    model_server.script = lambda _: Reply(texts=("é𝒳 = 1",))
    asked = ChatRequest(messages=(ChatMessage(role="user", content="Go on: é"),), max_tokens=16, stop=("\n\n",))
    chunks = [chunk async for chunk in client.chat(asked, Purpose.COMPLETION)]
    assert "".join(chunk.text for chunk in chunks) == "é𝒳 = 1"
    assert chunks[0].logprobs == (-0.25,)
    assert model_server.received[-1].body["stop"] == ["\n\n"]


async def test_an_answer_in_one_piece_is_taken_too(model_server: ModelServer, client: ModelClient) -> None:
    model_server.script = lambda _: Reply(
        raw=b'{"choices": [{"text": "a + b", "index": 0, "finish_reason": "stop"}], "usage": {"prompt_tokens": 7}}'
    )
    assert await _text(client) == "a + b"


async def test_nothing_is_sent_but_what_is_asked_and_configured(
    model_server: ModelServer, account: TokenAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody-else")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Private: 1")
    client = ModelClient(_endpoint(model_server, api_key="", headers=(("X-Team", "ink"),)), account)
    await _text(client)
    await client.close()
    sent = model_server.received[-1].headers
    assert sent.pop("x-team") == "ink"
    assert sent.keys() == {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "user-agent",
    }
    assert "somebody" not in str(model_server.received)


async def test_the_key_is_sent_as_a_bearer_token(model_server: ModelServer, client: ModelClient) -> None:
    model_server.api_key = "sk-secret"
    assert await _text(client) == "pass"


@pytest.mark.parametrize("how", ["close", "cancel"])
async def test_leaving_an_answer_closes_its_stream(model_server: ModelServer, client: ModelClient, how: str) -> None:
    model_server.script = lambda _: Reply(texts=("a b c d e f",), fault="stalls", fault_after=2)
    if how == "close":
        async with aclosing(client.complete(ASKED, Purpose.COMPLETION)) as chunks:
            assert (await anext(chunks)).text == "a"
    else:
        seen = asyncio.Event()

        async def read() -> None:
            async for _ in client.complete(ASKED, Purpose.COMPLETION):
                seen.set()

        task = asyncio.create_task(read())
        await seen.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with asyncio.timeout(5):
        await model_server.received[-1].ended.wait()
    assert model_server.received[-1].was_closed_by_client


async def test_a_request_that_is_cancelled_before_the_headers_is_closed(
    model_server: ModelServer, client: ModelClient
) -> None:
    arrived = asyncio.Event()

    def script(_: Received) -> Reply:
        arrived.set()
        return Reply(fault="no headers")

    model_server.script = script
    task = asyncio.create_task(_text(client))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        await model_server.received[-1].ended.wait()
    assert model_server.received[-1].was_closed_by_client


async def test_no_more_requests_at_one_time_than_the_setting_says(
    model_server: ModelServer, account: TokenAccount
) -> None:
    client = ModelClient(_endpoint(model_server, max_concurrent=2), account)
    n_now = n_most = 0

    async def read() -> None:
        nonlocal n_now, n_most
        async for _ in client.complete(ASKED, Purpose.COMPLETION):
            n_most = max(n_most, sum(not received.ended.is_set() for received in model_server.received))

    await client.probe()
    model_server.script = lambda _: Reply(texts=("a b c d",), piece_delay_s=0.005)
    await asyncio.gather(*(read() for _ in range(8)))
    await client.close()
    assert n_most == 2


@pytest.mark.parametrize(
    ("server", "api", "wanted"),
    [
        (ModelServer(), ModelApi.AUTO, (True, True, True)),
        (ModelServer(suffix="ignores"), ModelApi.AUTO, (True, False, True)),
        (ModelServer(suffix="refuses", has_logprobs=False), ModelApi.AUTO, (True, False, False)),
        (ModelServer(has_usage=False), ModelApi.AUTO, (True, False, True)),
        (ModelServer(has_completions=False), ModelApi.AUTO, (False, False, True)),
        (ModelServer(), ModelApi.CHAT, (False, False, True)),
    ],
)
async def test_capabilities_are_found_by_asking_once(
    server: ModelServer, api: ModelApi, wanted: tuple[bool, bool, bool], account: TokenAccount
) -> None:
    async with server.running():
        client = ModelClient(_endpoint(server, api=api), account)
        await client.probe()
        n_requests = len(server.received)
        names = dict(zip(("has_completions", "has_suffix", "has_logprobs"), wanted, strict=True))
        assert await client.probe() == Capabilities(**names)
        assert len(server.received) == n_requests
        assert all(received.body["max_tokens"] == 1 for received in server.received)
        await client.close()


async def test_an_endpoint_that_was_down_is_asked_what_it_can_once_it_is_up(
    model_server: ModelServer, account: TokenAccount
) -> None:
    model_server.script = lambda _: Reply(status=400, error="the model is loading")
    client = ModelClient(_endpoint(model_server, api=ModelApi.COMPLETIONS), account)
    with pytest.raises(ModelError):
        await client.probe()
    assert client.capabilities is None
    model_server.script = lambda _: Reply()
    assert await _text(client) == "pass"
    assert client.capabilities == Capabilities(has_completions=True, has_suffix=True, has_logprobs=True)
    await client.close()


@pytest.mark.parametrize("refused", ["stream_options", "logprobs", "temperature", "max_tokens"])
async def test_what_an_endpoint_refuses_and_nobody_needs_is_left_out(
    model_server: ModelServer, account: TokenAccount, refused: str
) -> None:
    def script(received: Received) -> Reply:
        if refused in received.body:
            return Reply(status=400, error=f"'{refused}' is not supported; max_completion_tokens is")
        return Reply()

    model_server.script = script
    client = ModelClient(_endpoint(model_server), account)
    assert await _text(client) == "pass"
    await client.close()
    assert refused not in model_server.received[-1].body
    assert ("max_completion_tokens" in model_server.received[-1].body) is (
        "max_tokens" not in model_server.received[-1].body
    )


async def test_tokens_are_counted_by_the_endpoint_or_estimated(
    model_server: ModelServer, account: TokenAccount
) -> None:
    model_server.script = lambda _: Reply(texts=("a + b",))
    client = ModelClient(_endpoint(model_server), account)
    await _text(client)
    model_server.has_usage = False
    await _text(client)
    [sums] = await account.days()
    assert (sums.purpose, sums.model, sums.n_requests) == ("completion", "coder", 4)
    assert 0 < sums.n_estimated_tokens < sums.n_prompt_tokens + sums.n_answer_tokens
    await client.close()


async def test_an_answer_that_is_left_early_is_paid_for(account: TokenAccount, client: ModelClient) -> None:
    before = account.n_tokens_today()
    async with aclosing(client.complete(ASKED, Purpose.COMPLETION)) as chunks:
        await anext(chunks)
    assert account.n_tokens_today() > before


async def test_the_budget_of_the_day_stops_requests_in_all_windows(
    model_server: ModelServer, account: TokenAccount, tmp_path: Path
) -> None:
    states: list[ModelState] = []
    first = ModelClient(_endpoint(model_server, daily_token_budget=60), account, states.append)
    with pytest.raises(ModelError) as caught:
        for _ in range(20):
            await _text(first)
    assert caught.value.cause == Fault.BUDGET
    assert str(caught.value) == (
        "The tokens of today are used up (60). Raise inkling.model.dailyTokenBudget, or wait until tomorrow."
    )
    assert [state.kind for state in states] == [ModelStateKind.CONNECTING, ModelStateKind.READY, ModelStateKind.BUDGET]
    await first.close()
    n_received = len(model_server.received)
    others = TokenAccount(tmp_path)
    await others.open()
    second = ModelClient(_endpoint(model_server, daily_token_budget=60), others)
    with pytest.raises(ModelError, match="dailyTokenBudget"):
        await _text(second)
    await second.close()
    await others.close()
    assert len(model_server.received) == n_received


async def test_the_money_of_the_day_stops_requests_and_other_days_keep_their_cost(
    model_server: ModelServer, account: TokenAccount, tmp_path: Path
) -> None:
    prices = {"coder": Price(prompt=1000, answer=2000)}
    states: list[ModelState] = []
    endpoint = _endpoint(model_server, prices=prices, daily_cost_budget=0.06)
    client = ModelClient(endpoint, account, states.append)
    with pytest.raises(ModelError) as caught:
        for _ in range(20):
            await _text(client)
    await client.close()
    assert caught.value.cause == Fault.COST_BUDGET
    assert str(caught.value) == (
        "The money of today is spent (0.06). Raise inkling.model.dailyCostBudget, or wait until tomorrow."
    )
    assert states[-1].kind is ModelStateKind.BUDGET
    [sums] = await account.days()
    assert sums.cost == pytest.approx((1000 * sums.n_prompt_tokens + 2000 * sums.n_answer_tokens) / 1e6)
    assert account.cost_today() == pytest.approx(sums.cost)
    tomorrow = TokenAccount(tmp_path, day=lambda: "9999-12-31")
    await tomorrow.open()
    assert tomorrow.cost_today() == 0
    [sums] = await tomorrow.days()
    assert sums.cost == pytest.approx(account.cost_today())
    await tomorrow.close()


async def test_what_was_counted_before_cost_was_is_kept(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as database:
        database.execute(
            "CREATE TABLE tokens (day TEXT, purpose TEXT, model TEXT, n_requests INTEGER, n_prompt_tokens INTEGER, "
            "n_answer_tokens INTEGER, n_estimated_tokens INTEGER, PRIMARY KEY (day, purpose, model)) WITHOUT ROWID"
        )
        database.execute("INSERT INTO tokens VALUES ('2031-01-01', 'chat', 'm', 1, 70, 7, 0)")
    account = TokenAccount(tmp_path, day=lambda: "2031-01-01")
    await account.open()
    assert (account.n_tokens_today(), account.cost_today()) == (77, 0)
    account.record(
        Spent(purpose=Purpose.CHAT, model="m", n_prompt_tokens=1, n_answer_tokens=0, is_estimated=False, cost=0.5)
    )
    [sums] = await account.days()
    assert (sums.n_requests, sums.n_prompt_tokens, sums.cost) == (2, 71, 0.5)
    await account.close()


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_the_database_is_for_its_owner_alone_also_an_older_one(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch(0o644)
    account = TokenAccount(tmp_path)
    await account.open()
    account.record(Spent(purpose=Purpose.CHAT, model="m", n_prompt_tokens=1, n_answer_tokens=0, is_estimated=False))
    await account.days()
    assert _modes(tmp_path) == {f"{FILE_NAME}{end}": 0o600 for end in ("", "-wal", "-shm")}
    await account.close()


async def test_the_state_tells_in_round_figures_what_was_spent(
    model_server: ModelServer, account: TokenAccount
) -> None:
    raw = b'{"choices": [{"text": "a", "index": 0, "finish_reason": "stop"}], "usage": {"prompt_tokens": 41234}}'
    model_server.script = lambda _: Reply(raw=raw)
    states: list[ModelState] = []
    endpoint = _endpoint(model_server, api=ModelApi.CHAT, prices={"*": Price(prompt=1, answer=2)})
    client = ModelClient(endpoint, account, states.append)
    await client.probe()
    await client.close()
    assert states[-1].words == f"{endpoint.host}, coder: ready; about 41,000 tokens, 0.04 today"


async def test_a_query_and_a_key_in_a_header_go_with_every_request(
    model_server: ModelServer, account: TokenAccount
) -> None:
    settings = ModelSettings(
        base_url=f"{model_server.base_url}?api-version=2024-10-21&x=%2F",
        completion_model="c",
        headers=("api-key: ${key}",),
    )
    endpoint = endpoint_from_settings(settings, "sk-azure")
    assert endpoint is not None
    client = ModelClient(endpoint, account)
    assert await _text(client) == "pass"
    await client.close()
    assert {received.query for received in model_server.received} == {"api-version=2024-10-21&x=%2F"}
    assert {received.headers["api-key"] for received in model_server.received} == {"sk-azure"}
    assert not any("authorization" in received.headers for received in model_server.received)


async def test_a_new_day_has_a_new_budget(tmp_path: Path, model_server: ModelServer) -> None:
    day = "2031-01-01"
    account = TokenAccount(tmp_path, day=lambda: day)
    await account.open()
    client = ModelClient(_endpoint(model_server, daily_token_budget=60), account)
    with pytest.raises(ModelError, match="dailyTokenBudget"):
        for _ in range(20):
            await _text(client)
    day = "2031-01-02"
    assert await _text(client) == "pass"
    assert [sums.day for sums in await account.days()] == ["2031-01-02", "2031-01-01"]
    await client.close()
    await account.close()


async def test_tokens_are_counted_in_memory_where_they_cannot_be_written(
    model_server: ModelServer, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder", encoding="utf-8")
    client = await ModelClient.open(_endpoint(model_server, daily_token_budget=100), blocked)
    with pytest.raises(ModelError, match="dailyTokenBudget"):
        for _ in range(20):
            await _text(client)
    await client.close()


async def test_a_client_that_was_opened_keeps_its_own_account(model_server: ModelServer, tmp_path: Path) -> None:
    client = await ModelClient.open(_endpoint(model_server), tmp_path)
    await _text(client)
    await client.close()
    account = TokenAccount(tmp_path)
    await account.open()
    assert account.n_tokens_today() > 0
    await account.close()


async def test_a_purpose_without_a_model_is_told(client: ModelClient) -> None:
    with pytest.raises(ModelError, match=r"No model is named for this\. Set inkling\.model\.chatModel\.") as caught:
        [_ async for _ in client.chat(ChatRequest(messages=(), max_tokens=1), Purpose.CHAT)]
    assert caught.value.cause == Fault.NO_MODEL


async def test_chunks_are_plain_types(client: ModelClient) -> None:
    chunks = [chunk async for chunk in client.complete(ASKED, Purpose.COMPLETION)]
    assert {type(chunk) for chunk in chunks} == {TextChunk}


async def test_closing_while_an_answer_streams_ends_it(model_server: ModelServer, tmp_path: Path) -> None:
    client = await ModelClient.open(_endpoint(model_server), tmp_path)
    model_server.script = lambda _: Reply(texts=("a b c",), fault="stalls", fault_after=1)
    chunks = client.complete(ASKED, Purpose.COMPLETION)
    assert (await anext(chunks)).text == "a"
    await client.close()
    with pytest.raises(ModelError):
        await anext(chunks)
    async with asyncio.timeout(5):
        await model_server.received[-1].ended.wait()
    assert model_server.received[-1].was_closed_by_client


async def test_who_sends_code_and_key_in_the_clear_is_told(model_server: ModelServer, account: TokenAccount) -> None:
    states: list[ModelState] = []
    proxy = model_server.base_url.removesuffix("/v1")
    settings = ModelSettings(
        base_url="http://api.example.com/v1", completion_model="coder", api=ModelApi.CHAT, proxy=proxy
    )
    endpoint = endpoint_from_settings(settings, "sk-12345678")
    assert endpoint is not None
    client = ModelClient(endpoint, account, states.append)
    await client.probe()
    await client.close()
    assert states[-1].kind is ModelStateKind.READY
    assert states[-1].problem == (
        "Your code and the key go unencrypted to http://api.example.com/v1: everybody on the way can read them. "
        "Write https:// in inkling.model.baseUrl if the endpoint knows it."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\x1b[2K", "writes signs that hide what code does"),
        ("if access != '\u202e\u2066nimda':\r\n    pass", "choose another model in inkling.model.completionModel."),
        ("```python\nx = 1\n```\n", "Choose a model that fills in code in inkling.model.completionModel, or another"),
        ("```python", "wraps its code in markdown, as models for chats do"),
        ("Here you are:\r\n```\r\nx = 1", "The model coder at {url} wraps its code in markdown"),
        ("x = '\\n'\r\n\ty = '😀'\r\n", ""),
    ],
)
async def test_an_answer_that_is_odd_is_told_with_the_setting_to_change(
    model_server: ModelServer, account: TokenAccount, text: str, words: str
) -> None:
    states: list[ModelState] = []
    client = ModelClient(_endpoint(model_server), account, states.append)
    model_server.script = lambda _: Reply(texts=(text,))
    assert await _text(client) == text
    await _text(client)
    await client.close()
    assert states[-1].kind is ModelStateKind.READY
    assert words.format(url=model_server.base_url) in states[-1].problem
    assert bool(words) == bool(states[-1].problem)
    assert states[-1].problem.isprintable()


async def test_in_a_chat_a_fence_is_nothing_odd(model_server: ModelServer, account: TokenAccount) -> None:
    states: list[ModelState] = []
    models = {Purpose.COMPLETION: "coder", Purpose.CHAT: "talker"}
    client = ModelClient(_endpoint(model_server, models=models), account, states.append)
    await client.probe()
    model_server.script = lambda _: Reply(texts=("```python\nx = 1\n```\n",))
    asked = ChatRequest(messages=(ChatMessage(role="user", content="Write."),), max_tokens=64)
    assert len([chunk async for chunk in client.chat(asked, Purpose.CHAT)]) > 1
    await client.close()
    assert [state.problem for state in states] == ["", "", ""]


@pytest.mark.parametrize("server", [ModelServer(has_completions=False), ModelServer(suffix="refuses")])
async def test_what_an_endpoint_need_not_know_is_no_fault(server: ModelServer, account: TokenAccount) -> None:
    states: list[ModelState] = []
    async with server.running():
        client = ModelClient(_endpoint(server), account, states.append)
        await client.probe()
        await client.close()
    assert [state.kind for state in states] == [ModelStateKind.CONNECTING, ModelStateKind.READY]
    assert [state.problem for state in states] == ["", ""]
