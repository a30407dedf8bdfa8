"""What the endpoint says when the embedded mind's text is on display already, and several suggestions at once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, BASKET, Editor
from tests.model_server.scripted import ModelServer, Received, Reply

from inkling.llm.answer_store import FILE_NAME

EMBEDDED = "order.lines:"
LONGER = "order.lines: total += 1"
NAME = "shop/basket.py"
PLACE = (2, 16)
TAKES_LATE = {"takesLateSuggestions": True, "isTrusted": True}


class Window:
    """An editor beside an endpoint whose answers wait for the test."""

    def __init__(self, editor: Editor, server: ModelServer) -> None:
        self.editor, self.server = editor, server
        self.hold = asyncio.Event()
        self.told: asyncio.Queue[Any] = asyncio.Queue()
        self.texts: tuple[str, ...] = (LONGER,)
        self.hold_after = 0
        editor.settings |= {
            "model": {"baseUrl": server.base_url, "completionModel": "qwen2.5-coder"},
            "completion": {"deadlineMs": 5000},
        }

    async def start(self, options: object) -> None:
        await self.editor.start(options)
        self.listen()
        await self.editor.wait_for_index()
        await self.connect()

    def listen(self) -> None:
        @self.editor.client.feature("inkling/suggestionsReady")
        def suggestions_ready(params: Any) -> None:
            self.told.put_nowait(params)

    async def connect(self) -> None:
        """Asks about a place of its own until the endpoint answers."""
        self.server.script = lambda _: Reply(texts=("up\n",))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while await self.editor.complete_marked("shop/first.py", "# Adds |\n") is None:
                await asyncio.sleep(0.02)
        self.server.script = self._reply

    def _reply(self, received: Received) -> Reply:
        return Reply(texts=self.texts, hold=self.hold, hold_after=self.hold_after)

    async def next_told(self) -> Any:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await self.told.get()

    async def asked(self, part: str) -> Received:
        """The request whose prompt holds a text."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while True:
                for received in self.server.received:
                    if part in received.body.get("prompt", ""):
                        return received
                await asyncio.sleep(0.01)

    async def offered(self, n_rows: int) -> list[tuple[str, str | None]]:
        """Source and last outcome of what was offered in the basket, oldest first."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while len(rows := self._rows()) < n_rows:
                await asyncio.sleep(0.02)
        return rows

    def _rows(self) -> list[tuple[str, str | None]]:
        query = """
            SELECT source,
                (SELECT kind FROM outcomes o WHERE o.suggestion_id = d.suggestion_id AND kind != 'shown') AS kind
            FROM decisions d WHERE was_offered AND path LIKE '%basket.py' ORDER BY at_ms
        """
        return [(row["source"], row["kind"]) for row in self.editor.rows(query)]


@pytest.fixture
async def window(closed_editor: Editor, model_server: ModelServer) -> AsyncIterator[Window]:
    window = Window(closed_editor, model_server)
    yield window
    window.hold.set()


async def test_the_embedded_text_does_not_wait_and_grows_once_the_endpoint_has_answered(window: Window) -> None:
    await window.start(TAKES_LATE)
    first = await window.editor.complete_marked(NAME, BASKET)
    assert first is not None
    assert first.insert_text == EMBEDDED
    window.hold.set()
    told = await window.next_told()
    assert (told.uri, told.version) == (window.editor.uri(NAME), 1)
    longer = await window.editor.complete(NAME, *PLACE)
    assert longer is not None
    assert longer.insert_text == LONGER
    assert (await window.offered(2))[1] == ("model", None)


async def test_it_moves_along_with_what_is_typed(window: Window) -> None:
    await window.start(TAKES_LATE)
    await window.editor.complete_marked(NAME, BASKET)
    window.editor.change(NAME, "order", PLACE)
    await window.editor.own("inkling/diagnostics")
    window.hold.set()
    assert (await window.next_told()).version == 2
    longer = await window.editor.complete(NAME, PLACE[0], PLACE[1] + 5)
    assert longer is not None
    assert longer.insert_text == LONGER.removeprefix("order")


async def test_a_client_that_did_not_ask_for_it_is_told_nothing(window: Window) -> None:
    await window.start({"isTrusted": True})
    first = await window.editor.complete_marked(NAME, BASKET)
    assert first is not None
    assert first.insert_text == EMBEDDED
    request = await window.asked("basket_total")
    window.hold.set()
    await request.ended.wait()
    # The answer was kept: whoever asks again gets the likelier of the two, which the daemon was able to do all along.
    again = await window.editor.complete(NAME, *PLACE)
    assert again is not None
    assert window.told.empty()


async def test_text_that_says_something_else_is_dropped_with_its_reason(window: Window) -> None:
    await window.start(TAKES_LATE)
    window.texts = ("range(9):",)
    await window.editor.complete_marked(NAME, BASKET)
    window.hold.set()
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while "too_late" not in [decision["reason"] for decision in await window.editor.why()]:
            await asyncio.sleep(0.02)
    assert window.told.empty()


async def test_the_first_statement_of_a_slow_block_is_shown_and_grows(window: Window) -> None:
    await window.start(TAKES_LATE)
    window.texts = ("\n    rest = 1\n    other = 2\n",)
    window.hold_after = 4
    marked = "def owed():\n    # Steps:|\n\n\nprint(owed())\n"
    first = await window.editor.complete_marked("shop/owed.py", marked)
    assert first is not None
    assert first.insert_text == "\n    rest = 1"
    window.hold.set()
    await window.next_told()
    whole = await window.editor.complete("shop/owed.py", 1, 12)
    assert whole is not None
    assert whole.insert_text == "\n    rest = 1\n    other = 2"


async def test_who_asks_explicitly_gets_several_each_with_its_row(window: Window) -> None:
    await window.start(TAKES_LATE)
    window.hold.set()
    window.texts = ("order.lines[:9]:", "order.lines[1:]:", "order.lines[ 1: ]:", "order lines:")
    window.editor.open(NAME, BASKET.replace("|", ""))
    items = await window.editor.complete_all(NAME, *PLACE, is_invoked=True)
    texts = [str(item.insert_text) for item in items]
    assert {"".join(text.split()) for text in texts} == {EMBEDDED, "order.lines[:9]:", "order.lines[1:]:"}
    assert len(texts) == 3
    command = items[1].command
    assert command is not None
    window.editor.change(NAME, texts[1], PLACE)
    await window.editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=command.command, arguments=command.arguments)
    )
    rows = await window.offered(len(items))
    assert [kind for _, kind in rows].count("accepted") == 1
    assert "ignored" not in [kind for _, kind in rows]


@pytest.mark.parametrize("asks_ahead", [True, False])
async def test_what_follows_is_asked_for_while_the_user_looks(window: Window, *, asks_ahead: bool) -> None:
    window.editor.settings["model"]["askAhead"] = asks_ahead
    window.hold.set()
    window.texts = (EMBEDDED,)
    await window.start(TAKES_LATE)
    n_kept = n_rows(window.editor.cache_dir / FILE_NAME)
    item = await window.editor.complete_marked(NAME, BASKET)
    assert item is not None
    assert item.command is not None
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while n_rows(window.editor.cache_dir / FILE_NAME) == n_kept:  # once it is kept nothing is being asked any more
            await asyncio.sleep(0.02)
    (suggestion_id,) = item.command.arguments or ()
    shown = {"eventId": "e1", "suggestionId": suggestion_id, "kind": "shown", "atMs": 1, "visibleMs": 750.0}
    await window.editor.own("inkling/recordOutcomes", {"outcomes": [shown]})
    ahead = f"for line in {EMBEDDED}\n        "
    if asks_ahead:
        assert (await window.asked(ahead)).body["prompt"].endswith(ahead)
    else:
        await window.editor.own("inkling/diagnostics")
        assert not any(ahead in received.body.get("prompt", "") for received in window.server.received)


async def test_what_was_answered_once_is_known_after_a_restart_and_read_by_nobody(
    window: Window, model_server: ModelServer
) -> None:
    window.hold.set()
    window.texts = ("up what is owed\n",)
    await window.start(TAKES_LATE)
    comment = "def total(order):\n    # Sums |\n    return 1\n"
    first = await window.editor.complete_marked("shop/new.py", comment)
    assert first is not None
    file = window.editor.cache_dir / FILE_NAME
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while n_rows(file) < 2:
            await asyncio.sleep(0.02)
    assert await window.editor.leave() == 0
    assert b"owed" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    n_asked = len([each for each in model_server.received if "Sums" in each.body.get("prompt", "")])
    await window.start(TAKES_LATE)
    again = await window.editor.complete_marked("shop/new.py", comment)
    assert again is not None
    assert again.insert_text == "up what is owed"
    assert len([each for each in model_server.received if "Sums" in each.body.get("prompt", "")]) == n_asked


def n_rows(file: Path) -> int:
    if not file.exists():
        return 0
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        found = connection.execute("SELECT count(*) FROM answers").fetchone()[0]
    connection.close()
    return int(found)
