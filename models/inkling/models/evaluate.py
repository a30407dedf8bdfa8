"""Measures probabilities of acceptance against what people did, quickly enough for a thousand resamples."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inkling.core.interval import Interval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]
Metric = Callable[[Integers, Floats], float]

N_BINS = 10  # of the calibration error; equally filled
N_RESAMPLES = 1000


def calibration_error(labels: Integers, probabilities: Floats) -> float:
    """Returns the expected calibration error over ten equally filled bins, in [0, 1].

    Source: Nixon et al., "Measuring Calibration in Deep Learning" (2019), section 3, adaptive binning.
    """
    bins = np.array_split(np.argsort(probabilities, kind="stable"), N_BINS)
    gaps = [len(bin_) * abs(labels[bin_].mean() - probabilities[bin_].mean()) for bin_ in bins if len(bin_)]
    return float(sum(gaps) / len(labels))


def area_under_curve(labels: Integers, probabilities: Floats) -> float:
    """Returns the share of pairs of an accepted and a rejected one that are in the right order; ties count half.

    Source: Hanley and McNeil, "The Meaning and Use of the Area under a ROC Curve" (1982).
    """
    n_accepted, n_rejected = _counts_by_probability(labels, probabilities)
    n_rejected_below = np.cumsum(n_rejected) - n_rejected
    n_right = (n_accepted * (n_rejected_below + n_rejected / 2)).sum()
    return float(n_right / (n_accepted.sum() * n_rejected.sum()))


def average_precision(labels: Integers, probabilities: Floats) -> float:
    """Returns the precision at each threshold, weighted by the recall gained there, as scikit-learn defines it."""
    n_accepted, n_rejected = _counts_by_probability(labels, probabilities)
    n_accepted_above = np.cumsum(n_accepted[::-1])
    n_above = np.cumsum((n_accepted + n_rejected)[::-1])
    return float((n_accepted[::-1] * n_accepted_above / n_above).sum() / n_accepted.sum())


def _counts_by_probability(labels: Integers, probabilities: Floats) -> tuple[Floats, Floats]:
    """Returns how many were accepted and rejected at each distinct probability, the lowest first."""
    distinct, place = np.unique(probabilities, return_inverse=True)
    n_accepted = np.bincount(place, weights=labels, minlength=len(distinct)).astype(np.float64)
    return n_accepted, np.bincount(place, minlength=len(distinct)).astype(np.float64) - n_accepted


METRICS: dict[str, Metric] = {
    "auc": area_under_curve,
    "average_precision": average_precision,
    "ece": calibration_error,
    "brier": lambda labels, probabilities: float(np.mean((probabilities - labels) ** 2)),
}


def measure(labels: Integers, probabilities: Floats, people: Integers, seed: int) -> dict[str, Interval]:
    """Returns each metric with an interval from resampling people, not rows: one person's rows are alike."""
    random = np.random.default_rng(seed)
    rows_of = [np.flatnonzero(people == person) for person in np.unique(people)]
    resampled: dict[str, list[float]] = {name: [] for name in METRICS}
    for _ in range(N_RESAMPLES):
        rows = np.concatenate([rows_of[k] for k in random.integers(len(rows_of), size=len(rows_of))])
        if 0 < labels[rows].sum() < len(rows):
            for name, metric in METRICS.items():
                resampled[name].append(metric(labels[rows], probabilities[rows]))
    result = {}
    for name, metric in METRICS.items():
        low, high = np.quantile(resampled[name], [0.025, 0.975])
        result[name] = Interval(value=metric(labels, probabilities), low=float(low), high=float(high))
    return result


def threshold_keeping(labels: Integers, probabilities: Floats, share: float) -> float:
    """Returns the highest threshold that still shows at least `share` of what was accepted."""
    accepted = np.sort(probabilities[labels == 1])
    return float(accepted[int((1 - share) * len(accepted))])
