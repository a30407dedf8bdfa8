"""One ranking of all proposals and places: what boosted trees learned from real sequences of edits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.engine.next_edit.place_features import with_edit_probabilities
from inkling.engine.next_edit.places import Place, RankedPlace
from inkling.engine.next_edit.proposers import Proposal
from inkling.engine.next_edit.trees import BoostedTrees, Floats, probabilities

N_PLACES = 10
REACH_LINES = 2  # a place is right when the change begins within so many lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """From the log-odds of trees to those that were right as often as they say.

    Source: Platt, Probabilistic outputs for support vector machines, 1999, section 2.

    Attributes:
        slope: What log-odds are multiplied by.
        intercept: What is then added.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def probabilities(self, scores: Floats) -> Floats:
        """Returns the probabilities of scores, float64, of the same shape."""
        return probabilities(self.slope * scores + self.intercept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What was learned.

    Attributes:
        edits: Over the columns of `edit_features.FEATURES`.
        edit_calibration: Of their scores.
        places: Over the columns of `place_features.FEATURES`.
        place_calibration: Of their scores.
    """

    edits: BoostedTrees
    edit_calibration: Calibration
    places: BoostedTrees
    place_calibration: Calibration

    def edit_probabilities(self, features: Floats) -> Floats:
        """Returns for each proposal the probability that it is the next change, float64, shape (n_proposals,)."""
        return self.edit_calibration.probabilities(self.edits.scores(features))

    def rank_places(self, features: Floats, places: Sequence[Place], edits: Mapping[Place, float]) -> list[RankedPlace]:
        """Returns the likeliest places, at most `N_PLACES`, none within reach of a likelier one.

        Args:
            features: As `place_features` returns them.
            places: The places of its rows.
            edits: For each line at which an edit is proposed the probability of the likeliest.
        """
        scores = self.places.scores(with_edit_probabilities(features, places, edits))
        return spread_out(places, self.place_calibration.probabilities(scores))


def likeliest_at(proposals: Sequence[Proposal], edit_probabilities: Floats) -> dict[Place, float]:
    """Returns for each line at which an edit is proposed the probability of the likeliest."""
    likeliest: dict[Place, float] = {}
    for proposal, probability in zip(proposals, edit_probabilities.tolist(), strict=True):
        place = (proposal.uri, proposal.first_line)
        likeliest[place] = max(likeliest.get(place, 0.0), probability)
    return likeliest


def spread_out(places: Sequence[Place], probability: Floats, n_places: int = N_PLACES) -> list[RankedPlace]:
    """Returns the likeliest places in order, leaving out those within reach of one that was taken before."""
    taken: list[RankedPlace] = []
    for number in np.argsort(-probability, kind="stable").tolist():
        uri, line = places[number]
        if all(other.uri != uri or abs(other.line - line) > REACH_LINES for other in taken):
            taken.append(RankedPlace(uri=uri, line=line, probability=float(probability[number])))
            if len(taken) == n_places:
                break
    return taken
