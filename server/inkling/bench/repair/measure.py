"""The figures of `inkling bench repair`, from what came of each bug."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.bench.report import Metric, bootstrap, exact
from inkling.core.repair import PatchVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPatch:
    """A patch in its place in the ranking.

    Attributes:
        kind: Its kind.
        is_right: Whether the hidden tests pass.
        verdict: What the judge says of it.
        probability: And how likely it thinks it right.
    """

    kind: str
    is_right: bool
    verdict: PatchVerdict
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one bug.

    Attributes:
        task_id: The bug.
        problem: What it is an attempt at.
        ranked: Patches that may be shown, likeliest first.
        n_refused: Patches that break an integrity rule.
        first_with_example: Whether the first patch after one answered example is right; None where nothing was asked.
        verified_with_example: Whether that one is shown as verified.
        n_tried: Changes that were run.
        search_s: Seconds of search.
        n_processes: Processes of the search.
        first_right_s: Seconds to the first right patch.
        note: Why nothing was searched; empty where it was.
    """

    task_id: str
    problem: str
    ranked: Sequence[RankedPatch] = ()
    n_refused: int = 0
    first_with_example: bool | None = None
    verified_with_example: bool = False
    n_tried: int = 0
    search_s: float = 0.0
    n_processes: int = 1
    first_right_s: float | None = None
    note: str = ""

    @property
    def is_solved(self) -> bool:
        """Whether the first patch is right."""
        return bool(self.ranked) and self.ranked[0].is_right

    @property
    def is_listed(self) -> bool:
        """Whether any patch is right."""
        return any(patch.is_right for patch in self.ranked)

    @property
    def is_verified(self) -> bool:
        """Whether the first patch is shown as verified."""
        return bool(self.ranked) and self.ranked[0].verdict is PatchVerdict.VERIFIED

    @property
    def is_solved_with_example(self) -> bool:
        """Whether the first patch is right after one example, where there was one to be answered."""
        return self.is_solved if self.first_with_example is None else self.first_with_example

    def in_words(self) -> str:
        """Returns a line for whoever watches."""
        if self.note:
            return self.note
        if not self.ranked:
            return f"nothing of {self.n_tried}"
        place = next((at for at, patch in enumerate(self.ranked, start=1) if patch.is_right), None)
        first = self.ranked[0]
        return (
            f"{len(self.ranked)} patches of {self.n_tried}, right one at {place or '-'}, "
            f"first {first.kind} {first.verdict} p={first.probability:.2f}"
        )


def measure(outcomes: Sequence[Outcome], seed: int) -> dict[str, Metric]:
    """Returns the figures with intervals by problem: attempts at one problem are not independent."""
    by_problem: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_problem[outcome.problem].append(outcome)
    clusters = list(by_problem.values())

    def share(holds: Callable[[Outcome], bool], among: Callable[[Outcome], bool] = lambda _: True) -> Metric:
        if not any(among(outcome) for outcome in outcomes):
            return exact(math.nan)
        return bootstrap(clusters, lambda sample: _share(sample, holds, among), seed)

    timed = [cluster for cluster in clusters if any(outcome.first_right_s is not None for outcome in cluster)]
    metrics = {
        "solved": share(lambda outcome: outcome.is_solved),
        "solved_top_5": share(lambda outcome: any(patch.is_right for patch in outcome.ranked[:5])),
        "listed": share(lambda outcome: outcome.is_listed),
        "overfit": share(lambda outcome: bool(outcome.ranked) and not outcome.is_solved),
        "none": share(lambda outcome: not outcome.ranked),
        "verified": share(lambda outcome: outcome.is_verified),
        "right_of_verified": share(lambda outcome: outcome.is_solved, lambda outcome: outcome.is_verified),
        "solved_with_one_example": share(lambda outcome: outcome.is_solved_with_example),
        "verified_with_one_example": share(lambda outcome: outcome.is_verified or outcome.verified_with_example),
        "right_of_verified_with_one_example": share(
            lambda outcome: outcome.is_solved if outcome.is_verified else outcome.is_solved_with_example,
            lambda outcome: outcome.is_verified or outcome.verified_with_example,
        ),
        "refused_patches": exact(sum(outcome.n_refused for outcome in outcomes)),
        "not_searched": share(lambda outcome: bool(outcome.note)),
    }
    if any(outcome.search_s for outcome in outcomes):
        metrics["mutants_per_s"] = bootstrap(clusters, _mutants_per_s, seed)
    if timed:
        metrics["seconds_p50"] = bootstrap(timed, _seconds_p50, seed)
    metrics |= _first_right_by_kind(outcomes)
    return {name: metric for name, metric in metrics.items() if not math.isnan(metric.value)}


def _first_right_by_kind(outcomes: Sequence[Outcome]) -> dict[str, Metric]:
    """Returns for how many bugs the first right patch is of a kind, most first; pairs are one kind."""
    kinds = Counter(
        next(_kind_word(patch.kind) for patch in outcome.ranked if patch.is_right)
        for outcome in outcomes
        if outcome.is_listed
    )
    return {f"first_right_{kind}": exact(count) for kind, count in kinds.most_common()}


def _kind_word(kind: str) -> str:
    return "pair" if "+" in kind else kind


def _share(sample: Sequence[Outcome], holds: Callable[[Outcome], bool], among: Callable[[Outcome], bool]) -> float:
    chosen = [outcome for outcome in sample if among(outcome)]
    return sum(holds(outcome) for outcome in chosen) / len(chosen) if chosen else math.nan


def _mutants_per_s(sample: Sequence[Outcome]) -> float:
    seconds = sum(outcome.search_s * outcome.n_processes for outcome in sample)
    return sum(outcome.n_tried for outcome in sample) / seconds if seconds else math.nan


def _seconds_p50(sample: Sequence[Outcome]) -> float:
    seconds = sorted(outcome.first_right_s for outcome in sample if outcome.first_right_s is not None)
    return seconds[len(seconds) // 2] if seconds else math.nan
