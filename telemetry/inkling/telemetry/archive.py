"""The store's rows as they are, for their owner: to see, take away, bring back and delete.

An exported file is a list of rows, each with `event`, the kind of row it is, and the columns of its table.
"""

import contextlib
import importlib
import itertools
import json
import logging
import math
import os
import secrets
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from inkling.core.errors import StoreError, UserError
from inkling.core.events import Feature, OutcomeKind, SurvivalKind
from inkling.core.redact import redact
from inkling.core.suggestion import Reason, Source, Trigger
from inkling.telemetry.clock import EARLIEST_MS, stored_ms
from inkling.telemetry.daily_counts import forget_all_days
from inkling.telemetry.database import DATABASE_NAME, KEY_BYTES, mark_deletion, open_database, open_read_only, store_key
from inkling.telemetry.rows import (
    DECISION_COLUMNS,
    OUTCOME_COLUMNS,
    SCHEMA_VERSION,
    SILENCE_COLUMNS,
    SURVIVAL_COLUMNS,
    Value,
    parse_checked,
    parse_features,
)
from inkling.telemetry.validity import MIN_PROPENSITY

N_ROWS_IN_GROUP: Final = 20_000  # of Parquet, written at once: about 20 MB
NO_PYARROW: Final = "Parquet needs pyarrow. Install it with: pip install 'inkling-ls[export]', or use a .jsonl file."

logger = logging.getLogger(__name__)

