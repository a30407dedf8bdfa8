"""Next edits over the protocol: an answer belongs to the version that was asked about, or is none."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from lsprotocol import types
from tests.unit.features.next_edit.scene import FOLDER, FakeMind, Scene, edit

from inkling.core.events import Outcome, OutcomeKind
from inkling.lsp.documents import Documents
from inkling.lsp.fix_messages import WirePosition
from inkling.lsp.next_edit_messages import NextEditParams, NextEditResult
from inkling.lsp.next_edits import NextEdits

TEXT = "one = 1\nuse(first)\n"


class Client:
    """A document in an editor, and a mind that answers about it when it is told to."""

    def __init__(self) -> None:
        self.mind = FakeMind(edit("a", 1, "use(first)", "use(one)"))
        self.mind.may_speak.clear()
        scene = Scene(self.mind, a=TEXT)
        scene.changed("a", 0, ["first = 1"], ["one = 1"])
        self.uri = scene.uri("a")
        self.documents = Documents()
        self.document = self.documents.open(types.TextDocumentItem(self.uri, "python", scene.version, TEXT))
        self.outcomes: list[Outcome] = []
        services = SimpleNamespace(feature=scene.feature, inference=None, record=self.outcomes.extend)
        session = SimpleNamespace(folders=[FOLDER])
        self.next_edits = NextEdits(cast("Any", services), cast("Any", session), self.documents)

    async def ask(self) -> asyncio.Task[NextEditResult]:
        """Returns a question that waits for the mind."""
        params = NextEditParams(uri=self.uri, version=self.document.version, position=WirePosition(line=0, character=0))
        asked = asyncio.ensure_future(self.next_edits.next_edit(params))
        async with asyncio.timeout(30):
            while not self.mind.questions:
                await asyncio.sleep(0)
        return asked

    def type(self, uri: str, text: str) -> None:
        document = self.documents.get(uri)
        assert document is not None
        document.apply([types.TextDocumentContentChangeWholeDocument(text)], document.version + 1)


async def test_the_edit_of_the_version_that_was_asked_about_is_the_answer() -> None:
    client = Client()
    asked = await client.ask()
    client.mind.may_speak.set()
    answer = await asked
    assert answer.edit is not None
    assert (answer.edit.version, answer.edit.new_text) == (client.document.version, "one")
    assert client.outcomes == []


@pytest.mark.parametrize("change", ["typed", "closed", "opened again"])
async def test_the_answer_is_empty_when_the_version_has_passed_meanwhile(change: str) -> None:
    client = Client()
    asked = await client.ask()
    if change == "typed":
        client.type(client.uri, "#" + TEXT)
    else:
        client.documents.close(client.uri)
    if change == "opened again":
        client.documents.open(types.TextDocumentItem(client.uri, "python", client.document.version, "#" + TEXT))
    client.mind.may_speak.set()
    answer = await asked
    assert answer == NextEditResult()
    assert [outcome.kind for outcome in client.outcomes] == [OutcomeKind.SUPERSEDED]
