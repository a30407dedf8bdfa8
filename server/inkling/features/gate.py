"""The gate: decides whether a request is worth asking for, and whether a candidate is worth the user's attention."""

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
    """What a request must reach to be asked for, or a candidate to be shown.

    Attributes:
        threshold: Least probability; what the user's setting of the knob amounts to now.
        explore: Share of what stays below it that passes at random, in [0, 1].
    """

    threshold: float
    explore: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The first stage's answer, before anything is generated.

    Attributes:
        is_asked: Whether the minds are asked.
        probability: That an answer would be accepted; None where it made no difference.
        threshold: Least probability to ask.
        propensity: Probability with which this policy asks, in [0, 1].
        was_explored: Whether it is asked although the probability is below the threshold.
    """

    is_asked: bool
    probability: float | None = None
    threshold: float = 0.0
    propensity: float = 1.0
    was_explored: bool = False


ALWAYS_ASKED = Asking(is_asked=True)


def decide_to_ask(probability: float, bar: Bar, draw: float) -> Asking:
    """Returns whether to ask for a request that nobody made explicitly.

    Args:
        probability: That an answer would be accepted.
        bar: What the request must reach.
        draw: A random number, uniform in [0, 1).
    """
    is_worth_it = probability >= bar.threshold
    return Asking(
        is_asked=is_worth_it or draw < bar.explore,
        probability=probability,
        threshold=bar.threshold,
        propensity=1.0 if is_worth_it else bar.explore,
        was_explored=not is_worth_it and draw < bar.explore,
    )


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
