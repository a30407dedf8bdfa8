"""Gradient-boosted trees as plain arrays: what training leaves, evaluated for many rows at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoostedTrees:
    """The trees of a model, their nodes one after the other; a leaf is its own child on both sides.

    Attributes:
        baseline: The score before the first tree.
        roots: int64, shape (n_trees,): the first node of each tree.
        features: int64, shape (n_nodes,): the column that a node looks at; 0 in leaves.
        thresholds: float64, shape (n_nodes,): rows with at most this go left.
        left: int64, shape (n_nodes,): the node for those.
        right: int64, shape (n_nodes,): the node for the others.
        values: float64, shape (n_nodes,): what a leaf adds to the score; 0 in inner nodes.
        depth: Most steps from a root to a leaf.
    """

    baseline: float
    roots: Integers
    features: Integers
    thresholds: Floats
    left: Integers
    right: Integers
    values: Floats
    depth: int

    def scores(self, rows: Floats) -> Floats:
        """Returns the log-odds of each row, float64, shape (n_rows,).

        The trees are added in their order, so that the last bit agrees with scikit-learn's `decision_function`.

        Args:
            rows: float64, shape (n_rows, n_features), without NaN.
        """
        n_rows, n_features = rows.shape
        flat = np.ascontiguousarray(rows).ravel()
        starts = (np.arange(n_rows, dtype=np.int64) * n_features)[None, :]
        nodes = np.repeat(self.roots[:, None], n_rows, axis=1)
        for _ in range(self.depth):
            goes_left = flat[starts + self.features[nodes]] <= self.thresholds[nodes]
            nodes = np.where(goes_left, self.left[nodes], self.right[nodes])
        total = np.full(n_rows, self.baseline)
        for added in self.values[nodes]:
            total += added
        return total

    def to_json(self) -> dict[str, object]:
        """Returns plain lists; only what cannot be computed from the rest."""
        return {
            "baseline": self.baseline,
            "roots": self.roots.tolist(),
            "features": self.features.tolist(),
            "thresholds": self.thresholds.tolist(),
            "left": self.left.tolist(),
            "right": self.right.tolist(),
            "values": self.values.tolist(),
        }

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "BoostedTrees":
        """Returns the trees that `to_json` wrote.

        Raises:
            ValueError: The arrays do not belong together, or a node's child is none of its tree.
            KeyError: One is missing.
            TypeError: One holds something else than numbers.
        """
        left, right = _integers(content["left"]), _integers(content["right"])
        roots, features = _integers(content["roots"]), _integers(content["features"])
        thresholds = np.array(content["thresholds"], dtype=np.float64)
        values = np.array(content["values"], dtype=np.float64)
        n_nodes = len(left)
        if any(len(array) != n_nodes for array in (right, features, thresholds, values)):
            raise ValueError("the nodes' arrays are of different lengths")
        if n_nodes and (min(left.min(), right.min(), features.min()) < 0 or max(left.max(), right.max()) >= n_nodes):
            raise ValueError("a node names another that is not there")
        if len(roots) and not (roots.min() >= 0 and roots.max() < n_nodes):
            raise ValueError("a root names a node that is not there")
        if not (np.isfinite(values).all() and np.isfinite(thresholds).all()):
            raise ValueError("a threshold or a value is no finite number")
        return BoostedTrees(
            baseline=float(content["baseline"]),
            roots=roots,
            features=features,
            thresholds=thresholds,
            left=left,
            right=right,
            values=values,
            depth=_depth(roots, left, right),
        )


def probabilities(scores: Floats) -> Floats:
    """Returns the probabilities that log-odds stand for, float64, of the same shape."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -50.0, 50.0))), dtype=np.float64)


def _integers(values: Sequence[int]) -> Integers:
    return np.array(values, dtype=np.int64)


def _depth(roots: Integers, left: Integers, right: Integers) -> int:
    """Returns the most steps from a root to a leaf.

    Raises:
        ValueError: The nodes go round in circles.
    """
    depth = 0
    nodes = roots
    while True:
        inner = nodes[left[nodes] != nodes]
        if not len(inner):
            return depth
        depth += 1
        if depth > len(left):
            raise ValueError("the nodes go round in circles")
        nodes = np.concatenate([left[inner], right[inner]])
