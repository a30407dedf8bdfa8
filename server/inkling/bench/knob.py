"""What the knob promises and what simulated users lose: part of `inkling bench personal`."""

import random
from dataclasses import dataclass

from inkling.bench.simulator import Decided, SimulatedUser
from inkling.core.events import JudgedSuggestion
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.operating_points import OperatingPoints
from inkling.models.personal import PersonalAcceptanceModel

N_CANDIDATES = 1500  # that each user meets
N_BEFORE = 500  # of them before it is counted what the gate hides: the knob has turned twice by then
TURNED_EVERY = 250  # candidates; the thresholds are chosen again
EXPLORED = 0.02  # share of what would be hidden that is offered at random


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """What a user's gate hid.

    Attributes:
        accepts_lost: Share of what the user would have accepted and kept.
        rejected_hidden: Share of the others.
    """

    accepts_lost: float
    rejected_hidden: float


def live_behind_the_knob(
    seed: int, share: float, prior: LogisticAcceptanceModel, *, is_turned: bool = True, drifts: bool = True
) -> Spared:
    """Returns what the gate hides from a user who allows it to lose `share`, while their model learns.

    Args:
        seed: Draws the user.
        share: Of accepts that may be lost.
        prior: The shipped model.
        is_turned: Whether the user's own log has a say in the threshold, and not the study alone.
        drifts: Whether the user's habits change once.
    """
    study = OperatingPoints.from_study(prior.artifact)
    user, chance = SimulatedUser(seed, N_CANDIDATES, drifts=drifts), random.Random(seed)  # noqa: S311 - no secret
    model, points, log = PersonalAcceptanceModel(prior), study, list[JudgedSuggestion]()
    accepts = accepts_lost = rejects_hidden = 0.0
    for number in range(N_CANDIDATES):
        offer = user.propose()
        scored, threshold = model.score(offer.gate_input), points.threshold_losing(share)
        is_below = scored.probability < threshold
        propensity = EXPLORED if is_below else 1.0
        was_offered = chance.random() < propensity
        decided = Decided(was_offered=was_offered, scored=scored, threshold=threshold, propensity=propensity)
        log.append(user.react(offer, decided))
        model.observe(log[-1])
        if number >= N_BEFORE:
            accepts += offer.true_probability
            accepts_lost += offer.true_probability * is_below
            rejects_hidden += (1 - offer.true_probability) * is_below
        if is_turned and number % TURNED_EVERY == TURNED_EVERY - 1:
            # What was logged is what the model said before it learned from the row.
            points = OperatingPoints.from_log(log, lambda row: row.probability, study)
    rejects = N_CANDIDATES - N_BEFORE - accepts
    return Spared(accepts_lost=accepts_lost / accepts, rejected_hidden=rejects_hidden / rejects)
