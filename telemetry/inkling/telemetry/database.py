"""Opens the database file: makes it, brings it to the latest shape, or sets a damaged one aside."""

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import StoreError
from inkling.telemetry.rows import SCHEMA_VERSION

DATABASE_NAME = "events.db"
LOCK_NAME = "events.lock"
BUSY_TIMEOUT_S = 30.0  # other windows hold the write lock for one commit, some ms; a slow disk is given time
FULL_CHECK_BYTES = 32 * 1024 * 1024  # quick_check reads every page: about 0.1 s for this much
KEY_BYTES = 16  # of the fingerprint's key

# Source: the SQLite file format, https://www.sqlite.org/fileformat.html, "The Database Header".
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_PAGE_SIZE_AT = slice(16, 18)
_PAGE_COUNT_AT = slice(28, 32)
_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


FileId = tuple[int, int] | None  # device and inode; None where there is no file


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDamage:
    """A file that turned out to be damaged while it was in use."""

    file_id: FileId
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDatabase:
    """A connection that is ready for use on the thread that opened it.

    Attributes:
        connection: In autocommit mode; rows are `sqlite3.Row`.
        file_id: Which file it is, whatever its name may become.
        key: Key of the fingerprints.
        notice: What a person should be told about opening it, if anything.
    """

    connection: sqlite3.Connection
    file_id: FileId
    key: bytes
    notice: str | None


def open_database(
    data_dir: Path, *, known_damage: KnownDamage | None = None, key: bytes | None = None
) -> OpenedDatabase:
    """Opens `events.db` in a directory, both made where they are missing.

    Args:
        data_dir: The directory.
        known_damage: What was found wrong while a file was in use; if that file is still there, it is set aside.
        key: Key of the fingerprints for a new database; drawn at random by default.

    Raises:
        StoreError: The directory cannot be written, or the database is of a newer version, which is left untouched.
    """
    path = data_dir / DATABASE_NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with _alone(data_dir / LOCK_NAME):
            if known_damage is not None and known_damage.file_id == file_id(path):
                damage: str | None = known_damage.words
            else:
                damage = _find_damage(path)
            notice = _set_aside(path, damage) if damage else None
            # For its owner's eyes only, as are the files that SQLite puts beside it, which take over the mode.
            path.touch()
            path.chmod(0o600)
            connection = connect(path)
            try:
                _prepare(connection, path)
                return OpenedDatabase(
                    connection=connection,
                    file_id=file_id(path),
                    key=_fingerprint_key(connection, key),
                    notice=notice,
                )
            except BaseException:
                connection.close()
                raise
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"The event store in {data_dir} cannot be opened ({error}). Make this directory writable and free space on "
            "its disk, then try again; a server that runs without it remembers nothing after its end."
        ) from error


def connect(path: Path) -> sqlite3.Connection:
    """Returns a connection with the settings that every connection to the store has."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    connection.row_factory = sqlite3.Row
    # FULL: in WAL mode only this makes a commit survive a loss of power.
    # Source: https://www.sqlite.org/pragma.html#pragma_synchronous
    connection.execute("PRAGMA synchronous = FULL")
    # What is deleted is overwritten: a text that was forgotten must not be found in the file.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Returns a connection that sees one state of the store and can change nothing.

    Raises:
        sqlite3.Error: There is no file, or it cannot be read.
    """
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
    connection.row_factory = sqlite3.Row
    connection.execute("BEGIN")  # several statements of one question see the same events
    return connection


def open_read_only(data_dir: Path) -> sqlite3.Connection:
    """Opens a store to read, also on a full disk or in a folder that is read-only; nothing is made or locked there.

    Raises:
        sqlite3.Error: There is no file, or it cannot be read.
        StoreError: What was written last is out of reach, or the store is of another version.
    """
    path = data_dir / DATABASE_NAME
    wal = _beside(path, "-wal")
    # With nothing in the log the file is whole without it, and SQLite makes no index of the log beside it.
    # Source: https://www.sqlite.org/wal.html, "Read-Only Databases".
    is_whole = not wal.exists()
    connection = _connect_to_read_only(path, is_whole=is_whole)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        connection.close()
        if is_whole:
            raise
        # SQLite cannot make the index of its log here.
        if is_damage(error) or (wal.exists() and wal.stat().st_size > 0):
            raise StoreError(
                f"The event store {path} cannot be read where it lies: its latest events are in {wal.name}, and reading"
                f" those takes a folder that can be written ({error}). Make {data_dir} writable and free space on its"
                " disk, or copy all of its files elsewhere and set INKLING_DATA_DIR."
            ) from error
        connection = _connect_to_read_only(path, is_whole=True)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.row_factory = sqlite3.Row
    if version != SCHEMA_VERSION:
        connection.close()
        raise StoreError(
            f"The event store {path} is of schema {version}, this Inkling reads {SCHEMA_VERSION}, and it cannot be"
            f" brought up to date: make {data_dir} writable and free space on its disk."
        )
    return connection


