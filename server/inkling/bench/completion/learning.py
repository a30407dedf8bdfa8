"""Learns the ranker of the embedded completer from extracted candidates. Needs scikit-learn."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from inkling.bench.completion.extraction import ExtractedProject
from inkling.bench.next_edit.learning import TreeSettings, fit_trees
from inkling.engine.completion.features import FEATURES
from inkling.engine.completion.ranker import Calibration, Ranker, leads
from inkling.engine.completion.scope_features import UNKNOWN_SCOPE
from inkling.engine.trees import BoostedTrees

N_FOLDS = 3
TREES = TreeSettings(n_trees=200, n_leaves=16, learning_rate=0.07, least_in_leaf=40, l2=5.0)
WITHOUT_FACTS = 0.3  # share of the positions that are learned from as if nothing was known of their scope
PRECISION = 0.6
N_BINS = 10

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestTexts:
    """The first text of each position, by trees that never saw its project.

    Attributes:
        score: float64, shape (n_positions,): log-odds by the trees; NaN where there was no text.
        lead: float64, shape (n_positions,): how far it is above the next.
        is_right: bool, shape (n_positions,).
        could_be_right: bool, shape (n_positions,): whether some text of the position is right.
        is_replay: bool, shape (n_positions,).
        fold: int64, shape (n_positions,).
    """

    score: Floats
    lead: Floats
    is_right: Booleans
    could_be_right: Booleans
    is_replay: Booleans
    fold: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What was learned.

    Attributes:
        ranker: From all projects.
        unseen: What rankers of folds were worth on projects that they had not seen.
        unseen_without_facts: The same rankers, when nothing is known of any scope.
    """

    ranker: Ranker
    unseen: dict[str, float]
    unseen_without_facts: dict[str, float]


def learn(projects: Sequence[ExtractedProject], seed: int) -> Learned:
    """Returns the ranker learned from all projects, and what such rankers are worth."""
    chance = np.random.default_rng(seed)
    some_facts = [without_facts(each, chance.random(len(each.is_replay)) < WITHOUT_FACTS) for each in projects]
    no_facts = [without_facts(each, np.ones(len(each.is_replay), np.bool_)) for each in projects]
    trees = trees_of_folds(some_facts, seed)
    best, best_without = best_of_unseen(trees, projects), best_of_unseen(trees, no_facts)
    # What the confidence is learned from knows as much as what the trees are learned from.
    best_of_some = best_of_unseen(trees, some_facts)
    calibration = calibrate(best_of_some, np.isfinite(best_of_some.score))
    return Learned(
        ranker=Ranker(trees=fit(some_facts, seed), calibration=calibration),
        unseen=figures(best, best_of_some),
        unseen_without_facts=figures(best_without, best_of_some),
    )


def without_facts(project: ExtractedProject, is_dropped: Booleans) -> ExtractedProject:
    """Returns a project of which nothing is known at some positions.

    Args:
        project: The project.
        is_dropped: bool, shape (n_positions,): whether the facts of the scope are dropped.
    """
    features = project.features.copy()
    rows = np.flatnonzero(is_dropped[project.position])
    for name, unknown in UNKNOWN_SCOPE.items():
        features[rows, FEATURES.index(name)] = unknown
    return replace(project, features=features)


def fit(projects: Sequence[ExtractedProject], seed: int) -> BoostedTrees:
    """Returns trees that tell right texts from others."""
    rows = np.concatenate([project.features for project in projects])
    return fit_trees(rows, np.concatenate([project.is_right for project in projects]), TREES, seed)


def trees_of_folds(projects: Sequence[ExtractedProject], seed: int) -> list[BoostedTrees]:
    """Returns for each fold trees that learned from the others; a project is in one fold alone."""
    return [
        fit([project for number, project in enumerate(projects) if number % N_FOLDS != fold], seed)
        for fold in range(N_FOLDS)
    ]


def best_of_unseen(trees: Sequence[BoostedTrees], projects: Sequence[ExtractedProject]) -> BestTexts:
    """Returns the first text at each position, by the trees of the other folds."""
    parts = [
        best_texts(of_fold, project, fold) for fold, of_fold in enumerate(trees) for project in projects[fold::N_FOLDS]
    ]
    return BestTexts(
        score=np.concatenate([part.score for part in parts]),
        lead=np.concatenate([part.lead for part in parts]),
        is_right=np.concatenate([part.is_right for part in parts]),
        could_be_right=np.concatenate([part.could_be_right for part in parts]),
        is_replay=np.concatenate([part.is_replay for part in parts]),
        fold=np.concatenate([part.fold for part in parts]),
    )


