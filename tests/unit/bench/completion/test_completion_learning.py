"""What the ranker of ghost text learns from when nothing is known of a scope."""

import numpy as np

from inkling.bench.completion.extraction import ExtractedProject
from inkling.bench.completion.learning import without_facts
from inkling.engine.completion.features import FEATURES
from inkling.engine.completion.scope_features import OF_LINE, UNKNOWN, UNKNOWN_SCOPE


def test_facts_are_dropped_at_some_positions_and_nothing_else_is() -> None:
    project = ExtractedProject(
        name="p",
        features=np.full((5, len(FEATURES)), 7.0),
        is_right=np.zeros(5, np.bool_),
        position=np.array([0, 0, 1, 2, 2]),
        is_replay=np.zeros(3, np.bool_),
    )
    dropped = without_facts(project, np.array([True, False, True]))
    scope = [FEATURES.index(name) for name in UNKNOWN_SCOPE]
    others = [column for column in range(len(FEATURES)) if column not in scope]
    assert (dropped.features[2] == 7.0).all()
    assert (dropped.features[:, others] == 7.0).all()
    assert (dropped.features[np.ix_([0, 1, 3, 4], [FEATURES.index(name) for name in OF_LINE])] == UNKNOWN).all()
    assert (dropped.features[[0, 1, 3, 4], FEATURES.index("knows_scope")] == 0.0).all()
    assert (project.features == 7.0).all()
