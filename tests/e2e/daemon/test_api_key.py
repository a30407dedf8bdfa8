"""The endpoint's key: from the client to the endpoint, and nowhere else."""

import asyncio
from pathlib import Path

from tests.e2e.daemon.editor import ANSWER_WITHIN_S, Editor
from tests.model_server.scripted import ModelServer, Reply

WRONG, RIGHT = "sk-wrong-0123456789", "sk-right-0123456789"
COMMENT = "def total(order):\n    # Adds |\n    return 1\n"


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def test_the_key_of_the_client_is_sent_and_another_one_once_it_changes(
    closed_editor: Editor, model_server: ModelServer
) -> None:
    editor = closed_editor
    model_server.api_key = RIGHT
    model_server.script = lambda _: Reply(texts=("up what is owed\n",))
    editor.settings |= {
        "model": {"baseUrl": model_server.base_url, "completionModel": "any"},
        "completion": {"deadlineMs": 5000},
    }
    await editor.start({"isTrusted": True, "apiKey": WRONG})
    await editor.wait_for_index()
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while not editor.client.messages:
            await asyncio.sleep(0.02)
    told = [message.message for message in editor.client.messages]
    assert len(told) == 1
    assert "Set API Key" in told[0]
    assert WRONG not in told[0]
    assert {request.headers["authorization"] for request in model_server.received} == {f"Bearer {WRONG}"}

    editor.client.protocol.notify("inkling/didChangeApiKey", {"apiKey": RIGHT})
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while (item := await editor.complete_marked("shop/new.py", COMMENT)) is None:
            await asyncio.sleep(0.05)
    assert item.insert_text == "up what is owed"
    assert model_server.received[-1].headers["authorization"] == f"Bearer {RIGHT}"
    assert len(editor.client.messages) == 1

    n_received = len(model_server.received)
    editor.client.protocol.notify("inkling/didChangeApiKey", {"apiKey": None})
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while len(model_server.received) == n_received:
            await asyncio.sleep(0.02)
    assert RIGHT not in model_server.received[-1].headers.get("authorization", "")
    assert await editor.leave() == 0
    assert [files_with(editor.folder.parent, key) for key in (WRONG, RIGHT)] == [[], []]