RawRow = dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table of events.

    Attributes:
        name: Its name in the database.
        columns: What a row holds.
        unique: The column that tells events apart; None for silences, which are told apart by all they hold.
        may_be_empty: Columns whose cells may be empty.
        added_later: What files of earlier versions lack, with what they mean by that.
    """

    name: str
    columns: tuple[str, ...]
    unique: str | None
    may_be_empty: frozenset[str]
    added_later: Mapping[str, Value]


_TABLES: Final = {
    "decision": _Table(
        name="decisions",
        columns=DECISION_COLUMNS,
        unique="suggestion_id",
        may_be_empty=frozenset({"reason", "probability", "text", "reported_at_ms"}),
        added_later={"was_explored": 0, "reported_at_ms": None, "text": None, "project": ""},
    ),
    "silence": _Table(
        name="silences",
        columns=SILENCE_COLUMNS,
        unique=None,
        may_be_empty=frozenset({"reported_at_ms", "probability", "threshold", "propensity"}),
        added_later={
            "reported_at_ms": None,
            "project": "",
            "probability": None,
            "threshold": None,
            "propensity": None,
        },
    ),
    "outcome": _Table(
        name="outcomes",
        columns=OUTCOME_COLUMNS,
        unique="event_id",
        may_be_empty=frozenset({"visible_ms", "accepted_chars", "reported_at_ms"}),
        added_later={"reported_at_ms": None},
    ),
    "survival": _Table(
        name="survivals",
        columns=SURVIVAL_COLUMNS,
        unique="event_id",
        may_be_empty=frozenset({"after_s", "reported_at_ms"}),
        added_later={},
    ),
}
_INTEGERS: Final = frozenset(
    {
        "schema_version",
        "at_ms",
        "was_offered",
        "was_explored",
        "line",
        "n_chars",
        "n_lines",
        "accepted_chars",
        "reported_at_ms",
    }
)
_NUMBERS: Final = frozenset(
    {"probability", "threshold", "propensity", "latency_ms", "visible_ms", "after_s", "similarity"}
)
_SHARES: Final = frozenset(
    {"probability", "threshold", "propensity", "similarity", "was_offered", "was_explored"}  # in [0, 1]
)
_LOWEST: Final[Mapping[str, int]] = {
    "schema_version": 1,
    "line": 0,
    "n_chars": 0,
    "n_lines": 0,
    "accepted_chars": 0,
    "latency_ms": 0,
    "after_s": 0,
}
_MAX_NUMBER: Final = 1e12  # but for times of the day: no length, duration or line number comes near it
_MAX_ID_CHARS: Final = 200
_MAX_LINE_BYTES: Final = 1_000_000  # texts of suggestions included
_PARQUET_END_BYTES: Final = 65_536
_MEMBERS: Final[Mapping[str, type[StrEnum]]] = {
    "feature": Feature,
    "trigger": Trigger,
    "source": Source,
    "reason": Reason,
    "follows": OutcomeKind,
}


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
            _rows(connection, event, f"ORDER BY at_ms DESC, id DESC LIMIT {int(limit)}") for event in _TABLES
        )
    )
    rows.sort(key=lambda row: int(row["at_ms"] or 0), reverse=True)
    return rows[:limit]


def export_rows(
    connection: sqlite3.Connection, file: Path, *, with_text: bool, may_replace_anything: bool = False
) -> int:
    """Writes all rows to a `.jsonl` or `.parquet` file, which appears only when it is whole; returns how many.

    Raises:
        UserError: The name ends otherwise, the file cannot be written or holds something else than an export, or
            pyarrow is missing.
    """
    writers = {".jsonl": _write_json_lines, ".parquet": _write_parquet}
    write = writers.get(file.suffix)
    if write is None:
        raise UserError(f"{file}: the name must end in .jsonl or .parquet")
    _check_target(file, may_replace_anything=may_replace_anything)
    connection.execute("BEGIN")  # all tables are read as they are at one moment
    rows = itertools.chain.from_iterable(_rows(connection, event, "ORDER BY id") for event in _TABLES)
    try:
        with _replacing(file) as unfinished:
            return write(unfinished, rows if with_text else map(_without_text, rows))
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error}") from error
    finally:
        connection.rollback()


def import_rows(connection: sqlite3.Connection, file: Path) -> Mapping[str, tuple[int, int]]:
    """Stores the rows of an exported `.jsonl` or `.parquet` file, all or none; what is there already stays as it is.

    Returns:
        For each kind of event in the file, how many were new and how many were there already.

    Raises:
        UserError: The file cannot be read, or a row of it is wrong, which the message names, or pyarrow is missing.
            Nothing is stored then.
    """
    # Reading it all first keeps the lock short and a bad file out.
    read = _read_parquet if file.suffix == ".parquet" else _read_json_lines
    for _ in read(file):
        pass
    n_new: Counter[str] = Counter()
    n_known: Counter[str] = Counter()
    connection.execute("BEGIN IMMEDIATE")
    try:
        for event, row in read(file):
            was_new = connection.execute(_insertion(_TABLES[event]), row).rowcount > 0
            (n_new if was_new else n_known)[event] += 1
        forget_all_days(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return {event: (n_new[event], n_known[event]) for event in _TABLES if n_new[event] or n_known[event]}


def count_rows(connection: sqlite3.Connection, before_ms: int | None = None) -> int:
    """Returns how many rows there are, of all kinds, from before a moment where one is given."""
    condition, values = ("WHERE at_ms < ?", [before_ms]) if before_ms is not None else ("", [])
    return sum(
        connection.execute(f"SELECT count(*) FROM {table.name} {condition}", values).fetchone()[0]  # noqa: S608
        for table in _TABLES.values()
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
    n_rows = sum(connection.execute(f"DELETE FROM {table.name}").rowcount for table in _TABLES.values())  # noqa: S608
    forget_all_days(connection)
    mark_deletion(connection)
    store_key(connection, secrets.token_bytes(KEY_BYTES))
    connection.execute("COMMIT")
    _shrink(connection)
    for damaged in data_dir.glob(f"{DATABASE_NAME}.corrupt-*"):
        damaged.unlink(missing_ok=True)
    return n_rows


def _check_target(file: Path, *, may_replace_anything: bool) -> None:
    """Raises a UserError where an export must not or cannot be written."""
    if not file.parent.is_dir():
        raise UserError(f"{file} cannot be written: there is no folder {file.parent}")
    try:
        if file.exists() and not may_replace_anything and not _is_export(file):
            raise UserError(f"{file} is no export of Inkling; choose another name, or give --force")
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error}") from error


def _is_export(file: Path) -> bool:
    """Tells whether a file is empty or begins as an export does."""
    with file.open("rb") as stream:
        head = stream.readline(_MAX_LINE_BYTES)
        if not head:
            return True
        if file.suffix == ".parquet":
            stream.seek(0, os.SEEK_END)
            stream.seek(-min(stream.tell(), _PARQUET_END_BYTES), os.SEEK_END)
            # The names of the columns stand at the end.
            end = stream.read()
            return head.startswith(b"PAR1") and all(name in end for name in (b"event", b"text_fingerprint"))
    try:
        row = json.loads(head)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and row.get("event") in _TABLES and "schema_version" in row


def _shrink(connection: sqlite3.Connection) -> None:
    """Gives the space of deleted rows back, in the file and in its log."""
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _rows(connection: sqlite3.Connection, event: str, order: str) -> Iterator[RawRow]:
    table = _TABLES[event]
    for row in connection.execute(f"SELECT {', '.join(table.columns)} FROM {table.name} {order}"):  # noqa: S608
        yield {"event": event, **dict(row)}


def _without_text(row: RawRow) -> RawRow:
    return {**row, "text": None} if "text" in row else row


@contextlib.contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """Gives a new file beside `file` that takes its place when the block succeeds, and is gone when it fails."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_json_lines(file: Path, rows: Iterable[RawRow]) -> int:
    n_rows = 0
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            n_rows += 1
    return n_rows


