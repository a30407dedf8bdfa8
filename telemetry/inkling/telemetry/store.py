"""The event store: SQLite on two threads of its own, one that writes in group commits and one that reads.

Architecture invariant: no SQL and no file is touched on the event loop, and a caller is told that its events are
stored only after the commit that holds them. A long question never delays that: it is read on another connection.
"""

import asyncio
import concurrent.futures
import contextlib
import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from inkling.core.errors import StoreError
from inkling.core.events import (
    Decision,
    DecisionSummary,
    Feature,
    JudgedSuggestion,
    Outcome,
    Silence,
    Statistics,
    Survival,
)
from inkling.telemetry import reading
from inkling.telemetry.clock import stored_ms
from inkling.telemetry.daily_counts import count_next_day, forget_days
from inkling.telemetry.database import (
    DATABASE_NAME,
    KnownDamage,
    OpenedDatabase,
    connect_to_read,
    deletion_mark,
    file_id,
    is_damage,
    open_database,
    stored_key,
)
from inkling.telemetry.judgements import FingerprintPair, Judgements
from inkling.telemetry.rows import (
    DECISION_COLUMNS,
    OUTCOME_COLUMNS,
    SILENCE_COLUMNS,
    SURVIVAL_COLUMNS,
    decision_row,
    outcome_row,
    silence_row,
    survival_row,
)
from inkling.telemetry.validity import complaint

logger = logging.getLogger(__name__)

FINGERPRINT_BYTES = 8  # 16 hexadecimal digits; among a million suggestions a clash has a chance of 3 in 100 million

_T = TypeVar("_T")
_Event = TypeVar("_Event", Decision, Silence, Outcome, Survival)


def _insert(table: str, columns: tuple[str, ...], unique: str | None = None) -> str:
    """Returns the statement that stores a row; one whose unique column is there already is left as it is."""
    marks = ", ".join("?" * len(columns))
    conflict = f" ON CONFLICT ({unique}) DO NOTHING" if unique else ""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}){conflict}"  # noqa: S608 - constants only


_INSERT_DECISION = _insert("decisions", DECISION_COLUMNS, "suggestion_id")
_INSERT_SILENCE = _insert("silences", SILENCE_COLUMNS)
_INSERT_OUTCOME = _insert("outcomes", OUTCOME_COLUMNS, "event_id")
_INSERT_SURVIVAL = _insert("survivals", SURVIVAL_COLUMNS, "event_id")


@dataclass(slots=True, kw_only=True)
class _Batch:
    """The events of one call, when they came, and who waits for them."""

    decisions: Sequence[Decision] = ()
    silences: Sequence[Silence] = ()
    outcomes: Sequence[Outcome] = ()
    survivals: Sequence[Survival] = ()
    now_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    waiter: "concurrent.futures.Future[None]" = field(default_factory=concurrent.futures.Future)


