"""Files of events, `.jsonl` and `.parquet`: taken away whole, and brought back all or none.

A file is a list of rows, each with `event`, the kind of row it is, and the columns of its table.
"""

import contextlib
import importlib
import itertools
import json
import os
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from inkling.core.errors import UserError
from inkling.telemetry.daily_counts import forget_all_days
from inkling.telemetry.row_check import checked_row
from inkling.telemetry.tables import INTEGERS, NUMBERS, TABLES, RawRow, insertion, read_rows

N_ROWS_IN_GROUP: Final = 20_000  # of Parquet, written at once: about 20 MB
NO_PYARROW: Final = "Parquet needs pyarrow. Install it with: pip install 'inkling-ls[export]', or use a .jsonl file."
_MAX_LINE_BYTES: Final = 1_000_000  # texts of suggestions included
_PARQUET_END_BYTES: Final = 65_536


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
    rows = itertools.chain.from_iterable(read_rows(connection, event, "ORDER BY id") for event in TABLES)
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
            was_new = connection.execute(insertion(TABLES[event]), row).rowcount > 0
            (n_new if was_new else n_known)[event] += 1
        forget_all_days(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return {event: (n_new[event], n_known[event]) for event in TABLES if n_new[event] or n_known[event]}


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
    return isinstance(row, dict) and row.get("event") in TABLES and "schema_version" in row


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
    columns = dict.fromkeys(itertools.chain(["event"], *(table.columns for table in TABLES.values())))
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
    if column in INTEGERS:
        return pyarrow.int64()
    return pyarrow.float64() if column in NUMBERS else pyarrow.string()


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
                table = TABLES.get(str(found.get("event")))
                own = {"event", *(table.columns if table else ())}
                try:
                    yield checked_row({c: value for c, value in found.items() if c in own or value is not None}, now_ms)
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
    return checked_row(found, now_ms)