def _write_parquet(file: Path, rows: Iterable[RawRow]) -> int:
    """Writes one table with the columns of all kinds; those that a kind lacks are null."""
    pyarrow, parquet = _import_pyarrow()
    columns = dict.fromkeys(itertools.chain(["event"], *(table.columns for table in _TABLES.values())))
    schema = pyarrow.schema([(column, _arrow_type(pyarrow, column)) for column in columns])
    n_rows = 0
    remaining = iter(rows)
    with parquet.ParquetWriter(str(file), schema, compression="zstd") as writer:
        while group := list(itertools.islice(remaining, N_ROWS_IN_GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
            n_rows += len(group)
    return n_rows


def _import_pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise UserError(NO_PYARROW) from error


def _arrow_type(pyarrow: Any, column: str) -> Any:
    if column in _INTEGERS:
        return pyarrow.int64()
    return pyarrow.float64() if column in _NUMBERS else pyarrow.string()


def _insertion(table: _Table) -> str:
    columns = ", ".join(table.columns)
    values = ", ".join(f":{column}" for column in table.columns)
    if table.unique is not None:
        return f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT ({table.unique}) DO NOTHING"  # noqa: S608
    is_same = " AND ".join(f"{column} IS :{column}" for column in table.columns)
    return f"INSERT INTO {table.name} ({columns}) SELECT {values} WHERE NOT EXISTS (SELECT 1 FROM {table.name} WHERE {is_same})"  # noqa: S608, E501 - one statement


def _read_json_lines(file: Path) -> Iterator[tuple[str, RawRow]]:
    """Yields the kind and the row of each line.

    Raises:
        UserError: The file cannot be read, or a line is wrong.
    """
    now_ms = time.time_ns() // 1_000_000
    try:
        with file.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    try:
                        yield _parse(line, now_ms)
                    except ValueError as error:
                        raise UserError(f"{file}, line {number}: {error}. Nothing was imported.") from error
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error}") from error


def _read_parquet(file: Path) -> Iterator[tuple[str, RawRow]]:
    """Yields the kind and the row of each row of a Parquet file.

    Raises:
        UserError: The file cannot be read, a row is wrong, or pyarrow is missing.
    """
    now_ms = time.time_ns() // 1_000_000
    pyarrow, parquet = _import_pyarrow()
    try:
        with parquet.ParquetFile(str(file)) as opened_file:
            groups = (batch.to_pylist() for batch in opened_file.iter_batches(N_ROWS_IN_GROUP))
            for number, found in enumerate(itertools.chain.from_iterable(groups), start=1):
                # Columns that a kind of event lacks are null.
                table = _TABLES.get(str(found.get("event")))
                own = {"event", *(table.columns if table else ())}
                try:
                    yield _checked_row(
                        {c: value for c, value in found.items() if c in own or value is not None}, now_ms
                    )
                except ValueError as error:
                    raise UserError(f"{file}, row {number}: {error}. Nothing was imported.") from error
    except (OSError, pyarrow.ArrowException) as error:
        raise UserError(f"{file} cannot be read: {error}") from error


def _parse(line: bytes, now_ms: int) -> tuple[str, RawRow]:
    """Returns the kind and the row of a line.

    Raises:
        ValueError: It is wrong; the message says how.
    """
    try:
        found = json.loads(line)
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise ValueError(f"it is not JSON ({error})") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return _checked_row(found, now_ms)


def _checked_row(found: dict[str, Any], now_ms: int) -> tuple[str, RawRow]:
    """Returns the kind and the row of what a file holds for it.

    Raises:
        ValueError: It is wrong; the message says how.
    """
    # A newer version may know more kinds of events.
    version = found.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ValueError(f"it was written by a newer Inkling (schema {version}, this one knows {SCHEMA_VERSION})")
    event = found.pop("event", None)
    if not isinstance(event, str) or event not in _TABLES:
        raise ValueError(f"event is {event!r}; known are {', '.join(_TABLES)}")
    table = _TABLES[event]
    unknown = found.keys() - set(table.columns)
    if unknown:
        raise ValueError(f"{event} rows have no {', '.join(sorted(unknown))}")
    row = {column: _checked(event, column, found) for column in table.columns}
    at_ms = int(row["at_ms"] or 0)
    if stored_ms(at_ms, now_ms) != at_ms:
        raise ValueError(f"at_ms is {at_ms}: before 2020 ({EARLIEST_MS}) or more than a day from now")
    return event, row


def _checked(event: str, column: str, found: Mapping[str, object]) -> Value:
    table = _TABLES[event]
    if column not in found:
        if column in table.added_later:
            return table.added_later[column]
        raise ValueError(f"{event} rows need {column}")
    value = found[column]
    if value is None and column in table.may_be_empty:
        return None
    if column in _INTEGERS or column in _NUMBERS:
        return _checked_number(column, value)
    if not isinstance(value, str):
        raise ValueError(f"{column} is {value!r}, not a string")
    _check_string(event, column, value)
    return redact(value) if column == "text" else value


def _checked_number(column: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int if column in _INTEGERS else int | float):
        raise ValueError(f"{column} is {value!r}, not {'an integer' if column in _INTEGERS else 'a number'}")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"{column} is too large")
    if not math.isfinite(value):
        raise ValueError(f"{column} is {value!r}, not a finite number")
    if column in _SHARES and not 0 <= value <= 1:
        raise ValueError(f"{column} is {value!r}, not within 0 and 1")
    if column == "propensity" and 0 < value < MIN_PROPENSITY:
        raise ValueError(f"propensity is {value!r}: neither 0 nor at least {MIN_PROPENSITY:g}")
    if column in _LOWEST and not _LOWEST[column] <= value <= _MAX_NUMBER:
        raise ValueError(f"{column} is {value!r}, not within {_LOWEST[column]} and {_MAX_NUMBER:g}")
    return value


def _check_string(event: str, column: str, value: str) -> None:
    kinds = _MEMBERS.get(column)
    if column == "kind":
        kinds = SurvivalKind if event == "survival" else OutcomeKind
    if kinds is not None and value not in set(kinds):
        raise ValueError(f"{column} is {value!r}; known are {', '.join(kinds)}")
    if column in {"suggestion_id", "event_id"} and not value:
        raise ValueError(f"{column} is empty")
    if column in {"suggestion_id", "event_id"} and len(value) > _MAX_ID_CHARS:
        raise ValueError(f"{column} is longer than {_MAX_ID_CHARS} characters")
    if column == "features":
        parse_features(value)
    if column == "checked":
        parse_checked(value)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{column} holds a lone surrogate") from error
