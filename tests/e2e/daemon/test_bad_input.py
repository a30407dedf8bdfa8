"""Whatever comes in, the request gets an error or no suggestion, the log says why, and the daemon lives."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tests.e2e.daemon.editor import BASKET, Editor


async def assert_alive(editor: Editor) -> None:
    item = await editor.complete_marked("shop/alive.py", BASKET)
    assert item is not None
    assert item.insert_text == "order.lines:"


LARGE = "x = 1\n" * (5 * 2**20 // 6)
LONG_LINE = "x = [" + "1, " * 70_000 + "]\n"


@pytest.mark.parametrize(
    ("text", "line", "character", "reason"),
    [
        pytest.param(LARGE, 3, 4, "file_too_large", id="5 MB"),
        pytest.param(LONG_LINE, 0, 5, "line_too_long", id="a line of 200,000 characters"),
        pytest.param("", 0, 0, None, id="empty"),
        pytest.param("def f(:\n    ret = \n)))\n", 1, 10, None, id="does not parse"),
        pytest.param("\x00\x01\ufeff\ud7ff\n", 0, 2, None, id="control characters"),
        pytest.param("x = 1\n", 99, 0, "position_outside", id="a line past the end"),
        pytest.param("x = 1\n", 0, 99, "position_outside", id="a column past the end"),
    ],
)
async def test_texts_that_are_hard(editor: Editor, text: str, line: int, character: int, reason: str | None) -> None:
    editor.open("shop/hard.py", text)
    item = await editor.complete("shop/hard.py", line, character)
    if reason is not None:
        assert item is None
        assert (await editor.why())[0]["reason"] == reason
    await assert_alive(editor)


async def test_a_file_that_is_not_utf8_and_one_that_is_deleted_under_us(closed_editor: Editor) -> None:
    closed_editor.write_project()
    (closed_editor.folder / "latin.py").write_bytes("s = 'café'\n".encode("latin-1"))
    (closed_editor.folder / "nulls.py").write_bytes(b"\x00" * 1000)
    await closed_editor.start()
    await closed_editor.wait_for_index()
    closed_editor.open("shop/orders.py", (closed_editor.folder / "shop/orders.py").read_text())
    (closed_editor.folder / "shop/orders.py").unlink()
    deleted = types.FileEvent(uri=closed_editor.uri("shop/orders.py"), type=types.FileChangeType.Deleted)
    closed_editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([deleted]))
    await assert_alive(closed_editor)


async def test_messages_out_of_order(editor: Editor) -> None:
    editor.change("shop/never_opened.py", "x", (0, 0))
    assert await editor.complete("shop/never_opened.py", 0, 0) is None
    closed = types.TextDocumentIdentifier(editor.uri("shop/never_opened.py"))
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(closed))
    editor.open("shop/twice.py", "a = 1\n")
    editor.open("shop/twice.py", "b = 1\n")
    editor.change("shop/twice.py", "c", (7, 7), (9, 9))
    await assert_alive(editor)


async def answer_to(editor: Editor, body: bytes, call_id: object) -> dict[str, Any]:
    """Sends raw bytes and returns the answer with that id; pygls' client drops answers that it did not ask for."""
    answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    protocol = editor.client.protocol
    take = protocol.structure_message

    def listen(data: dict[str, Any]) -> Any:
        if "error" in data and data.get("id") == call_id and not answered.done():
            answered.set_result(data)
        return take(data)

    protocol.structure_message = listen  # type: ignore[method-assign]  # there is no other way to see such answers
    server = editor.client._server
    assert server is not None
    assert server.stdin is not None
    server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    async with asyncio.timeout(30):
        return await answered


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("body", "call_id", "code"),
    [
        (b"{nonsense", None, -32700),
        (b"[]", None, -32600),
        (b'{"id": 901}', 901, -32600),
        (b'{"jsonrpc": "2.0", "id": 902, "method": "textDocument/inlineCompletion", "params": {}}', 902, -32602),
        (b'{"jsonrpc": "2.0", "id": 903, "method": "textDocument/inlineCompletion", "params": 3}', 903, -32602),
        (b'{"jsonrpc": "2.0", "id": 904, "method": "no/such/method", "params": {}}', 904, -32601),
        (b'{"jsonrpc": "2.0", "id": 905, "method": "inkling/recordOutcomes", "params": {"outcomes": 3}}', 905, -32602),
        (
            b'{"jsonrpc": "2.0", "id": 906, "method": "inkling/recordOutcomes", "params": {"outcomes": [{}]}}',
            906,
            -32602,
        ),
        (b'{"jsonrpc": "2.0", "id": 907, "method": "inkling/why", "params": {"limit": "many"}}', 907, -32602),
    ],
)
async def test_malformed_messages_get_an_error(editor: Editor, body: bytes, call_id: object, code: int) -> None:
    answer = await answer_to(editor, body, call_id)
    assert answer["error"]["code"] == code
    assert answer["error"]["message"]
    await assert_alive(editor)


