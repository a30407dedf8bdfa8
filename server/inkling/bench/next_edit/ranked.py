"""Cases ranked by a model that has not seen their pull request."""

import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from inkling.bench.next_edit.extraction import ExtractedCase
from inkling.bench.next_edit.learning import fit, fold_of, likeliest
from inkling.bench.next_edit.measure import Judged, OfferedEdit
from inkling.core.settings import GatePolicy
from inkling.engine.next_edit.ranking.ranking import Ranking
from inkling.engine.next_edit.ranking.thresholds import POLICIES
from inkling.engine.trees import Floats

N_FOLDS = 5
OFFERED: Mapping[GatePolicy, float] = {GatePolicy.EAGER: 0.22, GatePolicy.BALANCED: 0.14, GatePolicy.QUIET: 0.07}
"""The share of edits after which each setting is to offer something. With `balanced` about six of 100 are offered
wrongly and more than half of the offered ones are right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCase:
    """A case with what a ranking says of it.

    Attributes:
        case: The case.
        fold: Its fold.
        place_rank: The rank of the first right place, from 0; None where none is right.
        edit_probabilities: For each proposal, float64, shape (n_proposals,).
        cpu_ms: Time of the ranking alone.
    """

    case: ExtractedCase
    fold: int
    place_rank: int | None
    edit_probabilities: Floats
    cpu_ms: float

    @property
    def best(self) -> int | None:
        """The number of the likeliest proposal; None where there is none."""
        return int(np.argmax(self.edit_probabilities)) if len(self.edit_probabilities) else None

    @property
    def best_probability(self) -> float:
        """The probability of the likeliest proposal; 0 where there is none."""
        return float(np.max(self.edit_probabilities)) if len(self.edit_probabilities) else 0.0


def ranked_out_of_fold(
    cases: Sequence[ExtractedCase],
    *,
    seed: int,
    n_processes: int,
    group: Callable[[ExtractedCase], str] = lambda case: case.pull_request,
) -> list[RankedCase]:
    """Returns the cases, each ranked by what was learned from the other folds.

    Args:
        cases: All cases.
        seed: Of the training.
        n_processes: How many folds are learned side by side.
        group: What must not be in two folds.
    """
    folds = [fold_of(group(case), N_FOLDS) for case in cases]
    jobs = [
        (
            fold,
            [case for case, own in zip(cases, folds, strict=True) if own != fold],
            [case for case, own in zip(cases, folds, strict=True) if own == fold],
        )
        for fold in sorted(set(folds))
    ]
    learn = partial(_learn_and_rank, seed)
    if n_processes == 1:
        return [ranked for job in jobs for ranked in learn(job)]
    with multiprocessing.get_context("spawn").Pool(n_processes) as pool:
        return [ranked for found in pool.imap(learn, jobs) for ranked in found]


def _learn_and_rank(seed: int, job: tuple[int, list[ExtractedCase], list[ExtractedCase]]) -> list[RankedCase]:
    fold, learned_from, judged = job
    ranking = fit(learned_from, seed)
    return [rank(ranking, case, fold) for case in judged]


def rank(ranking: Ranking, case: ExtractedCase, fold: int = 0) -> RankedCase:
    """Returns what a ranking says of a case."""
    started_s = time.process_time()
    probabilities = ranking.edit_probabilities(case.edit_features)
    places = ranking.rank_places(case.place_features, case.places, likeliest(case, probabilities))
    cpu_ms = (time.process_time() - started_s) * 1000
    right = {place for place, is_right in zip(case.places, case.place_is_right.tolist(), strict=True) if is_right}
    place_rank = next((number for number, place in enumerate(places) if (place.uri, place.line) in right), None)
    return RankedCase(case=case, fold=fold, place_rank=place_rank, edit_probabilities=probabilities, cpu_ms=cpu_ms)


def thresholds_offering(ranked: Sequence[RankedCase]) -> dict[GatePolicy, float]:
    """Returns for each policy the probability from which on its share of cases has an edit to offer."""
    probabilities = sorted((one.best_probability for one in ranked), reverse=True)
    found: dict[GatePolicy, float] = {}
    for policy in POLICIES:
        last = max(0, round(OFFERED[policy] * len(probabilities)) - 1)
        found[policy] = max(1e-6, probabilities[last]) if probabilities else 1.0
    return found


def judged_with_unseen_thresholds(ranked: Sequence[RankedCase]) -> list[Judged]:
    """Returns what came of each case, offered or not by the balanced threshold of the other folds."""
    thresholds = {
        fold: thresholds_offering([one for one in ranked if one.fold != fold])[GatePolicy.BALANCED]
        for fold in {one.fold for one in ranked}
    }
    return [judge(one, thresholds[one.fold]) for one in ranked]


def judge(ranked: RankedCase, threshold: float) -> Judged:
    """Returns what came of a case."""
    case, best = ranked.case, ranked.best
    right = np.flatnonzero(case.edit_is_right).tolist()
    return Judged(
        pull_request=case.pull_request,
        is_far=case.is_far,
        is_import=case.is_import,
        place_rank=ranked.place_rank,
        baselines=case.baselines,
        best=None
        if best is None
        else OfferedEdit(
            is_offered=ranked.best_probability >= threshold,
            is_right=bool(case.edit_is_right[best]),
            is_right_later=bool(case.edit_is_right_later[best]),
            proposers=case.edit_proposers[best],
        ),
        listed=frozenset().union(*(case.edit_proposers[number] for number in right)),
        cpu_ms=case.cpu_ms + ranked.cpu_ms,
    )
