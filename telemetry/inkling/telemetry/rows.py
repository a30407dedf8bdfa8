"""Events as rows of the database and back."""

import json
import logging
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from inkling.core.events import (
    Decision,
    DecisionSummary,
    EventId,
    Feature,
    JudgedSuggestion,
    Outcome,
    OutcomeKind,
    Silence,
    Survival,
)
from inkling.core.redact import redact
from inkling.core.suggestion import Check, Reason, Source, SuggestionId, Trigger
from inkling.telemetry.clock import reported_ms, stored_ms
from inkling.telemetry.judgements import FingerprintPair
from inkling.telemetry.validity import MAX_FEATURE

logger = logging.getLogger(__name__)

SCHEMA_VERSION: Final = 3  # the number of the last migration; kept here so that opening need not import them all

Value = str | int | float | bytes | None
Row = Mapping[str, Value]
_Member = TypeVar("_Member", bound=StrEnum)

DECISION_COLUMNS = (
    "schema_version",
    "suggestion_id",
    "at_ms",
    "feature",
    "trigger",
    "source",
    "was_offered",
    "reason",
    "probability",
    "threshold",
    "propensity",
    "model_version",
    "features",
    "checked",
    "path",
    "line",
    "n_chars",
    "n_lines",
    "text_fingerprint",
    "context_fingerprint",
    "latency_ms",
    "text",
    "was_explored",
    "reported_at_ms",
    "project",
)
SILENCE_COLUMNS = (
    "schema_version",
    "at_ms",
    "feature",
    "trigger",
    "reason",
    "path",
    "line",
    "latency_ms",
    "reported_at_ms",
    "project",
    "probability",
    "threshold",
    "propensity",
)
OUTCOME_COLUMNS = (
    "schema_version",
    "event_id",
    "suggestion_id",
    "kind",
    "at_ms",
    "visible_ms",
    "accepted_chars",
    "reported_at_ms",
)
SURVIVAL_COLUMNS = (
    "schema_version",
    "event_id",
    "suggestion_id",
    "follows",
    "at_ms",
    "after_s",
    "kind",
    "similarity",
    "reported_at_ms",
)


def decision_row(decision: Decision, now_ms: int) -> tuple[Value, ...]:
    """Returns a decision that is stored now as values in the order of `DECISION_COLUMNS`."""
    return (
        SCHEMA_VERSION,
        decision.suggestion_id,
        stored_ms(decision.at_ms, now_ms),
        decision.feature,
        decision.trigger,
        decision.source,
        int(decision.was_offered),
        decision.reason,
        decision.probability,
        decision.threshold,
        decision.propensity,
        decision.model_version,
        json.dumps(decision.features, separators=(",", ":")),
        json.dumps(sorted(decision.checked), separators=(",", ":")),
        storable(decision.path),
        decision.line,
        decision.n_chars,
        decision.n_lines,
        decision.text_fingerprint,
        decision.context_fingerprint,
        decision.latency_ms,
        None if decision.text is None else storable(redact(decision.text, decision.line_prefix)),
        int(decision.was_explored),
        reported_ms(decision.at_ms, now_ms),
        storable(decision.project),
    )


def silence_row(silence: Silence, now_ms: int) -> tuple[Value, ...]:
    """Returns a silence that is stored now as values in the order of `SILENCE_COLUMNS`."""
    return (
        SCHEMA_VERSION,
        stored_ms(silence.at_ms, now_ms),
        silence.feature,
        silence.trigger,
        silence.reason,
        storable(silence.path),
        silence.line,
        silence.latency_ms,
        reported_ms(silence.at_ms, now_ms),
        storable(silence.project),
        silence.probability,
        silence.threshold,
        silence.propensity,
    )


def outcome_row(outcome: Outcome, now_ms: int) -> tuple[Value, ...]:
    """Returns an outcome that is stored now as values in the order of `OUTCOME_COLUMNS`."""
    return (
        SCHEMA_VERSION,
        outcome.event_id,
        outcome.suggestion_id,
        outcome.kind,
        stored_ms(outcome.at_ms, now_ms),
        outcome.visible_ms,
        outcome.accepted_chars,
        reported_ms(outcome.at_ms, now_ms),
    )


def survival_row(survival: Survival, now_ms: int) -> tuple[Value, ...]:
    """Returns a look that is stored now as values in the order of `SURVIVAL_COLUMNS`."""
    return (
        SCHEMA_VERSION,
        survival.event_id,
        survival.suggestion_id,
        survival.follows,
        stored_ms(survival.at_ms, now_ms),
        survival.after_s,
        survival.kind,
        survival.similarity,
        reported_ms(survival.at_ms, now_ms),
    )


