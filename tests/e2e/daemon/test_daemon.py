"""The installed server, spoken to as an editor does, with its event store on disk."""

import asyncio
import re
from pathlib import Path

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tests.e2e.daemon.editor import BASKET, INKLING, Editor

from inkling.models.acceptance import LogisticAcceptanceModel


async def test_a_standard_client_gets_ghost_text_and_accepts_it(editor: Editor) -> None:
    assert editor.result.capabilities.inline_completion_provider is not None
    item = await editor.complete_marked("shop/basket.py", BASKET)
    assert item is not None
    assert item.insert_text == "order.lines:"
    assert item.command is not None
    assert item.command.arguments is not None
    await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=item.command.command, arguments=item.command.arguments)
    )
    (decision,) = editor.rows("SELECT * FROM decisions WHERE was_offered")
    assert decision["suggestion_id"] == item.command.arguments[0]
    assert decision["path"] == "shop/basket.py"
    assert decision["line"] == 2
    assert decision["text"] is None
    (outcome,) = editor.rows("SELECT * FROM outcomes")
    assert (outcome["suggestion_id"], outcome["kind"]) == (decision["suggestion_id"], "accepted")


async def test_a_client_that_asks_by_itself_is_not_told_of_the_capability(closed_editor: Editor) -> None:
    await closed_editor.start({"ownsInlineCompletion": True, "isTrusted": True, "interpreter": None})
    assert closed_editor.result.capabilities.inline_completion_provider is None
    await closed_editor.wait_for_index()
    item = await closed_editor.complete_marked("shop/basket.py", BASKET)
    assert item is not None


async def test_outcomes_are_on_disk_when_they_are_acknowledged_and_count_once(editor: Editor) -> None:
    item = await editor.complete_marked("shop/basket.py", BASKET)
    assert item is not None
    assert item.command is not None
    assert item.command.arguments is not None
    suggestion_id = item.command.arguments[0]
    outcome = {
        "eventId": "e1",
        "suggestionId": suggestion_id,
        "kind": "shown",
        "atMs": 1_700_000_000_000,
        "visibleMs": 751.5,
    }
    rejected = {**outcome, "eventId": "e2", "kind": "rejected"}
    assert await editor.own("inkling/recordOutcomes", {"outcomes": [outcome, rejected]}) == {"nRecorded": 2}
    await editor.own("inkling/recordOutcomes", {"outcomes": [outcome]})
    rows = editor.rows("SELECT event_id, kind, visible_ms FROM outcomes ORDER BY event_id")
    assert rows == [
        {"event_id": "e1", "kind": "shown", "visible_ms": 751.5},
        {"event_id": "e2", "kind": "rejected", "visible_ms": 751.5},
    ]
    again = await editor.complete("shop/basket.py", 2, 16)
    assert again is None or again.insert_text != item.insert_text
    reasons = [decision["reason"] for decision in await editor.why()]
    assert "rejected_before" in reasons


async def test_why_and_statistics_say_what_happened(editor: Editor) -> None:
    await editor.complete_marked("shop/basket.py", BASKET)
    latest = (await editor.why())[0]
    assert latest["wasOffered"] is True
    moved = r"\((for|against) it: .*\)"
    shown = rf"Shown: probability \d\.\d\d, threshold 0\.00 {moved}; verified: its statement parses.*"
    assert re.fullmatch(shown, latest["explanation"])
    statistics = await editor.own("inkling/statistics", {"sinceMs": 0})
    assert statistics["nOffered"] == 1
    assert statistics["storePath"] == str(editor.data_dir / "events.db")


