"""The event store where the disk is hostile: damaged, foreign, full, read-only or moved files."""

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from tests.contract.telemetry import samples

from inkling.core.errors import StoreError
from inkling.core.events import Decision, EventId, Outcome, OutcomeKind
from inkling.core.suggestion import SuggestionId
from inkling.telemetry import EventStore
from inkling.telemetry.migrations import migrations
from inkling.telemetry.rows import SCHEMA_VERSION

NOW_MS = samples.NOW_MS

DECISION = replace(samples.DECISION, suggestion_id=SuggestionId("s"))


def decisions(n: int, start: int = 0) -> list[Decision]:
    return [replace(DECISION, suggestion_id=SuggestionId(f"s{k}")) for k in range(start, start + n)]


def accepted(event_id: str) -> Outcome:
    return Outcome(event_id=EventId(event_id), suggestion_id=SuggestionId("s"), kind=OutcomeKind.ACCEPTED, at_ms=NOW_MS)


def named(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


async def write_some(data_dir: Path, n: int = 200) -> Path:
    store = await EventStore.open(data_dir)
    await store.record_decisions(decisions(n))
    await store.close()
    return data_dir / "events.db"


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def garbage(path: Path) -> None:
    path.write_bytes(b"\x00\x01 this is no database" * 500)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_inside_the_header(path: Path) -> None:
    os.truncate(path, 60)


def scribble_over_pages(path: Path) -> None:
    overwrite(path, 4096, os.urandom(path.stat().st_size - 4096))


@pytest.mark.parametrize("damage", [garbage, cut_in_half, cut_inside_the_header, scribble_over_pages])
async def test_a_damaged_database_is_set_aside_and_told_once(tmp_path: Path, damage) -> None:
    path = await write_some(tmp_path)
    damage(path)
    content = path.read_bytes()

    store = await EventStore.open(tmp_path)

    (notice,) = store.notices()
    assert store.notices() == []
    (aside,) = named(tmp_path, "events.db.corrupt-????????T??????")
    assert aside.read_bytes() == content
    assert aside.name in notice
    await store.record_decisions(decisions(3))
    assert (await store.statistics(0)).n_proposed == 3
    await store.close()


async def test_the_log_of_an_emptied_database_is_kept(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_decisions(decisions(5))
    log = (tmp_path / "events.db-wal").read_bytes()
    await store.close()
    (tmp_path / "events.db-wal").write_bytes(log)
    os.truncate(tmp_path / "events.db", 0)

    reopened = await EventStore.open(tmp_path)

    assert len(reopened.notices()) == 1
    (aside,) = named(tmp_path, "events.db.corrupt-*-wal")
    assert aside.read_bytes() == log
    await reopened.close()


async def test_damage_found_in_use_costs_no_new_event(tmp_path: Path) -> None:
    path = await write_some(tmp_path, 2000)
    store = await EventStore.open(tmp_path)
    key_before = store.fingerprint("x")
    scribble_over_pages(path)

    await store.record_decisions(decisions(2, start=10_000))

    assert (await store.statistics(0)).n_proposed == 2
    assert len(store.notices()) == 1
    assert len(named(tmp_path, "events.db.corrupt-*")) >= 1
    assert store.fingerprint("x") == key_before
    await store.close()


async def test_a_database_deleted_in_use_is_begun_anew(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_decisions(decisions(2))
    for file in named(tmp_path, "events.db*"):
        file.unlink()

    await store.record_decisions(decisions(1, start=5))

    assert [summary.suggestion_id for summary in await store.recent_decisions(10)] == ["s5"]
    await store.close()


async def test_a_garbage_lock_file_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "events.lock").write_bytes(b"garbage" * 1000)

    path = await write_some(tmp_path)

    assert path.exists()


async def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = await write_some(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()

    with pytest.raises(StoreError, match=r"newer Inkling.*Update Inkling"):
        await EventStore.open(tmp_path)

    assert path.read_bytes() == content
    assert named(tmp_path, "*.corrupt-*") == []


async def test_the_last_migration_leads_to_the_version_that_is_known(tmp_path: Path) -> None:
    path = await write_some(tmp_path)

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("SELECT DISTINCT schema_version FROM decisions").fetchall() == [(SCHEMA_VERSION,)]
        names = [name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    assert len(names) == SCHEMA_VERSION
    assert repr(migrations) == f"<Migrations 'inkling': [{', '.join(names)}]>"


async def test_a_path_that_is_no_directory_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(StoreError, match=r"cannot be opened.*Make this directory writable"):
        await EventStore.open(tmp_path / "file" / "data")


READ_ONLY = """
import asyncio, os, sys
sys.path[:] = {path!r}
from pathlib import Path
from inkling.core.errors import StoreError
from inkling.telemetry.store import EventStore
if os.geteuid() == 0:
    os.setuid(65534)  # root may write anywhere, so root steps down
try:
    asyncio.run(EventStore.open(Path({data_dir!r})))
except StoreError as error:
    print(error)
"""


async def test_a_read_only_directory_is_explained(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    await write_some(data_dir)
    for file in data_dir.iterdir():
        file.chmod(0o444)
    data_dir.chmod(0o555)
    for parent in [tmp_path, *tmp_path.parents]:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", READ_ONLY.format(path=sys.path, data_dir=str(data_dir)), stdout=subprocess.PIPE
    )
    output, _ = await process.communicate()
    data_dir.chmod(0o755)

    assert f"The event store in {data_dir} cannot be opened" in output.decode()
    assert "Make this directory writable" in output.decode()


async def test_a_full_disk_is_an_error_now_and_none_later(tmp_path: Path) -> None:
    # A limit on the size of files stands for the end of the disk: writes beyond it fail in the kernel.
    store = await EventStore.open(tmp_path)
    await store.record_outcomes([accepted("before")])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with pytest.raises(StoreError, match=r"cannot be stored in .*events.db"):
            await store.record_decisions(decisions(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    await store.record_decisions(decisions(5000))

    statistics = await store.statistics(0)
    assert (statistics.n_proposed, statistics.n_by_outcome) == (5000, {OutcomeKind.ACCEPTED: 1})
    assert store.notices() == []
    await store.close()


async def test_an_event_that_cannot_be_stored_keeps_no_other_out(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    too_long = replace(accepted("hostile"), accepted_chars=2**70)
    no_number = replace(DECISION, suggestion_id=SuggestionId("nan"), latency_ms=float("nan"))

    results = await asyncio.gather(
        store.record_outcomes([accepted("first")]),
        store.record_outcomes([too_long]),
        store.record_decisions([no_number]),
        store.record_outcomes([accepted("second")]),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [type(None), StoreError, StoreError, type(None)]
    assert "outcome hostile: accepted_chars is too large" in str(results[1])
    assert "decision nan: latency_ms is nan, not a finite number" in str(results[2])
    with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
        assert set(connection.execute("SELECT event_id FROM outcomes")) == {("first",), ("second",)}
    with pytest.raises(StoreError):
        await store.judged_suggestions(2**70, 1)
    await store.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": {"evidence": float("inf")}}, "feature evidence is inf"),
        ({"propensity": 1.5}, "propensity is 1.5, not within 0 and 1"),
        ({"probability": float("nan")}, "probability is nan"),
        ({"n_chars": 2**80}, "n_chars is too large"),
    ],
)
async def test_the_others_of_a_call_are_stored_without_the_bad_one(tmp_path: Path, change, words: str) -> None:
    store = await EventStore.open(tmp_path)
    good, bad, last = decisions(3)

    with pytest.raises(StoreError, match=words):
        await store.record_decisions([good, replace(bad, **change), last])

    assert [judged.suggestion_id for judged in await store.judged_suggestions(0, 10)] == ["s0", "s2"]
    await store.close()


async def test_text_is_stored_only_when_it_is_given(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    odd = replace(DECISION, suggestion_id=SuggestionId("odd"), text="x = '\ud800 😀'", path="a\udcff.py")
    await store.record_decisions([DECISION, odd])
    await store.close()

    with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
        rows = dict(connection.execute("SELECT suggestion_id, text FROM decisions"))
    assert rows == {"s": None, "odd": "x = '\\ud800 😀'"}


async def test_a_cancelled_caller_takes_nothing_with_it(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    task = asyncio.ensure_future(store.record_outcomes([accepted("cancelled")]))
    await asyncio.sleep(0)  # lets the task queue its event
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.close()

    with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
        assert connection.execute("SELECT event_id FROM outcomes").fetchall() == [("cancelled",)]


async def test_closing_stores_what_is_queued_and_refuses_what_comes_later(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    waiting = [asyncio.ensure_future(store.record_outcomes([accepted(f"e{n}")])) for n in range(50)]
    await asyncio.sleep(0)  # lets the tasks queue their events
    await store.close()
    await store.close()

    await asyncio.gather(*waiting)
    with pytest.raises(StoreError, match="closed"):
        await store.record_outcomes([accepted("late")])


async def test_the_event_loop_does_no_input_or_output(tmp_path: Path) -> None:
    with blockbuster_ctx():
        store = await EventStore.open(tmp_path)
        await store.record_decisions(decisions(100))
        await store.record_outcomes([accepted("e")])
        await store.recent_decisions(10)
        await store.statistics(0)
        await store.close()