def storable(text: str) -> str:
    """Returns `text` with lone surrogates, which paths and documents may hold and UTF-8 may not, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def member(kind: type[_Member], value: object) -> _Member | None:
    """Returns the member of an enumeration, or None for one that only a newer Inkling knows."""
    try:
        return kind(str(value))
    except ValueError:
        return None


def judged_outcome(row: Row) -> tuple[Outcome, FingerprintPair | None] | None:
    """Returns an outcome joined with the fingerprints of its decision, if that is there; None for an unknown kind."""
    kind = member(OutcomeKind, row["kind"])
    if kind is None:
        return None
    outcome = Outcome(
        event_id=EventId(str(row["event_id"])),
        suggestion_id=SuggestionId(str(row["suggestion_id"])),
        kind=kind,
        at_ms=_int(row["at_ms"]),
        visible_ms=optional_float(row["visible_ms"]),
    )
    if row["context_fingerprint"] is None or row["text_fingerprint"] is None:
        return outcome, None
    return outcome, FingerprintPair(context=str(row["context_fingerprint"]), text=str(row["text_fingerprint"]))


def parse_features(text: str) -> dict[str, float]:
    """Returns the features in a cell.

    Raises:
        ValueError: They are not JSON, no numbers by name, or larger than any feature is.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("features is not JSON") from error
    if not isinstance(found, dict) or not all(_is_number(number) for number in found.values()):
        raise ValueError("features is not numbers by name")
    for name, number in found.items():
        if abs(number) > MAX_FEATURE:
            raise ValueError(f"feature {name} is {number!r}, farther from 0 than {MAX_FEATURE:g}")
    return found


def parse_checked(text: str) -> list[str]:
    """Returns the names of the checks in a cell.

    Raises:
        ValueError: They are not JSON, or no list of names.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("checked is not JSON") from error
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError("checked is not a list of names")
    return found


def _is_number(value: object) -> bool:
    """Python's JSON knows NaN and Infinity, too."""
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def decision_summary(row: Row) -> DecisionSummary | None:
    """Returns a line of "Why (not) shown?" from a decision or silence with its latest outcome; None if broken."""
    suggestion_id = row["suggestion_id"]
    try:
        features = parse_features(str(row["features"]))
        checked = parse_checked(str(row["checked"])) if row["checked"] is not None else []
    except ValueError as error:
        logger.warning("decision %s is left out: %s", suggestion_id, error)
        return None
    return DecisionSummary(
        at_ms=_int(row["at_ms"]),
        path=str(row["path"]),
        line=_int(row["line"]),
        was_offered=bool(row["was_offered"]),
        reason=member(Reason, row["reason"]),
        probability=optional_float(row["probability"]),
        threshold=optional_float(row["threshold"]),
        source=member(Source, row["source"]),
        n_chars=None if row["n_chars"] is None else _int(row["n_chars"]),
        latency_ms=optional_float(row["latency_ms"]) or 0.0,
        checked=frozenset(check for check in (member(Check, name) for name in checked) if check is not None),
        outcome=member(OutcomeKind, row["outcome"]),
        suggestion_id=None if suggestion_id is None else SuggestionId(str(suggestion_id)),
        model_version=str(row["model_version"]),
        features=features,
        project=str(row["project"]),
        feature=member(Feature, row["feature"]) or Feature.COMPLETION,
    )


def judged_suggestion(row: Row) -> JudgedSuggestion | None:
    """Returns a decision with what became of it; None for a broken one, and one that only a newer Inkling can read."""
    source = member(Source, row["source"])
    trigger = member(Trigger, row["trigger"])
    if source is None or trigger is None:
        return None
    try:
        features = parse_features(str(row["features"]))
    except ValueError as error:
        logger.warning("decision %s is left out: %s", row["suggestion_id"], error)
        return None
    return JudgedSuggestion(
        suggestion_id=SuggestionId(str(row["suggestion_id"])),
        at_ms=_int(row["at_ms"]),
        source=source,
        trigger=trigger,
        was_offered=bool(row["was_offered"]),
        was_explored=bool(row["was_explored"]),
        reason=member(Reason, row["reason"]),
        probability=optional_float(row["probability"]),
        threshold=optional_float(row["threshold"]) or 0.0,
        propensity=optional_float(row["propensity"]) or 0.0,
        model_version=str(row["model_version"]),
        features=features,
        path=str(row["path"]),
        project=str(row["project"]),
        n_chars=_int(row["n_chars"]),
        latency_ms=optional_float(row["latency_ms"]) or 0.0,
        was_read=bool(row["was_read"]),
        outcome=member(OutcomeKind, row["outcome"]),
        accepted_chars=_int(row["accepted_chars"]),
        visible_ms=optional_float(row["visible_ms"]),
        kept=optional_float(row["kept"]),
        stands=optional_float(row["stands"]),
    )


def optional_float(value: Value) -> float | None:
    """Returns a number, or None for an empty cell."""
    return None if value is None else float(value)


def _int(value: Value) -> int:
    return int(value or 0)
