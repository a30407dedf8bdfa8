"""The search: single changes first, then expressions made of what is in scope, then two changes at once.

Each phase has a share of the time. All of them run mutants in batches, best first, keep how near each came, and report
what passes as soon as it was confirmed in a process of its own.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from inkling.engine.repair.evaluation import LARGEST_BATCH, Evaluator
from inkling.engine.repair.program import Mutant
from inkling.engine.repair.questions import questions, synthesised_mutants
from inkling.engine.repair.templates import Surroundings, mutants
from inkling.engine.repair.trial import FITNESS_STEPS, Score, is_plausible

_BATCH_S = 0.4  # that a batch should take: progress and the end of the budget are seen between batches
_SMALLEST_BATCH = 32
_SHARE_OF_SINGLES = 0.5
_SHARE_OF_SYNTHESIS = 0.25
_SHARE_OF_IMPORTS = 0.12
_LEAST_FOR_IMPORTS_S = 3.0
_ENOUGH = 40  # plausible ones of one phase
_FEW = 10  # plausible ones below which two changes at once are tried
_BETTER_BY = 3  # steps of fitness that make a change worth a second one
_WISHED = 2.0  # times the weight of a change with which examples of the docstrings hold that did not before
_N_ANCHORS = 30
_N_OF_ONE_FITNESS = 4  # anchors of the same fitness: they most likely do the same
_N_PARTNERS = 700
_N_PARTNERS_AT_ONCE = 100
_N_LIKELY = 250  # single changes that are paired with each other, whatever came of them
_N_BASES = 12
_N_BASES_OF_ONE_FITNESS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Which part of the search is this process's: every `n`-th mutant from `part` on."""

    part: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told what happens.

    Attributes:
        found: Takes a mutant that passes, and tells whether it is a new one.
        progress: Takes what is being done.
    """

    found: Callable[[Mutant], bool]
    progress: Callable[[str], None]


class Search:
    """One search in one process."""

    def __init__(
        self, evaluator: Evaluator, surroundings: Surroundings, share: Share, deadline: float, listener: Listener
    ) -> None:
        """Prepares a search.

        Args:
            evaluator: Runs mutants; started.
            surroundings: The program and what is known of it.
            share: Which part of it is searched.
            deadline: When it ends, by `time.monotonic`.
            listener: Who is told.
        """
        self._evaluator = evaluator
        self._surroundings = surroundings
        self._share = share
        self._deadline = deadline
        self._budget_s = max(0.0, deadline - time.monotonic())
        self._listener = listener
        self._tried: list[tuple[int, Mutant]] = []
        self._n_found = 0
        self._base = evaluator.baseline.score if evaluator.baseline is not None else 0

    def run(self) -> None:
        """Searches until the deadline or until there is nothing more to try."""
        everything = mutants(self._surroundings)
        singles = [mutant for mutant in everything if not self._evaluator.needs_import(mutant)]
        imported = self._mine([mutant for mutant in everything if self._evaluator.needs_import(mutant)])
        if imported:
            self._evaluator.prepare_imports()
        self._listener.progress("trying single changes")
        self._try(self._mine(singles), self._budget_s * _SHARE_OF_SINGLES)
        self._listener.progress("trying changes of constants and defaults")
        self._try_imported(imported, len(imported) / max(1, len(imported) + len(self._mine(singles))))
        self._listener.progress("building expressions from values seen in the tests")
        self._synthesise()
        if self._n_found < _FEW:
            self._listener.progress("trying two changes at once")
            self._try_pairs(singles)
        if self._n_found < _FEW:
            self._listener.progress("trying more changes of what came nearest")
            self._try_beam(singles)

    def _mine(self, candidates: Sequence[Mutant]) -> Sequence[Mutant]:
        return candidates[self._share.part :: self._share.n]

    def _left_s(self) -> float:
        return self._deadline - time.monotonic()

    def _try(self, candidates: Sequence[Mutant], limit_s: float) -> None:
        """Runs mutants until there are enough plausible ones or the time is over."""
        end = min(self._deadline, time.monotonic() + limit_s)
        n_before = self._n_found
        place, size = 0, 2 * _SMALLEST_BATCH
        while place < len(candidates) and time.monotonic() < end and self._n_found - n_before < _ENOUGH:
            batch = candidates[place : place + size]
            started = time.monotonic()
            scores = self._evaluator.evaluate(batch)
            took_s = time.monotonic() - started
            for mutant, score in zip(batch, scores, strict=True):
                if is_plausible(score):
                    if self._n_found - n_before < _ENOUGH:
                        self._report(mutant, score)
                elif score <= FITNESS_STEPS:
                    self._tried.append((score, mutant))
            self._listener.progress("")
            place += len(batch)
            size = int(min(LARGEST_BATCH, max(_SMALLEST_BATCH, size * _BATCH_S / max(took_s, 0.02))))

    def _try_imported(self, candidates: Sequence[Mutant], share: float) -> None:
        """Runs mutants with modules imported anew, which takes long for each: as long as their share of all allows."""
        if not candidates or not self._evaluator.wait_for_imports():
            return
        limit_s = max(_LEAST_FOR_IMPORTS_S, self._budget_s * max(_SHARE_OF_IMPORTS, share * _SHARE_OF_SINGLES))
        end = time.monotonic() + min(self._left_s(), limit_s)
        for mutant in candidates:
            if time.monotonic() > end:
                return
            if is_plausible(self._evaluator.evaluate_imported(mutant)):
                self._n_found += self._listener.found(mutant)

    def _report(self, mutant: Mutant, score: int) -> None:
        if self._evaluator.confirm(mutant):
            if score == Score.PLAUSIBLE_AND_WISHED:
                mutant = replace(mutant, weight=mutant.weight * _WISHED)
            self._n_found += self._listener.found(mutant)

    def _synthesise(self) -> None:
        end = min(self._deadline, time.monotonic() + self._budget_s * _SHARE_OF_SYNTHESIS)
        for place in list(questions(self._surroundings))[self._share.part :: self._share.n]:
            if time.monotonic() > end:
                return
            codes = self._evaluator.compiled(place.noted)
            answer = self._evaluator.synthesise(place.question(codes), place.limit_s(self._budget_s)) if codes else None
            if answer is not None:
                self._try(synthesised_mutants(self._surroundings, place, answer), 2.0)
                self._listener.progress("")

    def _try_pairs(self, singles: Sequence[Mutant]) -> None:
        anchors = _leaders(self._tried, self._base + _BETTER_BY, _N_ANCHORS, _N_OF_ONE_FITNESS)
        partners = singles[:_N_PARTNERS]
        end_s = self._budget_s * _SHARE_OF_SINGLES
        for first in range(0, len(partners), _N_PARTNERS_AT_ONCE):
            if self._n_found >= _FEW or self._left_s() <= 0:
                return
            some = partners[first : first + _N_PARTNERS_AT_ONCE]
            self._try(_sorted_pairs((anchor, partner) for anchor in anchors for partner in some), end_s)
        likely = singles[:_N_LIKELY]
        pairs = _sorted_pairs((one, other) for i, one in enumerate(likely) for other in likely[:i])
        self._try(self._mine(pairs), end_s)

    def _try_beam(self, singles: Sequence[Mutant]) -> None:
        bases = _leaders(self._tried, self._base + _BETTER_BY, _N_BASES, _N_BASES_OF_ONE_FITNESS)
        for first in range(0, len(singles), _N_PARTNERS_AT_ONCE):
            if self._n_found >= _FEW or self._left_s() <= 0:
                return
            some = singles[first : first + _N_PARTNERS_AT_ONCE]
            self._try(_sorted_pairs((base, partner) for base in bases for partner in some), self._budget_s)


def _leaders(tried: Sequence[tuple[int, Mutant]], least: int, n: int, n_of_one_fitness: int) -> list[Mutant]:
    """Returns the mutants that came nearest, only a few of each fitness."""
    per_fitness: Counter[int] = Counter()
    leaders: list[Mutant] = []
    for score, mutant in sorted(tried, key=lambda each: (-each[0], each[1].size, -each[1].weight)):
        if score < least or len(leaders) == n:
            break
        if per_fitness[score] < n_of_one_fitness:
            per_fitness[score] += 1
            leaders.append(mutant)
    return leaders


def _sorted_pairs(pairs: Iterator[tuple[Mutant, Mutant]]) -> list[Mutant]:
    joined = [joined for one, other in pairs if (joined := _joined(one, other)) is not None]
    joined.sort(key=lambda mutant: -mutant.weight)
    return joined


def _joined(one: Mutant, other: Mutant) -> Mutant | None:
    """Returns both changes in one; None where they are changes of the same place."""
    places = {id(target) for target, _ in one.changes}
    if any(id(target) in places for target, _ in other.changes):
        return None
    return Mutant(
        changes=one.changes + other.changes,
        kind="+".join(sorted((*one.kind.split("+"), *other.kind.split("+")))),
        weight=one.weight * other.weight,
        size=one.size + other.size,
        n_edits=one.n_edits + other.n_edits,
        imports=tuple(dict.fromkeys(one.imports + other.imports)),
    )
