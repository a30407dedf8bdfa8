"""Replay: what another policy would have done, estimated from the log of the policy that was in force.

The estimand. A log holds candidates that passed the checks, one row each: features x, the probability m(x) with which
the policy in force offered it, whether it was offered, and, if so, a reward r. A hidden candidate's reward is known: 0.
Another policy offers with probability p(x). Its value is what it earns on average for each candidate of this kind,

    V(p) = E[ p(x) E[r | x, offered] ],

with three rewards: 1 for an accept that was kept, 1 for a rejection, and the seconds saved. The three estimators, with
w = p(x) / m(x) for offered rows and 0 for hidden ones:

- IPS: mean of w r.
- Self-normalised IPS: mean of p(x), which is known, times sum of w r over sum of w.
- Doubly robust: mean of p(x) q(x) + w (r - q(x)), where q(x) is a line fitted through the rewards of offered rows
  against the logged probability of acceptance. Right when either the propensities or the line are.

Which requests are asked for at all stays as it was: V is about candidates, and a request that stays unasked has none.

What V leaves out: the user's reaction to the change itself. Somebody who is interrupted less may accept more of what
remains; candidates that follow from an accept would not have been asked for. Replay cannot know either.

A shorter debounce cannot be replayed: requests that were never made are not in the log.

Source: Horvitz and Thompson 1952, "A Generalization of Sampling Without Replacement"; Swaminathan and Joachims 2015,
"The Self-Normalized Estimator for Counterfactual Learning"; Dudik, Langford and Li 2011, "Doubly Robust Policy
Evaluation and Learning"; effective sample size: Kish 1965, Survey Sampling. Imports numpy: not for the event loop.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from inkling.core.events import JudgedSuggestion
from inkling.core.interval import Interval
from inkling.core.suggestion import Reason, Trigger
from inkling.models.personal import label_of
from inkling.models.replay_utility import saved_s

SESSION_GAP_S = 30 * 60  # without a suggestion for so long, a new session begins
MIN_PROPENSITY = 1e-8  # but 0; a smaller one is none that a policy of Inkling has
MIN_SESSIONS = 10  # fewer cannot be resampled
MIN_OFFERED = 50  # logged offers that the new policy would make, too
MIN_EFFECTIVE = 50.0  # effective sample size; below it the estimates rest on a handful of heavy rows
MAX_UNSUPPORTED = 0.01  # of the offers of the new policy: share that the log could never have made
N_RESAMPLES = 1000
SEED = 20261121

Floats = NDArray[np.float64]

Policy = Callable[[JudgedSuggestion], float]
"""From a logged candidate to the probability with which a policy would have offered it, in [0, 1]."""

Probability = Callable[[JudgedSuggestion], float | None]
"""From a logged candidate to a model's probability that it is accepted and kept; None where it cannot tell."""


