"""The shipped ranking and thresholds, as they lie in the package."""

import json
import subprocess
import sys

import pytest

from inkling.core.errors import ModelArtifactError
from inkling.core.settings import GatePolicy
from inkling.engine.next_edit.proposers import PROPOSERS
from inkling.engine.next_edit.ranking import edit_features, place_features
from inkling.engine.next_edit.ranking.artifact import decode_artifact, encode_artifact, shipped_artifact
from inkling.engine.next_edit.ranking.thresholds import shipped_thresholds


def test_the_shipped_ranking_fits_the_features_and_says_what_it_was_learned_from() -> None:
    artifact = shipped_artifact()
    assert len(artifact.ranking.edits.roots) > 0
    assert len(artifact.ranking.places.roots) > 0
    assert len(str(artifact.training["data_sha256"])) == 64


def test_the_shipped_thresholds_rise_from_eager_to_quiet() -> None:
    thresholds = shipped_thresholds()
    ordered = [thresholds[policy] for policy in (GatePolicy.EAGER, GatePolicy.BALANCED, GatePolicy.QUIET)]
    assert 0 < ordered[0] < ordered[1] < ordered[2] < 1


def test_an_artifact_is_the_same_after_a_way_through_text() -> None:
    text = encode_artifact(shipped_artifact())
    assert encode_artifact(decode_artifact(text)) == text


@pytest.mark.parametrize("path", [("format",), ("edits", "features"), ("places", "trees", "left"), ("edits",)])
def test_a_damaged_artifact_is_refused(path: tuple[str, ...]) -> None:
    content = json.loads(encode_artifact(shipped_artifact()))
    part = content
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = [0]
    with pytest.raises(ModelArtifactError):
        decode_artifact(json.dumps(content))


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ModelArtifactError):
        decode_artifact("{")


def test_a_ranking_for_other_features_says_how_to_train_it() -> None:
    content = json.loads(encode_artifact(shipped_artifact()))
    content["places"]["features"] = list(place_features.FEATURES[1:])
    with pytest.raises(ModelArtifactError, match=r"inkling\.bench\.next_edit\.train"):
        decode_artifact(json.dumps(content))


def test_no_feature_is_named_twice_and_each_proposer_is_asked_once() -> None:
    for names in (edit_features.FEATURES, place_features.FEATURES, PROPOSERS):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("inkling.engine.next_edit.worker", ("sklearn", "jedi", "pygls")),
        ("inkling.engine.next_edit.predictor", ("sklearn", "numpy", "jedi")),
        ("inkling.engine.next_edit.ranking.thresholds", ("sklearn", "numpy", "jedi")),
    ],
)
def test_starting_up_loads_nothing_that_is_not_needed(module: str, unwanted: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(sorted(set({unwanted!r}) & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
