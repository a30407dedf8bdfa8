"""Questions are answered beside the writing of events."""

import asyncio
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from inkling.core.errors import StoreError
from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.suggestion import SuggestionId
from inkling.telemetry import EventStore

HANGS_AFTER_S = 30.0  # only ends a test that would otherwise never end


def list_store(data_dir: Path) -> list[Path]:
    return list(data_dir.glob("events.db*"))


def outcome(name: str) -> Outcome:
    return Outcome(
        event_id=EventId(name), suggestion_id=SuggestionId(name), kind=OutcomeKind.ACCEPTED, at_ms=1_800_000_000_000
    )


async def test_a_long_question_delays_no_acknowledgement(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_outcomes([outcome("before")])
    loop = asyncio.get_running_loop()
    has_begun, may_end = asyncio.Event(), threading.Event()

    def count_slowly(connection: sqlite3.Connection) -> tuple[int, int]:
        first: int = connection.execute("SELECT count(*) FROM outcomes").fetchone()[0]
        loop.call_soon_threadsafe(has_begun.set)
        may_end.wait(HANGS_AFTER_S)
        second: int = connection.execute("SELECT count(*) FROM outcomes").fetchone()[0]
        return first, second

    async with asyncio.timeout(HANGS_AFTER_S):
        question = asyncio.create_task(store._read(count_slowly))
        await has_begun.wait()
        await store.record_outcomes([outcome("meanwhile")])
        assert not question.done()
        may_end.set()
        # One question sees one state, whatever is stored meanwhile.
        assert await question == (1, 1)
        assert (await store.statistics(0)).n_by_outcome == {OutcomeKind.ACCEPTED: 2}
        await store.close()


async def test_a_question_can_change_nothing(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_outcomes([outcome("kept")])

    with pytest.raises(StoreError, match="readonly"):
        await store._read(lambda connection: connection.execute("DELETE FROM outcomes"))

    assert (await store.statistics(0)).n_by_outcome == {OutcomeKind.ACCEPTED: 1}
    await store.close()


async def test_closing_waits_for_the_question_in_hand(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    question = asyncio.create_task(store.statistics(0))
    await asyncio.sleep(0)  # lets the task ask
    await store.close()

    assert (await question).n_proposed == 0
    with pytest.raises(StoreError, match="closed"):
        await store.statistics(0)


async def test_a_question_finds_a_deleted_store_made_anew(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_outcomes([outcome("lost")])
    for file in list_store(tmp_path):
        file.unlink()

    assert (await store.statistics(0)).n_by_outcome == {}
    assert await store.judged_suggestions(0, 10) == []
    await store.close()


def modes_of(data_dir: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in data_dir.glob("events.db*")}


async def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.recent_decisions(1)
    modes = modes_of(tmp_path)
    await store.close()
    assert set(modes.values()) == {0o600}
    assert "events.db" in modes
