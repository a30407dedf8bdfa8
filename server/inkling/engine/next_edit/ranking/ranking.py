"""One ranking of all proposals and places: what boosted trees learned from real sequences of edits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.engine.next_edit.proposers import Proposal
from inkling.engine.next_edit.ranking.edit_features import FEATURES
from inkling.engine.next_edit.ranking.place_features import with_edit_probabilities
from inkling.engine.next_edit.ranking.places import Place, RankedPlace
from inkling.engine.trees import BoostedTrees, Floats, probabilities

N_PLACES = 10
MOST_CENTRES = 80  # candidates that are weighed as places; the others are all but impossible
REACH_LINES = 2  # a place is right when the change begins within so many lines
PROVEN = 0.5
"""Least probability of a place that scopes or the import system prove to need what the latest change asks of it.

It is so for uses of a renamed name and for calls of a changed signature. Trees cannot learn it: the data has twelve
cases in which such a place is the nearest, and of the ten that were followed five had more done on the same line, so
that this alone does not count as right. The lower end of the 95% interval of 10 in 12 (Clopper and Pearson, The use of
confidence or fiducial limits, 1934).
"""
_IS_RENAME, _IS_SIGNATURE, _CERTAINTY, _AGE = (
    FEATURES.index(name) for name in ("is_rename", "is_signature", "certainty", "age")
)


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
        places: Over the columns of `place_features.FEATURES`; which line is the next one is a softmax of their scores.
    """

    edits: BoostedTrees
    edit_calibration: Calibration
    places: BoostedTrees

    def edit_probabilities(self, features: Floats) -> Floats:
        """Returns for each proposal the probability that it is the next change, float64, shape (n_proposals,)."""
        learned = self.edit_calibration.probabilities(self.edits.scores(features))
        can_be_proven = (features[:, _IS_RENAME] > 0) | (features[:, _IS_SIGNATURE] > 0)
        is_proven = can_be_proven & (features[:, _CERTAINTY] >= 1) & (features[:, _AGE] == 0)
        return np.where(is_proven, np.maximum(learned, PROVEN), learned)

    def rank_places(self, features: Floats, places: Sequence[Place], edits: Mapping[Place, float]) -> list[RankedPlace]:
        """Returns the likeliest places, at most `N_PLACES`; see `spread_out`.

        Args:
            features: As `place_features` returns them.
            places: The places of its rows.
            edits: For each line at which an edit is proposed the probability of the likeliest.
        """
        if not places:
            return []
        scores = self.places.scores(with_edit_probabilities(features, places, edits))
        weights = np.exp(scores - scores.max())
        return spread_out(places, weights / weights.sum())


def likeliest_at(proposals: Sequence[Proposal], edit_probabilities: Floats) -> dict[Place, float]:
    """Returns for each line at which an edit is proposed the probability of the likeliest."""
    likeliest: dict[Place, float] = {}
    for proposal, probability in zip(proposals, edit_probabilities.tolist(), strict=True):
        place = (proposal.uri, proposal.first_line)
        likeliest[place] = max(likeliest.get(place, 0.0), probability)
    return likeliest


def spread_out(places: Sequence[Place], at_line: Floats, n_places: int = N_PLACES) -> list[RankedPlace]:
    """Returns the places that together cover most of the probability, the likeliest first.

    What one place covers does not count for those after it: two lines that are both likely because the next change lies
    between them are one guess.

    Args:
        places: The candidates.
        at_line: float64, shape (n_places,): the probability that the next change begins just there.
        n_places: The most places.
    """
    left = dict(zip(places, at_line.tolist(), strict=True))
    order = np.argsort(-at_line, kind="stable")[:MOST_CENTRES].tolist()
    centres = [places[number] for number in order]
    taken: list[RankedPlace] = []
    while centres and len(taken) < n_places:
        covered = [sum(left.get(place, 0.0) for place in within_reach(centre)) for centre in centres]
        # Of places that cover the same, the one that is itself likely.
        best = max(range(len(centres)), key=lambda number: (covered[number], left[centres[number]]))
        uri, line = centres.pop(best)
        if covered[best] <= 0.0:
            break
        taken.append(RankedPlace(uri=uri, line=line, probability=covered[best]))
        for place in within_reach((uri, line)):
            left[place] = 0.0
    return taken


def within_reach(place: Place) -> list[Place]:
    """Returns the lines at which a change may begin for a place to be right."""
    uri, line = place
    return [(uri, line + shift) for shift in range(-REACH_LINES, REACH_LINES + 1)]
