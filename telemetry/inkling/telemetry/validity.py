"""Which events cannot be stored, and why."""

import math
from dataclasses import fields
from typing import Final

from inkling.core.events import Decision, Outcome, Silence, Survival

Event = Decision | Silence | Outcome | Survival

_MAX_INTEGER: Final = 2**63 - 1  # what a cell of SQLite holds
MAX_FEATURE: Final = 1e6  # all are shares, lengths and logarithms
MIN_PROPENSITY: Final = 1e-8  # but 0: exploring one in 10,000 in both stages
_SHARES: Final = frozenset({"probability", "propensity", "similarity"})


def complaint(event: Event) -> str | None:
    """Returns what is wrong with an event, for a person to read; None where it can be stored."""
    numbers = {field.name: getattr(event, field.name) for field in fields(event) if field.name != "at_ms"}
    if isinstance(event, Decision):
        numbers |= {f"feature {name}": value for name, value in event.features.items()}
    for name, value in numbers.items():
        if isinstance(value, float) and not math.isfinite(value):
            return f"{_name(event)}: {name} is {value}, not a finite number"
        if isinstance(value, int) and abs(value) > _MAX_INTEGER:
            return f"{_name(event)}: {name} is too large"
        if name in _SHARES and value is not None and not 0 <= value <= 1:
            return f"{_name(event)}: {name} is {value}, not within 0 and 1"
    return None


def _name(event: Event) -> str:
    if isinstance(event, Outcome | Survival):
        return f"{type(event).__name__.lower()} {event.event_id}"
    return f"decision {event.suggestion_id}" if isinstance(event, Decision) else f"silence in {event.path}"
