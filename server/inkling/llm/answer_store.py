"""Answers of a model on disk, so that a restart forgets none: a cache that can be deleted at any time.

A row says nothing by itself. Its key is a keyed hash of the question (endpoint, model, prefix, suffix), and its text is
sealed with a key that is made of the same: to read an answer one needs the code around the place it belongs to.
"""

import asyncio
import hashlib
import json
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

FILE_NAME = "model-answers.db"
MAX_ROWS = 2000  # of some hundred bytes each
MAX_TEXT_CHARS = 8000  # no answer that is asked for is longer
MAX_AGE_S = 7 * 24 * 3600.0  # by then the code elsewhere that it was written for is another
PRUNED_EVERY = 100  # answers
_KEY_BYTES = 16
_NONCE_BYTES = 16
_DIGEST_BYTES = 8
_BUSY_S = 0.2  # another window writes for a millisecond
_SCHEMA = """
CREATE TABLE IF NOT EXISTS secret (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, sealed BLOB NOT NULL, kept_at_s REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (kept_at_s);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """What a model said.

    Attributes:
        text: As it came.
        logprobs: Of its tokens, natural logarithm; empty where the endpoint does not say.
        was_cut_short: Whether it ended for its length.
    """

    text: str
    logprobs: tuple[float, ...]
    was_cut_short: bool


class AnswerStore:
    """Finds and keeps answers, on a thread of its own. A file that cannot be used costs the cache and nothing else."""

    def __init__(self, cache_dir: Path, endpoint: str, now_s: Callable[[], float] = time.time) -> None:
        """Prepares; the file is opened with the first question.

        Args:
            cache_dir: Where the file lies.
            endpoint: Whose answers these are: others may know another model by the same name.
            now_s: A clock, seconds since the Unix epoch.
        """
        self._path = cache_dir / FILE_NAME
        self._endpoint = endpoint
        self._now_s = now_s
        self._database: sqlite3.Connection | None = None
        self._secret = b""
        self._n_kept = 0
        self._is_broken = False
        self._is_closed = False
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inkling-answers")

    async def find(self, question: str) -> StoredAnswer | None:
        """Returns the answer to exactly this question; None where there is none."""
        if self._is_closed:
            return None
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._find, self._whole(question))

    async def keep(self, question: str, answer: StoredAnswer) -> None:
        """Keeps an answer; returns when it is written."""
        if len(answer.text) <= MAX_TEXT_CHARS and not self._is_closed:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._keep, self._whole(question), answer)

    async def close(self) -> None:
        """Closes the file; nothing is found or kept any more."""
        self._is_closed = True
        await asyncio.get_running_loop().run_in_executor(self._executor, self._close)
        self._executor.shutdown()

    def _whole(self, question: str) -> str:
        return f"{self._endpoint}\n{question}"

    def _find(self, question: str) -> StoredAnswer | None:
        try:
            database = self._opened()
            if database is None:
                return None
            key = self._key(question)
            oldest = self._now_s() - MAX_AGE_S
            row = database.execute(
                "SELECT sealed FROM answers WHERE key = ? AND kept_at_s > ?", (key, oldest)
            ).fetchone()
            if row is None:
                return None
            text = self._unsealed(question, row[0])
            return None if text is None else _from_json(text)
        except sqlite3.Error as error:
            self._give_up(error)
            return None

    def _keep(self, question: str, answer: StoredAnswer) -> None:
        try:
            database = self._opened()
            if database is None:
                return
            row = (self._key(question), self._sealed(question, _to_json(answer)), self._now_s())
            with database:
                database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", row)
                if self._n_kept % PRUNED_EVERY == 0:
                    self._prune(database)
            self._n_kept += 1
        except sqlite3.Error as error:
            self._give_up(error)

    def _prune(self, database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM answers WHERE kept_at_s <= ?", (self._now_s() - MAX_AGE_S,))
        database.execute(
            "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY kept_at_s DESC LIMIT -1 OFFSET ?)",
            (MAX_ROWS,),
        )

    def _opened(self) -> sqlite3.Connection | None:
        if self._database is None and not self._is_broken:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # Made here and not by SQLite, so that it is never readable by others; SQLite's own files follow it.
                os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
                self._path.chmod(0o600)
            except OSError as error:
                self._give_up(error)
                return None
            database = sqlite3.connect(self._path, timeout=_BUSY_S)
            try:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = OFF")  # a cache that is lost was none
                database.executescript(_SCHEMA)
                with database:
                    made = secrets.token_bytes(32)
                    database.execute("INSERT OR IGNORE INTO secret VALUES (1, ?)", (made,))
                    self._secret = database.execute("SELECT value FROM secret").fetchone()[0]
            except sqlite3.Error:
                database.close()
                raise
            self._database = database
        return self._database

    def _give_up(self, error: Exception) -> None:
        """Leaves a file alone that is damaged or cannot be written; one that is no database is made anew next time."""
        if not self._is_broken:
            self._is_broken = True
            logger.warning("answers of the model are kept in memory only: %s", error)
        self._close()
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            for end in ("", "-wal", "-shm"):
                self._path.with_name(FILE_NAME + end).unlink(missing_ok=True)

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _key(self, question: str) -> bytes:
        return hashlib.blake2b(_bytes(question), key=self._secret, digest_size=_KEY_BYTES, person=b"find").digest()

    def _sealed(self, question: str, text: str) -> bytes:
        content = _bytes(text)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        content = hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest() + content
        return nonce + self._masked(question, nonce, content)

    def _unsealed(self, question: str, sealed: bytes) -> str | None:
        """Returns the text; None where the row is damaged."""
        content = self._masked(question, sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:])
        digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest() != digest:
            return None
        return content.decode("utf-8", "surrogatepass")

    def _masked(self, question: str, nonce: bytes, content: bytes) -> bytes:
        """Adds a stream of bytes that only who knows the question can make; adding it twice takes it away."""
        seed = hashlib.blake2b(_bytes(question), key=self._secret, salt=nonce, person=b"seal").digest()
        stream = hashlib.shake_256(seed).digest(len(content))
        return (int.from_bytes(content) ^ int.from_bytes(stream)).to_bytes(len(content))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _to_json(answer: StoredAnswer) -> str:
    return json.dumps([answer.text, answer.logprobs, answer.was_cut_short])


def _from_json(content: str) -> StoredAnswer:
    text, logprobs, was_cut_short = json.loads(content)
    return StoredAnswer(text=text, logprobs=tuple(logprobs), was_cut_short=was_cut_short)
