"""Reliability: whether a probability of 30% came true three times in ten."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from inkling.core.events import JudgedSuggestion
from inkling.core.insights import ReliabilityBin
from inkling.core.interval import share
from inkling.models.personal import judged_rows, label_of

MAX_BINS = 10
MIN_IN_BIN = 10  # of fewer the interval is half of the axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How far probabilities came true.

    Attributes:
        n_judged: Judged suggestions that had a probability.
        bins: About equally filled, by rising probability.
        calibration_error: Mean distance between probability and share, weighed by bin; None without judgements.
    """

    n_judged: int
    bins: list[ReliabilityBin]
    calibration_error: float | None


def reliability(rows: Sequence[JudgedSuggestion]) -> Reliability:
    """Returns how far the logged probabilities of judged suggestions came true.

    Source: equally filled bins, Nixon et al. 2019, "Measuring Calibration in Deep Learning", section 3.
    """
    judged = sorted(
        (row.probability, label_of(row) is True) for row in judged_rows(rows) if row.probability is not None
    )
    n_judged = len(judged)
    n_bins = max(1, min(MAX_BINS, n_judged // MIN_IN_BIN))
    edges = [n_judged * number // n_bins for number in range(n_bins + 1)]
    found = [_bin(judged[low:high]) for low, high in itertools.pairwise(edges)]
    bins = [one for one in found if one is not None]
    error = sum(one.n * abs(one.probability - one.accepted.value) for one in bins) / n_judged if bins else None
    return Reliability(n_judged=n_judged, bins=bins, calibration_error=error)


def _bin(judged: Sequence[tuple[float, bool]]) -> ReliabilityBin | None:
    n = len(judged)
    accepted = share(sum(was_accepted for _, was_accepted in judged), n)
    if accepted is None:
        return None
    return ReliabilityBin(n=n, probability=sum(probability for probability, _ in judged) / n, accepted=accepted)
