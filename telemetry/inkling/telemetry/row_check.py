"""Rows that come from outside, checked column by column: nothing wrong gets into the store."""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from inkling.core.events import Feature, OutcomeKind, SurvivalKind
from inkling.core.redact import redact
from inkling.core.suggestion import Reason, Source, Trigger
from inkling.telemetry.clock import EARLIEST_MS, stored_ms
from inkling.telemetry.rows import SCHEMA_VERSION, Value, parse_checked, parse_features
from inkling.telemetry.tables import INTEGERS, NUMBERS, TABLES, RawRow
from inkling.telemetry.validity import MIN_PROPENSITY

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
_MEMBERS: Final[Mapping[str, type[StrEnum]]] = {
    "feature": Feature,
    "trigger": Trigger,
    "source": Source,
    "reason": Reason,
    "follows": OutcomeKind,
}


def checked_row(found: dict[str, Any], now_ms: int) -> tuple[str, RawRow]:
    """Returns the kind and the row of what a file holds for it.

    Raises:
        ValueError: It is wrong; the message says how.
    """
    # A newer version may know more kinds of events.
    version = found.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ValueError(f"it was written by a newer Inkling (schema {version}, this one knows {SCHEMA_VERSION})")
    event = found.pop("event", None)
    if not isinstance(event, str) or event not in TABLES:
        raise ValueError(f"event is {event!r}; known are {', '.join(TABLES)}")
    table = TABLES[event]
    unknown = found.keys() - set(table.columns)
    if unknown:
        raise ValueError(f"{event} rows have no {', '.join(sorted(unknown))}")
    row = {column: _checked(event, column, found) for column in table.columns}
    at_ms = int(row["at_ms"] or 0)
    if stored_ms(at_ms, now_ms) != at_ms:
        raise ValueError(f"at_ms is {at_ms}: before 2020 ({EARLIEST_MS}) or more than a day from now")
    return event, row


def _checked(event: str, column: str, found: Mapping[str, object]) -> Value:
    table = TABLES[event]
    if column not in found:
        if column in table.added_later:
            return table.added_later[column]
        raise ValueError(f"{event} rows need {column}")
    value = found[column]
    if value is None and column in table.may_be_empty:
        return None
    if column in INTEGERS or column in NUMBERS:
        return _checked_number(column, value)
    if not isinstance(value, str):
        raise ValueError(f"{column} is {value!r}, not a string")
    _check_string(event, column, value)
    return redact(value) if column == "text" else value


def _checked_number(column: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int if column in INTEGERS else int | float):
        raise ValueError(f"{column} is {value!r}, not {'an integer' if column in INTEGERS else 'a number'}")
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
