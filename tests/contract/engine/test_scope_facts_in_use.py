"""What the real analysis finds out about a scope reaches the real completer's ranker, for the next question."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

from inkling.context.analysis.analysis import Analysis
from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest, NoSuggestion
from inkling.engine.completion.completer import EmbeddedCompleter

WITHIN_S = 20.0
MARKED = """class Order:
    def ship(self, parcel):
        return parcel

def first(gadget):
    gadget.spin(1)
    gadget.ship(1)

def second(order: Order):
    order.|
"""


class Reader:
    """The analysis; tells when it is asked again, which happens when its first answer was passed on."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.answered: list[ScopeFacts | None] = []
        self.was_told = asyncio.Event()

    async def scope_facts(self, snapshot: Snapshot, line_number: int, known: Sequence[str]) -> ScopeFacts | None:
        if self.answered:
            self.was_told.set()
        facts = await self.analysis.scope_facts(snapshot, line_number, known)
        self.answered.append(facts)
        return facts


async def test_a_line_that_cannot_be_right_loses_confidence_once_its_scope_is_known(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    scope = WorkspaceScope(folders=(workspace,), interpreter=None, index=IndexSettings(max_mb=2))
    analysis = Analysis(check_deadline_s=WITHIN_S, completion_deadline_s=WITHIN_S, cache_dir=tmp_path / "cache")
    reader = Reader(analysis)
    completer = EmbeddedCompleter(cache_dir=tmp_path / "cache" / "index", deadline_s=WITHIN_S, scopes=reader)
    path = workspace / "doc.py"
    snapshot = Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=1, text=MARKED.replace("|", ""))
    asked = CompletionRequest(snapshot=snapshot, offset=MARKED.index("|"))
    running = [asyncio.create_task(each.run()) for each in (analysis, completer)]
    try:
        async with asyncio.timeout(WITHIN_S):
            while not (analysis.process_ids() and completer.process_ids()):
                await asyncio.sleep(0)
            for listener in (analysis, completer):
                listener.open_workspace(scope)
                listener.document_changed(snapshot)
            before = await confidences(completer, asked)
            await reader.was_told.wait()
            after = await confidences(completer, asked)
    finally:
        for task in running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    facts = reader.answered[0]
    assert facts is not None
    assert facts.attributes["order"] == {"ship"}
    assert after["spin(1)"] / before["spin(1)"] < after["ship(1)"] / before["ship(1)"]


async def confidences(completer: EmbeddedCompleter, asked: CompletionRequest) -> dict[str, float]:
    found = await completer.complete(asked)
    assert not isinstance(found, NoSuggestion)
    return {candidate.text: candidate.confidence or 0.0 for candidate in found}
