"""The ranker of ghost text: its file, its probabilities, and what training measures."""

import json

import numpy as np
import pytest

from inkling.bench.completion.learning import calibration_error, coverage
from inkling.core.errors import ModelArtifactError
from inkling.engine.completion.features import FEATURES
from inkling.engine.completion.ranker import decode_ranker, encode_ranker, leads, shipped_ranker


def test_the_shipped_ranker_survives_its_file() -> None:
    ranker = shipped_ranker()
    rows = np.random.default_rng(0).normal(size=(20, len(FEATURES)))
    again = decode_ranker(encode_ranker(ranker))
    assert again.confidences(rows).tolist() == ranker.confidences(rows).tolist()
    assert again.training == ranker.training


def test_the_shipped_ranker_tells_what_it_was_learned_from() -> None:
    training = shipped_ranker().training
    assert {"data_sha256", "seed", "projects", "n_positions", "unseen"} <= training.keys()


def test_confidences_are_probabilities() -> None:
    rows = np.random.default_rng(1).normal(scale=9.0, size=(200, len(FEATURES)))
    confidences = shipped_ranker().confidences(rows)
    assert confidences.shape == (200,)
    assert ((confidences > 0) & (confidences < 1)).all()


@pytest.mark.parametrize(
    ("key", "value"),
    [("format", 99), ("features", ["others"]), ("trees", {}), ("calibration", {"slope": "steep"}), ("training", None)],
)
def test_a_damaged_ranker_is_refused(key: str, value: object) -> None:
    content = json.loads(encode_ranker(shipped_ranker()))
    if value is None:
        del content[key]
    else:
        content[key] = value
    with pytest.raises(ModelArtifactError):
        decode_ranker(json.dumps(content))


def test_a_lead_is_over_the_best_of_the_others() -> None:
    assert leads(np.array([1.0, 3.0, 2.5])).tolist() == [-2.0, 0.5, -0.5]
    assert leads(np.array([1.0])).tolist() == leads(np.array([9.0, 1.0])).tolist()[:1]


def test_coverage_is_the_most_that_can_be_shown() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    is_right = np.array([True, False, True, False, False])
    assert coverage(confidence, is_right, 0.6) == pytest.approx(3 / 5)
    assert coverage(confidence, ~is_right, 0.9) == 0.0


def test_calibration_error_is_the_mean_distance_of_the_bins() -> None:
    confidence = np.array([0.25, 0.25, 0.75, 0.75])
    assert calibration_error(confidence, np.array([False, False, True, True])) == pytest.approx(0.25)
    assert calibration_error(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(0.0)
