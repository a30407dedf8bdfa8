"""Counts of the days that are over, kept in a table so that statistics need not read every event again.

They can always be made anew from the events: whoever changes events of a day that was counted forgets its counts, and
a later start counts it again. Days are those of UTC.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Final

from inkling.core.events import APART, Feature

DAY_MS: Final = 86_400_000
_END_OF_TIME_MS: Final = 2**63 - 1

# What is counted: n of each name. A name of a latency is its milliseconds, rounded.
OFFERED: Final = "offered"
HIDDEN: Final = "hidden"
SILENT: Final = "silent"
OUTCOME: Final = "outcome"
CHARS_ACCEPTED: Final = "chars_accepted"
LATENCY: Final = "latency"
_BY_FEATURE: Final = (OFFERED, HIDDEN, SILENT, OUTCOME)


def of(feature: Feature) -> str:
    """Returns what begins the first four names for a feature that is counted apart; those of all else begin as such."""
    return f"{feature}_"


_WHEN = " ".join(f"WHEN feature = '{each}' THEN '{of(each)}'" for each in APART)
_OF = f"CASE {_WHEN} ELSE '' END"
_APART = ", ".join(f"'{each}'" for each in APART)
_IN_PERIOD = "at_ms >= :from_ms AND at_ms < :until_ms"
# A suggestion accepted in parts and then in full counts once, with its whole length. The plus signs have SQLite look
# for the period's outcomes by their index on time instead of reading all there are in order of their suggestions.
_COUNTS = f"""
    SELECT {_OF} || CASE WHEN was_offered THEN '{OFFERED}' ELSE '{HIDDEN}' END AS what, coalesce(reason, '') AS name,
           count(*) AS n
    FROM decisions WHERE {_IN_PERIOD} GROUP BY {_OF}, was_offered, reason
    UNION ALL
    SELECT '{LATENCY}', CAST(round(latency_ms, latency_ms < 10) AS TEXT) AS rounded_ms, count(*)
    FROM decisions WHERE {_IN_PERIOD} AND feature = '{Feature.COMPLETION}' GROUP BY rounded_ms
    UNION ALL
    SELECT {_OF} || '{SILENT}', reason, count(*) FROM silences WHERE {_IN_PERIOD} GROUP BY {_OF}, reason
    UNION ALL
    SELECT {_OF} || '{OUTCOME}', kind, count(*) FROM (
        SELECT kind, (SELECT feature FROM decisions WHERE suggestion_id = outcomes.suggestion_id) AS feature
        FROM outcomes WHERE {_IN_PERIOD} GROUP BY kind, +suggestion_id
    ) GROUP BY {_OF}, kind
    UNION ALL
    SELECT '{CHARS_ACCEPTED}', '',
           coalesce(sum(CASE WHEN was_taken THEN coalesce(n_chars, accepted_chars) ELSE accepted_chars END), 0)
    FROM (
        SELECT max(outcomes.kind = 'accepted') AS was_taken, max(outcomes.accepted_chars) AS accepted_chars,
               max(decisions.n_chars) AS n_chars
        FROM outcomes LEFT JOIN decisions ON decisions.suggestion_id = outcomes.suggestion_id
        WHERE outcomes.at_ms >= :from_ms AND outcomes.at_ms < :until_ms
            AND outcomes.kind IN ('accepted', 'partly_accepted')
            AND coalesce(decisions.feature, '') NOT IN ({_APART})
        GROUP BY +outcomes.suggestion_id
    )
"""  # noqa: S608 - put together from constants only
_COUNT_DAY = f"INSERT OR IGNORE INTO daily_counts (what, name, day, n) SELECT what, name, :day, n FROM ({_COUNTS})"  # noqa: S608
# Each day that was counted has this row, if only with a zero.
_COUNTED_DAYS = f"SELECT day FROM daily_counts WHERE what = '{CHARS_ACCEPTED}' AND name = ''"  # noqa: S608
_SUMS = "SELECT what, name, sum(n) FROM daily_counts WHERE day >= ? GROUP BY what, name"
_FIRST_MS = """
    SELECT min(at_ms) FROM (
        SELECT min(at_ms) AS at_ms FROM decisions
        UNION ALL SELECT min(at_ms) FROM silences
        UNION ALL SELECT min(at_ms) FROM outcomes
    )
"""


def count_since(connection: sqlite3.Connection, since_ms: int) -> dict[str, Counter[str]]:
    """Returns counts since a moment in milliseconds since the Unix epoch, by what is counted and by name."""
    first_day = -(-since_ms // DAY_MS)  # the first that is wholly within
    days = [day for (day,) in connection.execute(f"{_COUNTED_DAYS} AND day >= ? ORDER BY day", [first_day])]
    apart = [of(feature) + what for feature in APART for what in _BY_FEATURE]
    counts = {what: Counter[str]() for what in (*_BY_FEATURE, *apart, CHARS_ACCEPTED, LATENCY)}
    for what, name, n in connection.execute(_SUMS, [first_day]):
        counts[what][name] += n
    from_ms = since_ms
    for day in [*days, None]:
        until_ms = _END_OF_TIME_MS if day is None else day * DAY_MS
        if from_ms < until_ms:  # these days are not counted yet
            for what, name, n in connection.execute(_COUNTS, {"from_ms": from_ms, "until_ms": until_ms}):
                counts[what][name] += n
        from_ms = until_ms + DAY_MS
    return counts


def count_next_day(connection: sqlite3.Connection, now_ms: int) -> bool:
    """Counts the earliest day that is over and was not counted yet; returns whether there was one."""
    (first_ms,) = connection.execute(_FIRST_MS).fetchone()
    if first_ms is None:
        return False
    counted = {day for (day,) in connection.execute(_COUNTED_DAYS)}
    day = next((day for day in range(first_ms // DAY_MS, now_ms // DAY_MS) if day not in counted), None)
    if day is None:
        return False
    # One statement is one transaction: no event can come between reading the day and keeping its counts.
    connection.execute(_COUNT_DAY, {"day": day, "from_ms": day * DAY_MS, "until_ms": (day + 1) * DAY_MS})
    return True


def forget_days(connection: sqlite3.Connection, events_ms: Iterable[int]) -> None:
    """Forgets the counts of the days of new events; in a transaction with them."""
    for day in {at_ms // DAY_MS for at_ms in events_ms}:
        if connection.execute(f"{_COUNTED_DAYS} AND day = ?", [day]).fetchone() is not None:
            connection.execute("DELETE FROM daily_counts WHERE day = ?", [day])


def forget_all_days(connection: sqlite3.Connection) -> None:
    """Forgets all counts."""
    connection.execute("DELETE FROM daily_counts")
