"""Learns the ranking of next edits from extracted cases. Needs scikit-learn."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from inkling.bench.next_edit.extraction import Booleans, ExtractedCase
from inkling.engine.next_edit.ranking.place_features import with_edit_probabilities
from inkling.engine.next_edit.ranking.places import Place
from inkling.engine.next_edit.ranking.ranking import Calibration, Ranking
from inkling.engine.trees import BoostedTrees, Floats

N_INNER_FOLDS = 3  # within the training cases: what the place ranking sees of edits, and what is calibrated, is unseen
WRONG_PLACES_KEPT = 0.25  # share of the wrong candidates that the place ranking learns from
CASE_WEIGHT_POWER = -0.5  # of its number of proposals: a case with hundreds must not outweigh all that have few
NEVER = -20.0  # log-odds where nothing was ever right


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSettings:
    """How trees are grown; `scikit-learn` says what each means."""

    n_trees: int
    n_leaves: int
    learning_rate: float
    least_in_leaf: int
    l2: float


EDIT_TREES = TreeSettings(n_trees=80, n_leaves=8, learning_rate=0.08, least_in_leaf=30, l2=5.0)
PLACE_TREES = TreeSettings(n_trees=150, n_leaves=16, learning_rate=0.07, least_in_leaf=30, l2=10.0)


def fold_of(name: str, n_folds: int, salt: str = "") -> int:
    """Returns the fold of a pull request; it depends on nothing but its name."""
    return zlib.crc32((salt + name).encode()) % n_folds


def fit(cases: Sequence[ExtractedCase], seed: int) -> Ranking:
    """Returns the ranking learned from cases; how it is calibrated is learned on cases that trees had not seen."""
    folds = np.array([fold_of(case.pull_request, N_INNER_FOLDS, "inner") for case in cases])
    trees = _fit_edits(cases, seed)
    unseen: list[Floats] = [np.zeros(len(case.edit_places)) for case in cases]
    for fold in range(N_INNER_FOLDS):
        inner = _fit_edits([case for case, own in zip(cases, folds, strict=True) if own != fold], seed)
        for number in np.flatnonzero(folds == fold).tolist():
            if len(cases[number].edit_places):
                unseen[number] = inner.scores(cases[number].edit_features)
    calibration = _calibration_of_best(cases, unseen)
    rows, labels, near = [], [], []
    for case, scores in zip(cases, unseen, strict=True):
        rows.append(place_rows(case, calibration.probabilities(scores)))
        labels.append(case.place_is_next)
        near.append(case.place_is_right)
    kept = _kept(np.concatenate(near), seed)
    places = fit_trees(np.concatenate(rows)[kept], np.concatenate(labels)[kept], PLACE_TREES, seed)
    return Ranking(edits=trees, edit_calibration=calibration, places=places)


def place_rows(case: ExtractedCase, edit_probabilities: Floats) -> Floats:
    """Returns the features of a case's places, with what the ranking of edits says."""
    return with_edit_probabilities(case.place_features, case.places, likeliest(case, edit_probabilities))


def likeliest(case: ExtractedCase, edit_probabilities: Floats) -> dict[Place, float]:
    """Returns for each line at which an edit is proposed the probability of the likeliest."""
    found: dict[Place, float] = {}
    for place, probability in zip(case.edit_places, edit_probabilities.tolist(), strict=True):
        found[place] = max(found.get(place, 0.0), probability)
    return found


def calibrate(scores: Floats, labels: Booleans) -> Calibration:
    """Returns Platt's calibration of log-odds that were given to rows which trees had not seen."""
    if len(set(labels.tolist())) < 2:
        return Calibration()
    fitted = LogisticRegression(C=1000.0, max_iter=1000).fit(scores.reshape(-1, 1), labels)
    return Calibration(slope=float(fitted.coef_[0][0]), intercept=float(fitted.intercept_[0]))


def fit_trees(
    rows: Floats, labels: Booleans, settings: TreeSettings, seed: int, weights: Floats | None = None
) -> BoostedTrees:
    """Returns boosted trees that tell right rows from others.

    On one thread: scikit-learn's threads wait for each other busily, which on a busy machine takes ten times as long.
    """
    if len(set(labels.tolist())) < 2:
        return to_arrays(None)
    model = HistGradientBoostingClassifier(
        max_iter=settings.n_trees,
        max_leaf_nodes=settings.n_leaves,
        learning_rate=settings.learning_rate,
        min_samples_leaf=settings.least_in_leaf,
        l2_regularization=settings.l2,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(limits=1):
        return to_arrays(model.fit(rows, labels, sample_weight=weights))


def to_arrays(model: HistGradientBoostingClassifier | None) -> BoostedTrees:
    """Returns the trees of a fitted binary classifier as plain arrays; none for None."""
    predictors = [] if model is None else [one for (one,) in model._predictors]
    roots: list[int] = []
    columns: dict[str, list[float]] = {name: [] for name in ("features", "thresholds", "left", "right", "values")}
    for predictor in predictors:
        start = len(columns["left"])
        roots.append(start)
        for number, node in enumerate(predictor.nodes):
            is_leaf = bool(node["is_leaf"])
            columns["features"].append(0 if is_leaf else int(node["feature_idx"]))
            columns["thresholds"].append(0.0 if is_leaf else float(node["num_threshold"]))
            columns["left"].append(start + (number if is_leaf else int(node["left"])))
            columns["right"].append(start + (number if is_leaf else int(node["right"])))
            columns["values"].append(float(node["value"]) if is_leaf else 0.0)
    baseline = NEVER if model is None else float(np.ravel(model._baseline_prediction)[0])
    return BoostedTrees.from_json({"baseline": baseline, "roots": roots, **columns})


def _kept(is_near: Booleans, seed: int) -> Booleans:
    """Returns which candidates the place ranking learns from: all near the next change, and a share of the others."""
    return is_near | (np.random.default_rng(seed).random(len(is_near)) < WRONG_PLACES_KEPT)


def _fit_edits(cases: Sequence[ExtractedCase], seed: int) -> BoostedTrees:
    """Returns trees that tell right proposals from others."""
    asked = [case for case in cases if len(case.edit_places)]
    if not asked:
        return to_arrays(None)
    sizes = [len(case.edit_places) for case in asked]
    return fit_trees(
        np.concatenate([case.edit_features for case in asked]),
        np.concatenate([case.edit_is_right for case in asked]),
        EDIT_TREES,
        seed,
        np.repeat([float(size) ** CASE_WEIGHT_POWER for size in sizes], sizes),
    )


def _calibration_of_best(cases: Sequence[ExtractedCase], unseen: Sequence[Floats]) -> Calibration:
    """Returns the calibration of the likeliest proposal of each case: that is what is offered."""
    best = [
        (float(scores.max()), bool(case.edit_is_right[int(scores.argmax())]))
        for case, scores in zip(cases, unseen, strict=True)
        if len(scores)
    ]
    return calibrate(np.array([score for score, _ in best]), np.array([is_right for _, is_right in best], dtype=bool))
