"""Learns the model of further lines from lines that were followed. Needs scikit-learn."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from inkling.bench.completion.further_lines_extraction import FollowedLines
from inkling.bench.completion.learning import calibration_error
from inkling.engine.completion.further_lines_model import FurtherLinesModel

N_FOLDS = 3
PRECISION = 0.8  # of the blocks that are shown, of those whose first line is right
THRESHOLDS = tuple(round(0.4 + 0.01 * step, 2) for step in range(56))

Floats = NDArray[np.float64]
Block = tuple[float, bool, int]  # probability, whether all its lines are right, how many they are


def learn(projects: Sequence[FollowedLines]) -> tuple[FurtherLinesModel, dict[str, float]]:
    """Returns the model learned from all projects, and what models of folds were worth on projects unseen.

    The threshold is the lowest one at which so many of the unseen projects' blocks are right.
    """
    probabilities = _of_unseen(projects)
    least = next((one for one in THRESHOLDS if _precision(_blocks(projects, probabilities, one)) >= PRECISION), 0.99)
    return fit(projects, least), figures(projects, probabilities, least)


def fit(projects: Sequence[FollowedLines], least_probability: float) -> FurtherLinesModel:
    """Returns the model that tells right further lines from others."""
    rows = np.concatenate([project.rows for project in projects])
    is_right = np.concatenate([project.is_right for project in projects])
    # Columns of one size, so that the penalty treats them alike.
    center, size = rows.mean(axis=0), rows.std(axis=0)
    size[size == 0] = 1.0
    fitted = LogisticRegression(C=1.0, max_iter=2000).fit((rows - center) / size, is_right)
    weights = fitted.coef_[0] / size
    return FurtherLinesModel(
        weights=tuple(weights.tolist()),
        intercept=float(fitted.intercept_[0] - weights @ center),
        least_probability=least_probability,
    )


def figures(projects: Sequence[FollowedLines], probabilities: Sequence[Floats], least: float) -> dict[str, float]:
    """Returns what blocks are worth, of probabilities by models that had not seen the projects."""
    blocks = _blocks(projects, probabilities, least)
    n_walks = sum(project.n_walks for project in projects)
    every = np.concatenate(probabilities)
    is_right = np.concatenate([project.is_right for project in projects])
    return {
        "least_probability": least,
        "offered": len(blocks) / n_walks,
        "right": _precision(blocks),
        "said": sum(probability for probability, _, _ in blocks) / max(1, len(blocks)),
        "lines": sum(n_lines for _, _, n_lines in blocks) / max(1, len(blocks)),
        "calibration_error_of_lines": calibration_error(every, is_right),
    }


def _of_unseen(projects: Sequence[FollowedLines]) -> list[Floats]:
    """Returns the probability of each line, by a model of the other folds; a project is in one fold alone."""
    found: list[Floats] = []
    models = [
        fit([project for number, project in enumerate(projects) if number % N_FOLDS != fold], 0.0)
        for fold in range(N_FOLDS)
    ]
    for number, project in enumerate(projects):
        model = models[number % N_FOLDS]
        found.append(np.array([model.probability(row) for row in project.rows.tolist()], dtype=np.float64))
    return found


def _blocks(projects: Sequence[FollowedLines], probabilities: Sequence[Floats], least: float) -> list[Block]:
    return [
        block
        for project, of_project in zip(projects, probabilities, strict=True)
        for block in _blocks_of(project, of_project, least)
    ]


def _blocks_of(project: FollowedLines, probabilities: Floats, least: float) -> Iterator[Block]:
    """Yields the blocks that are shown behind right lines.

    What would follow a wrong line is not known: a wrong line that is likely enough makes its block wrong.
    """
    for walk in np.unique(project.walk):
        first, last = np.searchsorted(project.walk, (walk, walk + 1))
        product, shown = 1.0, (0.0, True, 0)
        for n_lines, line in enumerate(range(first, last), 1):
            product *= float(probabilities[line])
            if product < least:
                break
            if not project.is_right[line]:
                shown = (product, False, n_lines)
            elif project.is_end[line]:
                shown = (product, True, n_lines)
        if shown[2]:
            yield shown


def _precision(blocks: Sequence[Block]) -> float:
    return sum(is_right for _, is_right, _ in blocks) / len(blocks) if blocks else 1.0
