"""Reads decisions, statistics and judgements from the database."""

import itertools
import sqlite3
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from inkling.core.events import (
    DecisionSummary,
    Feature,
    FeatureCounts,
    JudgedSuggestion,
    Outcome,
    OutcomeKind,
    Statistics,
    SurvivalKind,
)
from inkling.core.suggestion import Reason, SuggestionId
from inkling.telemetry import daily_counts
from inkling.telemetry.judgements import ACCEPTING, ACTING, READ_AFTER_MS, FingerprintPair, precedence
from inkling.telemetry.rows import (
    SCHEMA_VERSION,
    Row,
    decision_summary,
    judged_outcome,
    judged_suggestion,
    member,
)

MEMORY_PERIOD_MS = 90 * 24 * 3600 * 1000  # a rejection older than this no longer speaks for the person
MAX_OUTCOMES_LOADED = 20_000  # about 0.1 s at start
MAX_OUTCOMES_FOLLOWED = 1000  # at each commit, so that a window that imports many does not slow down the others
MAX_DECISIONS = 100_000  # more lines than anybody reads, few enough for memory

_JUDGED_COLUMNS = """
    outcomes.id, outcomes.event_id, outcomes.suggestion_id, outcomes.kind, outcomes.at_ms, outcomes.visible_ms,
    decisions.context_fingerprint, decisions.text_fingerprint, decisions.feature
    FROM outcomes LEFT JOIN decisions ON decisions.suggestion_id = outcomes.suggestion_id
"""
_LATEST_OUTCOMES = f"""
    SELECT * FROM (SELECT {_JUDGED_COLUMNS} WHERE outcomes.at_ms >= ? ORDER BY outcomes.id DESC LIMIT ?) ORDER BY id
"""  # noqa: S608 - put together from constants only
_OUTCOMES_AFTER = f"SELECT {_JUDGED_COLUMNS} WHERE outcomes.id > ? ORDER BY outcomes.id LIMIT ?"

_RECENT_DECISIONS = """
    SELECT latest.*, (
        SELECT kind FROM outcomes WHERE outcomes.suggestion_id = latest.suggestion_id
        ORDER BY at_ms DESC, id DESC LIMIT 1
    ) AS outcome
    FROM (
        SELECT * FROM (
            SELECT id, at_ms, path, line, was_offered, reason, probability, threshold, source, n_chars, latency_ms,
                   checked, suggestion_id, model_version, features, project, feature
            FROM decisions ORDER BY at_ms DESC, id DESC LIMIT :limit
        )
        UNION ALL
        SELECT * FROM (
            SELECT id, at_ms, path, line, 0, reason, probability, threshold, NULL, NULL, latency_ms, NULL, NULL,
                   '', '{}', project, feature
            FROM silences ORDER BY at_ms DESC, id DESC LIMIT :limit
        )
    ) AS latest
    ORDER BY at_ms DESC, id DESC LIMIT :limit
"""


def sql_list(kinds: Iterable[OutcomeKind]) -> str:
    """Returns kinds as SQL has them between the parentheses of IN."""
    return ", ".join(f"'{kind}'" for kind in sorted(kinds))


