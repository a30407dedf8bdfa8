"""Counts tokens and what they cost, by day, purpose and model, in a database that all windows share."""

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from inkling.llm.text_model import Purpose

logger = logging.getLogger(__name__)

FILE_NAME = "model-tokens.db"
CHARS_PER_TOKEN = 3.5  # of source text, roughly; only where the endpoint does not count
_BUSY_S = 2.0  # another window writes for a millisecond

_TABLE = """CREATE TABLE IF NOT EXISTS tokens (
    day TEXT, purpose TEXT, model TEXT,
    n_requests INTEGER, n_prompt_tokens INTEGER, n_answer_tokens INTEGER, n_estimated_tokens INTEGER,
    cost REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (day, purpose, model)
) WITHOUT ROWID"""
_ADD_COST = "ALTER TABLE tokens ADD COLUMN cost REAL NOT NULL DEFAULT 0"  # to a database from before it was counted
_ADD = """INSERT INTO tokens VALUES (?, ?, ?, 1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    n_requests = n_requests + 1,
    n_prompt_tokens = n_prompt_tokens + excluded.n_prompt_tokens,
    n_answer_tokens = n_answer_tokens + excluded.n_answer_tokens,
    n_estimated_tokens = n_estimated_tokens + excluded.n_estimated_tokens,
    cost = cost + excluded.cost"""
_SUM = """SELECT COALESCE(SUM(n_prompt_tokens + n_answer_tokens), 0), COALESCE(SUM(cost), 0.0)
    FROM tokens WHERE day = ?"""
_TOLD_FROM_TOKENS = 1000  # fewer are not worth a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The tokens of one request.

    Attributes:
        purpose: What it was for.
        model: Name of the model.
        n_prompt_tokens: Of the question.
        n_answer_tokens: Of the answer, as far as it came.
        is_estimated: Whether they were estimated from characters, because the endpoint did not count them.
        cost: Of them, in the currency of the prices; 0 where none is known.
    """

    purpose: Purpose
    model: str
    n_prompt_tokens: int
    n_answer_tokens: int
    is_estimated: bool
    cost: float = 0.0

    @property
    def n_tokens(self) -> int:
        """Returns all of them."""
        return self.n_prompt_tokens + self.n_answer_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentOfDay:
    """The sums of one day for one purpose and model.

    Attributes:
        day: As YYYY-MM-DD, in this machine's time zone.
        purpose: What the requests were for.
        model: Name of the model.
        n_requests: How many.
        n_prompt_tokens: Of the questions.
        n_answer_tokens: Of the answers.
        n_estimated_tokens: Those of both that were estimated.
        cost: In the currency of the prices, as they were on that day; 0 where none was known.
    """

    day: str
    purpose: str
    model: str
    n_requests: int
    n_prompt_tokens: int
    n_answer_tokens: int
    n_estimated_tokens: int
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Total:
    n_tokens: int = 0
    cost: float = 0.0


def estimated_tokens(n_chars: int) -> int:
    """Returns about how many tokens so many characters are; at least one for any."""
    return -(-n_chars * 2 // int(CHARS_PER_TOKEN * 2))


def spent_in_words(n_tokens: int, cost: float) -> str:
    """Returns what was spent today for the end of a line, in figures round enough to change seldom; may be empty."""
    if n_tokens < _TOLD_FROM_TOKENS:
        return ""
    money = f", {cost:.2f}" if cost else ""
    return f"; about {float(f'{n_tokens:.2g}'):,.0f} tokens{money} today"


def today() -> str:
    """Returns the day as YYYY-MM-DD, in this machine's time zone."""
    return datetime.now().astimezone().date().isoformat()


