"""One's own: offsets on top of the prior's log-odds, learned event by event from what this user accepts and keeps.

The personal log-odds are the prior's plus one offset for the user, one for each trait that the suggestion has (its
source, its length, where it stands, its file) and a slope on the prior. Every offset has a Gaussian prior around zero,
so ten events move it little and a thousand a lot. Habits drift: between events every offset forgets a little, towards
that same Gaussian. Two experts, the prior alone and the prior with offsets, are then mixed by how likely each made
what really happened.

Architecture invariant: nothing but the standard library is imported here, because the daemon scores with it.

Source: the update is one Newton step of the Laplace approximation (Spiegelhalter and Lauritzen 1990, "Sequential
updating of conditional probabilities on directed graphical structures", section 5); the mixing weight is that of
Herbster and Warmuth 1998, "Tracking the Best Expert" (fixed share).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Final, Protocol, Self

from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.ports import GateInput
from inkling.core.suggestion import Contribution, Scored, Source, Trigger

KEPT_ENOUGH = 0.5  # similarity at the latest look; below it more than half of the text was rewritten
MAX_ROWS = 5000  # the latest that a refit reads; the default recipe has forgotten nine tenths of older ones
MAX_FILES = 12  # files with an offset of their own, the most frequent ones
MIN_FILE_EVENTS = 10  # judged suggestions before a file gets an offset
SHORT_CHARS, LONG_CHARS = 12, 40  # about the tertiles of accepted and rejected texts in the study
TRUST_AT_FIRST = 0.05  # of the personal expert; it bounds what it can ever cost, see PersonalState
SHARE_RESET = 0.005  # of the mixing weight that goes back to TRUST_AT_FIRST at each event, so that it can turn again
PROBABILITY_FLOOR = 1e-6  # log-odds are held within its logit

_POSITIVE = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.PARTLY_ACCEPTED, OutcomeKind.TYPED_THROUGH})
_NEGATIVE = frozenset({OutcomeKind.REJECTED, OutcomeKind.IGNORED, OutcomeKind.UNDONE})
FLAGS: Final = {
    "in_comment": "in a comment",
    "after_word": "after a begun word",
    "on_blank_line": "on a blank line",
    "has_no_name": "without any name",
    "has_call": "that call something",
    "is_assignment": "that assign something",
}
"""Features of the prior that are 0 or 1 and have an offset of their own, in words."""

USER, SLOPE = "user", "slope"
PERSONAL = "personal:"  # begins the name of a contribution that is an offset
N_CONTRIBUTIONS = 3  # of a score, told to a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the personal part learns.

    Attributes:
        name: For reports.
        user_sd: Standard deviation of the user's own offset between users, log-odds.
        trait_sd: The same of each trait's offset; 0 for a plain offset without traits.
        slope_sd: The same of the slope on the prior's log-odds; 0 for none.
        memory_events: After so many judged suggestions an offset has forgotten all but 1/e of what it learned.
    """

    name: str
    user_sd: float
    trait_sd: float
    slope_sd: float
    memory_events: float


HIERARCHICAL = Recipe(name="hierarchical", user_sd=0.7, trait_sd=0.6, slope_sd=0.2, memory_events=2000)
PLAIN = Recipe(name="plain", user_sd=0.7, trait_sd=0.0, slope_sd=0.0, memory_events=2000)
STEADY = Recipe(name="steady", user_sd=0.7, trait_sd=0.6, slope_sd=0.2, memory_events=8000)
RECIPES: Final = {recipe.name: recipe for recipe in (HIERARCHICAL, PLAIN, STEADY)}
"""`inkling bench personal` compares HIERARCHICAL, the default, with PLAIN; a retraining tries all on the user's log."""


class Prior(Protocol):
    """The model underneath: `LogisticAcceptanceModel`, or another that can replay a decision from its features."""

    def score(self, gate_input: GateInput) -> Scored:
        """Returns the probability of acceptance with the features behind it."""
        ...

    def probability(self, features: dict[str, float]) -> float:
        """Returns the probability for features by name.

        Raises:
            KeyError: A feature of this model is missing.
        """
        ...


