"""The shipped ranking as a JSON file with the hash of the data that it was learned from."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from inkling.core.errors import ModelArtifactError
from inkling.engine.next_edit.ranking import edit_features, place_features
from inkling.engine.next_edit.ranking.ranking import Calibration, Ranking
from inkling.engine.trees import BoostedTrees

FORMAT = 1
ARTIFACT = "ranking.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingArtifact:
    """What training leaves.

    Attributes:
        ranking: The trees.
        training: Where it comes from: hash of the data, seed, counts and figures, for people to read.
    """

    ranking: Ranking
    training: Mapping[str, object] = field(default_factory=dict)


def encode_artifact(artifact: RankingArtifact) -> str:
    """Returns the artifact as text for a file."""
    ranking = artifact.ranking
    content = {
        "format": FORMAT,
        "training": dict(artifact.training),
        "edits": {
            "features": edit_features.FEATURES,
            "calibration": asdict(ranking.edit_calibration),
            "trees": ranking.edits.to_json(),
        },
        "places": {
            "features": place_features.FEATURES,
            "trees": ranking.places.to_json(),
        },
    }
    return json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n"


def decode_artifact(text: str) -> RankingArtifact:
    """Returns the artifact that a text holds.

    Raises:
        ModelArtifactError: It is damaged, of another format, or made for other features.
    """
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise ModelArtifactError(f"it has another format than {FORMAT}")
        edits = _trees(content["edits"], edit_features.FEATURES)
        calibration = content["edits"]["calibration"]
        places = _trees(content["places"], place_features.FEATURES)
        return RankingArtifact(
            ranking=Ranking(
                edits=edits,
                edit_calibration=Calibration(
                    slope=float(calibration["slope"]), intercept=float(calibration["intercept"])
                ),
                places=places,
            ),
            training=content["training"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelArtifactError(f"it is damaged ({type(error).__name__}: {error})") from error


def shipped_artifact() -> RankingArtifact:
    """Returns the ranking that ships with Inkling.

    Raises:
        ModelArtifactError: The installation is damaged.
    """
    try:
        text = files("inkling.engine.next_edit.ranking").joinpath(ARTIFACT).read_text(encoding="utf-8")
    except OSError as error:
        raise ModelArtifactError(f"The ranking of next edits cannot be read: {error}") from error
    return decode_artifact(text)


def shipped_path() -> Path:
    """Returns where the shipped ranking lies in a checkout, for training to write it."""
    return Path(__file__).with_name(ARTIFACT)


def _trees(content: Mapping[str, Any], features: tuple[str, ...]) -> BoostedTrees:
    if tuple(content["features"]) != features:
        raise ModelArtifactError(
            "it was made for other features; train it with `python -m inkling.bench.next_edit.train`"
        )
    trees = BoostedTrees.from_json(content["trees"])
    if len(trees.features) and trees.features.max() >= len(features):
        raise ModelArtifactError("a node looks at a feature that is not there")
    return trees
