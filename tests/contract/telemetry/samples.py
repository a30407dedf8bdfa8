"""A decision that the tests of the store change to what they need."""

import time

from inkling.core.events import Decision, Feature
from inkling.core.suggestion import Source, SuggestionId, Trigger

NOW_MS = time.time_ns() // 1_000_000

DECISION = Decision(
    suggestion_id=SuggestionId("s1"),
    at_ms=NOW_MS,
    feature=Feature.COMPLETION,
    trigger=Trigger.AUTOMATIC,
    source=Source.EMBEDDED,
    was_offered=True,
    reason=None,
    probability=0.5,
    threshold=0.25,
    propensity=1.0,
    model_version="1",
    path="a.py",
    line=3,
    n_chars=4,
    n_lines=1,
    text_fingerprint="t",
    context_fingerprint="c",
    latency_ms=8.0,
)
