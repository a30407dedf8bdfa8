"""The knob in real units: what another threshold would do to this user's suggestions, from their own log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from inkling.core.events import JudgedSuggestion
from inkling.models.replay import (
    MIN_SESSIONS,
    SEED,
    Estimate,
    InsufficientSupport,
    Resampling,
    Reward,
    eligible,
    logged_probability,
    offer_weights,
    refusal_of,
    reward_of,
    sessions,
    threshold_policy,
)

MIN_ACCEPTS = 30  # the standard error of a share of 5% lost is then about 4 points
SESSION_AT_LEAST_S = 5 * 60  # a session of one suggestion still took some minutes of work
_S_PER_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFigures:
    """What the prior's study says of its recommended threshold, for users with too short a log.

    Attributes:
        threshold: The recommended threshold.
        accepts_lost: Share of accepts hidden, people that the model was not trained on.
        rejected_hidden: Share of rejected suggestions hidden.
    """

    threshold: float
    accepts_lost: float
    rejected_hidden: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a setting of the knob is expected to do.

    Attributes:
        threshold: The threshold that the setting amounts to.
        basis: Whether it is estimated from this user's log, or only from the prior's study.
        words: What a person should know of the basis.
        suggestions_an_hour: Offered in an hour of work; None without an own log.
        accepts_lost: Share of the accepts of the policy in force that would be hidden; below 0 when more are won.
        rejected_hidden: Share of the rejections under the policy in force that would be spared.
    """

    threshold: float
    basis: Literal["log", "study"]
    words: str
    suggestions_an_hour: Estimate | None
    accepts_lost: Estimate
    rejected_hidden: Estimate


def threshold_losing(rows: Sequence[JudgedSuggestion], share: float) -> float | None:
    """Returns the highest threshold that loses at most `share`, in [0, 1), of what this user accepts.

    Accepts that were explored count for all that were hidden like them. None with fewer than `MIN_ACCEPTS` accepts.
    """
    accepted = sorted(
        (row.probability, 1 / row.propensity)
        for row in eligible(rows)
        if row.probability is not None and row.was_offered and reward_of(row, Reward.ACCEPTED)
    )
    if len(accepted) < MIN_ACCEPTS:
        return None
    may_lose = share * sum(weight for _, weight in accepted)
    for probability, weight in accepted:
        may_lose -= weight
        if may_lose < 0:
            return probability
    return accepted[-1][0]


def forecast_threshold(
    rows: Sequence[JudgedSuggestion], threshold: float, study: StudyFigures, seed: int = SEED
) -> Forecast | InsufficientSupport:
    """Returns what `threshold` would do to this user.

    With too short a log the study's figures answer, for the study's threshold and no other.
    """
    log = eligible(rows)
    n_accepts = sum(reward_of(row, Reward.ACCEPTED) for row in log)
    n_sessions = len(sessions(log))
    if n_accepts < MIN_ACCEPTS or n_sessions < MIN_SESSIONS:
        return _from_study(study, f"{n_accepts:.0f} accepts in {n_sessions} sessions")
    policy = threshold_policy(threshold, probability=logged_probability)
    offers = np.array([policy(row) for row in log])
    refusal = refusal_of(log, offers)
    if refusal is not None:
        return refusal
    weights = offer_weights(log, offers)
    resampling = Resampling.of(log, seed)

    def share_lost(reward: Reward) -> Estimate:
        earned = np.array([reward_of(row, reward) for row in log])
        kept = resampling.estimate((weights * earned, earned))
        return Estimate(value=1 - kept.value, low=1 - kept.high, high=1 - kept.low)

    return Forecast(
        threshold=threshold,
        basis="log",
        words=f"From your own log: {len(log)} candidates in {n_sessions} sessions.",
        suggestions_an_hour=resampling.estimate((offers, _hours_of(log))),
        accepts_lost=share_lost(Reward.ACCEPTED),
        rejected_hidden=share_lost(Reward.REJECTED),
    )


def forecast_losing(
    rows: Sequence[JudgedSuggestion], share: float, study: StudyFigures, seed: int = SEED
) -> Forecast | InsufficientSupport:
    """Returns what "lose at most `share` of what I would accept" amounts to, and would do, for this user.

    The threshold is chosen and judged on the same log, so the share lost is a little optimistic.
    """
    threshold = threshold_losing(rows, share)
    return forecast_threshold(rows, study.threshold if threshold is None else threshold, study, seed)


def _from_study(study: StudyFigures, found: str) -> Forecast:
    return Forecast(
        threshold=study.threshold,
        basis="study",
        words=f"Your log is too short ({found}; it takes {MIN_ACCEPTS} accepts in {MIN_SESSIONS} sessions). These"
        " figures are those of the study behind the shipped model, for its recommended threshold, without intervals.",
        suggestions_an_hour=None,
        accepts_lost=Estimate(value=study.accepts_lost, low=study.accepts_lost, high=study.accepts_lost),
        rejected_hidden=Estimate(value=study.rejected_hidden, low=study.rejected_hidden, high=study.rejected_hidden),
    )


def _hours_of(log: Sequence[JudgedSuggestion]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Returns each session's hours, spread over its rows; shape (n_rows,)."""
    hours = []
    for session in sessions(log):
        length_s = max(SESSION_AT_LEAST_S, (session[-1].at_ms - session[0].at_ms) / 1000)
        hours += [length_s / _S_PER_HOUR / len(session)] * len(session)
    return np.array(hours)
