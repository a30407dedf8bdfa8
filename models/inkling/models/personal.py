"""One's own: offsets on top of the prior's log-odds, learned event by event from what this user accepts and keeps.

The personal log-odds are the prior's plus one offset for the user, one for each trait that the suggestion has (its
source, its length, what kind of code it is, its file, its project) and a slope on the prior. Every offset has a
Gaussian prior around zero, so ten events move it little and a thousand a lot; it begins when its trait is first met,
that of a file or project when it is met often. Habits drift: between events every offset forgets a little, towards
that same Gaussian. Two experts, the prior alone and the prior with offsets, are then mixed by how likely each made
what really happened.

Architecture invariant: nothing but the standard library is imported here, because the daemon scores with it.

Source: the update is the Laplace approximation of one event's posterior (Spiegelhalter and Lauritzen 1990, "Sequential
updating of conditional probabilities on directed graphical structures", section 5); the mixing weight is that of
Herbster and Warmuth 1998, "Tracking the Best Expert" (fixed share).
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Final, Protocol, Self

from inkling.core.events import DecisionSummary, JudgedSuggestion, OutcomeKind
from inkling.core.ports import GateInput
from inkling.core.suggestion import Contribution, Scored, Source, SuggestionId, Trigger

KEPT_ENOUGH = 0.5  # similarity at the latest look; below it more than half of the text was rewritten
MAX_ROWS = 5000  # the latest that a refit reads; the default recipe has forgotten nine tenths of older ones
MAX_OF_KIND: Final = {"file": 12, "project": 6}  # with an offset of their own
MIN_PLACE_EVENTS = 10  # judged suggestions before a file or project gets an offset
SHORT_CHARS, LONG_CHARS = 12, 40  # about the tertiles of accepted and rejected texts in the study
TRUST_AT_FIRST = 0.05  # of the personal expert; it bounds what it can ever cost, see PersonalState
SHARE_RESET = 0.005  # of the mixing weight that goes back to TRUST_AT_FIRST at each event, so that it can turn again
N_HALVINGS = 30  # of an interval within 1: more exact than any habit
PROBABILITY_FLOOR = 1e-6  # log-odds are held within its logit

_PLACES = frozenset({"source", "file", "project"})
_POSITIVE = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.PARTLY_ACCEPTED, OutcomeKind.TYPED_THROUGH})
_NEGATIVE = frozenset({OutcomeKind.REJECTED, OutcomeKind.IGNORED, OutcomeKind.UNDONE})
FLAGS: Final = {
    "in_comment": "in a comment",
    "after_word": "after a begun word",
    "on_blank_line": "on a blank line",
    "has_no_name": "without any name",
    "starts_with_keyword": "that begin with a keyword",
    "has_call": "that call something",
    "is_assignment": "that assign something",
    "brackets_open": "that leave brackets open",
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
        trait_sd: The same of the offset of each kind of code; 0 for a plain offset without traits.
        place_sd: The same of the offset of each source, file and project. It is smaller: of these a suggestion often
            has the same as the one before, and what several offsets share moves as fast as all of them together.
        slope_sd: The same of the slope on the prior's log-odds; 0 for none.
        memory_events: After so many judged suggestions an offset has forgotten all but 1/e of what it learned.
    """

    name: str
    user_sd: float
    trait_sd: float
    place_sd: float
    slope_sd: float
    memory_events: float


HIERARCHICAL = Recipe(name="hierarchical", user_sd=0.5, trait_sd=0.8, place_sd=0.4, slope_sd=0.2, memory_events=2000)
PLAIN = Recipe(name="plain", user_sd=0.7, trait_sd=0.0, place_sd=0.0, slope_sd=0.0, memory_events=2000)
STEADY = replace(HIERARCHICAL, name="steady", memory_events=8000)
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

    def contributions(self, features: dict[str, float]) -> tuple[Contribution, ...]:
        """Returns the features that move the log-odds most."""
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
        traits=(
            *_traits(row.source, row.trigger, row.n_chars, row.features),
            *_place_traits(PurePath(row.path).name, row.project),
        ),
    )


def occasion_of_input(gate_input: GateInput, scored: Scored) -> Occasion:
    """Returns a question to the gate as the personal part sees it."""
    snapshot, candidate = gate_input.request.snapshot, gate_input.candidate
    file_name = snapshot.path.name if snapshot.path else snapshot.uri.rsplit("/", 1)[-1]
    return Occasion(
        prior_log_odds=log_odds(scored.probability),
        traits=(
            *_traits(candidate.source, gate_input.request.trigger, len(candidate.text), scored.features),
            *_place_traits(file_name, gate_input.project),
        ),
    )


def occasion_of_summary(summary: DecisionSummary, prior: Prior) -> Occasion | None:
    """Returns a decision's line as it looked to the gate, but for whether it was asked for; None as for a row."""
    if summary.source is None or summary.n_chars is None:
        return None
    try:
        probability = prior.probability(summary.features)
    except KeyError:
        return None
    return Occasion(
        prior_log_odds=log_odds(probability),
        traits=(
            *_traits(summary.source, Trigger.AUTOMATIC, summary.n_chars, summary.features),
            *_place_traits(PurePath(summary.path).name, summary.project),
        ),
    )