async def test_an_unknown_kind_of_outcome_is_an_error_and_stores_nothing(editor: Editor) -> None:
    good = {"eventId": "e1", "suggestionId": "s", "kind": "shown", "atMs": 1}
    with pytest.raises(JsonRpcException, match="kind"):
        await editor.own("inkling/recordOutcomes", {"outcomes": [good, {**good, "eventId": "e2", "kind": "liked"}]})
    assert editor.rows("SELECT * FROM outcomes") == []


async def test_wrong_types_in_the_settings_are_told_once_and_the_rest_holds(closed_editor: Editor) -> None:
    closed_editor.settings = {"gate": {"threshold": "high"}, "completion": {"enabled": False}, "nonsense": 1}
    await closed_editor.start()
    await closed_editor.wait_for_index()
    closed_editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    assert await closed_editor.complete_marked("shop/basket.py", BASKET) is None
    assert (await closed_editor.why())[0]["reason"] == "disabled"
    messages = [message.message for message in closed_editor.client.messages]
    assert len(messages) == 2
    assert any("inkling.gate.threshold must be of type number" in message for message in messages)
    assert any("inkling.nonsense is unknown" in message for message in messages)


@pytest.mark.parametrize("options", [{"ownsInlineCompletion": "yes?", "isTrusted": []}, {"isTrusted": {}}])
async def test_wrong_initialization_options_are_as_if_not_said(closed_editor: Editor, options: object) -> None:
    await closed_editor.start(options)
    await closed_editor.wait_for_index()
    await assert_alive(closed_editor)


async def test_a_data_directory_that_cannot_be_used_is_told_and_everything_else_works(closed_editor: Editor) -> None:
    closed_editor.data_dir.parent.mkdir(parents=True, exist_ok=True)
    closed_editor.data_dir.write_text("a file where the folder should be")
    await closed_editor.start()
    await closed_editor.wait_for_index()
    await assert_alive(closed_editor)
    messages = [message.message for message in closed_editor.client.messages]
    assert len(messages) == 1
    assert str(closed_editor.data_dir) in messages[0]
    assert (await closed_editor.why())[0]["wasOffered"] is True, "decisions are remembered for this session"


async def test_a_corrupt_database_is_set_aside_and_told_once(closed_editor: Editor) -> None:
    closed_editor.data_dir.mkdir(parents=True)
    garbage = b"this is no database" * 1000
    (closed_editor.data_dir / "events.db").write_bytes(garbage)
    await closed_editor.start()
    await closed_editor.wait_for_index()
    await assert_alive(closed_editor)
    (kept,) = closed_editor.data_dir.glob("events.db.corrupt-*")
    assert kept.read_bytes() == garbage
    assert sum(kept.name in message.message for message in closed_editor.client.messages) == 1
    await closed_editor.why()  # answered after what was decided before is on disk
    assert closed_editor.rows("SELECT count(*) AS n FROM decisions") == [{"n": 1}]


async def test_an_interpreter_that_is_missing_costs_its_packages_only(closed_editor: Editor) -> None:
    closed_editor.settings = {**closed_editor.settings, "interpreter": "/nowhere/python", "index": {}}
    await closed_editor.start()
    await closed_editor.wait_for_index()
    await assert_alive(closed_editor)


async def test_a_cache_that_cannot_be_written_costs_speed_only(closed_editor: Editor) -> None:
    closed_editor.cache_dir.parent.mkdir(parents=True, exist_ok=True)
    closed_editor.cache_dir.write_text("a file where the folder should be")
    await closed_editor.start()
    item = await closed_editor.complete_marked(
        "shop/basket.py", "for line in order.lines:\n    pass\nfor line in ord|\n"
    )
    async with asyncio.timeout(60):
        while item is None:
            await asyncio.sleep(0.02)
            item = await closed_editor.complete("shop/basket.py", 2, 15)
    assert json.dumps(item.insert_text) == '"er.lines:"'


async def test_a_folder_that_does_not_exist(closed_editor: Editor, tmp_path: Path) -> None:
    closed_editor.folder = tmp_path / "project"
    await closed_editor.start()
    for path in sorted(closed_editor.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    closed_editor.folder.rmdir()
    await closed_editor.wait_for_index()
    assert (
        await closed_editor.complete_marked(
            "untitled:Untitled-1", BASKET.replace("|", "order.lines:\n        pass\n    for line in |")
        )
        is not None
    )
