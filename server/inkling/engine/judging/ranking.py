"""A small model of which patch of a list is right: a softmax over the patches and over `none of these is right`."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from inkling.core.errors import ModelArtifactError

FORMAT = 1
ARTIFACT = "ranking.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a feature is brought to mean 0 and deviation 1.

    Attributes:
        mean: Its mean in training.
        deviation: Its standard deviation; above 0.
    """

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Weights that can be read: positive ones speak for a patch.

    Attributes:
        patch_weights: By feature of a patch; a feature that is not among them counts nothing.
        patch_scales: For each of those.
        list_weights: By feature of a list; positive ones speak for that no patch is right.
        list_scales: For each of those.
        verified_from: Least probability with which a patch counts as verified.
    """

    patch_weights: Mapping[str, float]
    patch_scales: Mapping[str, Scale]
    list_weights: Mapping[str, float]
    list_scales: Mapping[str, Scale]
    verified_from: float

    def probabilities(self, rows: Sequence[Mapping[str, float]], of_list: Mapping[str, float]) -> list[float]:
        """Returns for each patch the probability that it is the right one; they sum to less than 1."""
        scores = [
            _score(with_known_kinds(row, self.patch_weights), self.patch_weights, self.patch_scales) for row in rows
        ]
        none = _score(of_list, self.list_weights, self.list_scales)
        top = max([none, *scores])
        weights = [math.exp(score - top) for score in scores]
        total = sum(weights) + math.exp(none - top)
        return [weight / total for weight in weights]


def with_known_kinds(row: Mapping[str, float], known: Mapping[str, object]) -> dict[str, float]:
    """Returns the features with kinds that were too rare to be learned from under the name `kind:other`."""
    renamed: dict[str, float] = {}
    for name, value in row.items():
        key = name if not name.startswith("kind:") or name in known else "kind:other"
        renamed[key] = max(renamed.get(key, 0.0), value) if key.startswith("kind:") else value
    return renamed


def load_ranking() -> Ranking:
    """Returns the weights that come with Inkling.

    Raises:
        ModelArtifactError: The file is damaged or of another version.
    """
    return decode_ranking(files("inkling.engine.judging").joinpath(ARTIFACT).read_text(encoding="utf-8"))


def decode_ranking(text: str) -> Ranking:
    """Returns the weights that a file holds.

    Raises:
        ModelArtifactError: The file is damaged or of another version.
    """
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise ModelArtifactError(f"the ranking of patches has format {content['format']}, not {FORMAT}")
        return Ranking(
            patch_weights={name: float(item["weight"]) for name, item in content["patch"].items()},
            patch_scales={name: _scale(item) for name, item in content["patch"].items()},
            list_weights={name: float(item["weight"]) for name, item in content["list"].items()},
            list_scales={name: _scale(item) for name, item in content["list"].items()},
            verified_from=float(content["verified_from"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelArtifactError("the ranking of patches is damaged: install Inkling again") from error


def encode_ranking(ranking: Ranking, *, data_sha256: str, metrics: Mapping[str, float], trained_on: str) -> str:
    """Returns the file's text, with what it was learned from and how well."""
    content = {
        "format": FORMAT,
        "trained_on": trained_on,
        "data_sha256": data_sha256,
        "metrics": {name: round(value, 4) for name, value in metrics.items()},
        "verified_from": round(ranking.verified_from, 4),
        "patch": _encode_weights(ranking.patch_weights, ranking.patch_scales),
        "list": _encode_weights(ranking.list_weights, ranking.list_scales),
    }
    return json.dumps(content, indent=1) + "\n"


def _encode_weights(weights: Mapping[str, float], scales: Mapping[str, Scale]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "weight": round(weight, 5),
            "mean": round(scales[name].mean, 5),
            "deviation": round(scales[name].deviation, 5),
        }
        for name, weight in weights.items()
    }


def _scale(item: Mapping[str, float]) -> Scale:
    return Scale(mean=float(item["mean"]), deviation=float(item["deviation"]))


def _score(row: Mapping[str, float], weights: Mapping[str, float], scales: Mapping[str, Scale]) -> float:
    return sum(
        weight * (row.get(name, 0.0) - scales[name].mean) / scales[name].deviation for name, weight in weights.items()
    )
