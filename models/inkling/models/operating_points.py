"""The knob: from the share of accepts that may be lost to the least probability that is shown.

A threshold is chosen so that at most a share of what the user would accept has a lower probability. Whose accepts? The
study's, while there are few of the user's own; then both. Probabilities of the embedded mind may be distributed
otherwise than those of the study's suggestions, so the study's points are a start and no promise.

Architecture invariant: nothing but the standard library is imported here, because the daemon reads its points with it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal, Self

from inkling.core.errors import ModelArtifactError
from inkling.core.events import JudgedSuggestion
from inkling.core.settings import GatePolicy, GateSettings
from inkling.core.suggestion import Reason, Trigger
from inkling.models.artifact import SHARES_LOST, LogisticArtifact
from inkling.models.artifact_json import dump_content, number_at, numbers_at, parse_content, read_content
from inkling.models.personal import label_of, log_odds, sigmoid

FILE_NAME = "operating_points.json"  # in the folder of the user's own model
MIN_ACCEPTS = 30  # the standard error of a share of 5% lost is then about 4 points
STUDY_ACCEPTS = 20.0  # accepts that the study counts for; see from_log
RECALIBRATION_SD = 0.4  # of intercept and slope between users; of 0.3, 0.4, 0.5 the best on simulated ones
N_NEWTON_STEPS = 8  # it converges in four or five
FORMAT: Final = 1
_N_ATOMS = 100  # that stand for the study's accepts

SHARE_OF_POLICY: Final = {GatePolicy.EAGER: 0.01, GatePolicy.BALANCED: 0.05, GatePolicy.QUIET: 0.20}
"""What each named policy may lose of what the user would accept."""


def share_lost(settings: GateSettings) -> float | None:
    """Returns the share of accepts that a setting of the knob may lose; None for a plain threshold."""
    if settings.policy is GatePolicy.THRESHOLD:
        return None
    return SHARE_OF_POLICY.get(settings.policy, settings.lose_at_most)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoints:
    """Thresholds by the share of accepts that they lose.

    Attributes:
        thresholds: The highest that loses at most the share in the same place of `SHARES_LOST`; never falling.
        basis: Whether the user's own log had a say, or the shipped model's study alone.
        n_accepts: Accepts that they were chosen on; the user's own with the basis "log", hidden ones not counted.
        prior_version: Version of the shipped model underneath; for another one the points mean nothing.
    """

    thresholds: tuple[float, ...]
    basis: Literal["study", "log"]
    n_accepts: int
    prior_version: str

    @classmethod
    def from_study(cls, artifact: LogisticArtifact) -> Self:
        """Returns the points of the shipped model's study, of people that it was not trained on."""
        return cls(
            thresholds=artifact.study_points.thresholds,
            basis="study",
            n_accepts=artifact.study_points.n_accepts,
            prior_version=artifact.model_version,
        )

    @classmethod
    def from_log(
        cls,
        rows: Sequence[JudgedSuggestion],
        probability_of_row: Callable[[JudgedSuggestion], float | None],
        study: Self,
    ) -> Self:
        """Returns the points of the user's own log, leaning on the study's; the study's with too short a log.

        What the user asked for is shown whatever its probability, so it cannot be lost and does not count.

        What was hidden is counted, too. Or the threshold would climb: each round would lose its share of what the
        round before had left over, and who is shown hardly anything would never accept enough to be shown more. A
        hidden candidate counts as accepted with its probability, recalibrated by how the probabilities of what was
        judged came true, times the share of shown ones that anybody judges. Recalibrated, because what is hidden is
        what the model errs about to its disadvantage: on simulated users hidden candidates were accepted 1.2 times as
        often as promised. What was shown at random weighs no more than the rest: by its inverse propensity, one such
        accept would outvote fifty others.

        The study counts for `STUDY_ACCEPTS` accepts besides the user's own. That number is the concentration of the
        beta-binomial distribution with the highest likelihood of what the 16 people of the study would have lost at
        thresholds chosen on the others: 23 where 5% are lost, 14 where 20% are. So with 30 accepts of one's own they
        weigh 60%, with 300 they weigh 94%. Source: Ferguson 1973, "A Bayesian Analysis of Some Nonparametric
        Problems", for the mixture of a prior distribution and an empirical one.

        Args:
            rows: The log, hidden candidates included.
            probability_of_row: What the model says of a row before it learned from it, None where it cannot tell. A
                model that has learned from these very rows finds what was accepted likelier than the next such
                candidate: on simulated users it lost 6% where 5% were allowed.
            study: The points of the study.
        """
        accepted: list[float] = []
        hidden: list[float] = []
        judged: list[tuple[float, bool]] = []
        n_offered = 0
        for row in rows:
            if row.trigger is Trigger.INVOKED or row.reason not in (None, Reason.LOW_PROBABILITY):
                continue
            probability = probability_of_row(row)
            if probability is None:
                continue
            if not row.was_offered:
                hidden.append(probability)
                continue
            n_offered += 1
            was_accepted = label_of(row)
            if was_accepted is not None:
                judged.append((probability, was_accepted))
            if was_accepted:
                accepted.append(probability)
        intercept, slope = _recalibration(judged)
        share_judged = (1 + len(judged)) / (1 + n_offered)
        weighted = [(probability, 1.0) for probability in accepted]
        weighted += [
            (probability, share_judged * sigmoid(intercept + slope * log_odds(probability))) for probability in hidden
        ]
        if sum(weight for _, weight in weighted) < MIN_ACCEPTS:
            return study
        weighted += [(atom, STUDY_ACCEPTS / _N_ATOMS) for atom in _atoms(study)]
        return cls(
            thresholds=thresholds_losing(weighted),
            basis="log",
            n_accepts=len(accepted),
            prior_version=study.prior_version,
        )

    def threshold_losing(self, share: float) -> float:
        """Returns the threshold that loses at most `share`; between two points of `SHARES_LOST` that of the lower."""
        place = math.floor(share * 100 + 1e-6)  # 0.29 * 100 is a little below 29
        return self.thresholds[min(max(place, 0), len(self.thresholds) - 1)]

    def threshold(self, settings: GateSettings) -> float:
        """Returns the least probability to show that a setting of the knob amounts to."""
        share = share_lost(settings)
        return settings.threshold if share is None else self.threshold_losing(share)


