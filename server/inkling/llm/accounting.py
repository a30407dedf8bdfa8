"""Counts the tokens that were paid for, by day, purpose and model, in a database that all windows share."""

import asyncio
import logging
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
    PRIMARY KEY (day, purpose, model)
) WITHOUT ROWID"""
_ADD = """INSERT INTO tokens VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET
    n_requests = n_requests + 1,
    n_prompt_tokens = n_prompt_tokens + excluded.n_prompt_tokens,
    n_answer_tokens = n_answer_tokens + excluded.n_answer_tokens,
    n_estimated_tokens = n_estimated_tokens + excluded.n_estimated_tokens"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The tokens of one request.

    Attributes:
        purpose: What it was for.
        model: Name of the model.
        n_prompt_tokens: Of the question.
        n_answer_tokens: Of the answer, as far as it came.
        is_estimated: Whether they were estimated from characters, because the endpoint did not count them.
    """

    purpose: Purpose
    model: str
    n_prompt_tokens: int
    n_answer_tokens: int
    is_estimated: bool

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
    """

    day: str
    purpose: str
    model: str
    n_requests: int
    n_prompt_tokens: int
    n_answer_tokens: int
    n_estimated_tokens: int


def estimated_tokens(n_chars: int) -> int:
    """Returns about how many tokens so many characters are; at least one for any."""
    return -(-n_chars * 2 // int(CHARS_PER_TOKEN * 2))


def today() -> str:
    """Returns the day as YYYY-MM-DD, in this machine's time zone."""
    return datetime.now().astimezone().date().isoformat()


class TokenAccount:
    """Adds tokens up. Writing is done on a thread of its own; asking for today's sum never waits.

    A database that cannot be written costs the sums of other windows and days, not the count of this one.
    """

    def __init__(self, data_dir: Path, day: Callable[[], str] = today) -> None:
        self._path = data_dir / FILE_NAME
        self._day = day
        self._known_day = ""
        self._n_today = 0
        self._database: sqlite3.Connection | None = None
        self._was_told = False
        self._is_closed = False
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inkling-tokens")

    async def open(self) -> None:
        """Reads what was spent today, by all windows."""
        self.n_tokens_today()
        day = self._known_day
        stored = await asyncio.get_running_loop().run_in_executor(self._executor, self._stored_sum, day)
        self._take_sum(day, stored)

    def n_tokens_today(self) -> int:
        """Returns the tokens of today, of all windows as far as is known."""
        if self._known_day != self._day():
            self._known_day, self._n_today = self._day(), 0
        return self._n_today

    def record(self, spent: Spent) -> None:
        """Adds a request; returns at once."""
        self._n_today = self.n_tokens_today() + spent.n_tokens
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

    def _take_sum(self, day: str, stored: int) -> None:
        # The sum on disk has what other windows spent; the one in memory what could not be written.
        if day == self._known_day:
            self._n_today = max(self._n_today, stored)

    def _stored_sum(self, day: str) -> int:
        try:
            row = self._opened().execute(
                "SELECT COALESCE(SUM(n_prompt_tokens + n_answer_tokens), 0) FROM tokens WHERE day = ?", (day,)
            )
            return int(row.fetchone()[0])
        except (sqlite3.Error, OSError) as error:
            self._tell_once(error)
            return 0

    def _add(self, day: str, spent: Spent) -> int:
        n_estimated = spent.n_tokens if spent.is_estimated else 0
        row = (day, spent.purpose.value, spent.model, spent.n_prompt_tokens, spent.n_answer_tokens, n_estimated)
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
            database = sqlite3.connect(self._path, timeout=_BUSY_S)
            try:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = NORMAL")
                database.execute(_TABLE)
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


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Makes a call on the loop, unless it has ended meanwhile."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)
