"""What the ranking says where the data is silent."""

import numpy as np
import pytest

from inkling.engine.next_edit.ranking.edit_features import FEATURES
from inkling.engine.next_edit.ranking.ranking import PROVEN, Calibration, Ranking
from inkling.engine.trees import BoostedTrees

NO_NODES: dict[str, list[float]] = {key: [] for key in ("roots", "features", "thresholds", "left", "right", "values")}
NEVER = BoostedTrees.from_json({"baseline": -20.0, **NO_NODES})
SURE = BoostedTrees.from_json({"baseline": 20.0, **NO_NODES})
RENAME = {"is_rename": 1.0, "certainty": 1.0, "age": 0.0}


def _probability(trees: BoostedTrees, **features: float) -> float:
    row = np.array([[features.get(name, 0.0) for name in FEATURES]])
    ranking = Ranking(edits=trees, edit_calibration=Calibration(), places=trees)
    return float(ranking.edit_probabilities(row)[0])


def test_what_is_proven_to_follow_is_likely_whatever_trees_say() -> None:
    assert _probability(NEVER, **RENAME) == PROVEN
    assert _probability(NEVER, is_signature=1.0, certainty=1.0) == PROVEN
    assert _probability(SURE, **RENAME) > 0.99


@pytest.mark.parametrize("other", [{"is_rename": 0.0}, {"certainty": 0.9}, {"age": 1.0}])
def test_what_is_less_than_proven_is_as_likely_as_trees_say(other: dict[str, float]) -> None:
    assert _probability(NEVER, **RENAME | other) < 0.01
