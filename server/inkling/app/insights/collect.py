"""Collects what the Insights page shows. It takes seconds and numpy, so it runs in a process of its own."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from inkling.app.insights.card import model_card
from inkling.app.insights.reliability import reliability
from inkling.app.insights.reviews import review_activity
from inkling.app.learning.own_model import Probability, load_own_model, load_points, probabilities_in_force
from inkling.app.review_memory import closed_anywhere
from inkling.core.errors import StoreError, UserError
from inkling.core.events import Feature, JudgedSuggestion
from inkling.core.insights import DriftLine, Insights, KnobForecast
from inkling.core.settings import GateSettings
from inkling.models.artifact import StudyPoints
from inkling.models.operating_points import OperatingPoints
from inkling.models.personal import MAX_ROWS as MAX_ROWS_LEARNED
from inkling.models.personal_drift import Change, DriftReport, drift_report
from inkling.models.replay_forecast import forecasts
from inkling.telemetry.activity import read_activity
from inkling.telemetry.archive import opened
from inkling.telemetry.database import DATABASE_NAME
from inkling.telemetry.reading import comment_fingerprints, judged_suggestions

MAX_ROWS = 20_000  # the latest decisions that reliability, forecasts and drift are computed from; about a month
_MS_PER_DAY = 24 * 60 * 60 * 1000

_DRIFT_WORDS: Final = {
    "acceptance": "accepted and kept",
    "clicks": "accepted",
    "kept": "kept, of what was accepted",
    "calibration_error": "calibration error",
    "n_chars": "length of what is shown, characters",
}
_LENGTHS: Final = frozenset({"n_chars"})  # the other figures are shares


def collect(data_dir: Path, n_days: int, gate: GateSettings | None) -> Insights:
    """Returns what there is to say about the user's suggestions.

    Args:
        data_dir: Where events and the user's own model are.
        n_days: The period, up to now.
        gate: The settings in force; None in a shell, which does not know what editors are set to.

    Raises:
        UserError: The event store cannot be opened or read.
        ModelArtifactError: The package's own model is damaged.
    """
    made_at_ms = time.time_ns() // 1_000_000
    since_ms = made_at_ms - n_days * _MS_PER_DAY
    own = load_own_model(data_dir)
    try:
        with opened(data_dir, to_read=True) as connection:
            activity = read_activity(connection, since_ms)
            all_rows = judged_suggestions(connection, min(since_ms, own.reset_ms), MAX_ROWS)
            comments = judged_suggestions(connection, since_ms, MAX_ROWS, Feature.REVIEW)
            fingerprints = comment_fingerprints(connection, since_ms)
            not_learned = judged_suggestions(connection, own.since_ms, MAX_ROWS_LEARNED)
    except StoreError as error:
        raise UserError(str(error)) from error
    rows = [row for row in all_rows if row.at_ms >= since_ms]
    probability = probabilities_in_force(own, all_rows)
    # An open window has learned from these by now.
    for row in not_learned:
        own.model.observe(row)
    points, complaint = load_points(data_dir, own.prior)
    came_true, drift = reliability(rows), drift_report(rows)
    return Insights(
        made_at_ms=made_at_ms,
        n_days=n_days,
        counts=activity.counts,
        days=activity.days,
        by_source=activity.by_source,
        by_file=activity.by_file,
        by_project=activity.by_project,
        reliability=came_true.bins,
        calibration_error=came_true.calibration_error,
        n_judged_read=came_true.n_judged,
        latency=activity.latency,
        hidden=activity.hidden,
        reviews=review_activity(comments, fingerprints, closed_anywhere(data_dir), since_ms),
        knob=_knob(rows, gate, points, own.prior.artifact.study_points, probability),
        model=model_card(own.prior.artifact, own.model.state),
        drift=_drift_lines(drift),
        alarms=[*own.notices, *([complaint] if complaint else []), *drift.alarms],
        store_path=str(data_dir / DATABASE_NAME),
        store_bytes=_size_bytes(data_dir),
    )


def _knob(
    rows: Sequence[JudgedSuggestion],
    gate: GateSettings | None,
    points: OperatingPoints,
    study: StudyPoints,
    probability: Probability,
) -> list[KnobForecast]:
    if gate is None:
        found = forecasts(rows, GateSettings(), points, study, probability)
        return [replace(one, is_in_force=False) for one in found]
    return forecasts(rows, gate, points, study, probability)


def _drift_lines(drift: DriftReport) -> list[DriftLine]:
    return [
        _drift_line(words, drift.changes[name], is_share=name not in _LENGTHS)
        for name, words in _DRIFT_WORDS.items()
        if name in drift.changes
    ]


def _drift_line(words: str, change: Change, *, is_share: bool) -> DriftLine:
    return DriftLine(
        words=words,
        is_share=is_share,
        before=change.before,
        recent=change.recent,
        is_certain=change.is_certain,
    )


def _size_bytes(data_dir: Path) -> int:
    """Returns the size of the store with the log of its latest changes."""
    return sum(
        file.stat().st_size for file in data_dir.glob(f"{DATABASE_NAME}*") if file.name.endswith((".db", "-wal"))
    )