def _connect_to_read_only(path: Path, *, is_whole: bool) -> sqlite3.Connection:
    how = "mode=ro&immutable=1" if is_whole else "mode=ro"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)


def file_id(path: Path) -> FileId:
    """Returns which file bears this name now: the old one may be set aside by another window or deleted."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def is_damage(error: sqlite3.Error) -> bool:
    """Tells whether an error means that the file's content is broken, not merely out of reach."""
    code = getattr(error, "sqlite_errorcode", None)
    primary_code = None if code is None else code & 0xFF
    return primary_code in _DAMAGE_CODES


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Lets one process at a time open the store, so that two never set aside, create or migrate it at once.

    The lock is SQLite's own on an empty database: it works on every platform and a killed process lets go of it.
    """
    lock = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            os.truncate(path, 0)  # this file has no content of its own, so none is lost
            lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer Inkling (schema {version}, this one knows {SCHEMA_VERSION}). It is left "
            "as it is. Update Inkling, or move the file away to begin a new one."
        )
    connection.execute("PRAGMA journal_mode = WAL")
    if version < SCHEMA_VERSION:
        from inkling.telemetry.migrations import apply_migrations  # heavy, and needed once in a database's life

        apply_migrations(connection)


def _fingerprint_key(connection: sqlite3.Connection, key: bytes | None) -> bytes:
    """Returns the key of this database, which is given or drawn once."""
    found = stored_key(connection)
    if found is not None:
        return found
    key = key or secrets.token_bytes(KEY_BYTES)
    store_key(connection, key)
    return key


def stored_key(connection: sqlite3.Connection) -> bytes | None:
    """Returns the key of the fingerprints in a database, None where it has none yet."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'fingerprint_key'").fetchone()
    return None if row is None else bytes(row[0])


def store_key(connection: sqlite3.Connection, key: bytes) -> None:
    """Writes the key of the fingerprints; those that were made with another one can be compared with nothing then."""
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('fingerprint_key', ?)", [key])


def deletion_mark(connection: sqlite3.Connection) -> bytes:
    """Returns what changes each time that events are deleted; empty before the first time."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'deletion_mark'").fetchone()
    return b"" if row is None else bytes(row[0])


def mark_deletion(connection: sqlite3.Connection) -> None:
    """Has windows that are open notice, at their next event, that they must forget what was deleted."""
    mark = secrets.token_bytes(KEY_BYTES)
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('deletion_mark', ?)", [mark])


def _find_damage(path: Path) -> str | None:
    """Returns what is wrong with the file's content, or None where it is sound, empty or absent."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return None
    wal = _beside(path, "-wal")
    has_wal = wal.exists() and wal.stat().st_size > 0
    if size == 0:
        # SQLite would throw the log of an emptied database away, and with it the events in it.
        return "it was emptied" if has_wal else None
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        return "it is not a SQLite database"
    page_size = int.from_bytes(header[_PAGE_SIZE_AT], "big")
    page_size = 65536 if page_size == 1 else page_size
    if not has_wal and size < page_size * int.from_bytes(header[_PAGE_COUNT_AT], "big"):
        return "its end is missing"
    return _ask_for_damage(path, is_small=size <= FULL_CHECK_BYTES)


def _ask_for_damage(path: Path, *, is_small: bool) -> str | None:
    with contextlib.closing(connect(path)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if is_small:
                result: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                return None if result == "ok" else result
        except sqlite3.Error as error:
            if is_damage(error):
                return str(error)
            raise
    return None


def _set_aside(path: Path, damage: str) -> str:
    """Renames a damaged database with its log, and returns what to tell the person."""
    stamp = time.strftime("%Y%m%dT%H%M%S")
    target = path.with_name(f"{path.name}.corrupt-{stamp}")
    n_tries = 1
    while target.exists():
        n_tries += 1
        target = path.with_name(f"{path.name}.corrupt-{stamp}-{n_tries}")
    # The log goes first: an old log beside a new database would be taken for the new one's.
    for ending in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            _beside(path, ending).rename(_beside(target, ending))
    return f"The event store {path} was damaged ({damage}). It is kept as {target.name}, and a new one was begun."


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
