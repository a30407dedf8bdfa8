"""What patches do on generated inputs, compared with each other and with the program before any patch."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from inkling.engine.judging.exchange import Compared, Observed

Place = tuple[int, int]
"""A probe's number and the observation's in it."""

_REACHED = ("V", "E", "T")
_EMPTY_KINDS = ("list", "set", "tuple[]")  # where there are no items, their kind cannot be wrong


@dataclass(frozen=True, kw_only=True)
class Behaviours:
    """The answers of patches, with their weights.

    Attributes:
        compared: What the worker answered.
        weights: How much each patch counts where they are compared, its prior; at least one above 0.
    """

    compared: Compared
    weights: Sequence[float]

    @cached_property
    def generated(self) -> tuple[Place, ...]:
        """Observations on generated inputs that do not depend on chance and that some patch came to."""
        return tuple(place for place in self._places() if not self.compared.is_original[place[0]])

    @cached_property
    def n_inputs(self) -> int:
        """Generated inputs that tell something."""
        return len({number for number, _ in self.generated})

    @cached_property
    def n_inputs_agreeing(self) -> int:
        """Generated inputs on which every patch that ran answers the same."""
        differing = {place[0] for place in self.generated if len(self._weight_of_answers[place]) > 1}
        return self.n_inputs - len(differing)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """For each patch a name that those of the same behaviour share; empty for one that did not run."""
        return tuple(
            sha256("\0".join(answer(observed, place) for place in self.generated).encode()).hexdigest()[:12]
            if observed is not None
            else ""
            for observed in self.compared.patches
        )

    @cached_property
    def weight_by_name(self) -> Mapping[str, float]:
        """The weight of all patches of a behaviour, as a share of the whole."""
        weights: dict[str, float] = defaultdict(float)
        for name, weight in zip(self.names, self.weights, strict=True):
            weights[name] += weight / sum(self.weights)
        return weights

    def crash_share(self, observed: Observed | None) -> float:
        """Returns on how many generated inputs an exception or a time limit ended it, as a share."""
        return self._share(observed, lambda place, text: not text.startswith("V"))

    def share_as_original(self, observed: Observed | None) -> float:
        """Returns on how many generated inputs it does what the program did before."""
        original = self.compared.original
        return self._share(observed, lambda place, text: original is not None and answer(original, place) == text)

    def share_of_other_types(self, observed: Observed | None, wanted: Set[str]) -> float:
        """Returns how often a value is of none of the kinds that the tests compare with; 0 where they are not known.

        Args:
            observed: What a version of the program did.
            wanted: Those kinds, as `values.type_word` has them.
        """
        if observed is None or not wanted:
            return 0.0
        known = {*wanted, *_EMPTY_KINDS}
        return self._share(
            observed, lambda place, text: text.startswith("V") and observed.types[place[0]][place[1]] not in known
        )

    def share_of_distinct_values(self, observed: Observed | None) -> float:
        """Returns how many different values there are among its answers, as a share of the answers."""
        values = [] if observed is None else [answer(observed, place) for place in self.generated]
        values = [value for value in values if value.startswith("V")]
        return len(set(values)) / len(values) if values else 0.0

    def is_constant(self, observed: Observed | None) -> bool:
        """Tells whether it answers the same whatever the input is, as far as that can be told."""
        values = [] if observed is None else [answer(observed, place) for place in self.generated]
        return len(values) > 3 and len({value for value in values if value.startswith("V")}) <= 1

    def agreement(self, observed: Observed | None) -> float:
        """Returns the weight of the patches that answer the same, on average over the generated inputs."""
        if observed is None or not self.generated:
            return 0.0
        shares = [self._weight_of_answers[place][answer(observed, place)] for place in self.generated]
        return sum(shares) / len(shares)

    @cached_property
    def _weight_of_answers(self) -> Mapping[Place, Counter[str]]:
        weights: dict[Place, Counter[str]] = {place: Counter() for place in self.generated}
        ran = [(item, weight) for item, weight in zip(self.compared.patches, self.weights, strict=True) if item]
        total = sum(weight for _, weight in ran)
        for observed, weight in ran:
            for place in self.generated:
                weights[place][answer(observed, place)] += weight / total  # type: ignore[assignment] # shares, not counts
        return weights

    def _places(self) -> Iterator[Place]:
        """Observations that are stable: the same in two runs of the program with other random numbers."""
        compared = self.compared
        for number, texts in enumerate(compared.shown[: len(compared.shown) - compared.n_calls]):
            for slot in range(len(texts)):
                place = (number, slot)
                is_stable = (
                    compared.original is None
                    or compared.original_again is None
                    or answer(compared.original, place) == answer(compared.original_again, place)
                )
                if is_stable and any(item and answer(item, place).startswith(_REACHED) for item in compared.patches):
                    yield place

    def _share(self, observed: Observed | None, holds: Callable[[Place, str], bool]) -> float:
        if observed is None or not self.generated:
            return 0.0
        return sum(holds(place, answer(observed, place)) for place in self.generated) / len(self.generated)


def answer(observed: Observed, place: Place) -> str:
    """Returns what a version of the program answered at a place."""
    return observed.outcomes[place[0]][place[1]]
