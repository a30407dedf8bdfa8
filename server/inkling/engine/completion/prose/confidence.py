"""How likely a found text is right: a logistic regression for each kind, learned from other projects."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from inkling.core.errors import ModelArtifactError
from inkling.engine.artifacts import as_text, check_features, content_of, damage_is_told, shipped_text
from inkling.engine.completion.prose.finds import FEATURES, ProseFind, ProseKind

FORMAT = 1
ARTIFACT = "prose.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A logistic regression.

    Attributes:
        weights: Of the features, in the order of `FEATURES`.
        intercept: Added.
    """

    weights: tuple[float, ...]
    intercept: float

    def probability(self, features: tuple[float, ...]) -> float:
        """Returns the probability for one row of features."""
        log_odds = self.intercept + sum(weight * value for weight, value in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(log_odds, 30.0))))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseConfidence:
    """What training leaves.

    Attributes:
        regressions: One for each kind.
        training: Where they come from: projects, seed, figures; for people to read.
    """

    regressions: Mapping[ProseKind, Regression]
    training: Mapping[str, object] = field(default_factory=dict)

    def of(self, find: ProseFind) -> float:
        """Returns the probability that a text is right: the rest of its line, or the beginning of it."""
        return self.regressions[find.kind].probability(find.features)


def encode_confidence(confidence: ProseConfidence) -> str:
    """Returns the regressions as text for a file."""
    content = {
        "format": FORMAT,
        "training": dict(confidence.training),
        "kinds": {
            kind.value: {
                "features": list(FEATURES[kind]),
                "weights": list(regression.weights),
                "intercept": regression.intercept,
            }
            for kind, regression in confidence.regressions.items()
        },
    }
    return as_text(content, indent=1)


def decode_confidence(text: str) -> ProseConfidence:
    """Returns the regressions that a text holds.

    Raises:
        ModelArtifactError: It is damaged, of another format, or made for other features.
    """
    with damage_is_told():
        content = content_of(text, FORMAT)
        regressions: dict[ProseKind, Regression] = {}
        for kind in ProseKind:
            stored = content["kinds"][kind.value]
            check_features(stored["features"], FEATURES[kind], "inkling.bench.completion.train_prose")
            if len(stored["weights"]) != len(FEATURES[kind]):
                raise ModelArtifactError("it has not one weight for each feature")
            regressions[kind] = Regression(
                weights=tuple(float(weight) for weight in stored["weights"]), intercept=float(stored["intercept"])
            )
        return ProseConfidence(regressions=regressions, training=content["training"])


@cache
def shipped_confidence() -> ProseConfidence:
    """Returns the regressions that ship with Inkling.

    Raises:
        ModelArtifactError: The installation is damaged.
    """
    return decode_confidence(shipped_text("inkling.engine.completion.prose", ARTIFACT, "The confidence of prose"))


def shipped_path() -> Path:
    """Returns where the shipped regressions lie in a checkout, for training to write them."""
    return Path(__file__).with_name(ARTIFACT)
