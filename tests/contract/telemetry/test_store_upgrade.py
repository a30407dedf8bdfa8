"""Databases of earlier versions, and rows of later ones."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database
from tests.contract.telemetry import samples

from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.suggestion import SuggestionId
from inkling.telemetry import EventStore
from inkling.telemetry.migrations import add_survivals, create_events, migrations
from inkling.telemetry.rows import SCHEMA_VERSION

NOW_MS = samples.NOW_MS
OLD_DECISION = """
    INSERT INTO decisions (schema_version, suggestion_id, at_ms, feature, trigger, source, was_offered, threshold,
        propensity, model_version, features, checked, path, line, n_chars, n_lines, text_fingerprint,
        context_fingerprint, latency_ms, text)
    VALUES (1, ?, ?, 'completion', 'automatic', 'embedded', 1, 0.25, 1.0, '1', '{}', '[]', 'a.py', 3, 4, 1, 't', 'c',
        8.0, ?)
"""
DECISION = replace(samples.DECISION, suggestion_id=SuggestionId("new"))
OLD_SILENCE = """
    INSERT INTO silences (schema_version, at_ms, feature, trigger, reason, path, line, latency_ms)
    VALUES (1, ?, 'completion', 'automatic', 'no_candidate', 'a.py', 0, 2.0)
"""
OPENER = """
import sys
sys.path[:] = {path!r}
import asyncio
from pathlib import Path
from inkling.telemetry.store import EventStore

async def main():
    store = await EventStore.open(Path({data_dir!r}))
    print([judged.suggestion_id for judged in await store.judged_suggestions(0, 10)])
    await store.close()