def _place_traits(file_name: str, project: str) -> tuple[str, ...]:
    return (f"file:{file_name}", f"project:{project}") if project else (f"file:{file_name}",)


def _traits(source: Source, trigger: Trigger, n_chars: int, features: Mapping[str, float]) -> tuple[str, ...]:
    length = "short" if n_chars <= SHORT_CHARS else "long" if n_chars > LONG_CHARS else "medium"
    traits = [f"source:{source.value}", f"length:{length}"]
    traits += [flag for flag in FLAGS if features.get(flag, 0.0) > 0.5]
    if features.get("log_lines", 0.0) > 0:
        traits.append("many_lines")
    if features.get("share_seen") == 0 and not features.get("has_no_name"):
        traits.append("new_names")
    if trigger is Trigger.INVOKED:
        traits.append("invoked")
    return tuple(traits)


def trait_words(name: str) -> str:
    """Returns a trait's name for a person; the name of a contribution will do, too."""
    name = name.removeprefix(PERSONAL)
    kind, _, value = name.partition(":")
    words = {
        "source": f"from the {value} mind",
        "length": f"{value} texts",
        "file": f"in files named {value}",
        "project": f"in the project {value.rpartition('-')[0] or value}",
    }
    fixed = {
        USER: "you, in general",
        SLOPE: "how much the shipped model's confidence counts",
        "many_lines": "of several lines",
        "new_names": "whose names are new to the file",
        "invoked": "when you asked for it",
    }
    return words.get(kind) or fixed.get(name) or FLAGS.get(name, name)


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
    _n_met: Counter[str] = field(init=False, repr=False, compare=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self._index = {name: index for index, name in enumerate(self.names)}

    @classmethod
    def fresh(cls, recipe: Recipe = HIERARCHICAL) -> Self:
        """Returns the state that knows nothing."""
        state = cls(recipe=recipe, names=(), mean=[], covariance=[])
        for name in (USER, SLOPE) if recipe.slope_sd > 0 else (USER,):
            state._add(name)
        return state

    def copy(self) -> Self:
        """Returns a state that learns on its own."""
        copied = replace(self, mean=list(self.mean), covariance=[list(row) for row in self.covariance])
        copied._n_met = self._n_met.copy()
        return copied

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
        self._make_room(occasion.traits)
        personal, prior = self._experts(occasion)
        mixed = self.trust * personal + (1 - self.trust) * prior
        self.log_loss += log_loss(mixed, was_accepted=was_accepted)
        self.prior_log_loss += log_loss(prior, was_accepted=was_accepted)
        self._weigh(personal if was_accepted else 1 - personal, prior if was_accepted else 1 - prior)
        self._forget()
        self._move(self._inputs(occasion), self._personal_log_odds(occasion), was_accepted=was_accepted)
        self.n_events += 1

    def offsets(self) -> dict[str, tuple[float, float]]:
        """Returns mean and standard deviation of each offset, log-odds, by name; the largest in its own sd first."""
        pairs = {
            name: (self.mean[index], math.sqrt(self.covariance[index][index])) for index, name in enumerate(self.names)
        }
        return dict(sorted(pairs.items(), key=lambda item: -abs(item[1][0] / item[1][1])))

    def _make_room(self, traits: Sequence[str]) -> None:
        """Begins the offsets of traits met for the first time, and of files and projects met often enough.

        Where files or projects have no room left, the one of which the least is known makes way.
        """
        if self.recipe.trait_sd == 0:
            return
        for trait in traits:
            if trait in self._index:
                continue
            kind = trait.partition(":")[0]
            if kind in MAX_OF_KIND:
                self._n_met[trait] += 1
                if self._n_met[trait] < MIN_PLACE_EVENTS:
                    continue
                others = [name for name in self.names if name.startswith(f"{kind}:")]
                if len(others) >= MAX_OF_KIND[kind]:
                    self._drop(max(others, key=lambda name: self.covariance[self._index[name]][self._index[name]]))
            self._add(trait)

    def _add(self, name: str) -> None:
        self._index[name] = len(self.names)
        self.names += (name,)
        self.mean.append(0.0)
        for row in self.covariance:
            row.append(0.0)
        self.covariance.append([0.0] * len(self.names))
        self.covariance[-1][-1] = _variance(self.recipe, name)

    def _drop(self, name: str) -> None:
        """Leaves an offset out; what is known of the others stays as it is."""
        place = self._index[name]
        self.names = (*self.names[:place], *self.names[place + 1 :])
        self._index = {kept: index for index, kept in enumerate(self.names)}
        del self.mean[place], self.covariance[place], self._n_met[name]
        for row in self.covariance:
            del row[place]

    def _experts(self, occasion: Occasion) -> tuple[float, float]:
        return sigmoid(self._personal_log_odds(occasion)), sigmoid(occasion.prior_log_odds)

    def _personal_log_odds(self, occasion: Occasion) -> float:
        index, mean = self._index, self.mean
        personal = occasion.prior_log_odds + mean[0]
        for trait in occasion.traits:
            place = index.get(trait)
            if place is not None:
                personal += mean[place]
        place = index.get(SLOPE)
        if place is not None:
            personal += mean[place] * occasion.prior_log_odds
        return personal

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

    def _move(self, inputs: Sequence[tuple[int, float]], before: float, *, was_accepted: bool) -> None:
        """Moves the Gaussian to the mode of the posterior of a row, with the curvature there.

        Args:
            inputs: Where the row's offsets are, and what each is multiplied with.
            before: The row's log-odds as the offsets are now.
            was_accepted: What happened.
        """
        gain = [sum(row[place] * value for place, value in inputs) for row in self.covariance]
        variance = sum(gain[place] * value for place, value in inputs)
        error = _error_left(before, variance, was_accepted=was_accepted)
        probability = sigmoid(before + variance * error)
        curvature = probability * (1 - probability)
        shrink = 1 / (1 + curvature * variance)
        for index, own_gain in enumerate(gain):
            self.mean[index] += own_gain * error
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
        return Scored(
            probability=self.state.probability(occasion),
            features=scored.features,
            model_version=f"{scored.model_version}+{self.state.recipe.name}.{self.state.n_events}",
            contributions=_foremost((*scored.contributions, *self.state.contributions(occasion))),
        )

    def probability_of_row(self, row: JudgedSuggestion) -> float | None:
        """Returns what this model says of a logged suggestion; None for one with other features than the prior's."""
        occasion = occasion_of_row(row, self.prior)
        return None if occasion is None else self.state.probability(occasion)

    def contributions_of_summary(self, summary: DecisionSummary) -> tuple[Contribution, ...]:
        """Returns what speaks for and against a decision's suggestion as things stand now; as `score` tells it."""
        occasion = occasion_of_summary(summary, self.prior)
        if occasion is None:
            return ()
        return _foremost((*self.prior.contributions(summary.features), *self.state.contributions(occasion)))

    def observe(self, row: JudgedSuggestion) -> bool:
        """Learns from one suggestion whose outcome has come; tells whether it held a judgement to learn from."""
        label, occasion = label_of(row), occasion_of_row(row, self.prior)
        if label is None or occasion is None:
            return False
        self.state.learn(occasion, was_accepted=label)
        self.state.last_at_ms = max(self.state.last_at_ms, row.at_ms)
        return True


def _foremost(contributions: Sequence[Contribution]) -> tuple[Contribution, ...]:
    return tuple(sorted(contributions, key=lambda one: -abs(one.log_odds))[:N_CONTRIBUTIONS])


def judged_rows(rows: Sequence[JudgedSuggestion]) -> list[JudgedSuggestion]:
    """Returns the rows that hold a judgement to learn from, oldest first."""
    return sorted((row for row in rows if label_of(row) is not None), key=lambda row: row.at_ms)


def refit(rows: Sequence[JudgedSuggestion], prior: Prior, recipe: Recipe = HIERARCHICAL) -> PersonalState:
    """Returns what a user's log teaches; about 0.2 ms a row in pure Python: run it in a worker.

    Unlike learning event by event it knows which accepted texts were kept.
    """
    model = PersonalAcceptanceModel(prior, PersonalState.fresh(recipe))
    for row in judged_rows(rows)[-MAX_ROWS:]:
        model.observe(row)
    return model.state


def foretold(
    rows: Sequence[JudgedSuggestion], prior: Prior, recipe: Recipe, since_ms: int = 0
) -> Callable[[JudgedSuggestion], float | None]:
    """Returns what a model that learns from row to row said of each, before it learned from it.

    A model that has learned from all of them would know the answers, and its thresholds lose more than they say.

    Args:
        rows: Oldest first.
        prior: The model underneath.
        recipe: How it learns.
        since_ms: What was decided before that, milliseconds since the Unix epoch, is not learned from.
    """
    model = PersonalAcceptanceModel(prior, PersonalState.fresh(recipe))
    probabilities: dict[SuggestionId, float | None] = {}
    for row in rows:
        probabilities[row.suggestion_id] = model.probability_of_row(row)
        if row.at_ms >= since_ms:
            model.observe(row)
    return lambda row: probabilities.get(row.suggestion_id)


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


def _error_left(before: float, variance: float, *, was_accepted: bool) -> float:
    """Returns what is left of a row's error at the posterior's mode; the log-odds moved there by it times variance.

    One Newton step from where the row was would go too far when the row is a surprise: the curvature is small there.
    """
    nothing, all_of_it = 0.0, float(was_accepted) - sigmoid(before)
    for _ in range(N_HALVINGS):
        middle = (nothing + all_of_it) / 2
        if abs(float(was_accepted) - sigmoid(before + variance * middle)) > abs(middle):
            nothing = middle
        else:
            all_of_it = middle
    return all_of_it


def _variance(recipe: Recipe, name: str) -> float:
    if name == USER:
        sd = recipe.user_sd
    elif name == SLOPE:
        sd = recipe.slope_sd
    else:
        sd = recipe.place_sd if name.partition(":")[0] in _PLACES else recipe.trait_sd
    return sd * sd
