"""The daemon learns while it runs: what is rejected is hidden some seconds later, and what others do is taken over."""

import asyncio
import os
import subprocess
from typing import Any

import pytest
from lsprotocol import types
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, BASKET, INKLING, PROJECT, Editor

LIKED = BASKET
DISLIKED = "from |\n"
REPORTS = {
    f"shop/report{number}.py": PROJECT["shop/orders.py"].replace("order_", f"report{number}_") for number in range(12)
}
"""So many files that say the same that what is typed in a test does not change what is suggested."""


@pytest.fixture
async def window(closed_editor: Editor) -> Editor:
    """An editor that reports outcomes by itself, with the knob as it is delivered; nothing is shown at random."""
    closed_editor.write_project(PROJECT | REPORTS)
    closed_editor.settings["gate"] = {"explore": 0.0}
    await closed_editor.start({"ownsInlineCompletion": True, "isTrusted": True, "interpreter": None})
    await closed_editor.wait_for_index()
    return closed_editor


async def judge(editor: Editor, text: str, kind: str, number: int) -> None:
    """Meets a suggestion in a file of its own, where nothing was rejected before, and judges it."""
    name = f"shop/{kind}{number}.py"
    item = await editor.complete_marked(name, text)
    assert item is not None
    assert item.command is not None
    assert item.command.arguments is not None
    outcome = {
        "eventId": f"{kind} {number}",
        "suggestionId": item.command.arguments[0],
        "kind": kind,
        "atMs": 1_700_000_000_000,
        "visibleMs": 1500.0,
    }
    await editor.own("inkling/recordOutcomes", {"outcomes": [outcome]})
    document = types.TextDocumentIdentifier(editor.uri(name))
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(document))


async def ask_until(editor: Editor, text: str, *, is_hidden: bool) -> dict[str, Any]:
    """Asks as somebody who types on would, until the answer is as awaited; returns the decision."""
    name = f"shop/asked_{is_hidden}.py"
    async with asyncio.timeout(ANSWER_WITHIN_S):
        item = await editor.complete_marked(name, text)
        line, character = text.count("\n") - 1, text.index("|") - text.rfind("\n", 0, text.index("|")) - 1
        while (item is None) is not is_hidden:
            await asyncio.sleep(0.2)
            item = await editor.complete(name, line, character)
    return (await editor.why())[0]


async def test_a_rejected_kind_is_hidden_with_the_reason_in_words_until_a_reset(window: Editor) -> None:
    for number in range(10):
        await judge(window, LIKED, "accepted", number)
    for number in range(20):
        await judge(window, DISLIKED, "rejected", number)

    hidden = await ask_until(window, DISLIKED, is_hidden=True)
    assert hidden["reason"] == "low_probability"
    assert "your own habits" in hidden["explanation"]
    assert await window.complete_marked("shop/still.py", LIKED) is not None

    answer = await asyncio.to_thread(
        subprocess.run,
        [INKLING, "model", "reset"],
        env={**os.environ, "INKLING_DATA_DIR": str(window.data_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "within seconds" in answer.stdout
    shown = await ask_until(window, DISLIKED, is_hidden=False)
    assert shown["probability"] > hidden["probability"]
