"""Texts are kept for as long as the setting says."""

import asyncio
from dataclasses import replace

from lsprotocol import types
from tests.contract.telemetry import samples
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, Editor

from inkling.core.suggestion import SuggestionId
from inkling.telemetry import EventStore

DAY_MS = 86_400_000
TEXTS = "SELECT text FROM decisions WHERE text IS NOT NULL ORDER BY at_ms"


async def wait_for_texts(editor: Editor, expected: list[str]) -> None:
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while [row["text"] for row in editor.rows(TEXTS)] != expected:
            await editor.why()  # asks the server, so as not to spin


async def test_texts_are_forgotten_after_so_many_days(closed_editor: Editor) -> None:
    store = await EventStore.open(closed_editor.data_dir)
    await store.record_decisions(
        [
            replace(samples.DECISION, suggestion_id=SuggestionId(text), text=text, at_ms=samples.NOW_MS - days * DAY_MS)
            for days, text in ((50, "of last season"), (35, "of last month"), (1, "of yesterday"))
        ]
    )
    await store.close()
    closed_editor.settings["telemetry"] = {"textRetentionDays": 40}

    await closed_editor.start()
    await wait_for_texts(closed_editor, ["of last month", "of yesterday"])

    def set_days(days: object) -> None:
        settings = {**closed_editor.settings, "telemetry": {"textRetentionDays": days}}
        closed_editor.client.set_configuration({"inkling": settings})
        closed_editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))

    set_days("10")  # a slip: the default would be 30, and a text older than that is there
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while not any("textRetentionDays must be" in told.message for told in closed_editor.client.messages):
            await closed_editor.why()
    assert len(closed_editor.rows(TEXTS)) == 2
    set_days(10)
    await wait_for_texts(closed_editor, ["of yesterday"])
    assert len(closed_editor.rows("SELECT id FROM decisions")) == 3
