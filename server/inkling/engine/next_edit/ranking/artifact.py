"""The shipped ranking as a JSON file with the hash of the data that it was learned from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from inkling.core.errors import ModelArtifactError
from inkling.engine.artifacts import as_text, check_features, content_of, damage_is_told, shipped_text
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
    return as_text(content)


def decode_artifact(text: str) -> RankingArtifact:
    """Returns the artifact that a text holds.

    Raises:
        ModelArtifactError: It is damaged, of another format, or made for other features.
    """
    with damage_is_told():
        content = content_of(text, FORMAT)
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


def shipped_artifact() -> RankingArtifact:
    """Returns the ranking that ships with Inkling.

    Raises:
        ModelArtifactError: The installation is damaged.
    """
    return decode_artifact(shipped_text("inkling.engine.next_edit.ranking", ARTIFACT, "The ranking of next edits"))


def shipped_path() -> Path:
    """Returns where the shipped ranking lies in a checkout, for training to write it."""
    return Path(__file__).with_name(ARTIFACT)


def _trees(content: Mapping[str, Any], features: tuple[str, ...]) -> BoostedTrees:
    check_features(content["features"], features, "inkling.bench.next_edit.train")
    trees = BoostedTrees.from_json(content["trees"])
    if len(trees.features) and trees.features.max() >= len(features):
        raise ModelArtifactError("a node looks at a feature that is not there")
    return trees
