"""The gate: decides whether a candidate that passed the checks is worth the user's attention."""

from dataclasses import dataclass

from inkling.core.settings import GateSettings
from inkling.core.suggestion import Reason, Scored, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The gate's answer.

    Attributes:
        reason: Why the candidate stays hidden; None when it is shown.
        threshold: The threshold that was in force.
        propensity: Probability with which this policy shows the candidate, in [0, 1].
    """

    reason: Reason | None
    threshold: float
    propensity: float


def decide(scored: Scored, trigger: Trigger, settings: GateSettings) -> Verdict:
    """Returns whether to show a candidate.

    A user who asked explicitly gets an answer whatever its probability: the gate is there to prevent
    interruptions, and an answer to a question is none.
    """
    threshold = 0.0 if trigger is Trigger.INVOKED else settings.threshold
    if scored.probability < threshold:
        return Verdict(reason=Reason.LOW_PROBABILITY, threshold=threshold, propensity=0.0)
    return Verdict(reason=None, threshold=threshold, propensity=1.0)