def label_of(row: JudgedSuggestion) -> bool | None:
    """Returns whether a suggestion was accepted and kept; None for one that nobody judged.

    Hidden, never-read, superseded and cancelled suggestions are no negatives. While it is not known whether an accepted
    text was kept, it counts as kept; a refit corrects it. Explored suggestions need no weight here: they were chosen by
    nothing that the model does not see, so the probability given the features is the same. Replay weighs them.
    """
    if not row.was_offered or not row.was_read:
        return None
    if row.outcome in _POSITIVE:
        return row.kept is None or row.kept >= KEPT_ENOUGH
    if row.outcome in _NEGATIVE:
        return False
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What the personal part looks at: known before a suggestion is shown, and again from the log.

    Attributes:
        prior_log_odds: What the model underneath says.
        traits: Names of the offsets that apply, the user's own left out.
    """

    prior_log_odds: float
    traits: tuple[str, ...]


def occasion_of_row(row: JudgedSuggestion, prior: Prior) -> Occasion | None:
    """Returns a logged suggestion as it looked to the gate; None when it was logged for a prior of other features."""
    try:
        probability = prior.probability(row.features)
    except KeyError:
        return None
    return Occasion(
        prior_log_odds=log_odds(probability),
        traits=_traits(row.source, row.trigger, row.n_chars, PurePath(row.path).name, row.features),
    )


def occasion_of_input(gate_input: GateInput, scored: Scored) -> Occasion:
    """Returns a question to the gate as the personal part sees it."""
    snapshot, candidate = gate_input.request.snapshot, gate_input.candidate
    file_name = snapshot.path.name if snapshot.path else snapshot.uri.rsplit("/", 1)[-1]
    return Occasion(
        prior_log_odds=log_odds(scored.probability),
        traits=_traits(candidate.source, gate_input.request.trigger, len(candidate.text), file_name, scored.features),
    )


def _traits(
    source: Source, trigger: Trigger, n_chars: int, file_name: str, features: Mapping[str, float]
) -> tuple[str, ...]:
    length = "short" if n_chars <= SHORT_CHARS else "long" if n_chars > LONG_CHARS else "medium"
    traits = [f"source:{source.value}", f"length:{length}", f"file:{file_name}"]
    traits += [flag for flag in FLAGS if features.get(flag, 0.0) > 0.5]
    if features.get("log_lines", 0.0) > 0:
        traits.append("many_lines")
    if trigger is Trigger.INVOKED:
        traits.append("invoked")
    return tuple(traits)


def trait_words(name: str) -> str:
    """Returns a trait's name for a person; the name of a contribution will do, too."""
    name = name.removeprefix(PERSONAL)
    kind, _, value = name.partition(":")
    words = {"source": f"from the {value} mind", "length": f"{value} texts", "file": f"in files named {value}"}
    fixed = {
        USER: "you, in general",
        SLOPE: "how much the shipped model's confidence counts",
        "many_lines": "of several lines",
        "invoked": "when you asked for it",
    }
    return words.get(kind) or fixed.get(name) or FLAGS.get(name, name)


_FIXED_TRAITS: Final = (
    *(f"source:{source.value}" for source in Source),
    *(f"length:{length}" for length in ("short", "medium", "long")),
    *FLAGS,
    "many_lines",
    "invoked",
)


