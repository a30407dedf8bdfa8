"""The knob in real units: what each of its settings would do to this user, from their own log."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from inkling.core.events import JudgedSuggestion
from inkling.core.insights import KnobForecast
from inkling.core.interval import Interval
from inkling.core.settings import GatePolicy, GateSettings
from inkling.models.artifact import SHARES_LOST, StudyPoints
from inkling.models.operating_points import MIN_ACCEPTS, SHARE_OF_POLICY, OperatingPoints, share_lost
from inkling.models.replay import (
    MIN_SESSIONS,
    SEED,
    Floats,
    Probability,
    Resampling,
    Reward,
    eligible,
    logged_probability,
    offer_weights,
    refusal_of,
    reward_line,
    reward_of,
    sessions,
    threshold_policy,
)

SESSION_AT_LEAST_S = 5 * 60  # a session of one suggestion still took some minutes of work
_S_PER_HOUR = 3600


def forecasts(
    rows: Sequence[JudgedSuggestion],
    gate: GateSettings,
    points: OperatingPoints,
    study: StudyPoints,
    probability: Probability = logged_probability,
) -> list[KnobForecast]:
    """Returns what eager, balanced, quiet and the setting in force would do; one of them when it is the same.

    Args:
        rows: The user's log.
        gate: The settings in force.
        points: The thresholds in force by the share that they lose.
        study: What users with too short a log are told.
        probability: What the thresholds are held against: with those of the user's own log what `foretold` gives. The
            logged ones are of the models that were in force then, and mean something else to thresholds of today.
    """
    log = _Log.of(rows)
    in_force = share_lost(gate)
    named = {replace(gate, policy=policy): share == in_force for policy, share in SHARE_OF_POLICY.items()}
    settings = named if any(named.values()) else {**named, gate: True}
    return [
        replace(_forecast(log, setting, points, study, probability), is_in_force=is_in_force)
        for setting, is_in_force in settings.items()
    ]


def forecast(
    rows: Sequence[JudgedSuggestion],
    gate: GateSettings,
    points: OperatingPoints,
    study: StudyPoints,
    probability: Probability = logged_probability,
) -> KnobForecast:
    """Returns what one setting of the knob would do; the arguments are those of `forecasts`."""
    return _forecast(_Log.of(rows), gate, points, study, probability)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Log:
    """A log with what every forecast needs of it.

    Attributes:
        rows: The candidates that the gate could show or hide, oldest first.
        n_sessions: Sessions they came in.
        earned: For each reward what each row earned; float64, shape (n_rows,).
        hours: Each session's hours, spread over its rows; float64, shape (n_rows,).
        resampling: Of sessions; None where there are too few for it.
    """

    rows: list[JudgedSuggestion]
    n_sessions: int
    earned: dict[Reward, Floats]
    hours: Floats
    resampling: Resampling | None

    @classmethod
    def of(cls, rows: Sequence[JudgedSuggestion]) -> Self:
        """Returns what a log holds."""
        log = eligible(rows)
        found = sessions(log)
        rewards = (Reward.ACCEPTED, Reward.REJECTED)
        return cls(
            rows=log,
            n_sessions=len(found),
            earned={reward: np.array([reward_of(row, reward) for row in log]) for reward in rewards},
            hours=np.array([hours for session in found for hours in _hours_of(session)]),
            resampling=Resampling.of(log, SEED) if len(found) >= MIN_SESSIONS else None,
        )


def _forecast(
    log: _Log, gate: GateSettings, points: OperatingPoints, study: StudyPoints, probability: Probability
) -> KnobForecast:
    """Returns one forecast; accepts and rejections by the doubly robust estimator of `replay`.

    What is shown at random in spite of the threshold is left out. Each hidden candidate counts as one that could have
    been shown, though the same text may come again with the next key: where a setting shows more than now, suggestions
    an hour are rather too many.
    """
    told = KnobForecast(
        policy=gate.policy,
        label=_label_of_setting(gate),
        is_in_force=False,
        threshold=points.threshold(gate),
        basis="none",
        words="",
        suggestions_an_hour=None,
        accepts_lost=None,
        rejected_hidden=None,
    )
    n_accepts = log.earned[Reward.ACCEPTED].sum()
    if log.resampling is None or n_accepts < MIN_ACCEPTS:
        found = f"{n_accepts:.0f} accepts in {log.n_sessions} sessions; it takes {MIN_ACCEPTS} in {MIN_SESSIONS}"
        return _of_study(told, share_lost(gate), study, found)
    policy = threshold_policy(told.threshold, probability=probability)
    offers = np.array([policy(row) for row in log.rows])
    refusal = refusal_of(log.rows, offers)
    if refusal is not None:
        return replace(told, words=refusal.reason)
    weights = offer_weights(log.rows, offers)

    def share_not_kept(reward: Reward) -> Interval:
        earned = log.earned[reward]
        predicted = reward_line(log.rows, earned)
        kept = resampling.estimate((offers * predicted + weights * (earned - predicted), earned))
        return Interval(value=1 - kept.value, low=1 - kept.high, high=1 - kept.low)

    resampling = log.resampling
    lost, share = share_not_kept(Reward.ACCEPTED), share_lost(gate)
    words = f"From your own log: {len(log.rows)} candidates in {log.n_sessions} sessions, {n_accepts:.0f} accepted."
    if points.basis == "study" and share is not None and lost.value > share:
        words += " The threshold is the study's until the next training, and loses more of yours than it promises."
    return replace(
        told,
        basis="log",
        words=words,
        suggestions_an_hour=resampling.estimate((offers, log.hours)),
        accepts_lost=lost,
        rejected_hidden=share_not_kept(Reward.REJECTED),
    )


def _of_study(told: KnobForecast, share: float | None, study: StudyPoints, found: str) -> KnobForecast:
    """Returns what the study says of the same share of accepts, or of the same threshold."""
    if share is None:
        place = bisect_right(study.thresholds, told.threshold) - 1
        is_beyond = told.threshold > study.thresholds[-1]
    else:
        place = bisect_right(SHARES_LOST, share + 1e-9) - 1
        is_beyond = False
    too_short = f"Your log is too short for a forecast ({found})."
    if is_beyond:
        return replace(told, words=f"{too_short} The study behind the shipped model says nothing of such a threshold.")
    lost, hidden = (study.accepts_lost[place], study.rejected_hidden[place]) if place >= 0 else (0.0, 0.0)
    return replace(
        told,
        basis="study",
        words=f"{too_short} These are shares of all that could be shown to the people of the study behind the shipped"
        " model; with you they may differ.",
        accepts_lost=Interval(value=lost, low=lost, high=lost),
        rejected_hidden=Interval(value=hidden, low=hidden, high=hidden),
    )


def _label_of_setting(gate: GateSettings) -> str:
    """Returns a setting of the knob in words, such as "Balanced: lose at most 5%"."""
    share = share_lost(gate)
    if share is None:
        return f"From a probability of {gate.threshold:g} on"
    words = f"ose at most {100 * share:g}%"
    return f"L{words}" if gate.policy is GatePolicy.LOSE_AT_MOST else f"{gate.policy.capitalize()}: l{words}"


def _hours_of(session: Sequence[JudgedSuggestion]) -> list[float]:
    length_s = max(SESSION_AT_LEAST_S, (session[-1].at_ms - session[0].at_ms) / 1000)
    return [length_s / _S_PER_HOUR / len(session)] * len(session)