def best_texts(trees: BoostedTrees, project: ExtractedProject, fold: int) -> BestTexts:
    """Returns the first text at each position of a project."""
    n_positions = len(project.is_replay)
    score, lead = np.full(n_positions, np.nan), np.zeros(n_positions)
    is_right, could_be_right = np.zeros(n_positions, np.bool_), np.zeros(n_positions, np.bool_)
    scores = trees.scores(project.features) if len(project.features) else np.zeros(0)
    for position in range(n_positions):
        first, last = np.searchsorted(project.position, (position, position + 1))
        if first < last:
            own = scores[first:last]
            best = int(own.argmax())
            score[position], lead[position] = own[best], leads(own)[best]
            is_right[position] = project.is_right[first + best]
            could_be_right[position] = project.is_right[first:last].any()
    return BestTexts(
        score=score,
        lead=lead,
        is_right=is_right,
        could_be_right=could_be_right,
        is_replay=project.is_replay,
        fold=np.full(n_positions, fold),
    )


def calibrate(best: BestTexts, is_used: Booleans) -> Calibration:
    """Returns the calibration learned from first texts that were scored by trees which had not seen them."""
    columns = np.column_stack([best.score[is_used], best.lead[is_used]])
    fitted = LogisticRegression(C=1000.0, max_iter=1000).fit(columns, best.is_right[is_used])
    slope, lead_slope = fitted.coef_[0].tolist()
    return Calibration(slope=slope, lead_slope=lead_slope, intercept=float(fitted.intercept_[0]))


def figures(best: BestTexts, learned_from: BestTexts) -> dict[str, float]:
    """Returns what the first texts are worth, by protocol.

    Args:
        best: The texts.
        learned_from: The texts that the calibration is learned from, at the same positions; of other folds alone.
    """
    confidence = np.zeros(len(best.score))
    has_text = np.isfinite(best.score)
    for fold in range(N_FOLDS):
        is_own = (best.fold == fold) & has_text
        if is_own.any():
            calibration = calibrate(learned_from, (best.fold != fold) & np.isfinite(learned_from.score))
            confidence[is_own] = calibration.confidences(best.score[is_own], best.lead[is_own])
    found: dict[str, float] = {}
    for name, is_part in (("loo", ~best.is_replay), ("replay", best.is_replay)):
        right, sureness = best.is_right[is_part], confidence[is_part]
        found |= {
            f"n_{name}": float(is_part.sum()),
            f"exact_match_{name}": float(right.mean()),
            f"found_{name}": float(best.could_be_right[is_part].mean()),
            f"coverage_at_60_{name}": coverage(sureness, right, PRECISION),
            f"calibration_error_{name}": calibration_error(sureness, right),
        }
    return found


def coverage(confidence: Floats, is_right: Booleans, precision: float) -> float:
    """Returns the largest share of positions that can be shown, the surest first, with `precision` of them right."""
    hits = np.cumsum(is_right[np.argsort(-confidence, kind="stable")])
    n_shown = np.arange(1, len(hits) + 1)
    enough = np.flatnonzero(hits >= precision * n_shown)
    return float((enough[-1] + 1) / len(hits)) if len(enough) else 0.0


def calibration_error(confidence: Floats, is_right: Booleans) -> float:
    """Returns the expected calibration error, over ten bins of equal width.

    Source: M. Naeini, G. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
    binning" (2015), section "Experiments".
    """
    bins = np.minimum((confidence * N_BINS).astype(np.int64), N_BINS - 1)
    error = 0.0
    for number in range(N_BINS):
        is_in = bins == number
        if is_in.any():
            error += is_in.mean() * abs(confidence[is_in].mean() - is_right[is_in].mean())
    return float(error)


def hash_of(arrays: Iterable[NDArray[Any]]) -> str:
    """Returns the SHA-256 of what is in arrays, in their order, so that a model says what it was learned from."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Returns figures as they are written beside the model."""
    return {name: round(value, 4) for name, value in values.items()}