@dataclass(slots=True, kw_only=True)
class PersonalState:
    """What was learned of one user: a Gaussian over the offsets, and how far it is trusted.

    The mixing weight makes a promise. Over any sequence of events, each predicted before it is learned from, the
    summed log-loss of the mixture exceeds the prior's by at most `-ln(1 - TRUST_AT_FIRST)` = 0.0513 plus
    `-ln(1 - SHARE_RESET * TRUST_AT_FIRST)` = 0.00025 an event. From eleven events on that is less than 0.005 an event.
    It holds for events that are learned from in the order they were predicted in; what is learned late weakens it.

    Attributes:
        recipe: How it learns.
        names: The offsets, in the order of `mean`.
        mean: Of each offset, log-odds.
        covariance: Of the offsets, shape (n, n).
        trust: Weight of the personal expert, in (0, 1).
        n_events: Judged suggestions learned from.
        last_at_ms: When the latest of them was decided, milliseconds since the Unix epoch.
        log_loss: Summed over all events, each predicted before it was learned from.
        prior_log_loss: The same of the prior alone.
    """

    recipe: Recipe
    names: tuple[str, ...]
    mean: list[float]
    covariance: list[list[float]]
    trust: float = TRUST_AT_FIRST
    n_events: int = 0
    last_at_ms: int = 0
    log_loss: float = 0.0
    prior_log_loss: float = 0.0
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._index = {name: index for index, name in enumerate(self.names)}

    @classmethod
    def fresh(cls, recipe: Recipe = HIERARCHICAL, files: Sequence[str] = ()) -> Self:
        """Returns the state that knows nothing, with room for an offset for each of `files`, by file name."""
        names = [USER]
        if recipe.slope_sd > 0:
            names.append(SLOPE)
        if recipe.trait_sd > 0:
            names += [*_FIXED_TRAITS, *(f"file:{name}" for name in files)]
        covariance = [[0.0] * len(names) for _ in names]
        for index, name in enumerate(names):
            covariance[index][index] = _variance(recipe, name)
        return cls(recipe=recipe, names=tuple(names), mean=[0.0] * len(names), covariance=covariance)

    def copy(self) -> Self:
        """Returns a state that learns on its own."""
        return replace(self, mean=list(self.mean), covariance=[list(row) for row in self.covariance])

    def probability(self, occasion: Occasion) -> float:
        """Returns the probability that the suggestion is accepted and kept; the two experts mixed."""
        personal, prior = self._experts(occasion)
        return self.trust * personal + (1 - self.trust) * prior

    def contributions(self, occasion: Occasion) -> list[Contribution]:
        """Returns the two offsets that move the log-odds of this suggestion most, as far as they are trusted."""
        index, mean, trust = self._index, self.mean, self.trust
        moved = [(abs(mean[0]), USER, mean[0])]
        moved += [(abs(mean[index[name]]), name, mean[index[name]]) for name in occasion.traits if name in index]
        moved.sort(reverse=True)
        return [
            Contribution(name=PERSONAL + name, log_odds=trust * offset, is_high=True)
            for size, name, offset in moved[:2]
            if size > 0
        ]

    def learn(self, occasion: Occasion, *, was_accepted: bool) -> None:
        """Takes one judged suggestion: weighs the experts by it, then moves the offsets. About 0.2 ms."""
        personal, prior = self._experts(occasion)
        mixed = self.trust * personal + (1 - self.trust) * prior
        self.log_loss += log_loss(mixed, was_accepted=was_accepted)
        self.prior_log_loss += log_loss(prior, was_accepted=was_accepted)
        self._weigh(personal if was_accepted else 1 - personal, prior if was_accepted else 1 - prior)
        self._forget()
        self._move(self._inputs(occasion), float(was_accepted) - personal, personal * (1 - personal))
        self.n_events += 1

    def offsets(self) -> dict[str, tuple[float, float]]:
        """Returns mean and standard deviation of each offset, log-odds, by name; the largest in its own sd first."""
        pairs = {
            name: (self.mean[index], math.sqrt(self.covariance[index][index])) for index, name in enumerate(self.names)
        }
        return dict(sorted(pairs.items(), key=lambda item: -abs(item[1][0] / item[1][1])))

    def _experts(self, occasion: Occasion) -> tuple[float, float]:
        prior = occasion.prior_log_odds
        index, mean = self._index, self.mean
        personal = prior + mean[0]
        for trait in occasion.traits:
            place = index.get(trait)
            if place is not None:
                personal += mean[place]
        place = index.get(SLOPE)
        if place is not None:
            personal += mean[place] * prior
        return sigmoid(personal), sigmoid(prior)

    def _inputs(self, occasion: Occasion) -> list[tuple[int, float]]:
        inputs = [(0, 1.0)]
        inputs += [(self._index[trait], 1.0) for trait in occasion.traits if trait in self._index]
        if SLOPE in self._index:
            inputs.append((self._index[SLOPE], occasion.prior_log_odds))
        return inputs

    def _weigh(self, personal_likelihood: float, prior_likelihood: float) -> None:
        weighted = self.trust * personal_likelihood
        posterior = weighted / (weighted + (1 - self.trust) * prior_likelihood)
        self.trust = (1 - SHARE_RESET) * posterior + SHARE_RESET * TRUST_AT_FIRST

    def _forget(self) -> None:
        """Moves the Gaussian one event towards that of a user nobody knows."""
        kept = math.exp(-1 / self.recipe.memory_events)
        kept_squared = kept * kept
        self.mean = [kept * value for value in self.mean]
        for index, name in enumerate(self.names):
            row = [kept_squared * value for value in self.covariance[index]]
            row[index] += (1 - kept_squared) * _variance(self.recipe, name)
            self.covariance[index] = row

    def _move(self, inputs: Sequence[tuple[int, float]], error: float, curvature: float) -> None:
        """Takes one Newton step for a row whose log-odds are the sum of `inputs`, (place, value), times the offsets."""
        gain = [sum(row[place] * value for place, value in inputs) for row in self.covariance]
        variance = sum(gain[place] * value for place, value in inputs)
        shrink = 1 / (1 + curvature * variance)
        for index, own_gain in enumerate(gain):
            self.mean[index] += own_gain * error * shrink
            factor = own_gain * curvature * shrink
            self.covariance[index] = [
                value - factor * other for value, other in zip(self.covariance[index], gain, strict=True)
            ]


