"""The scope of the cursor is analysed in pauses, once for a text, and told again to whoever starts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest

from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.core.errors import WorkerError
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest
from inkling.engine.completion.scope_watch import ScopeWatch
from inkling.engine.completion.worker import Document
from inkling.engine.language.open_files import TokenNumbers

URI = DocumentUri("untitled:a")


def facts(scope: str, **attributes: set[str]) -> ScopeFacts:
    return ScopeFacts(
        scope=scope,
        local_names=frozenset(),
        outer_names=frozenset(),
        attributes={name: frozenset(found) for name, found in attributes.items()},
        parameters={},
        imports={},
    )


def request(marked: str) -> CompletionRequest:
    snapshot = Snapshot(uri=URI, path=None, version=1, text=marked.replace("|", "", 1))
    return CompletionRequest(snapshot=snapshot, offset=marked.index("|"))


class Reader:
    """Tells one receiver after the other, as it has time for one alone."""

    def __init__(self) -> None:
        self.receivers = {"one": {"a"}, "two": {"b"}}
        self.asked: list[tuple[int, tuple[str, ...]]] = []
        self.error: WorkerError | None = None

    async def scope_facts(self, snapshot: Snapshot, line_number: int, known: Sequence[str]) -> ScopeFacts | None:
        self.asked.append((line_number, tuple(known)))
        if self.error is not None:
            raise self.error
        new = [name for name in self.receivers if name not in known][:1]
        return facts("f", **{name: self.receivers[name] for name in new})


class Watched:
    def __init__(self) -> None:
        self.reader = Reader()
        self.told: list[dict[str, frozenset[str]]] = []
        self.watch = ScopeWatch(self.reader, lambda _uri, found: self.told.append(dict(found.attributes)), pause_s=0)

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    watched = Watched()
    task = asyncio.create_task(watched.watch.run())
    yield watched
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_facts_are_gathered_until_nothing_new_is_told(watched: Watched) -> None:
    watched.watch.asked(request("\ndef f():\n    |"))
    await watched.settle()
    assert watched.reader.asked == [(2, ()), (2, ("one",)), (2, ("one", "two"))]
    assert watched.told[-1] == {"one": {"a"}, "two": {"b"}}


async def test_typing_on_the_same_line_asks_nothing_new(watched: Watched) -> None:
    for marked in ("def f():\n    |\nx", "def f():\n    on|\nx"):
        watched.watch.asked(request(marked))
        await watched.settle()
    assert len(watched.reader.asked) == 3
    watched.watch.asked(request("def f():\n    |\ny"))
    await watched.settle()
    assert watched.reader.asked[3:] == [(1, ("one", "two"))], "what is known of a scope is not asked again at once"
    watched.watch.asked(request("def g():\n    |\nx"))
    await watched.settle()
    assert watched.reader.asked[4] == (1, ())


async def test_who_starts_again_is_told_again_and_what_is_closed_is_forgotten(watched: Watched) -> None:
    watched.watch.asked(request("def f():\n    |"))
    await watched.settle()
    n_told = len(watched.told)
    watched.watch.tell_again()
    assert len(watched.told) == n_told + 1
    watched.watch.closed(URI)
    watched.watch.tell_again()
    assert len(watched.told) == n_told + 1


async def test_a_failure_is_survived(watched: Watched) -> None:
    watched.reader.error = WorkerError("died")
    watched.watch.asked(request("def f():\n    |"))
    await watched.settle()
    watched.reader.error = None
    watched.watch.asked(request("def f():\n    |"))
    await watched.settle()
    assert watched.told


@pytest.mark.parametrize(
    ("marked", "is_known"),
    [
        ("def f():\n    one.|", True),
        ("def f():\n    |", True),
        ("def f():\r\n    x = 1\r\n    |\r\n", True),
        ("def f():\n    pass\n|", False),
        ("|", False),
    ],
)
def test_a_document_finds_the_facts_of_the_scope_at_the_cursor(marked: str, is_known: bool) -> None:
    document = Document(None, TokenNumbers())
    document.take_facts(facts("f"))
    document.text = marked.replace("|", "", 1)
    assert (document.facts_at(marked.index("|")) is not None) == is_known