sys.stdin.readline()
asyncio.run(main())
"""


def make_first_version(data_dir: Path) -> Path:
    """Makes the database that the first version of Inkling left behind, with two decisions and an outcome."""
    data_dir.mkdir(exist_ok=True)
    path = data_dir / "events.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        db = Database(connection)
        create_events(db)
        # What sqlite-utils notes about a migration it applied.
        db.table("_sqlite_migrations").insert(
            {"migration_set": migrations.name, "name": "0001_events", "applied_at": "2026-01-01"}, pk="id"
        )
        connection.execute(OLD_DECISION, ["s1", NOW_MS - 2, "x = 1"])
        connection.execute(OLD_DECISION, ["s2", NOW_MS - 1, None])
        connection.execute(
            "INSERT INTO outcomes (schema_version, event_id, suggestion_id, kind, at_ms) VALUES (1, ?, ?, ?, ?)",
            ["e1", "s1", "rejected", NOW_MS],
        )
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    return path


def make_second_version(data_dir: Path) -> Path:
    """Makes the database that the second version left behind: that of the first, upgraded."""
    path = make_first_version(data_dir)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        db = Database(connection)
        add_survivals(db)
        db.table("_sqlite_migrations").insert(
            {"migration_set": migrations.name, "name": "0002_survivals", "applied_at": "2026-02-01"}
        )
        connection.execute(OLD_SILENCE, [NOW_MS - 3])
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    return path


def content_of(data_dir: Path) -> bytes:
    return b"".join(file.read_bytes() for file in data_dir.glob("events.db*"))


async def test_a_database_of_the_first_version_is_upgraded_in_place(tmp_path: Path) -> None:
    path = make_first_version(tmp_path)

    store = await EventStore.open(tmp_path)
    await store.record_decisions([replace(DECISION, was_explored=True)])

    assert store.notices() == []
    assert store.was_rejected(context_fingerprint="c", text_fingerprint="t")
    judged = await store.judged_suggestions(0, 10)
    assert [(each.suggestion_id, each.was_explored, each.outcome) for each in judged] == [
        ("s1", False, OutcomeKind.REJECTED),
        ("s2", False, None),
        ("new", True, None),
    ]
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute("SELECT schema_version, text FROM decisions ORDER BY id").fetchall()
    assert rows == [(1, "x = 1"), (1, None), (SCHEMA_VERSION, None)]


async def test_a_database_of_the_second_version_is_upgraded_in_place(tmp_path: Path) -> None:
    path = make_second_version(tmp_path)

    store = await EventStore.open(tmp_path)
    await store.record_decisions([replace(DECISION, project="shop-3fa2c1")])

    assert store.notices() == []
    decisions = await store.recent_decisions(10)
    assert [(each.suggestion_id, each.project) for each in decisions] == [
        ("new", "shop-3fa2c1"),
        ("s2", ""),
        ("s1", ""),
        (None, ""),
    ]
    assert (decisions[-1].probability, decisions[-1].threshold) == (None, None)
    assert [each.project for each in await store.judged_suggestions(0, 10)] == ["", "", "shop-3fa2c1"]
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_two_windows_upgrade_one_database_at_once(tmp_path: Path) -> None:
    make_first_version(tmp_path)
    program = OPENER.format(path=sys.path, data_dir=str(tmp_path))
    windows = [
        subprocess.Popen(
            [sys.executable, "-S", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for window in windows:
        assert window.stdin is not None
        window.stdin.write("go\n")
        window.stdin.flush()
    outputs = [window.communicate(timeout=60)[0] for window in windows]

    assert outputs == ["['s1', 's2']\n"] * 2
    assert [window.returncode for window in windows] == [0, 0]
    with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
        names = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id").fetchall()
    assert names == [("0001_events",), ("0002_survivals",), ("0003_projects",)]


async def test_what_only_a_newer_version_knows_is_passed_over(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_decisions([replace(DECISION, suggestion_id=SuggestionId(name)) for name in "abcd"])
    await store.record_outcomes(
        [
            Outcome(
                event_id=EventId(name), suggestion_id=SuggestionId(name), kind=OutcomeKind.REJECTED, at_ms=NOW_MS + 1
            )
            for name in "abcd"
        ]
    )
    with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
        connection.execute("UPDATE decisions SET source = 'oracle' WHERE suggestion_id = 'a'")
        connection.execute("UPDATE decisions SET schema_version = ? WHERE suggestion_id = 'b'", [SCHEMA_VERSION + 1])
        connection.execute("UPDATE outcomes SET kind = 'praised' WHERE event_id = 'c'")
        connection.commit()

    judged = await store.judged_suggestions(0, 10)

    assert [(each.suggestion_id, each.outcome) for each in judged] == [("c", None), ("d", OutcomeKind.REJECTED)]
    assert (await store.statistics(0)).n_by_outcome == {OutcomeKind.REJECTED: 3}
    assert len(await store.recent_decisions(10)) == 4
    await store.close()

    reopened = await EventStore.open(tmp_path)
    assert reopened.recent_outcomes() == (False,) * 3
    await reopened.close()


async def test_a_time_that_was_replaced_is_kept_beside(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.record_decisions([replace(DECISION, at_ms=7), replace(DECISION, suggestion_id=SuggestionId("right"))])
    await store.close()

    with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
        rows = dict(connection.execute("SELECT suggestion_id, reported_at_ms FROM decisions"))
    assert rows == {"new": 7, "right": None}


async def test_old_texts_are_forgotten_and_leave_no_trace_in_the_file(tmp_path: Path) -> None:
    path = make_first_version(tmp_path)
    store = await EventStore.open(tmp_path)
    long_ago = replace(DECISION, suggestion_id=SuggestionId("old"), at_ms=NOW_MS - 31 * 86_400_000, text="an old text")
    await store.record_decisions([long_ago, replace(DECISION, text="a new text")])
    await store.close()
    assert b"an old text" in path.read_bytes()

    reopened = await EventStore.open(tmp_path)
    assert await reopened.forget_texts(NOW_MS - 30 * 86_400_000) == 1
    await reopened.close()

    content = path.read_bytes()
    assert b"an old text" not in content
    assert b"a new text" in content
    again = await EventStore.open(tmp_path)
    assert await again.forget_texts(NOW_MS) == 1  # of the first version's decision
    assert await again.forget_texts(NOW_MS) == 0
    assert len(await again.judged_suggestions(0, 10)) == 4
    await again.close()


async def test_secrets_are_masked_before_a_text_is_stored(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    cut = replace(DECISION, suggestion_id=SuggestionId("cut"), text='hunter2"', line_prefix='secret_token = "')
    await store.record_decisions([replace(DECISION, text='password = "hunter2 hunter2"'), cut])
    await store.close()

    content = content_of(tmp_path)
    assert b"hunter2" not in content
    assert b"secret_token" not in content
    assert b'password = "<redacted>"' in content
