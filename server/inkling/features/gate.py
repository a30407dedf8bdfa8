"""The gate: decides whether a candidate that passed the checks is worth the user's attention."""

from dataclasses import dataclass

from inkling.core.suggestion import Reason, Scored, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The gate's answer.

    Attributes:
        reason: Why the candidate stays hidden; None when it is shown.
        threshold: The threshold that was in force.
        propensity: Probability with which this policy shows the candidate, in [0, 1].
        was_explored: Whether it is shown although its probability is below the threshold.
    """

    reason: Reason | None
    threshold: float
    propensity: float
    was_explored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a candidate must reach.

    Attributes:
        threshold: Least probability to be shown; what the user's setting of the knob amounts to now.
        explore: Share of what stays below it that is shown at random, in [0, 1].
    """

    threshold: float
    explore: float


def decide(scored: Scored, trigger: Trigger, bar: Bar, draw: float) -> Verdict:
    """Returns whether to show a candidate.

    A user who asked explicitly gets an answer whatever its probability: the gate is there to prevent
    interruptions, and an answer to a question is none. Of what would be hidden a small share is shown at random:
    nobody learns anything about what is never shown.

    Args:
        scored: The candidate's probability.
        trigger: What made the editor ask.
        bar: What the candidate must reach when nobody asked for it.
        draw: A random number, uniform in [0, 1).
    """
    threshold = 0.0 if trigger is Trigger.INVOKED else bar.threshold
    if scored.probability >= threshold:
        return Verdict(reason=None, threshold=threshold, propensity=1.0)
    if draw < bar.explore:
        return Verdict(reason=None, threshold=threshold, propensity=bar.explore, was_explored=True)
    return Verdict(reason=Reason.LOW_PROBABILITY, threshold=threshold, propensity=bar.explore)