def thresholds_losing(accepts: Iterable[tuple[float, float]]) -> tuple[float, ...]:
    """Returns for each of `SHARES_LOST` the highest threshold that loses at most so much.

    Args:
        accepts: The probability of each accept, and how much it counts.

    Raises:
        ValueError: There are no accepts.
    """
    ordered = sorted(accepts)
    if not ordered:
        raise ValueError("a share of no accepts cannot be lost")
    total = sum(weight for _, weight in ordered)
    thresholds = []
    place, lost = 0, ordered[0][1]  # `lost` with the accept at `place` lost, too
    for share in SHARES_LOST:
        may_lose = share * total + 1e-9 * total  # sums of weights are not exact
        while lost <= may_lose and place < len(ordered) - 1:
            place += 1
            lost += ordered[place][1]
        thresholds.append(ordered[place][0])
    return tuple(thresholds)


def _recalibration(judged: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Returns intercept and slope of the log-odds with which promised probabilities came true.

    A logistic regression by Newton's method; Gaussian priors hold it near 0 and 1, where promises are kept.
    """
    intercept, slope = 0.0, 1.0
    promised = [(log_odds(probability), was_accepted) for probability, was_accepted in judged]
    for _ in range(N_NEWTON_STEPS):
        gradient_0, gradient_1 = -intercept / RECALIBRATION_SD**2, (1 - slope) / RECALIBRATION_SD**2
        curvature_00 = curvature_11 = 1 / RECALIBRATION_SD**2
        curvature_01 = 0.0
        for x, was_accepted in promised:
            expected = sigmoid(intercept + slope * x)
            error, variance = was_accepted - expected, expected * (1 - expected)
            gradient_0 += error
            gradient_1 += error * x
            curvature_00 += variance
            curvature_01 += variance * x
            curvature_11 += variance * x * x
        determinant = curvature_00 * curvature_11 - curvature_01**2
        intercept += (curvature_11 * gradient_0 - curvature_01 * gradient_1) / determinant
        slope += (curvature_00 * gradient_1 - curvature_01 * gradient_0) / determinant
        # A step may overshoot where all promises were 0 or 1; beyond these bounds nothing is calibrated anyway.
        intercept, slope = min(max(intercept, -3.0), 3.0), min(max(slope, 0.0), 2.0)
    return intercept, slope


def _atoms(study: OperatingPoints) -> list[float]:
    """Returns `_N_ATOMS` probabilities that are distributed like the study's accepts.

    Each point but the last stands for one in a hundred; the half above the last is spread evenly up to 1.
    """
    lower, median = study.thresholds[:-1], study.thresholds[-1]
    n_above = _N_ATOMS - len(lower)
    return [*lower, *(median + (1 - median) * (place + 0.5) / n_above for place in range(n_above))]


def dump_points(points: OperatingPoints) -> str:
    """Returns the points as text for a file."""
    return dump_content({"format": FORMAT, **asdict(points)})


def read_points(path: Path, study: OperatingPoints) -> OperatingPoints:
    """Returns the points in a file; the study's where there is no file, or one of another shipped model.

    Raises:
        ModelArtifactError: The file cannot be read or is damaged. Then the study's points are the ones to use.
    """
    if not path.exists():
        return study
    data = read_content(path)
    try:
        points = parse_points(data)
    except ModelArtifactError as error:
        raise ModelArtifactError(f"The thresholds {path} are not used: {error}") from error
    return points if points.prior_version == study.prior_version else study


def parse_points(data: bytes) -> OperatingPoints:
    """Returns the points that `data` holds.

    Raises:
        ModelArtifactError: It is damaged, or of another format.
    """
    content = parse_content(data, FORMAT)
    thresholds = numbers_at(content, "thresholds", len(SHARES_LOST))
    if not all(0 <= threshold <= 1 for threshold in thresholds):
        raise ModelArtifactError("thresholds holds something that is no probability")
    if any(higher < lower for lower, higher in pairwise(thresholds)):
        raise ModelArtifactError("thresholds falls where more may be lost")
    basis, version = content.get("basis"), content.get("prior_version")
    if basis not in ("study", "log"):
        raise ModelArtifactError("basis is neither study nor log")
    if not isinstance(version, str):
        raise ModelArtifactError("prior_version is no text")
    return OperatingPoints(
        thresholds=thresholds,
        basis="log" if basis == "log" else "study",
        n_accepts=int(number_at(content, "n_accepts")),
        prior_version=version,
    )
