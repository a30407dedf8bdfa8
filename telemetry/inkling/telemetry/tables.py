"""The tables of events as rows: their columns, what may be empty, and what files of earlier versions lack."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from inkling.telemetry.rows import DECISION_COLUMNS, OUTCOME_COLUMNS, SILENCE_COLUMNS, SURVIVAL_COLUMNS, Value

RawRow = dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
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


TABLES: Final = {
    "decision": Table(
        name="decisions",
        columns=DECISION_COLUMNS,
        unique="suggestion_id",
        may_be_empty=frozenset({"reason", "probability", "text", "reported_at_ms"}),
        added_later={"was_explored": 0, "reported_at_ms": None, "text": None, "project": ""},
    ),
    "silence": Table(
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
    "outcome": Table(
        name="outcomes",
        columns=OUTCOME_COLUMNS,
        unique="event_id",
        may_be_empty=frozenset({"visible_ms", "accepted_chars", "reported_at_ms"}),
        added_later={"reported_at_ms": None},
    ),
    "survival": Table(
        name="survivals",
        columns=SURVIVAL_COLUMNS,
        unique="event_id",
        may_be_empty=frozenset({"after_s", "reported_at_ms"}),
        added_later={},
    ),
}
INTEGERS: Final = frozenset(
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
NUMBERS: Final = frozenset(
    {"probability", "threshold", "propensity", "latency_ms", "visible_ms", "after_s", "similarity"}
)


def read_rows(connection: sqlite3.Connection, event: str, order: str) -> Iterator[RawRow]:
    """Yields the rows of one kind as they are stored, each with its `event`; `order` is SQL that follows FROM."""
    table = TABLES[event]
    for row in connection.execute(f"SELECT {', '.join(table.columns)} FROM {table.name} {order}"):  # noqa: S608
        yield {"event": event, **dict(row)}


def insertion(table: Table) -> str:
    """Returns the SQL that stores a row unless it is there already."""
    columns = ", ".join(table.columns)
    values = ", ".join(f":{column}" for column in table.columns)
    if table.unique is not None:
        return f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT ({table.unique}) DO NOTHING"  # noqa: S608
    is_same = " AND ".join(f"{column} IS :{column}" for column in table.columns)
    return f"INSERT INTO {table.name} ({columns}) SELECT {values} WHERE NOT EXISTS (SELECT 1 FROM {table.name} WHERE {is_same})"  # noqa: S608, E501 - one statement
