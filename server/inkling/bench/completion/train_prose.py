"""Learns the confidence of prose: `python -m inkling.bench.completion.train_prose --folder DIR`. Needs scikit-learn.

The later releases of the projects in `training_projects` are fetched into the folder where they are missing. The
figures written beside the weights are of regressions of three folds, on projects which they had not seen.
"""

import argparse
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from inkling.bench.completion.prose_asking import ask_all, is_right
from inkling.bench.completion.prose_positions import prose_positions
from inkling.bench.completion.training_projects import TRAINING_PROJECTS, fetch, texts_of
from inkling.engine.completion.prose.answers import LEAST_CONFIDENCE
from inkling.engine.completion.prose.confidence import ProseConfidence, Regression, encode_confidence, shipped_path
from inkling.engine.completion.prose.finds import FEATURES, ProseKind

N_FOLDS = 3
INVERSE_REGULARISATION = 0.3

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The texts found at the positions of all projects, of one kind.

    Attributes:
        features: float64, shape (n, n_features).
        is_right: bool, shape (n,).
        is_beginning: bool, shape (n,): whether words are to follow.
        position: int64, shape (n,): the number of the position.
        project: int64, shape (n,): the number of the project.
    """

    features: Floats
    is_right: NDArray[np.bool_]
    is_beginning: NDArray[np.bool_]
    position: NDArray[np.int64]
    project: NDArray[np.int64]

    def of(self, rows: NDArray[np.bool_]) -> "Candidates":
        """Returns some of them."""
        return Candidates(
            features=self.features[rows],
            is_right=self.is_right[rows],
            is_beginning=self.is_beginning[rows],
            position=self.position[rows],
            project=self.project[rows],
        )


def main() -> int:
    """Learns and writes."""
    parser = argparse.ArgumentParser(description="Learn the confidence of docstrings and comments.")
    parser.add_argument("--folder", type=Path, required=True, help="where releases are kept between runs")
    parser.add_argument("--each", type=int, default=60, help="positions of each kind and protocol in each project")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    candidates, n_positions = _extract(arguments.folder, arguments.each, arguments.seed)
    regressions: dict[ProseKind, Regression] = {}
    unseen: dict[str, float] = {}
    for kind in ProseKind:
        own = candidates[kind]
        regressions[kind] = learn(own)
        unseen |= {f"{kind.value}_{name}": value for name, value in _judge(own, n_positions[kind]).items()}
    digest = hashlib.sha256()
    for own in candidates.values():
        digest.update(np.ascontiguousarray(own.features).tobytes())
        digest.update(own.is_right.tobytes())
    training: dict[str, object] = {
        "data_sha256": digest.hexdigest(),
        "seed": arguments.seed,
        "projects": [f"{project.name} {project.after}" for project in TRAINING_PROJECTS],
        "n_positions": {kind.value: number for kind, number in n_positions.items()},
        "unseen": {name: round(value, 4) for name, value in unseen.items()},
    }
    confidence = ProseConfidence(regressions=regressions, training=training)
    shipped_path().write_text(encode_confidence(confidence), encoding="utf-8")
    for name, value in unseen.items():
        print(f"{name}={value:.4f}")
    return 0


def learn(own: Candidates) -> Regression:
    """Returns a logistic regression whose probabilities hold for the likeliest text of each position.

    The likeliest of several texts is, more often than not, one about which the regression errs to its advantage. So its
    log-odds are calibrated on the likeliest texts of projects that were not learned from.
    """
    said = _said_unseen(own, fit)
    best = _best(own, said)
    log_odds = np.log(said[best] / (1.0 - said[best]))
    model = LogisticRegression(C=1e6).fit(log_odds.reshape(-1, 1), own.is_right[best])
    slope, shift = float(model.coef_[0, 0]), float(model.intercept_[0])
    whole = fit(own)
    return Regression(
        weights=tuple(round(slope * weight, 5) for weight in whole.weights),
        intercept=round(slope * whole.intercept + shift, 5),
    )


def fit(own: Candidates) -> Regression:
    """Returns a logistic regression, its weights those of the features as they are."""
    scaler = StandardScaler().fit(own.features)
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000)
    model.fit(scaler.transform(own.features), own.is_right)
    weights = model.coef_[0] / scaler.scale_
    intercept = float(model.intercept_[0] - (weights * scaler.mean_).sum())
    return Regression(weights=tuple(weights.tolist()), intercept=intercept)


def _said_unseen(own: Candidates, learns: Callable[[Candidates], Regression]) -> Floats:
    """Returns the probability of each text, float64, shape (n,), by what was learned from other projects."""
    said = np.zeros(len(own.is_right))
    # By their order among those that are there: a part of the projects is divided as well as all of them.
    fold = np.unique(own.project, return_inverse=True)[1] % N_FOLDS
    for number in range(N_FOLDS):
        is_held_out = fold == number
        regression = learns(own.of(~is_held_out))
        said[is_held_out] = [regression.probability(tuple(row)) for row in own.features[is_held_out].tolist()]
    return said


def _best(own: Candidates, said: Floats) -> NDArray[np.int64]:
    """Returns the row of the text of each position that is said first, whole lines before mere beginnings."""
    is_likely = said >= LEAST_CONFIDENCE
    order = np.lexsort((-said, own.is_beginning & is_likely, ~is_likely))
    return order[np.unique(own.position[order], return_index=True)[1]]


def _extract(folder: Path, n_each: int, seed: int) -> tuple[dict[ProseKind, Candidates], dict[ProseKind, int]]:
    """Returns the texts found, and how many positions of each kind there were."""
    rows: dict[ProseKind, list[tuple[tuple[float, ...], bool, bool, int, int]]] = {kind: [] for kind in ProseKind}
    n_positions = dict.fromkeys(ProseKind, 0)
    number = 0
    for project_number, project in enumerate(TRAINING_PROJECTS):
        texts = texts_of(fetch(project.name, project.after, folder))
        positions = prose_positions(project.name, texts, seed=seed, n_each=n_each)
        for found in ask_all(positions, texts):
            number += 1
            n_positions[_kind_at(found.position.kind.value)] += 1
            for find in found.finds:
                right = is_right(find, found.position.rest)
                rows[find.kind].append((find.features, right, find.is_beginning, number, project_number))
    return {kind: _columns(of_kind, kind) for kind, of_kind in rows.items()}, n_positions


def _kind_at(place: str) -> ProseKind:
    return ProseKind(place) if place in ("summary", "comment") else ProseKind.ENTRY


def _columns(rows: Sequence[tuple[tuple[float, ...], bool, bool, int, int]], kind: ProseKind) -> Candidates:
    return Candidates(
        features=np.array([row[0] for row in rows], np.float64).reshape(-1, len(FEATURES[kind])),
        is_right=np.array([row[1] for row in rows], np.bool_),
        is_beginning=np.array([row[2] for row in rows], np.bool_),
        position=np.array([row[3] for row in rows], np.int64),
        project=np.array([row[4] for row in rows], np.int64),
    )


def _judge(own: Candidates, n_positions: int) -> dict[str, float]:
    """Returns figures on projects that were not learned from: what is answered, of it right, and the calibration."""
    said = _said_unseen(own, learn)
    best = _best(own, said)
    answered = best[said[best] >= LEAST_CONFIDENCE]
    return {
        "found": len(np.unique(own.position[own.is_right])) / n_positions,
        "answered": len(answered) / n_positions,
        "right_of_answered": float(own.is_right[answered].mean()) if len(answered) else 0.0,
        "said_of_answered": float(said[answered].mean()) if len(answered) else 0.0,
    }


if __name__ == "__main__":
    raise SystemExit(main())
