"""`inkling stats` and `inkling why`: what the event store says, in words."""

import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from inkling.app.learning import OwnModel, what_moved
from inkling.core.errors import StoreError, UserError
from inkling.core.events import DecisionSummary, FeatureCounts, OutcomeKind, Statistics, folder_name
from inkling.core.next_edit import NEXT_EDIT_REASON_WORDS
from inkling.core.suggestion import REASON_WORDS, Reason
from inkling.lsp.to_lsp import explain
from inkling.telemetry import reading
from inkling.telemetry.archive import opened
from inkling.telemetry.database import DATABASE_NAME

T = TypeVar("T")

_MS_PER_DAY = 24 * 60 * 60 * 1000


def read_statistics(data_dir: Path, days: int) -> Statistics:
    """Returns the counts of the last days.

    Raises:
        UserError: The event store cannot be opened.
    """
    since_ms = time.time_ns() // 1_000_000 - days * _MS_PER_DAY
    return _ask(data_dir, lambda connection: reading.statistics(connection, since_ms, data_dir / DATABASE_NAME))


def read_decisions(data_dir: Path, limit: int) -> list[DecisionSummary]:
    """Returns the latest decisions, newest first.

    Raises:
        UserError: The event store cannot be opened.
    """
    return _ask(data_dir, lambda connection: reading.recent_decisions(connection, limit))


def _ask(data_dir: Path, question: Callable[[sqlite3.Connection], T]) -> T:
    try:
        with opened(data_dir, to_read=True) as connection:
            return question(connection)
    except StoreError as error:
        raise UserError(str(error)) from error


def statistics_lines(statistics: Statistics, days: int) -> list[str]:
    """Returns the counts as lines for a terminal."""
    outcomes = statistics.n_by_outcome
    lines = [
        f"Suggestions of the last {days} day{'s' if days != 1 else ''}",
        f"  proposed {statistics.n_proposed:8}",
        f"  offered  {statistics.n_offered:8}",
        *(_outcome_line(kind, outcomes) for kind in OutcomeKind if kind is not OutcomeKind.UNDONE),
        f"  characters accepted {statistics.n_chars_accepted}",
    ]
    if statistics.latency_ms_p50 is not None and statistics.latency_ms_p95 is not None:
        lines.append(
            f"  decided in {statistics.latency_ms_p50:.0f} ms (median), {statistics.latency_ms_p95:.0f} ms (p95)"
        )
    for title, counts in (
        ("Hidden, because", statistics.n_hidden_by_reason),
        ("Nothing proposed, because", statistics.n_silent_by_reason),
    ):
        if counts:
            lines.append(title)
            by_count = sorted(counts.items(), key=lambda item: -item[1])
            lines += [f"  {count:6}  {REASON_WORDS[reason]}" for reason, count in by_count]
    if statistics.next_edits.n_proposed:
        lines += _apart_lines("Next edits", statistics.next_edits, NEXT_EDIT_REASON_WORDS)
    if statistics.reviews.n_proposed:
        lines += _apart_lines("Review comments", statistics.reviews, REASON_WORDS)
    lines.append(
        f"All of it lies in {statistics.store_path} ({statistics.store_bytes / 1024:.0f} kB), on this machine only."
    )
    return lines


def _apart_lines(title: str, counts: FeatureCounts, words: Mapping[Reason, str]) -> list[str]:
    hidden = sorted(counts.n_hidden_by_reason.items(), key=lambda item: -item[1])
    return [
        title,
        f"  proposed {counts.n_proposed:8}",
        f"  offered  {counts.n_offered:8}",
        *(_outcome_line(kind, counts.n_by_outcome) for kind in OutcomeKind if counts.n_by_outcome.get(kind)),
        *(f"  {n:6}  hidden: {words[reason]}" for reason, n in hidden),
    ]


def _outcome_line(kind: OutcomeKind, outcomes: Mapping[OutcomeKind, int]) -> str:
    """Returns how often there was an outcome; an accept that was undone is told with the accepts it is among."""
    n_undone = outcomes.get(OutcomeKind.UNDONE, 0) if kind is OutcomeKind.ACCEPTED else 0
    undone = f" ({n_undone} undone)" if n_undone else ""
    return f"    {_words(kind):16} {outcomes.get(kind, 0):6}{undone}"


def why_lines(decisions: list[DecisionSummary], own: OwnModel) -> list[str]:
    """Returns the decisions as lines for a terminal, newest first."""
    return [
        f"{_local_time(decision.at_ms)}  {_place(decision)}  {_explained(decision, own)}"
        + (f" Outcome: {_words(decision.outcome)}." if decision.outcome else "")
        for decision in decisions
    ]


def why_rows(decisions: list[DecisionSummary], own: OwnModel) -> list[dict[str, object]]:
    """Returns the decisions as plain data, each with its explanation."""
    return [
        {**asdict(decision), "checked": sorted(decision.checked), "explanation": _explained(decision, own)}
        for decision in decisions
    ]


def _explained(decision: DecisionSummary, own: OwnModel) -> str:
    return explain(decision, what_moved(decision, own))


def _place(decision: DecisionSummary) -> str:
    """Returns the line in its file, beginning with the workspace folder: all windows share one store."""
    folder = folder_name(decision.project)
    path = f"{folder}/{decision.path}" if folder else decision.path
    return f"{path}:{decision.line + 1}"


def _words(kind: OutcomeKind) -> str:
    return kind.replace("_", " ")


def _local_time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
