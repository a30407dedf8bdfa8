"""The plain arrays against scikit-learn's own evaluation of the same trees."""

import json

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from inkling.bench.next_edit.learning import to_arrays
from inkling.engine.trees import BoostedTrees, probabilities


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    chance = np.random.default_rng(7)
    continuous = chance.normal(size=(600, 4))
    counts = chance.integers(0, 3, size=(600, 2)).astype(np.float64)
    return np.concatenate([continuous, counts], axis=1)


@pytest.fixture(scope="module")
def model(rows: np.ndarray) -> HistGradientBoostingClassifier:
    labels = rows[:, 0] * rows[:, 1] + rows[:, 4] > 0.3
    classifier = HistGradientBoostingClassifier(max_iter=25, max_leaf_nodes=9, early_stopping=False, random_state=0)
    return classifier.fit(rows, labels)


def test_scores_agree_with_scikit_learn_to_the_last_bit(
    rows: np.ndarray, model: HistGradientBoostingClassifier
) -> None:
    trees = to_arrays(model)
    expected = model.decision_function(rows)
    assert np.array_equal(trees.scores(rows), expected)
    assert np.array_equal(trees.scores(rows[:1]), expected[:1])
    assert np.allclose(probabilities(trees.scores(rows)), model.predict_proba(rows)[:, 1], rtol=0, atol=1e-15)


def test_scores_agree_after_a_way_through_json(rows: np.ndarray, model: HistGradientBoostingClassifier) -> None:
    content = json.loads(json.dumps(to_arrays(model).to_json()))
    assert np.array_equal(BoostedTrees.from_json(content).scores(rows), model.decision_function(rows))


def test_values_on_a_threshold_go_the_same_way(model: HistGradientBoostingClassifier) -> None:
    trees = to_arrays(model)
    inner = trees.left != np.arange(len(trees.left))
    rows = np.zeros((int(inner.sum()), 6))
    rows[np.arange(len(rows)), trees.features[inner]] = trees.thresholds[inner]
    assert np.array_equal(trees.scores(rows), model.decision_function(rows))


def test_no_rows_and_no_trees_have_scores(model: HistGradientBoostingClassifier) -> None:
    assert to_arrays(model).scores(np.zeros((0, 6))).shape == (0,)
    assert to_arrays(None).scores(np.zeros((2, 6))).tolist() == [-20.0, -20.0]


@pytest.mark.parametrize(
    ("key", "number", "value"),
    [("left", 0, 10_000), ("right", 0, -1), ("roots", 0, 10_000), ("values", 0, float("nan")), ("features", 0, -1)],
)
def test_damaged_arrays_are_refused(model: HistGradientBoostingClassifier, key: str, number: int, value: float) -> None:
    content = json.loads(json.dumps(to_arrays(model).to_json()))
    content[key][number] = value
    with pytest.raises(ValueError, match=r"a node|a root|no finite"):
        BoostedTrees.from_json(content)


def test_nodes_that_go_round_in_circles_are_refused() -> None:
    content = {
        "baseline": 0.0,
        "roots": [0],
        "features": [0, 0],
        "thresholds": [0.0, 0.0],
        "left": [1, 0],
        "right": [1, 0],
        "values": [0.0, 0.0],
    }
    with pytest.raises(ValueError, match="circles"):
        BoostedTrees.from_json(content)