class EventStore:
    """The event log on disk, shared by all editor windows of a user; see `EventStore.open`.

    One thread does all writing. What arrives while it commits is written together in the next transaction, so the
    rate is not bounded by the time of one flush. Another thread reads. Errors of SQLite reach callers as `StoreError`;
    the store stays usable, and tries again at the next call. A database that turns out to be damaged is set aside and
    a new one begun.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._path = data_dir / DATABASE_NAME
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inkling-store")
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inkling-store-reader")
        self._judgements = Judgements()
        self._lock = threading.Lock()  # guards the four attributes below
        self._queue: list[_Batch] = []
        self._is_committing = False
        self._is_closed = False
        self._notices: list[str] = []
        self._key = b""  # replaced as a whole
        # These three belong to the store's thread.
        self._database: OpenedDatabase | None = None
        self._deletion_mark = b""
        self._last_outcome_id = 0

    @classmethod
    async def open(cls, data_dir: Path) -> Self:
        """Returns the store in a directory, made where it is missing.

        Raises:
            StoreError: The directory cannot be used, or the database is of a newer version; the message says what to
                do. `MemoryEventLog` stands in then.
        """
        store = cls(data_dir)
        try:
            await store._run(store._thread, store._load)
        except BaseException:
            store._thread.shutdown(wait=False)
            store._reader.shutdown(wait=False)
            raise
        return store

    async def close(self) -> None:
        """Stores what is still queued, then lets go of the file. Recording afterwards raises StoreError."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        # A thread takes its work in order, so everything queued before is stored, and every question answered, by then.
        await asyncio.wrap_future(self._thread.submit(self._disconnect))
        await asyncio.wrap_future(self._reader.submit(lambda: None))
        self._thread.shutdown(wait=False)
        self._reader.shutdown(wait=False)

    def notices(self) -> list[str]:
        """Returns what a person should be told about the store since the last call, each thing once."""
        with self._lock:
            notices, self._notices = self._notices, []
        return notices

    def fingerprint(self, text: str) -> str:
        """Returns a keyed hash of `text`: 16 hexadecimal digits."""
        return fingerprint(text, self._key)

    def was_rejected(self, *, context_fingerprint: str, text_fingerprint: str) -> bool:
        """Tells whether the user rejected this text in this context in the last 90 days."""
        return self._judgements.was_rejected(FingerprintPair(context=context_fingerprint, text=text_fingerprint))

    def recent_outcomes(self) -> tuple[bool, ...]:
        """Returns the latest judged suggestions, oldest first, at most ten: True for accepted."""
        return self._judgements.recent()

    def n_outcomes_noted(self) -> int:
        """Returns a number that grows as outcomes of any window become known, after own ones at once. From memory."""
        return self._judgements.n_noted()

    async def record_decisions(self, decisions: Sequence[Decision]) -> None:
        """Stores decisions, each suggestion once; returns when they are on disk.

        Raises:
            StoreError: They could not be written.
        """
        sound, wrong = _sound(decisions)
        self._judgements.note_decisions(sound)
        await self._record(_Batch(decisions=sound), wrong)

    async def record_silence(self, silence: Silence) -> None:
        """Stores a silence; returns when it is on disk.

        Raises:
            StoreError: It could not be written.
        """
        silences, wrong = _sound([silence])
        await self._record(_Batch(silences=silences), wrong)

    async def record_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Stores outcomes, each event id once; returns when they are on disk.

        Raises:
            StoreError: They could not be written; the caller keeps them and may send them again.
        """
        sound, wrong = _sound(outcomes)
        batch = _Batch(outcomes=sound)
        for outcome in sound:
            self._judgements.note_outcome(replace(outcome, at_ms=stored_ms(outcome.at_ms, batch.now_ms)))
        await self._record(batch, wrong)

    async def record_survivals(self, survivals: Sequence[Survival]) -> None:
        """Stores looks at accepted and rejected places, each event id once; returns when they are on disk.

        Raises:
            StoreError: They could not be written; the caller keeps them and may send them again.
        """
        sound, wrong = _sound(survivals)
        await self._record(_Batch(survivals=sound), wrong)

    async def judged_suggestions(
        self, since_ms: int, limit: int, feature: Feature = Feature.COMPLETION
    ) -> list[JudgedSuggestion]:
        """Returns the latest decisions with what became of them, oldest first, at most `limit`.

        Args:
            since_ms: Leaves out what was decided before, in milliseconds since the Unix epoch.
            limit: At most this many, and never more than 100,000.
            feature: Whose decisions.

        Raises:
            StoreError: They could not be read.
        """
        return await self._read(partial(reading.judged_suggestions, since_ms=since_ms, limit=limit, feature=feature))

    async def forget_texts(self, before_ms: int) -> int:
        """Removes the texts of suggestions decided before a moment; returns how many. Everything else about them stays.

        Args:
            before_ms: Milliseconds since the Unix epoch.

        Raises:
            StoreError: They could not be removed.
        """
        return await self._run(self._thread, lambda: self._on_database(partial(_forget_texts, before_ms=before_ms)))

    async def recent_decisions(self, limit: int) -> list[DecisionSummary]:
        """Returns the latest decisions and silences, newest first.

        Raises:
            StoreError: They could not be read.
        """
        return await self._read(partial(reading.recent_decisions, limit=limit))

    async def statistics(self, since_ms: int) -> Statistics:
        """Returns counts since a moment in milliseconds since the Unix epoch.

        Raises:
            StoreError: They could not be read.
        """
        return await self._read(partial(reading.statistics, since_ms=since_ms, path=self._path))

    async def _record(self, batch: _Batch, wrong: str | None) -> None:
        """Stores a batch, then raises what there is to complain of in the events that were left out of it."""
        # A caller that is cancelled does not take its events out of the transaction with it.
        batch.waiter.set_running_or_notify_cancel()
        with self._lock:
            self._raise_if_closed()
            self._queue.append(batch)
            if not self._is_committing:
                self._is_committing = True
                self._thread.submit(self._commit_queued)
        await asyncio.wrap_future(batch.waiter)
        if wrong is not None:
            raise StoreError(f"An event cannot be stored. {wrong}. All others were stored.")

    async def _read(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        """Answers a question beside the thread that writes, unless the file first has to be made or set aside.

        What was recorded before the question is part of the answer: it waits for the writes that came before it.
        """
        with self._lock:
            self._raise_if_closed()
            earlier_writes = self._thread.submit(lambda: None)

        def ask() -> _T | None:
            earlier_writes.result()
            return self._on_own_connection(question)

        answer = await self._run(self._reader, ask)
        if answer is not None:
            return answer
        return await self._run(self._thread, lambda: self._on_database(question))

    async def _run(self, thread: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
        with self._lock:
            self._raise_if_closed()
            future = thread.submit(work)
        try:
            return await asyncio.wrap_future(future)
        except (sqlite3.Error, OSError, OverflowError) as error:
            raise StoreError(f"The event store {self._path} cannot be read: {error}") from error

    def _raise_if_closed(self) -> None:
        if self._is_closed:
            raise StoreError("The event store is closed; the server is shutting down.")

    # This runs on the reader's thread.

    def _on_own_connection(self, question: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """Returns the answer, or None where the file is missing or damaged, which the store's thread can mend."""
        if file_id(self._path) is None:
            return None
        try:
            with contextlib.closing(connect_to_read(self._path)) as connection:
                return question(connection)
        except sqlite3.Error as error:
            if not is_damage(error) and file_id(self._path) is not None:
                raise
            return None

    # What follows runs on the store's thread.

    def _load(self) -> None:
        self._connect()
        self._on_database(self._remember)
        self._thread.submit(self._count_next_day)

    def _count_next_day(self) -> None:
        """Counts one day that is over, and queues up again while there are more: no event waits for all of them."""
        try:
            was_counted = self._on_database(partial(count_next_day, now_ms=time.time_ns() // 1_000_000))
        except (sqlite3.Error, OSError, StoreError):
            logger.warning("past days cannot be counted; the next start tries again", exc_info=True)
            return
        with self._lock:
            if was_counted and not self._is_closed:
                self._thread.submit(self._count_next_day)

    def _remember(self, connection: sqlite3.Connection) -> None:
        """Takes in what any window recorded since the last look; after a commit is a good moment, and often enough."""
        key, newest_id = stored_key(connection), reading.last_outcome_id(connection)
        if key is not None and key != self._key:
            with self._lock:
                self._key = key
        mark = deletion_mark(connection)
        if mark and mark != self._deletion_mark:
            # The user had events deleted: what was known of them must not outlive them here.
            self._deletion_mark = mark
            self._judgements.forget()
            self._last_outcome_id = 0
        if self._last_outcome_id == 0 or newest_id < self._last_outcome_id:
            self._last_outcome_id = newest_id
            outcomes = reading.latest_outcomes(connection)
        else:
            outcomes = reading.outcomes_after(connection, self._last_outcome_id)
        for row_id, outcome, fingerprints, feature in outcomes:
            self._judgements.note_outcome(outcome, fingerprints, feature)
            self._last_outcome_id = max(self._last_outcome_id, row_id)

    def _commit_queued(self) -> None:
        while True:
            with self._lock:
                batches, self._queue = self._queue, []
                if not batches:
                    self._is_committing = False
                    return
            error = self._commit(batches)
            if error is None or len(batches) == 1:
                _answer(batches, error)
            else:
                # One batch that cannot be stored must not keep the others out.
                for batch in batches:
                    _answer([batch], self._commit([batch]))
            self._follow_other_windows()

    def _commit(self, batches: Sequence[_Batch]) -> StoreError | None:
        """Stores batches in one transaction; returns what went wrong, if anything."""
        try:
            self._on_database(partial(_write, batches=batches))
        except StoreError as error:
            return error
        except Exception as error:
            # The thread's outermost boundary: whatever it is, the callers learn of it and the thread lives on.
            logger.warning("batches=%d cannot be stored", len(batches), exc_info=True)
            words = (
                f"Events cannot be stored in {self._path} ({error}). See that its disk is not full and not read-only."
            )
            stored_error = StoreError(words)
            stored_error.__cause__ = error
            return stored_error
        return None

    def _follow_other_windows(self) -> None:
        try:
            self._on_database(self._remember)
        except (sqlite3.Error, OSError, StoreError):
            logger.warning("outcomes of other windows cannot be read", exc_info=True)

    def _on_database(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Does `work` on the file that bears the store's name now; where that is damaged, on a new one."""
        if self._database is None or self._database.file_id != file_id(self._path):
            self._connect()
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self._connect(str(error))
            return work(self._connection)

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._database is None:
            raise StoreError(f"The event store {self._path} is not open.")
        return self._database.connection

    def _connect(self, damage: str | None = None) -> None:
        known_damage = None
        if damage is not None and self._database is not None:
            known_damage = KnownDamage(file_id=self._database.file_id, words=damage)
        self._disconnect()
        self._last_outcome_id = 0
        # A new database takes over the key, so that what is remembered of rejections keeps its meaning.
        self._database = open_database(self._data_dir, known_damage=known_damage, key=self._key or None)
        with self._lock:
            self._key = self._database.key
            if self._database.notice is not None:
                self._notices.append(self._database.notice)
        if self._database.notice is not None:
            logger.warning("%s", self._database.notice)

    def _disconnect(self) -> None:
        if self._database is not None:
            self._database.connection.close()
            self._database = None


def fingerprint(text: str, key: bytes) -> str:
    """Returns a keyed hash of any text, lone surrogates included.

    Source: BLAKE2b in keyed mode, RFC 7693.
    """
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=FINGERPRINT_BYTES, key=key).hexdigest()


def _sound(events: Iterable[_Event]) -> tuple[tuple[_Event, ...], str | None]:
    """Returns the events that can be stored, and what is wrong with the first of the others."""
    complaints = [(event, complaint(event)) for event in events]
    sound = tuple(event for event, wrong in complaints if wrong is None)
    return sound, next((wrong for _, wrong in complaints if wrong is not None), None)


def _write(connection: sqlite3.Connection, batches: Sequence[_Batch]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for batch in batches:
            now_ms = batch.now_ms
            connection.executemany(_INSERT_DECISION, (decision_row(event, now_ms) for event in batch.decisions))
            connection.executemany(_INSERT_SILENCE, (silence_row(event, now_ms) for event in batch.silences))
            connection.executemany(_INSERT_OUTCOME, (outcome_row(event, now_ms) for event in batch.outcomes))
            connection.executemany(_INSERT_SURVIVAL, (survival_row(event, now_ms) for event in batch.survivals))
            counted: Sequence[Decision | Silence | Outcome] = (*batch.decisions, *batch.silences, *batch.outcomes)
            forget_days(connection, (stored_ms(event.at_ms, now_ms) for event in counted))
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has ended the transaction already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _forget_texts(connection: sqlite3.Connection, before_ms: int) -> int:
    return connection.execute(
        "UPDATE decisions SET text = NULL WHERE text IS NOT NULL AND at_ms < ?", [before_ms]
    ).rowcount


def _answer(batches: Sequence[_Batch], error: StoreError | None) -> None:
    for batch in batches:
        if error is None:
            batch.waiter.set_result(None)
        else:
            batch.waiter.set_exception(error)
