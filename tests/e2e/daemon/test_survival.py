"""The daemon looks at what was accepted and rejected, with the looks brought near; rows are read from the database."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, BASKET, Editor

NAME = "shop/basket.py"
END = BASKET.replace("|", "").count("\n") - 1
SURVIVALS = "SELECT event_id, follows, after_s, kind, similarity FROM survivals ORDER BY after_s IS NULL, after_s"
OUTCOMES = "SELECT event_id, kind FROM outcomes ORDER BY at_ms, kind"


@pytest.fixture
async def near(closed_editor: Editor) -> Editor:
    """An editor whose daemon looks after 0.2 and 2 s."""
    closed_editor.arguments = ["--survival-looks", "0.2,2"]
    return closed_editor


async def start(editor: Editor, *, owns: bool = False) -> None:
    options = {"ownsInlineCompletion": True, "isTrusted": True, "interpreter": None} if owns else None
    await editor.start(options)
    await editor.wait_for_index()


async def suggest(editor: Editor) -> tuple[str, types.Command]:
    item = await editor.complete_marked(NAME, BASKET)
    assert item is not None
    assert item.command is not None
    return str(item.insert_text), item.command


async def accept(editor: Editor) -> str:
    text, command = await suggest(editor)
    editor.change(NAME, text, (END, 16))
    await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=command.command, arguments=command.arguments)
    )
    return text


async def rows(editor: Editor, query: str, n_rows: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while len(found := editor.rows(query)) < n_rows:
            await asyncio.sleep(0.02)
    return found


async def test_an_accepted_text_is_kept_and_then_edited(near: Editor) -> None:
    await start(near)
    text = await accept(near)
    await rows(near, SURVIVALS, 1)
    near.change(NAME, "", (END, 16), (END, 16 + len("order.")))
    kept, edited = await rows(near, SURVIVALS, 2)
    assert (kept["follows"], kept["after_s"], kept["kind"], kept["similarity"]) == ("accepted", 0.2, "kept", 1.0)
    assert (edited["after_s"], edited["kind"]) == (2.0, "edited")
    assert edited["similarity"] == pytest.approx((len(text) - len("order.")) / len(text))


async def test_a_commit_is_followed_by_a_look_at_the_saved_file(near: Editor) -> None:
    git(near.folder, "init", "-q")
    git(near.folder, "add", ".")
    git(near.folder, "commit", "-q", "-m", "before")
    await start(near)
    text = await accept(near)
    write(near, BASKET.replace("|", text))
    near.client.text_document_did_close(
        types.DidCloseTextDocumentParams(text_document=types.TextDocumentIdentifier(near.uri(NAME)))
    )
    await rows(near, SURVIVALS, 2)
    git(near.folder, "add", ".")
    git(near.folder, "commit", "-q", "-m", "after")
    near.client.text_document_did_save(
        types.DidSaveTextDocumentParams(text_document=types.TextDocumentIdentifier(near.uri(NAME)))
    )
    looks = await rows(near, SURVIVALS, 3)
    assert [(look["after_s"], look["kind"]) for look in looks] == [(0.2, "kept"), (2.0, "kept"), (None, "kept")]


async def test_outcomes_that_a_client_reports_are_followed_and_nothing_is_inferred(near: Editor) -> None:
    await start(near, owns=True)
    text, command = await suggest(near)
    assert command.arguments is not None
    outcome = {"eventId": "e1", "suggestionId": command.arguments[0], "kind": "rejected", "atMs": 1_700_000_000_000}
    await near.own("inkling/recordOutcomes", {"outcomes": [outcome]})
    near.change(NAME, text, (END, 16))
    looks = await rows(near, SURVIVALS, 2)
    assert [look["event_id"] for look in looks] == ["e1-0.2s", "e1-2s"]
    assert looks[1]["kind"] == "kept"
    assert near.rows(OUTCOMES) == [{"event_id": "e1", "kind": "rejected"}]


async def test_a_plain_client_that_undoes_an_accept_and_ignores_a_suggestion(near: Editor) -> None:
    await start(near)
    text = await accept(near)
    near.change(NAME, "", (END, 16), (END, 16 + len(text)))
    accepted, undone = await rows(near, OUTCOMES, 2)
    assert (accepted["kind"], undone["kind"]) == ("accepted", "undone")
    assert undone["event_id"].startswith("inferred-")
    assert (await rows(near, SURVIVALS, 2))[1]["kind"] == "deleted"
    assert await near.complete(NAME, END, 16, is_invoked=True) is not None
    near.change(NAME, "zebra", (END, 16))
    ignored = next(row for row in await rows(near, OUTCOMES, 3) if row["kind"] == "ignored")
    assert ignored["event_id"].startswith("inferred-")


def write(editor: Editor, text: str) -> None:
    (editor.folder / NAME).write_text(text)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)