class PersonalAcceptanceModel:
    """The acceptance model of one user: a prior, and what was learned on top of it."""

    def __init__(self, prior: Prior, state: PersonalState | None = None) -> None:
        self.prior = prior
        self.state = state or PersonalState.fresh()

    def score(self, gate_input: GateInput) -> Scored:
        """Returns the probability that this user accepts and keeps the candidate, with the prior's features."""
        scored = self.prior.score(gate_input)
        occasion = occasion_of_input(gate_input, scored)
        moved = (*scored.contributions, *self.state.contributions(occasion))
        return Scored(
            probability=self.state.probability(occasion),
            features=scored.features,
            model_version=f"{scored.model_version}+{self.state.recipe.name}.{self.state.n_events}",
            contributions=tuple(sorted(moved, key=lambda one: -abs(one.log_odds))[:N_CONTRIBUTIONS]),
        )

    def probability_of_row(self, row: JudgedSuggestion) -> float | None:
        """Returns what this model says of a logged suggestion; None for one with other features than the prior's."""
        occasion = occasion_of_row(row, self.prior)
        return None if occasion is None else self.state.probability(occasion)

    def observe(self, row: JudgedSuggestion) -> bool:
        """Learns from one suggestion whose outcome has come; tells whether it held a judgement to learn from."""
        label, occasion = label_of(row), occasion_of_row(row, self.prior)
        if label is None or occasion is None:
            return False
        self.state.learn(occasion, was_accepted=label)
        self.state.last_at_ms = max(self.state.last_at_ms, row.at_ms)
        return True


def judged_rows(rows: Sequence[JudgedSuggestion]) -> list[JudgedSuggestion]:
    """Returns the rows that hold a judgement to learn from, oldest first."""
    return sorted((row for row in rows if label_of(row) is not None), key=lambda row: row.at_ms)


def refit(rows: Sequence[JudgedSuggestion], prior: Prior, recipe: Recipe = HIERARCHICAL) -> PersonalState:
    """Returns what a user's log teaches; about 0.2 ms a row in pure Python: run it in a worker.

    Unlike learning event by event it knows which accepted texts were kept, and which files matter.
    """
    judged = judged_rows(rows)[-MAX_ROWS:]
    counts = Counter(PurePath(row.path).name for row in judged)
    files = [name for name, count in counts.most_common(MAX_FILES) if count >= MIN_FILE_EVENTS]
    model = PersonalAcceptanceModel(prior, PersonalState.fresh(recipe, files))
    for row in judged:
        model.observe(row)
    return model.state


def log_odds(probability: float) -> float:
    """Returns ln(p / (1 - p)), finite for every p in [0, 1]."""
    held = min(max(probability, PROBABILITY_FLOOR), 1 - PROBABILITY_FLOOR)
    return math.log(held / (1 - held))


def sigmoid(value: float) -> float:
    """Returns the probability with these log-odds, held off 0 and 1 so that its logarithm is finite."""
    held = max(-30.0, min(value, 30.0))
    return 1 / (1 + math.exp(-held))


def log_loss(probability: float, *, was_accepted: bool) -> float:
    """Returns the negative log-likelihood of what happened, natural logarithm."""
    return -math.log(max(PROBABILITY_FLOOR, probability if was_accepted else 1 - probability))


def _variance(recipe: Recipe, name: str) -> float:
    sd = recipe.user_sd if name == USER else recipe.slope_sd if name == SLOPE else recipe.trait_sd
    return sd * sd