class Reward(StrEnum):
    """What is counted for an offered candidate."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SAVED_S = "saved_s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The value of a policy for one reward, for each candidate, by three estimators."""

    ips: Interval
    self_normalised: Interval
    doubly_robust: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a policy would have done with the candidates of a log.

    Attributes:
        n_candidates: Candidates in the log that a policy could have offered.
        n_sessions: Sessions they came in.
        effective_sample_size: How many plain rows the weighted ones are worth.
        unsupported: Share of the policy's offers that the log could never have made.
        offered: Share of candidates offered; known, not estimated, but for the sample.
        offered_before: The same of the policy in force.
        values: Of the new policy, by reward.
        before: Of the policy in force, plain means, by reward.
    """

    n_candidates: int
    n_sessions: int
    effective_sample_size: float
    unsupported: float
    offered: Interval
    offered_before: Interval
    values: dict[Reward, Value]
    before: dict[Reward, Interval]


@dataclass(frozen=True, slots=True, kw_only=True)
class InsufficientSupport:
    """The log cannot answer, and why, in words."""

    reason: str


def logged_probability(row: JudgedSuggestion) -> float | None:
    """Returns the probability that the model in force gave; for policies that change the threshold only."""
    return row.probability


def threshold_policy(
    threshold: float, *, probability: Probability = logged_probability, explored: float = 0.0
) -> Policy:
    """Returns the policy that offers from `threshold` on, and below it a share `explored` at random.

    As the gate does, it always offers what the user asked for. A candidate that the model cannot score is hidden.
    """

    def offers(row: JudgedSuggestion) -> float:
        if row.trigger is Trigger.INVOKED:
            return 1.0
        given = probability(row)
        return 1.0 if given is not None and given >= threshold else explored

    return offers


def eligible(rows: Sequence[JudgedSuggestion]) -> list[JudgedSuggestion]:
    """Returns the candidates that it was for the gate to show or hide, oldest first.

    What a check dropped could have been offered by no policy. A row whose numbers contradict what happened, or are none
    that a gate knows, is no row of this log. Propensities are those of the gate alone.
    """
    return sorted(
        (
            _once_asked(row)
            for row in rows
            if row.probability is not None
            and 0 <= row.probability <= 1
            and 0 <= row.threshold <= 1
            and row.reason in (None, Reason.LOW_PROBABILITY)
            and (MIN_PROPENSITY <= row.propensity <= 1 or (row.propensity == 0 and not row.was_offered))
        ),
        key=lambda row: row.at_ms,
    )


def _once_asked(row: JudgedSuggestion) -> JudgedSuggestion:
    """Returns a row with the propensity of the gate alone: replay leaves it as it was which requests are asked for.

    Above the threshold only chance in the first stage makes an offer an explored one; the gate then offers for certain.
    """
    was_asked_by_chance = row.was_explored and row.probability is not None and row.probability >= row.threshold
    return replace(row, propensity=1.0) if was_asked_by_chance else row


def sessions(rows: Sequence[JudgedSuggestion]) -> list[list[JudgedSuggestion]]:
    """Returns rows, oldest first, cut where nothing happened for more than `SESSION_GAP_S`."""
    result: list[list[JudgedSuggestion]] = []
    last_ms = -math.inf
    for row in rows:
        if row.at_ms - last_ms > SESSION_GAP_S * 1000:
            result.append([])
        result[-1].append(row)
        last_ms = row.at_ms
    return result


def reward_of(row: JudgedSuggestion, reward: Reward) -> float:
    """Returns what a row earned; 0 when it was hidden."""
    if not row.was_offered:
        return 0.0
    match reward:
        case Reward.ACCEPTED:
            return float(label_of(row) is True)
        case Reward.REJECTED:
            return float(label_of(row) is False)
        case Reward.SAVED_S:
            return saved_s(row)
        case _:
            assert_never(reward)


def replay(rows: Sequence[JudgedSuggestion], policy: Policy, seed: int = SEED) -> Replay | InsufficientSupport:
    """Returns what `policy` would have done with the candidates in `rows`, or why the log cannot tell."""
    log = eligible(rows)
    offers = np.array([policy(row) for row in log])
    refusal = refusal_of(log, offers)
    if refusal is not None:
        return refusal
    weights = offer_weights(log, offers)
    resampling = Resampling.of(log, seed)
    one = np.ones(len(log))
    values, before = {}, {}
    for reward in Reward:
        earned = np.array([reward_of(row, reward) for row in log])
        predicted = reward_line(log, earned)
        values[reward] = Value(
            ips=resampling.estimate((weights * earned, one)),
            self_normalised=resampling.estimate((offers, one), (weights * earned, weights)),
            doubly_robust=resampling.estimate((offers * predicted + weights * (earned - predicted), one)),
        )
        before[reward] = resampling.estimate((earned, one))
    return Replay(
        n_candidates=len(log),
        n_sessions=resampling.n_sessions,
        effective_sample_size=_effective(weights),
        unsupported=_unsupported(log, offers),
        offered=resampling.estimate((offers, one)),
        offered_before=resampling.estimate((np.array([float(row.was_offered) for row in log]), one)),
        values=values,
        before=before,
    )


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often each session is drawn in each resample.

    Attributes:
        counts: int64, shape (n_resamples, n_sessions).
        session_of: Number of each row's session; int64, shape (n_rows,).
    """

    counts: NDArray[np.int64]
    session_of: NDArray[np.int64]

    @classmethod
    def of(cls, log: Sequence[JudgedSuggestion], seed: int) -> "Resampling":
        """Returns resamples of whole sessions: what happens within one hangs together."""
        session_of = np.array([number for number, session in enumerate(sessions(log)) for _ in session], dtype=np.int64)
        n_sessions = int(session_of[-1]) + 1
        chance = np.random.default_rng(seed)
        counts = chance.multinomial(n_sessions, [1 / n_sessions] * n_sessions, size=N_RESAMPLES)
        return cls(counts=counts, session_of=session_of)

    @property
    def n_sessions(self) -> int:
        """Returns the number of sessions."""
        return int(self.counts.shape[1])

    def estimate(self, *ratios: tuple[Floats, Floats]) -> Interval:
        """Returns the product of ratios of sums over rows, with its 95% interval.

        Few sessions make a percentile interval too narrow; it is widened by 1 + 2 / n_sessions, which is close to the
        quantile of Student's t over that of the normal distribution, times sqrt(n / (n - 1)).

        Args:
            ratios: Numerator and denominator, one number a row each.

        Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13 and section 12.5.
        """
        draws = np.ones(len(self.counts))
        value = 1.0
        for ratio in ratios:
            above, below = (np.bincount(self.session_of, column, self.n_sessions) for column in ratio)
            draws *= _quotient(*(self.counts.astype(np.float64) @ column for column in (above, below)))
            value *= float(_quotient(np.array([above.sum()]), np.array([below.sum()]))[0])
        low, high = np.quantile(draws, [0.025, 0.975])
        wider = 1 + 2 / self.n_sessions
        return Interval(
            value=value, low=value + (float(low) - value) * wider, high=value + (float(high) - value) * wider
        )