# Each part of it finds the few outcomes of one suggestion by an index, so that the cost grows with the limit only.
# Nothing becomes of what was not offered, and what is not looked for costs nothing.
_PRECEDENCE = " ".join(f"WHEN '{kind}' THEN {precedence(kind)}" for kind in OutcomeKind if precedence(kind))
_JUDGED_SUGGESTIONS = f"""
    SELECT latest.*,
        CASE WHEN was_offered THEN (
            SELECT kind FROM outcomes WHERE suggestion_id = latest.suggestion_id AND CASE kind {_PRECEDENCE} END
            ORDER BY CASE kind {_PRECEDENCE} END DESC, at_ms DESC, id DESC LIMIT 1
        ) END AS outcome,
        CASE WHEN was_offered THEN (
            SELECT max(kind IN ('shown', {sql_list(ACTING)}) OR coalesce(visible_ms, 0) >= {READ_AFTER_MS})
            FROM outcomes WHERE suggestion_id = latest.suggestion_id
        ) END AS was_read,
        CASE WHEN was_offered THEN (
            SELECT max(CASE kind WHEN 'accepted' THEN latest.n_chars ELSE accepted_chars END)
            FROM outcomes WHERE suggestion_id = latest.suggestion_id AND kind IN ('accepted', 'partly_accepted')
        ) END AS accepted_chars,
        CASE WHEN was_offered THEN (
            SELECT max(visible_ms) FROM outcomes WHERE suggestion_id = latest.suggestion_id
        ) END AS visible_ms,
        CASE WHEN was_offered THEN (
            SELECT similarity FROM survivals
            WHERE suggestion_id = latest.suggestion_id AND follows IN ({sql_list(ACCEPTING)})
                AND kind <> '{SurvivalKind.UNKNOWN}'
            ORDER BY at_ms DESC, id DESC LIMIT 1
        ) END AS kept,
        CASE WHEN was_offered AND feature = '{Feature.REVIEW}' THEN (
            SELECT similarity FROM survivals
            WHERE suggestion_id = latest.suggestion_id AND follows = '{OutcomeKind.SHOWN}'
                AND kind <> '{SurvivalKind.UNKNOWN}'
            ORDER BY at_ms DESC, id DESC LIMIT 1
        ) END AS stands
    FROM (
        SELECT * FROM decisions
        WHERE at_ms >= :since_ms AND feature = :feature AND schema_version <= {SCHEMA_VERSION}
        ORDER BY at_ms DESC, id DESC LIMIT :limit
    ) AS latest
    ORDER BY at_ms, id
"""  # noqa: S608 - put together from constants only

_COMMENT_FINGERPRINTS = f"""
    SELECT suggestion_id, text_fingerprint FROM decisions
    WHERE at_ms >= ? AND feature = '{Feature.REVIEW}' AND was_offered AND text_fingerprint IS NOT NULL
"""  # noqa: S608 - put together from constants only

_Member = TypeVar("_Member", Reason, OutcomeKind)
JudgedOutcome = tuple[int, Outcome, FingerprintPair | None, Feature | None]


def latest_outcomes(connection: sqlite3.Connection) -> Iterator[JudgedOutcome]:
    """Yields row id, outcome, and fingerprints and feature of its decision, of the last 90 days, oldest first."""
    since_ms = int(time.time() * 1000) - MEMORY_PERIOD_MS
    return _judged(connection.execute(_LATEST_OUTCOMES, [since_ms, MAX_OUTCOMES_LOADED]))


def outcomes_after(connection: sqlite3.Connection, row_id: int) -> Iterator[JudgedOutcome]:
    """Yields what any window stored after a row, oldest first."""
    return _judged(connection.execute(_OUTCOMES_AFTER, [row_id, MAX_OUTCOMES_FOLLOWED]))


def last_outcome_id(connection: sqlite3.Connection) -> int:
    """Returns the id of the newest outcome's row, 0 when there is none."""
    last: int = connection.execute("SELECT coalesce(max(id), 0) FROM outcomes").fetchone()[0]
    return last


def recent_decisions(connection: sqlite3.Connection, limit: int) -> list[DecisionSummary]:
    """Returns the latest decisions and silences, newest first."""
    rows = connection.execute(_RECENT_DECISIONS, {"limit": max(0, min(limit, MAX_DECISIONS))})
    summaries = map(decision_summary, _by_column(rows))
    return [summary for summary in summaries if summary is not None]


def judged_suggestions(
    connection: sqlite3.Connection, since_ms: int, limit: int, feature: Feature = Feature.COMPLETION
) -> list[JudgedSuggestion]:
    """Returns the latest decisions with what became of them, oldest first; what only a newer Inkling knows is left out.

    They are a feature's decisions since a moment in milliseconds since the Unix epoch, at most `limit` and 100,000.
    """
    bounds = {"since_ms": since_ms, "limit": max(0, min(limit, MAX_DECISIONS)), "feature": feature.value}
    suggestions = map(judged_suggestion, _by_column(connection.execute(_JUDGED_SUGGESTIONS, bounds)))
    return [suggestion for suggestion in suggestions if suggestion is not None]


