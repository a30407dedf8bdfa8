"""Docstrings and comments, asked of the real worker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest, NoSuggestion, Reason
from inkling.engine.completion.completer import EmbeddedCompleter

WITHIN_S = 20.0
BASE = 'class Base:\n    def settle(self, amount):\n        """Settle what is owed."""\n        return amount\n'
DEBT = 'class Debt(Base):\n    def settle(self, amount):\n        """Settle w|"""\n        return amount\n'


@pytest.fixture
async def completer(tmp_path: Path) -> AsyncIterator[EmbeddedCompleter]:
    completer = EmbeddedCompleter(cache_dir=tmp_path / "index", deadline_s=WITHIN_S)
    task = asyncio.create_task(completer.run())
    async with asyncio.timeout(WITHIN_S):
        while not completer.process_ids():
            await asyncio.sleep(0)
    try:
        yield completer
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def ask(completer: EmbeddedCompleter, marked: str) -> list[str] | Reason:
    snapshot = Snapshot(uri=DocumentUri("untitled:1"), path=None, version=1, text=marked.replace("|", "", 1))
    answer = await completer.complete(CompletionRequest(snapshot=snapshot, offset=marked.index("|")))
    return answer.reason if isinstance(answer, NoSuggestion) else [candidate.text for candidate in answer]


async def test_a_docstring_comes_from_another_open_file_as_long_as_it_is_open(completer: EmbeddedCompleter) -> None:
    base = DocumentUri("untitled:2")
    assert await ask(completer, DEBT) == Reason.NOT_AT_A_PLACE_TO_COMPLETE
    completer.document_changed(Snapshot(uri=base, path=None, version=1, text=BASE))
    assert await ask(completer, DEBT) == ["hat is owed."]
    completer.document_closed(base)
    assert await ask(completer, DEBT) == Reason.NOT_AT_A_PLACE_TO_COMPLETE


async def test_comments_of_the_file_go_on_as_before(completer: EmbeddedCompleter) -> None:
    text = "a = 1  # pragma: no cover\nb = 2  # pragma: no cover\nc = 3  # pra|\n"
    assert await ask(completer, text) == ["gma: no cover"]


async def test_prose_that_nothing_foretells_is_left_alone(completer: EmbeddedCompleter) -> None:
    assert await ask(completer, "# It was a dark and |\n") == Reason.NOT_AT_A_PLACE_TO_COMPLETE
    assert await ask(completer, 'x = """|\n') == Reason.NOT_AT_A_PLACE_TO_COMPLETE
