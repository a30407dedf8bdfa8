"""Ghost text from a language model: the installed server, a real HTTP client, and a scripted endpoint."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, BASKET, Editor
from tests.model_server.scripted import ModelServer, Received, Reply

# The embedded mind has nothing to say in comments.
COMMENT = "def total(order):\n    # Adds |\n    return 1\n"
PATIENT = {"deadlineMs": 5000}


def model_settings(server: ModelServer) -> dict[str, Any]:
    return {"baseUrl": server.base_url, "completionModel": "qwen2.5-coder-1.5b"}


def answers(text: str) -> Any:
    def script(received: Received) -> Reply:
        return Reply(texts=(text,))

    return script


@pytest.fixture
async def with_model(tmp_path: Path, model_server: ModelServer) -> AsyncIterator[Editor]:
    editor = Editor(tmp_path)
    editor.write_project()
    editor.settings |= {"model": model_settings(model_server), "completion": PATIENT}
    await editor.start()
    await editor.wait_for_index()
    yield editor
    if editor.is_running:
        assert await editor.leave() == 0


async def asked_until_shown(editor: Editor, name: str, marked: str) -> types.InlineCompletionItem:
    """Asks until the endpoint is connected."""
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while (item := await editor.complete_marked(name, marked)) is None:
            await asyncio.sleep(0.05)
    return item


def warnings(editor: Editor) -> list[str]:
    return [message.message for message in editor.client.messages]


async def test_the_models_text_is_shown_and_written_down_as_its_own(
    with_model: Editor, model_server: ModelServer
) -> None:
    model_server.script = answers("up what is owed\n    total = 1")
    item = await asked_until_shown(with_model, "shop/new.py", COMMENT)
    assert item.insert_text == "up what is owed"
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while not (rows := with_model.rows("SELECT source, reason FROM decisions WHERE was_offered")):
            await asyncio.sleep(0.02)
    assert rows[0] == {"source": "model", "reason": None}
    asked = model_server.received[-1]
    assert asked.body["model"] == "qwen2.5-coder-1.5b"
    assert asked.body["prompt"].endswith("    # Adds ")
    assert asked.body["suffix"] == "\n    return 1\n"
    assert warnings(with_model) == []


async def test_what_is_typed_of_it_costs_no_request(with_model: Editor, model_server: ModelServer) -> None:
    model_server.script = answers("up what is owed\n")
    await asked_until_shown(with_model, "shop/new.py", COMMENT)
    n_requests = len(model_server.received)
    with_model.change("shop/new.py", "up wh", (1, 11))
    item = await with_model.complete("shop/new.py", 1, 16)
    assert item is not None
    assert item.insert_text == "at is owed"
    assert len(model_server.received) == n_requests


async def test_while_the_endpoint_is_down_the_embedded_mind_goes_on_and_the_user_is_told_once(
    closed_editor: Editor,
) -> None:
    editor = closed_editor
    editor.settings |= {"model": {"baseUrl": "http://127.0.0.1:9/v1", "completionModel": "any"}}
    await editor.start()
    await editor.wait_for_index()
    n_asked = 0
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while not warnings(editor) or n_asked < 5:
            n_asked += 1
            item = await editor.complete_marked(f"shop/basket{n_asked}.py", BASKET)
            assert item is not None
            assert item.insert_text == "order.lines:"
    (told,) = warnings(editor)
    assert "inkling.model.baseUrl" in told


@pytest.mark.parametrize("odd", ["```python\norder.total\n```", "order.total  # \u202e", "order\x1b[2K"])
async def test_what_is_odd_about_the_models_text_is_told_once_and_the_embedded_mind_goes_on(
    with_model: Editor, model_server: ModelServer, odd: str
) -> None:
    model_server.script = answers(odd)
    n_asked = 0
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while not warnings(with_model) or n_asked < 5:
            n_asked += 1
            item = await with_model.complete_marked(f"shop/basket{n_asked}.py", BASKET)
            assert item is not None
            assert item.insert_text in {"order.lines:", "order.total:"}
    (told,) = warnings(with_model)
    assert "inkling.model.completionModel" in told


async def test_settings_connect_and_disconnect_it_while_the_daemon_runs(
    editor: Editor, model_server: ModelServer
) -> None:
    model_server.script = answers("up what is owed\n")
    assert await editor.complete_marked("shop/before.py", COMMENT) is None
    assert model_server.received == []
    await change_settings(editor, {**editor.settings, "model": model_settings(model_server)})
    item = await asked_until_shown(editor, "shop/new.py", COMMENT)
    assert item.insert_text == "up what is owed"
    n_requests = len(model_server.received)
    await change_settings(editor, editor.settings)
    assert await editor.complete_marked("shop/after.py", COMMENT) is None
    assert len(model_server.received) == n_requests
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while model_server.n_connections:
            await asyncio.sleep(0.02)


async def change_settings(editor: Editor, settings: dict[str, Any]) -> None:
    editor.client.set_configuration({"inkling": settings})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editor.own("inkling/diagnostics")


async def test_without_an_endpoint_nothing_connects(editor: Editor) -> None:
    assert await editor.complete_marked("shop/basket.py", BASKET) is not None
    assert [link for link in editor.process.net_connections() if link.raddr] == []
