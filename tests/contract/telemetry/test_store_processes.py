"""The event store among several processes: windows that write at once, and daemons that are killed."""

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from inkling.telemetry import EventStore

WRITER = Path(__file__).with_name("writer_process.py")
N_KILLS = 100


def start(data_dir: Path, name: str, n_events: int) -> "subprocess.Popen[str]":
    """Returns a writer that is about to open the store."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", _BOOTSTRAP, str(data_dir), name, str(n_events)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "opening\n"
    return process


# The writer runs without `site`: a hundred starts are the cost of the kill test. It gets the path of this process.
_BOOTSTRAP = f"import sys, runpy; sys.path[:] = {sys.path!r}; runpy.run_path({str(WRITER)!r}, run_name='__main__')"


def stored_ids(data_dir: Path) -> set[str]:
    with closing(sqlite3.connect(data_dir / "events.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        orphans = connection.execute(
            "SELECT count(*) FROM outcomes WHERE suggestion_id NOT IN (SELECT suggestion_id FROM decisions)"
        ).fetchone()
        assert orphans == (0,)
        return {row[0] for row in connection.execute("SELECT event_id FROM outcomes")}


async def test_nothing_acknowledged_is_lost_when_the_daemon_is_killed(tmp_path: Path) -> None:
    randomness = random.Random(20261121)
    acknowledged: set[str] = set()
    for number in range(N_KILLS):
        # Some are killed while they open the store, most in the middle of their stream.
        n_lines_before_kill = randomness.choice([0, 1, 2, 5, 10, 20, 40])
        with start(tmp_path, f"round{number}", 0) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(n_lines_before_kill)]
            writer.kill()
            lines += writer.stdout.readlines()
        # The last line may be cut off by the kill; what came through whole was acknowledged.
        acknowledged |= {line.strip() for line in lines if line.endswith("\n")}
        assert acknowledged <= stored_ids(tmp_path)
    assert len(acknowledged) > N_KILLS

    store = await EventStore.open(tmp_path)
    assert store.notices() == []
    assert (await store.statistics(0)).n_proposed >= len(acknowledged)
    await store.close()


async def test_windows_write_at_once_and_learn_of_each_others_rejections(tmp_path: Path) -> None:
    watching = await EventStore.open(tmp_path)
    writers = [start(tmp_path, f"window{n}", 50) for n in range(4)]
    expected = {f"window{n}-{k}" for n in range(4) for k in range(50)}
    printed = set()
    for writer in writers:
        with writer:  # not `communicate`, which misses what came with the first line
            assert writer.stdout is not None
            printed |= set(writer.stdout.read().split())
        assert writer.returncode == 0
    assert printed == expected
    assert stored_ids(tmp_path) == expected

    # What others rejected is picked up with this window's next commit.
    assert not watching.was_rejected(context_fingerprint="context", text_fingerprint="text window2-7")
    await watching.record_outcomes([])
    await watching.close()
    assert watching.was_rejected(context_fingerprint="context", text_fingerprint="text window2-7")
    assert watching.recent_outcomes() == (False,) * 10

    # A window that opens later knows it from the start.
    later = await EventStore.open(tmp_path)
    assert later.was_rejected(context_fingerprint="context", text_fingerprint="text window0-0")
    assert later.fingerprint("x") == watching.fingerprint("x")
    await later.close()


def test_windows_that_open_a_new_store_at_once_make_one(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"garbage" * 1000)
    writers = [start(tmp_path, f"window{n}", 5) for n in range(4)]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    assert len(stored_ids(tmp_path)) == 20
    assert len(list(tmp_path.glob("events.db.corrupt-*"))) == 1
