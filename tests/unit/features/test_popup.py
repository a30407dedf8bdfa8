"""The popup: rows in their likely order, never later than the names, and attributes where nobody knows the receiver."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from tests.unit.features.fakes import question

from inkling.core.errors import WorkerError
from inkling.core.names import FoundNames, NamedCompletion, NameDocumentation
from inkling.core.suggestion import CompletionRequest
from inkling.features.popup import MOST_ROWS, Popup, PopupFeature


class FakeNameCompleter:
    def __init__(
        self, *names: str, is_all: bool = True, error: WorkerError | None = None, is_stuck: bool = False
    ) -> None:
        self.names, self.is_all, self.error, self.is_stuck = names, is_all, error, is_stuck

    async def complete_names(self, request: CompletionRequest) -> FoundNames:
        if self.is_stuck:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return FoundNames(ticket="1", names=self.names, is_all=self.is_all)

    async def describe_names(self, ticket: str, indexes: Sequence[int]) -> list[NamedCompletion]:
        assert ticket == "1"
        return [
            NamedCompletion(name=self.names[at], written=self.names[at], kind="", detail="", ticket=ticket, index=at)
            for at in indexes
        ]

    async def document_name(self, ticket: str, index: int) -> NameDocumentation | None:
        return NameDocumentation(signature=f"{self.names[index]}()", documentation="") if ticket == "1" else None


class FakeRanker:
    def __init__(self, likely: Mapping[str, float] | None = None, *, is_stuck: bool = False) -> None:
        self.likely, self.is_stuck, self.was_cancelled = likely, is_stuck, False

    async def likely_names(self, request: CompletionRequest) -> Mapping[str, float]:
        if self.is_stuck:
            try:
                await asyncio.Event().wait()
            finally:
                self.was_cancelled = True
        if self.likely is None:
            raise WorkerError("gone")
        return self.likely


async def ask(marked: str, names: FakeNameCompleter, ranker: FakeRanker) -> tuple[list[str], bool]:
    popup: Popup = await PopupFeature(names, ranker).complete(question(marked))
    return [row.name for row in popup.rows], popup.is_all


async def test_likely_names_come_first_and_the_others_keep_their_order() -> None:
    ranker = FakeRanker({"d": 0.6, "unknown": 0.3, "b": 0.1})
    assert await ask("x.|", FakeNameCompleter("a", "b", "c", "d"), ranker) == (["d", "b", "a", "c"], True)


async def test_a_name_that_is_there_twice_stays_there_twice() -> None:
    names = FakeNameCompleter("a", "b", "b")
    assert await ask("f(|", names, FakeRanker({"b": 0.6})) == (["b", "b", "a"], True)


@pytest.mark.parametrize("ranker", [FakeRanker(None), FakeRanker({}), FakeRanker(is_stuck=True)])
async def test_names_come_without_an_order_where_it_is_late_or_gone(ranker: FakeRanker) -> None:
    assert await ask("x.|", FakeNameCompleter("b", "a"), ranker) == (["b", "a"], True)
    assert ranker.was_cancelled == ranker.is_stuck


async def test_the_likely_ones_are_among_the_rows_where_there_are_too_many() -> None:
    names = FakeNameCompleter(*(f"n{number:04}" for number in range(MOST_ROWS + 1)))
    rows, is_all = await ask("|", names, FakeRanker({f"n{MOST_ROWS:04}": 0.5}))
    assert rows[:2] == [f"n{MOST_ROWS:04}", "n0000"]
    assert (len(rows), is_all) == (MOST_ROWS, False)
    assert await ask("|", FakeNameCompleter("a", is_all=False), FakeRanker({})) == (["a"], False)


async def test_attributes_are_guessed_only_where_nobody_knows_the_receiver() -> None:
    ranker = FakeRanker({"likely": 0.5, "rare": 0.001})
    assert await ask("f(x).|", FakeNameCompleter(), ranker) == (["likely"], False)
    assert await ask("def li|", FakeNameCompleter(), ranker) == ([], False)
    assert await ask("x.|", FakeNameCompleter("a"), ranker) == (["a"], True)


async def test_without_the_process_that_knows_names_there_is_an_error() -> None:
    with pytest.raises(WorkerError, match="broken"):
        await ask("x.|", FakeNameCompleter(error=WorkerError("broken")), FakeRanker(is_stuck=True))


async def test_who_asks_no_more_stops_both() -> None:
    ranker = FakeRanker(is_stuck=True)
    task = asyncio.create_task(ask("x.|", FakeNameCompleter(is_stuck=True), ranker))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ranker.was_cancelled
