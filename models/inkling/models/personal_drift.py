"""Drift: whether the latest suggestions fare otherwise than those before, and the alarm against the pitfall.

A model that is rewarded for clicks learns to show short, safe texts: acceptance rises while less is worth having. So
the length of what is shown and the share that is kept are watched beside the acceptance rate. Imports numpy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.interval import Interval
from inkling.models.personal import KEPT_ENOUGH, judged_rows, label_of
from inkling.models.replay import SEED, Floats, Resampling

RECENT_SHARE = 0.25  # of the judged suggestions, the newest, are compared with the rest
MIN_JUDGED = 40  # in each of the two windows
MIN_LOOKED_AT = 20  # accepted texts whose survival is known, in each of the two windows
N_BINS = 10  # of the calibration error, equally filled
_CLICKS = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.PARTLY_ACCEPTED, OutcomeKind.UNDONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure, recent and before.

    Attributes:
        recent: In the newest quarter of judged suggestions.
        before: In those before it.
        is_certain: Whether the two 95% intervals do not meet; stricter than a test at 5%.
    """

    recent: Interval
    before: Interval
    is_certain: bool


class AlarmKind(StrEnum):
    """What a person must know of."""

    SHORTER = "shorter"
    LESS_KEPT = "less_kept"
    MISJUDGED = "misjudged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What a person must know, in words; of one kind the words change with the figures."""

    kind: AlarmKind
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """What changed of late.

    Attributes:
        n_recent: Judged suggestions in the recent window.
        n_before: Judged suggestions before it.
        changes: By figure: acceptance (share accepted and kept), clicks (share accepted), calibration_error, n_chars
            (mean length of what is shown), kept (share of accepted texts of which at least half was kept). Empty with
            fewer than 40 in either window; kept is left out with fewer than 20 accepts that were looked at later.
        raised: What a person must know.
    """

    n_recent: int
    n_before: int
    changes: dict[str, Change]
    raised: tuple[Alarm, ...]

    @property
    def alarms(self) -> tuple[str, ...]:
        """The words of the alarms."""
        return tuple(alarm.words for alarm in self.raised)


def drift_report(rows: Sequence[JudgedSuggestion], seed: int = SEED) -> DriftReport:
    """Returns how the newest quarter of the judged suggestions differs from those before."""
    judged = [row for row in judged_rows(rows) if row.probability is not None]
    split = int(len(judged) * (1 - RECENT_SHARE))
    before, recent = judged[:split], judged[split:]
    if min(len(before), len(recent)) < MIN_JUDGED:
        return DriftReport(n_recent=len(recent), n_before=len(before), changes={}, raised=())
    old, new = _figures(before, seed), _figures(recent, seed)
    changes = {
        name: Change(
            recent=new[name],
            before=old[name],
            is_certain=new[name].low > old[name].high or new[name].high < old[name].low,
        )
        for name in old
        if name in new
    }
    return DriftReport(n_recent=len(recent), n_before=len(before), changes=changes, raised=tuple(_alarms(changes)))


def _figures(rows: Sequence[JudgedSuggestion], seed: int) -> dict[str, Interval]:
    resampling = Resampling.of(rows, seed)
    one = np.ones(len(rows))
    labels = np.array([float(label_of(row) is True) for row in rows])
    was_clicked = np.array([float(row.outcome in _CLICKS) for row in rows])
    is_looked_at = np.array([float(row.kept is not None) for row in rows])
    is_kept = np.array([float(row.kept is not None and row.kept >= KEPT_ENOUGH) for row in rows])
    figures = {
        "acceptance": resampling.estimate((labels, one)),
        "clicks": resampling.estimate((was_clicked, one)),
        "calibration_error": _calibration_error(rows, labels, seed),
        "n_chars": resampling.estimate((np.array([float(row.n_chars) for row in rows]), one)),
    }
    if is_looked_at.sum() >= MIN_LOOKED_AT:
        figures["kept"] = resampling.estimate((is_kept, is_looked_at))
    return figures


def _calibration_error(rows: Sequence[JudgedSuggestion], labels: Floats, seed: int) -> Interval:
    """Returns the expected calibration error with the basic bootstrap interval of rows.

    Resampling adds noise to every bin and so raises the error; the basic interval turns that around.

    Source: Nixon et al. 2019, "Measuring Calibration in Deep Learning", section 3; Davison and Hinkley 1997, Bootstrap
    Methods and their Application, section 5.2.
    """
    probabilities = np.array([row.probability or 0.0 for row in rows])
    chance = np.random.default_rng(seed)

    def error(chosen: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> float:
        ordered = chosen[np.argsort(probabilities[chosen], kind="stable")]
        bins = [bin_ for bin_ in np.array_split(ordered, N_BINS) if len(bin_)]
        return float(sum(abs((labels[bin_] - probabilities[bin_]).sum()) for bin_ in bins) / len(chosen))

    value = error(np.arange(len(rows)))
    draws = [error(chance.integers(len(rows), size=len(rows))) for _ in range(200)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(value=value, low=max(0.0, 2 * value - float(high)), high=max(value, 2 * value - float(low)))


def _alarms(changes: dict[str, Change]) -> list[Alarm]:
    alarms = []
    clicks, length, kept = changes["clicks"], changes["n_chars"], changes.get("kept")
    is_rising = clicks.recent.value > clicks.before.value
    more = f"More is accepted ({clicks.before.value:.0%} before, {clicks.recent.value:.0%} now)"
    if is_rising and length.is_certain and length.recent.value < length.before.value:
        words = (
            f"{more}, but what is shown got shorter ({length.before.value:.0f} characters before,"
            f" {length.recent.value:.0f} now): the gate may be learning to play safe. Have more shown with"
            " inkling.gate.policy, or reset your model."
        )
        alarms.append(Alarm(kind=AlarmKind.SHORTER, words=words))
    if kept is not None and is_rising and kept.is_certain and kept.recent.value < kept.before.value:
        words = (
            f"{more}, but less of it is kept ({kept.before.value:.0%} before, {kept.recent.value:.0%} now): accepting"
            " is not what it was."
        )
        alarms.append(Alarm(kind=AlarmKind.LESS_KEPT, words=words))
    error = changes["calibration_error"]
    if error.is_certain and error.recent.value > error.before.value:
        words = (
            f"The probabilities are off by {error.recent.value:.0%} on average of late, {error.before.value:.0%}"
            " before: your habits or your code changed. Your model follows; if it stays like this, reset it."
        )
        alarms.append(Alarm(kind=AlarmKind.MISJUDGED, words=words))
    return alarms
