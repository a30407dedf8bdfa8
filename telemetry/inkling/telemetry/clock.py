"""Which times events may bear. A clock that is far off must not put an event before or behind all others."""

from typing import Final

EARLIEST_MS: Final = 1_577_836_800_000  # 2020-01-01 UTC: before Inkling existed, so a clock that was never set
MAX_AHEAD_MS: Final = 24 * 3600 * 1000  # more than a time zone or a slow clock can explain
_MAX_INTEGER: Final = 2**63 - 1  # what a cell of SQLite holds


def stored_ms(at_ms: int, now_ms: int) -> int:
    """Returns when an event that arrives now counts as having happened: now, where its own time cannot be true."""
    return at_ms if _is_plausible(at_ms, now_ms) else now_ms


def reported_ms(at_ms: int, now_ms: int) -> int | None:
    """Returns the time an event claims where that cannot be true, else None."""
    return None if _is_plausible(at_ms, now_ms) else max(-_MAX_INTEGER, min(at_ms, _MAX_INTEGER))


def _is_plausible(at_ms: int, now_ms: int) -> bool:
    return EARLIEST_MS <= at_ms <= now_ms + MAX_AHEAD_MS
