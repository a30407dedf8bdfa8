"""Outcomes that the server itself has seen."""

import time
import uuid

from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.suggestion import SuggestionId


def seen_outcome(suggestion_id: SuggestionId, kind: OutcomeKind) -> Outcome:
    """Returns an outcome that came about just now."""
    return Outcome(
        event_id=EventId(uuid.uuid4().hex),
        suggestion_id=suggestion_id,
        kind=kind,
        at_ms=time.time_ns() // 1_000_000,
    )
