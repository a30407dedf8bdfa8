"""Next edits for clients that ask as they ask copilot-language-server, and report hardly anything."""

import asyncio
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tests.e2e.daemon.edited_files import EditedFile, Window, utf16_position
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, Editor

FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": """def gross_price(net_price, tax_rate):
    return net_price * (1 + tax_rate)


def doubled(net_price):
    return 2 * gross_price(net_price, 0.19)


def tripled(net_price):
    return 3 * gross_price(net_price, 0.19)
""",
    "shop/orders.py": "from shop.prices import gross_price\n\nTOTAL = gross_price(1, 2)\n",
}
OUTCOMES = "SELECT suggestion_id, kind, event_id FROM outcomes ORDER BY at_ms"


@pytest.fixture
async def prices(closed_editor: Editor) -> EditedFile:
    """A file in which a function was just renamed, in a client that says nothing of itself."""
    window = Window(closed_editor, FILES)
    await closed_editor.start()
    prices = window["shop/prices.py"].open()
    prices.type("gross_price", "gross_amount")
    return prices


async def ask(file: EditedFile, **more: Any) -> list[dict[str, Any]]:
    line, character = utf16_position(file.text, file.cursor)
    document = {"uri": file.window.editor.uri(file.name), "version": file.version}
    params = {"textDocument": document, "position": {"line": line, "character": character}, **more}
    edits: list[dict[str, Any]] = (await file.window.editor.own("textDocument/copilotInlineEdit", params))["edits"]
    return edits


async def first(file: EditedFile) -> dict[str, Any]:
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while not (edits := await ask(file, context={"triggerKind": 2})):
            await asyncio.sleep(0.05)
    (edit,) = edits
    return edit


def applied(file: EditedFile, edit: dict[str, Any]) -> None:
    assert edit["textDocument"] == {"uri": file.window.editor.uri(file.name), "version": file.version}
    file.apply_all({"version": file.version, "edits": [{"range": edit["range"], "newText": edit["text"]}]})


async def outcomes(editor: Editor, n_rows: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while len(rows := editor.rows(OUTCOMES)) < n_rows:
            await asyncio.sleep(0.02)
    return rows


async def test_edits_of_the_document_follow_one_another_and_accepts_are_recorded(prices: EditedFile) -> None:
    editor = prices.window.editor
    accepted = []
    edit: dict[str, Any] | None = await first(prices)
    while edit is not None and len(accepted) < 9:
        editor.client.protocol.notify("textDocument/didShowInlineEdit", {"item": {"command": edit["command"]}})
        applied(prices, edit)
        command = edit["command"]
        assert command["title"]
        await editor.client.workspace_execute_command_async(
            types.ExecuteCommandParams(command=command["command"], arguments=command["arguments"])
        )
        accepted.append(command["arguments"][0])
        edit = next(iter(await ask(prices)), None)
    assert prices.text == FILES[prices.name].replace("gross_price", "gross_amount")
    rows = [row for row in await outcomes(editor, len(accepted)) if row["kind"] == "accepted"]
    assert [row["suggestion_id"] for row in rows] == accepted


async def test_what_such_a_client_does_not_say_is_inferred(prices: EditedFile) -> None:
    editor = prices.window.editor
    edit = await first(prices)
    editor.client.protocol.notify("textDocument/didShowInlineEdit", {"item": edit})
    applied(prices, edit)
    rows = await outcomes(editor, 1)
    assert rows[-1]["kind"] == "typed_through"
    assert rows[-1]["suggestion_id"] == edit["command"]["arguments"][0]
    assert rows[-1]["event_id"].startswith("inferred-")


async def test_stale_versions_and_shapes_of_other_clients(prices: EditedFile) -> None:
    await first(prices)
    editor = prices.window.editor
    document = {"uri": editor.uri(prices.name)}
    place = {"line": 0, "character": 4}
    method = "textDocument/copilotInlineEdit"
    stale = {"textDocument": {**document, "version": 1}, "position": place}
    assert (await editor.own(method, stale))["edits"] == []
    without = {"textDocument": document, "position": place, "formattingOptions": {"tabSize": 4}, "context": None}
    assert len((await editor.own(method, without))["edits"]) == 1
    unknown = {"textDocument": {"uri": "file:///nowhere.py", "version": 1}, "position": place}
    assert (await editor.own(method, unknown))["edits"] == []
    with pytest.raises(JsonRpcException, match="textDocument is missing"):
        await editor.own(method, {"position": place})
    for params in ({}, {"item": {}}, {"item": {"command": {"arguments": ["unknown", 3]}}}, {"item": 3}):
        editor.client.protocol.notify("textDocument/didShowInlineEdit", params)
    assert await ask(prices)


async def test_the_extension_is_not_told_of_the_command(closed_editor: Editor) -> None:
    await closed_editor.start({"ownsInlineCompletion": True, "isTrusted": True, "interpreter": None})
    provider = closed_editor.result.capabilities.execute_command_provider
    assert provider is None or "inkling.suggestionAccepted" not in provider.commands