def _quotient(above: Floats, below: Floats) -> Floats:
    """Returns above / below, and 0 where both are 0: nothing was offered, so nothing was earned."""
    return np.divide(above, below, out=np.zeros(len(above)), where=below != 0)


def offer_weights(log: Sequence[JudgedSuggestion], offers: Floats) -> Floats:
    """Returns the importance weight of each row: 0 for hidden ones; float64, shape (n_rows,)."""
    return np.array(
        [offer / row.propensity if row.was_offered else 0.0 for row, offer in zip(log, offers.tolist(), strict=True)]
    )


def refusal_of(log: Sequence[JudgedSuggestion], offers: Floats) -> InsufficientSupport | None:
    """Returns why a log cannot tell what a policy would have done; None when it can."""
    n_sessions = len(sessions(log))
    if n_sessions < MIN_SESSIONS:
        return InsufficientSupport(
            reason=f"The log holds {len(log)} candidates in {n_sessions} sessions; it takes {MIN_SESSIONS} sessions."
        )
    unsupported = _unsupported(log, offers)
    if unsupported > MAX_UNSUPPORTED:
        return InsufficientSupport(
            reason=f"{unsupported:.1%} of what the policy would show was never shown, not even by chance; replay allows"
            f" {MAX_UNSUPPORTED:.0%}. Explore a share of what is hidden for a while, then ask again."
        )
    weights = offer_weights(log, offers)
    n_offered = int((weights > 0).sum())
    if n_offered < MIN_OFFERED:
        return InsufficientSupport(
            reason=f"Only {n_offered} logged suggestions are such as the policy would show; it takes {MIN_OFFERED}."
        )
    effective = _effective(weights)
    if effective < MIN_EFFECTIVE:
        return InsufficientSupport(
            reason=f"The {n_offered} suggestions to judge by are worth {effective:.0f} after weighing, because most of"
            f" what the policy would show was shown only rarely; it takes {MIN_EFFECTIVE:.0f}."
        )
    return None


def _unsupported(log: Sequence[JudgedSuggestion], offers: Floats) -> float:
    total = float(offers.sum())
    never = sum(offer for row, offer in zip(log, offers.tolist(), strict=True) if row.propensity == 0)
    return never / total if total > 0 else 0.0


def _effective(weights: Floats) -> float:
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def reward_line(log: Sequence[JudgedSuggestion], earned: Floats) -> Floats:
    """Returns what each row would earn if it was offered, by a line through offered rows against the probability."""
    probabilities = np.array([row.probability or 0.0 for row in log])
    was_offered = np.array([row.was_offered for row in log])
    columns = np.column_stack([np.ones(len(log)), probabilities])
    solution = np.linalg.lstsq(columns[was_offered], earned[was_offered], rcond=None)[0]
    return np.asarray(columns @ solution, dtype=np.float64)
