"""A logistic regression over standardised features, as plain numbers: in a model file, and for scoring."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inkling.core.errors import ModelArtifactError
from inkling.models.artifact_json import Json, number_at, numbers_at, scales_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticRegressionWeights:
    """What a logistic regression learned.

    Attributes:
        mean: Of each feature, in the order of the model's feature names.
        scale: Standard deviation of each feature, above 0.
        weights: Log-odds per standard deviation of each feature.
        intercept: Log-odds where every feature is at its mean.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def folded(self) -> tuple[tuple[float, ...], float]:
        """Returns weights and intercept for features as they are: one multiplication a feature."""
        weights = tuple(weight / scale for weight, scale in zip(self.weights, self.scale, strict=True))
        shift = sum(weight * mean for weight, mean in zip(weights, self.mean, strict=True))
        return weights, self.intercept - shift


def to_json(regression: LogisticRegressionWeights, feature_names: Sequence[str]) -> dict[str, object]:
    """Returns the part of a model file that `from_json` reads."""
    return {
        "feature_names": list(feature_names),
        "mean": list(regression.mean),
        "scale": list(regression.scale),
        "weights": list(regression.weights),
        "intercept": regression.intercept,
    }


def from_json(content: Json, feature_names: Sequence[str]) -> LogisticRegressionWeights:
    """Returns the regression in a model file.

    Raises:
        ModelArtifactError: It is damaged, or was made for other features.
    """
    if content.get("feature_names") != list(feature_names):
        raise ModelArtifactError("it was trained on other features; train it again with this version")
    n_features = len(feature_names)
    return LogisticRegressionWeights(
        mean=numbers_at(content, "mean", n_features),
        scale=scales_at(content, "scale", n_features),
        weights=numbers_at(content, "weights", n_features),
        intercept=number_at(content, "intercept"),
    )


def sigmoid(log_odds: float) -> float:
    """Returns the probability that belongs to log-odds, however large."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(max(log_odds, -700.0))  # below this the exponential is no longer a normal number
    return odds / (1 + odds)