async def test_the_threshold_of_the_settings_hides(editor: Editor) -> None:
    gate = {"policy": "threshold", "threshold": 1.0, "explore": 0}
    editor.client.set_configuration({"inkling": {**editor.settings, "gate": gate}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    editor.open("shop/basket.py", BASKET.replace("|", ""))
    async with asyncio.timeout(30):
        while await editor.complete("shop/basket.py", 2, 16) is not None:  # until the server has asked for its settings
            await asyncio.sleep(0.02)
    assert (await editor.why())[0]["reason"] == "low_probability"


@pytest.mark.parametrize(("gate", "place"), [({}, 5), ({"policy": "quiet"}, 20), ({"loseAtMost": 0.1}, 10)])
async def test_the_knob_sets_the_threshold_by_the_share_of_accepts_that_may_be_lost(
    editor: Editor, gate: dict[str, object], place: int
) -> None:
    editor.client.set_configuration({"inkling": {**editor.settings, "gate": gate}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    editor.open("shop/basket.py", BASKET.replace("|", ""))
    expected = LogisticAcceptanceModel.load().artifact.study_points.thresholds[place]
    async with asyncio.timeout(30):
        # Until the server has asked for its settings.
        while expected not in [decision["threshold"] for decision in await editor.why()]:
            await editor.complete("shop/basket.py", 2, 16)


async def test_utf16_positions_mean_the_same_place_on_both_sides(editor: Editor) -> None:
    text = 'TITLE = "🐍🐍"\r\ndef basket_total(order):\r\n    total = 0  # 🐍\r\n    for line in \r\n'
    editor.open("shop/basket.py", text)
    editor.change("shop/basket.py", "é🐍", (0, 11), (0, 13))
    editor.change("shop/basket.py", "", (2, 16), (2, 18))
    item = await editor.complete("shop/basket.py", 3, 16)
    assert item is not None
    assert item.insert_text == "order.lines:"
    assert item.range == types.Range(types.Position(3, 16), types.Position(3, 16))


async def test_a_selected_row_of_the_popup_is_gone_on_from(editor: Editor) -> None:
    editor.open("shop/basket.py", BASKET.replace("|", "or"))
    range_ = types.Range(types.Position(2, 16), types.Position(2, 18))
    row = types.SelectedCompletionInfo(range=range_, text="order")
    item = await editor.complete("shop/basket.py", 2, 18, row=row)
    assert item is not None
    assert item.insert_text == "order.lines:"
    assert item.range == range_
    beyond = types.SelectedCompletionInfo(range=types.Range(types.Position(2, 16), types.Position(9, 9)), text="order")
    assert await editor.complete("shop/basket.py", 2, 18, row=beyond) is None


async def test_an_open_document_teaches_before_it_is_saved(editor: Editor) -> None:
    editor.open("shop/new.py", "def refund(order):\n    return order.refund_everything_now(reason)\n")
    item = await editor.complete_marked("shop/other.py", "def undo(order):\n    return order.refund_every|\n")
    assert item is not None
    assert item.insert_text == "thing_now(reason)"


async def test_a_saved_file_teaches(editor: Editor) -> None:
    text = "def ship(order):\n    courier.collect_the_parcel(order)\n"
    (editor.folder / "shop/ship.py").write_text(text)
    editor.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams(
            [types.FileEvent(uri=editor.uri("shop/ship.py"), type=types.FileChangeType.Created)]
        )
    )
    editor.open("shop/other.py", "def send(order):\n    courier.collect_the_\n")
    async with asyncio.timeout(30):
        while (item := await editor.complete("shop/other.py", 1, 24)) is None:
            await asyncio.sleep(0.02)
    assert item.insert_text == "parcel(order)"


async def test_the_popup_has_the_names_that_jedi_knows(editor: Editor) -> None:
    editor.open("shop/basket.py", "import shop.prices\nshop.prices.gr\n")
    async with asyncio.timeout(60):
        while True:
            answer = await editor.client.text_document_completion_async(
                types.CompletionParams(
                    text_document=types.TextDocumentIdentifier(editor.uri("shop/basket.py")),
                    position=types.Position(1, 14),
                )
            )
            assert isinstance(answer, types.CompletionList)
            if answer.items:
                break
            await asyncio.sleep(0.02)
    assert [item.label for item in answer.items] == ["gross_price"]
    assert answer.items[0].kind == types.CompletionItemKind.Function
    resolved = await editor.client.completion_item_resolve_async(answer.items[0])
    assert resolved.detail == "gross_price(net_price, tax_rate)"
    stranger = types.CompletionItem(label="x", data={"ticket": 3, "index": "no"})
    assert (await editor.client.completion_item_resolve_async(stranger)).detail is None


async def test_a_cancelled_request_is_over_and_the_next_is_answered(editor: Editor) -> None:
    editor.open("shop/basket.py", BASKET.replace("|", ""))
    params = types.InlineCompletionParams(
        context=types.InlineCompletionContext(trigger_kind=types.InlineCompletionTriggerKind.Automatic),
        text_document=types.TextDocumentIdentifier(editor.uri("shop/basket.py")),
        position=types.Position(2, 16),
    )
    requests = [asyncio.ensure_future(editor.client.text_document_inline_completion_async(params)) for _ in range(20)]
    results = await asyncio.gather(*requests, return_exceptions=True)
    assert all(
        result is None or isinstance(result, types.InlineCompletionList | JsonRpcException) for result in results
    )
    assert any(isinstance(result, JsonRpcException) for result in results), "a newer request cancels the older"
    assert isinstance(results[-1], types.InlineCompletionList)


async def test_notebook_cells_are_documents_like_others(editor: Editor) -> None:
    item = await editor.complete_marked("vscode-notebook-cell:/n.ipynb#W0sZmlsZQ%3D%3D", BASKET)
    assert item is not None
    assert (await editor.why())[0]["path"].startswith("n.ipynb")


async def test_a_worker_that_is_killed_comes_back(editor: Editor) -> None:
    assert await editor.complete_marked("shop/basket.py", BASKET) is not None
    for worker in editor.process.children(recursive=True):
        worker.kill()
    async with asyncio.timeout(60):
        while await editor.complete("shop/basket.py", 2, 16) is None:
            await asyncio.sleep(0.02)


async def test_a_killed_daemon_leaves_no_process_and_no_event_is_lost(editor: Editor) -> None:
    item = await editor.complete_marked("shop/basket.py", BASKET)
    assert item is not None
    assert item.command is not None
    await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=item.command.command, arguments=item.command.arguments)
    )
    family = editor.process.children(recursive=True)
    assert family
    editor.process.kill()
    await asyncio.to_thread(psutil.wait_procs, family, 20)
    assert [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert [row["kind"] for row in editor.rows("SELECT kind FROM outcomes")] == ["accepted"]
    await editor.client.stop()


async def test_tcp_serves_one_client_on_loopback(tmp_path: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        INKLING,
        "serve",
        "--tcp",
        ":0",
        stdout=asyncio.subprocess.PIPE,
        env={"INKLING_DATA_DIR": str(tmp_path / "data"), "INKLING_CACHE_DIR": str(tmp_path / "cache")},
    )
    assert server.stdout is not None
    match = re.fullmatch(r"listening on (127\.0\.0\.1):(\d+)\n", (await server.stdout.readline()).decode())
    assert match is not None
    reader, writer = await asyncio.open_connection(match[1], int(match[2]))
    body = (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}'
    )
    writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    header = await reader.readuntil(b"\r\n\r\n")
    length = int(re.findall(rb"Content-Length: (\d+)", header)[0])
    assert b'"inlineCompletionProvider"' in await reader.readexactly(length)
    writer.close()
    assert await server.wait() == 1, "a client that leaves without a shutdown"


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:", "256.0.0.1:1", "127.0.0.1:99999"])
async def test_an_address_that_cannot_be_listened_on_is_named(address: str, tmp_path: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        INKLING,
        "serve",
        "--tcp",
        address,
        stderr=asyncio.subprocess.PIPE,
        env={"INKLING_DATA_DIR": str(tmp_path), "INKLING_CACHE_DIR": str(tmp_path)},
    )
    _, errors = await server.communicate()
    assert server.returncode == 2
    assert address.encode() in errors
