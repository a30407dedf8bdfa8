"""The store for its owner: opened from outside of the daemon, looked at as it is, and deleted from."""

import contextlib
import itertools
import logging
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from inkling.core.errors import StoreError
from inkling.telemetry.daily_counts import forget_all_days
from inkling.telemetry.database import DATABASE_NAME, KEY_BYTES, mark_deletion, open_database, open_read_only, store_key
from inkling.telemetry.tables import TABLES, RawRow, read_rows

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def opened(data_dir: Path, *, to_read: bool = False) -> Iterator[sqlite3.Connection]:
    """Opens the store for the block; to read even where it cannot be written.

    Raises:
        StoreError: It cannot be opened, or read or written within the block.
    """
    try:
        connection = _connection_to_read(data_dir) if to_read else open_database(data_dir).connection
        with contextlib.closing(connection):
            yield connection
    except sqlite3.Error as error:
        raise StoreError(
            f"The event store in {data_dir} cannot be used ({error}). If an editor is busy with it, try again."
        ) from error


@contextlib.contextmanager
def opened_untouched(data_dir: Path) -> Iterator[sqlite3.Connection]:
    """Opens the store to read for the block, and leaves it and its folder as they are: nothing is made, nor locked.

    Raises:
        StoreError: There is none that this version can read as it lies.
    """
    try:
        with contextlib.closing(open_read_only(data_dir)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError(f"The event store in {data_dir} cannot be read ({error}).") from error


def _connection_to_read(data_dir: Path) -> sqlite3.Connection:
    try:
        database = open_database(data_dir)
    except StoreError as error:
        # Without a cause it is a newer store, or one that is not there to read.
        if error.__cause__ is None or not (data_dir / DATABASE_NAME).is_file():
            raise
        logger.info("the store can only be read: %s", error.__cause__)
        return open_read_only(data_dir)
    if database.notice is not None:
        logger.warning("%s", database.notice)
    return database.connection


def latest_rows(connection: sqlite3.Connection, limit: int) -> list[RawRow]:
    """Returns the latest rows of all kinds, newest first, exactly as they are stored."""
    rows = list(
        itertools.chain.from_iterable(
            read_rows(connection, event, f"ORDER BY at_ms DESC, id DESC LIMIT {int(limit)}") for event in TABLES
        )
    )
    rows.sort(key=lambda row: int(row["at_ms"] or 0), reverse=True)
    return rows[:limit]


def count_rows(connection: sqlite3.Connection, before_ms: int | None = None) -> int:
    """Returns how many rows there are, of all kinds, from before a moment where one is given."""
    condition, values = ("WHERE at_ms < ?", [before_ms]) if before_ms is not None else ("", [])
    return sum(
        connection.execute(f"SELECT count(*) FROM {table.name} {condition}", values).fetchone()[0]  # noqa: S608
        for table in TABLES.values()
    )


def delete_before(connection: sqlite3.Connection, before_ms: int) -> int:
    """Deletes what happened before a moment, and what became of suggestions decided before it; returns how many rows.

    Args:
        connection: The store.
        before_ms: Milliseconds since the Unix epoch.
    """
    old = "SELECT suggestion_id FROM decisions WHERE at_ms < :before_ms"
    connection.execute("BEGIN IMMEDIATE")
    n_rows = 0
    for table, of_old in (
        ("outcomes", f"OR suggestion_id IN ({old})"),
        ("survivals", f"OR suggestion_id IN ({old})"),
        ("silences", ""),
        ("decisions", ""),
    ):
        statement = f"DELETE FROM {table} WHERE at_ms < :before_ms {of_old}"  # noqa: S608 - constants only
        n_rows += connection.execute(statement, {"before_ms": before_ms}).rowcount
    forget_all_days(connection)
    mark_deletion(connection)
    connection.execute("COMMIT")
    _shrink(connection)
    return n_rows


def delete_all(connection: sqlite3.Connection, data_dir: Path) -> int:
    """Deletes every event, the key of the fingerprints and what was set aside as damaged; returns how many rows."""
    connection.execute("BEGIN IMMEDIATE")
    n_rows = sum(connection.execute(f"DELETE FROM {table.name}").rowcount for table in TABLES.values())  # noqa: S608
    forget_all_days(connection)
    mark_deletion(connection)
    store_key(connection, secrets.token_bytes(KEY_BYTES))
    connection.execute("COMMIT")
    _shrink(connection)
    for damaged in data_dir.glob(f"{DATABASE_NAME}.corrupt-*"):
        damaged.unlink(missing_ok=True)
    return n_rows


def _shrink(connection: sqlite3.Connection) -> None:
    """Gives the space of deleted rows back, in the file and in its log."""
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