def comment_fingerprints(connection: sqlite3.Connection, since_ms: int) -> dict[SuggestionId, str]:
    """Returns the fingerprints of review comments that were offered since a moment, by which they are closed."""
    rows = connection.execute(_COMMENT_FINGERPRINTS, [since_ms])
    return {SuggestionId(suggestion_id): fingerprint for suggestion_id, fingerprint in rows}


def statistics(connection: sqlite3.Connection, since_ms: int, path: Path) -> Statistics:
    """Returns counts since a moment; of days that are over they were counted before."""
    counts = daily_counts.count_since(connection, since_ms)
    latencies_ms = sorted((float(name), n) for name, n in counts[daily_counts.LATENCY].items())
    ghost_text = _feature_counts(counts)
    files = (path, path.with_name(path.name + "-wal"))
    return Statistics(
        since_ms=since_ms,
        n_proposed=ghost_text.n_proposed,
        n_offered=ghost_text.n_offered,
        n_hidden_by_reason=ghost_text.n_hidden_by_reason,
        n_silent_by_reason=ghost_text.n_silent_by_reason,
        n_by_outcome=ghost_text.n_by_outcome,
        next_edits=_feature_counts(counts, daily_counts.of(Feature.NEXT_EDIT)),
        reviews=_feature_counts(counts, daily_counts.of(Feature.REVIEW)),
        n_chars_accepted=counts[daily_counts.CHARS_ACCEPTED].total(),
        latency_ms_p50=_percentile(latencies_ms, 0.50),
        latency_ms_p95=_percentile(latencies_ms, 0.95),
        store_path=str(path),
        store_bytes=sum(file.stat().st_size for file in files if file.exists()),
    )


def _feature_counts(counts: Mapping[str, "Counter[str]"], of: str = "") -> FeatureCounts:
    n_offered, n_hidden = counts[of + daily_counts.OFFERED].total(), counts[of + daily_counts.HIDDEN].total()
    return FeatureCounts(
        n_proposed=n_offered + n_hidden,
        n_offered=n_offered,
        n_hidden_by_reason=_known(Reason, counts[of + daily_counts.HIDDEN]),
        n_silent_by_reason=_known(Reason, counts[of + daily_counts.SILENT]),
        n_by_outcome=_known(OutcomeKind, counts[of + daily_counts.OUTCOME]),
    )


def percentile_rank(n_values: int, share: float) -> int:
    """Returns the zero-based rank of a percentile among sorted values: the nearest one, as a user counts."""
    return round(share * max(0, n_values - 1))


def _judged(rows: sqlite3.Cursor) -> Iterator[JudgedOutcome]:
    for row in _by_column(rows):
        judged = judged_outcome(row)
        if judged is not None:
            yield int(row["id"] or 0), *judged, member(Feature, row["feature"])


def _by_column(rows: sqlite3.Cursor) -> Iterator[Row]:
    """Yields rows as dictionaries: finding a column in `sqlite3.Row` takes longer the more there are."""
    columns = [column for column, *_ in rows.description]
    return (dict(zip(columns, row, strict=True)) for row in rows)


def _percentile(counted: list[tuple[float, int]], share: float) -> float | None:
    """Returns a percentile of values that come in order, each with how often it occurs; None without any."""
    n_before_or_at = list(itertools.accumulate(n for _, n in counted))
    if not counted:
        return None
    return counted[bisect_right(n_before_or_at, percentile_rank(n_before_or_at[-1], share))][0]


def _known(kind: type[_Member], counts: Mapping[str, int]) -> dict[_Member, int]:
    """Returns the counts by member; what only a newer Inkling knows is left out."""
    return {known: n for name, n in counts.items() if (known := member(kind, name)) is not None}