class TokenAccount:
    """Adds tokens and their cost up. Writing is done on a thread of its own; asking for today's sum never waits.

    A database that cannot be written costs the sums of other windows and days, not the count of this one.
    """

    def __init__(self, data_dir: Path, day: Callable[[], str] = today) -> None:
        self._path = data_dir / FILE_NAME
        self._day = day
        self._known_day = ""
        self._today = _Total()
        self._database: sqlite3.Connection | None = None
        self._was_told = False
        self._is_closed = False
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inkling-tokens")

    async def open(self) -> None:
        """Reads what was spent today, by all windows."""
        self._total_today()
        day = self._known_day
        stored = await asyncio.get_running_loop().run_in_executor(self._executor, self._stored_sum, day)
        self._take_sum(day, stored)

    def n_tokens_today(self) -> int:
        """Returns the tokens of today, of all windows as far as is known."""
        return self._total_today().n_tokens

    def cost_today(self) -> float:
        """Returns what the tokens of today cost, as `n_tokens_today`."""
        return self._total_today().cost

    def record(self, spent: Spent) -> None:
        """Adds a request; returns at once."""
        total = self._total_today()
        self._today = _Total(n_tokens=total.n_tokens + spent.n_tokens, cost=total.cost + spent.cost)
        if self._is_closed:
            return  # a stream that ends after everything else; there is nothing left to write with
        loop = asyncio.get_running_loop()
        day = self._known_day
        written = self._executor.submit(self._add, day, spent)
        written.add_done_callback(lambda done: _tell(loop, lambda: self._take_sum(day, done.result())))

    async def days(self) -> list[SpentOfDay]:
        """Returns all sums, latest day first."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._all)

    async def close(self) -> None:
        """Waits for what is being written, and closes the database."""
        if not self._is_closed:
            self._is_closed = True
            await asyncio.get_running_loop().run_in_executor(self._executor, self._close)
            self._executor.shutdown()

    def _total_today(self) -> _Total:
        if self._known_day != self._day():
            self._known_day, self._today = self._day(), _Total()
        return self._today

    def _take_sum(self, day: str, stored: _Total) -> None:
        # The sum on disk has what other windows spent; the one in memory what could not be written.
        if day == self._known_day:
            here = self._today
            self._today = _Total(n_tokens=max(here.n_tokens, stored.n_tokens), cost=max(here.cost, stored.cost))

    def _stored_sum(self, day: str) -> _Total:
        try:
            n_tokens, cost = self._opened().execute(_SUM, (day,)).fetchone()
        except (sqlite3.Error, OSError) as error:
            self._tell_once(error)
            return _Total()
        return _Total(n_tokens=n_tokens, cost=cost)

    def _add(self, day: str, spent: Spent) -> _Total:
        n_estimated = spent.n_tokens if spent.is_estimated else 0
        n_prompt, n_answer = spent.n_prompt_tokens, spent.n_answer_tokens
        row = (day, spent.purpose.value, spent.model, n_prompt, n_answer, n_estimated, spent.cost)
        try:
            with self._opened() as database:
                database.execute(_ADD, row)
        except (sqlite3.Error, OSError) as error:
            self._tell_once(error)
        return self._stored_sum(day)

    def _all(self) -> list[SpentOfDay]:
        try:
            rows = self._opened().execute("SELECT * FROM tokens ORDER BY day DESC, purpose, model").fetchall()
        except (sqlite3.Error, OSError) as error:
            self._tell_once(error)
            return []
        names = SpentOfDay.__dataclass_fields__
        return [SpentOfDay(**dict(zip(names, row, strict=True))) for row in rows]

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Made here and not by SQLite, so that it is never readable by others; SQLite's own files follow it.
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            for end in ("", "-wal", "-shm"):  # those that an earlier version left open to others, too
                with contextlib.suppress(FileNotFoundError):
                    self._path.with_name(FILE_NAME + end).chmod(0o600)
            database = sqlite3.connect(self._path, timeout=_BUSY_S)
            try:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = NORMAL")
                database.execute(_TABLE)
                _add_what_is_new(database)
            except sqlite3.Error:
                database.close()
                raise
            self._database = database
        return self._database

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _tell_once(self, error: Exception) -> None:
        if not self._was_told:
            self._was_told = True
            logger.warning("tokens are counted in memory only: %s", error)


def _add_what_is_new(database: sqlite3.Connection) -> None:
    columns = {row[1] for row in database.execute("PRAGMA table_info(tokens)")}
    if "cost" not in columns:
        with contextlib.suppress(sqlite3.OperationalError):  # another window was faster
            database.execute(_ADD_COST)


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Makes a call on the loop, unless it has ended meanwhile."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)
