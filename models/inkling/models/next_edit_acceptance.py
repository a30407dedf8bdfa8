"""The acceptance model of next edits: the ranking's probability of being right, and what was learned of the user.

The ranking's probability is calibrated on other people's edits. On top of it lie offsets in log-odds, for the user, for
each kind of edit, for near and far ones, for the mind that proposes: learned from the user's own accepts and rejects as
for ghost text, with the same shrinkage and the same bound on what that can cost (`models.personal`).

Architecture invariant: nothing but the standard library is imported here, because the daemon scores with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from inkling.core.events import DecisionSummary, JudgedSuggestion
from inkling.core.next_edit import EditKind, EditOccasion
from inkling.core.settings import GatePolicy, Settings
from inkling.core.suggestion import Contribution, Scored, Source
from inkling.models.personal import Occasion, PersonalState, Recipe, label_of, log_odds, sigmoid

MODEL_NAME: Final = "next-edit-1"
RECIPE: Final = Recipe(
    name="next_edit", user_sd=0.5, trait_sd=0.5, place_sd=0.4, slope_sd=0.2, memory_events=1000
)  # as for ghost text, but traits have less room and are forgotten sooner: a tenth as many next edits are judged
LEAST_TOLD: Final = 0.05  # log-odds; less moves a probability by about a point
_PRIOR: Final = "prior_log_odds"
_FLAGS: Final = ("is_near", "is_elsewhere", "follows_accept", "is_deletion", "is_of_group")
_WORDS: Final = {
    _PRIOR: "how surely it follows",
    "user": "you, in general",
    "slope": "how much the ranking's confidence counts",
    "is_near": "near the cursor",
    "is_elsewhere": "in another file",
    "follows_accept": "after one of its kind was accepted",
    "is_deletion": "that only delete",
    "is_of_group": "one of several of its kind",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditPoints:
    """The least probabilities to show that the ranking's artifact gives for the named policies; each within [0, 1]."""

    eager: float
    balanced: float
    quiet: float


class NextEditAcceptanceModel:
    """Implements the port `NextEditModel`."""

    def __init__(self, points: NextEditPoints, state: PersonalState | None = None) -> None:
        self._points = points
        self.state = state or PersonalState.fresh(RECIPE)

    def score(self, occasion: EditOccasion) -> Scored:
        """Returns the probability that this user accepts and keeps the edit, with what it was computed from."""
        features = _features(occasion)
        looked_at = _occasion(features, occasion.edit.source, occasion.project)
        contributions = [
            Contribution(name=_PRIOR, log_odds=looked_at.prior_log_odds, is_high=looked_at.prior_log_odds > 0),
            *self.state.contributions(looked_at),
        ]
        return Scored(
            probability=self.state.probability(looked_at),
            features=features,
            model_version=f"{MODEL_NAME}+{self.state.n_events}",
            contributions=tuple(contributions),
        )

    def threshold(self, settings: Settings) -> float:
        """Returns the least probability to show that the settings amount to.

        `inkling.nextEdit.threshold` decides where it is set, else `inkling.gate.policy`. A share of accepts that may be
        lost lies between those of the named policies: 1%, 5% and 20%; below and above it is as the nearest of them.
        """
        gate = settings.gate
        if settings.next_edit.threshold > 0:
            return settings.next_edit.threshold
        match gate.policy:
            case GatePolicy.EAGER:
                return self._points.eager
            case GatePolicy.BALANCED:
                return self._points.balanced
            case GatePolicy.QUIET:
                return self._points.quiet
            case GatePolicy.THRESHOLD:
                return gate.threshold
            case GatePolicy.LOSE_AT_MOST:
                return self._between(gate.lose_at_most)

    def observe(self, row: JudgedSuggestion) -> bool:
        """Learns from a judged next edit of the log; tells whether it held a judgement to learn from."""
        label = label_of(row)
        if label is None or _PRIOR not in row.features:
            return False
        self.state.learn(_occasion(row.features, row.source, row.project), was_accepted=label)
        self.state.last_at_ms = max(self.state.last_at_ms, row.at_ms)
        return True

    def what_moved(self, decision: DecisionSummary) -> str:
        """Returns in words what was learned of the user that moves a decision's probability; empty without any."""
        if decision.source is None or _PRIOR not in decision.features:
            return ""
        looked_at = _occasion(decision.features, decision.source, decision.project)
        parts = [
            f"{'for' if each.log_odds > 0 else 'against'} it: {_trait_words(each.name)}"
            for each in self.state.contributions(looked_at)
            if abs(each.log_odds) >= LEAST_TOLD
        ]
        return "; ".join([f"{sigmoid(looked_at.prior_log_odds):.2f} by the ranking", *parts])

    def _between(self, share: float) -> float:
        """Returns the threshold for a share of accepts that may be lost; a straight line between the named ones."""
        points = ((0.01, self._points.eager), (0.05, self._points.balanced), (0.20, self._points.quiet))
        for (low, below), (high, above) in pairwise(points):
            if share <= high:
                return below + (above - below) * max(0.0, share - low) / (high - low)
        return self._points.quiet


def _features(occasion: EditOccasion) -> dict[str, float]:
    edit = occasion.edit
    return {
        _PRIOR: log_odds(edit.probability),
        f"kind_{edit.kind.value}": 1.0,
        "is_near": float(occasion.is_near),
        "is_elsewhere": float(occasion.is_elsewhere),
        "follows_accept": float(occasion.follows_accept),
        "is_deletion": float(not edit.inserted),
        "is_of_group": float(edit.n_in_group > 1),
    }


def _occasion(features: Mapping[str, float], source: Source, project: str) -> Occasion:
    traits = [f"source:{source.value}"]
    traits += [f"kind_{kind.value}" for kind in EditKind if features.get(f"kind_{kind.value}", 0.0) > 0.5]
    traits += [flag for flag in _FLAGS if features.get(flag, 0.0) > 0.5]
    traits += [f"project:{project}"] if project else []
    return Occasion(prior_log_odds=features[_PRIOR], traits=tuple(traits))


def _trait_words(name: str) -> str:
    name = name.removeprefix("personal:")
    kind, _, value = name.partition(":")
    if kind == "source":
        return f"from the {value} mind"
    if kind == "project":
        return f"in the project {value.rpartition('-')[0] or value}"
    return _WORDS.get(name) or f"of the kind {name.removeprefix('kind_')}"
