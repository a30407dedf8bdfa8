"""Scores candidates with a logistic regression, in plain arithmetic: a scikit-learn call would take 1 to 11 ms."""

from pathlib import Path
from typing import Self

from inkling.core.ports import GateInput
from inkling.core.suggestion import Contribution, Scored
from inkling.models.artifact import LogisticArtifact, read_artifact
from inkling.models.featurize import FEATURE_NAMES, featurize
from inkling.models.regression import sigmoid

N_CONTRIBUTIONS = 3  # as many as a person reads in one line
SHIPPED_ARTIFACT = Path(__file__).parent / "artifacts" / "acceptance.json"


class LogisticAcceptanceModel:
    """The acceptance model that ships with Inkling, or another of its kind."""

    def __init__(self, artifact: LogisticArtifact) -> None:
        self.artifact = artifact
        weights, self._intercept = artifact.regression.folded()
        self._weights = tuple(zip(FEATURE_NAMES, weights, strict=True))

    @classmethod
    def load(cls, path: Path = SHIPPED_ARTIFACT) -> Self:
        """Returns the model in a file.

        Raises:
            ModelArtifactError: The file is missing, damaged, of another format, or made for other features.
        """
        return cls(read_artifact(path))

    def score(self, gate_input: GateInput) -> Scored:
        """Returns the probability of acceptance with the features behind it."""
        features = featurize(gate_input, self.artifact.calibrations)
        return Scored(
            probability=self.probability(features),
            features=features,
            model_version=self.artifact.model_version,
            contributions=self.contributions(features),
        )

    def probability(self, features: dict[str, float]) -> float:
        """Returns the probability of acceptance for features by name; replays a decision."""
        return sigmoid(self._intercept + sum(weight * features[name] for name, weight in self._weights))

    def contributions(self, features: dict[str, float]) -> tuple[Contribution, ...]:
        """Returns the three features that moved the score most, the farthest first; explains a stored decision."""
        moved = sorted(
            (
                (weight * (features[name] - mean), name, features[name] > mean)
                for (name, weight), mean in zip(self._weights, self.artifact.regression.mean, strict=True)
            ),
            key=lambda entry: -abs(entry[0]),
        )
        return tuple(
            Contribution(name=name, log_odds=log_odds, is_high=is_high)
            for log_odds, name, is_high in moved[:N_CONTRIBUTIONS]
        )
