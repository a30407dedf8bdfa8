"""Whether it is worth asking: the first stage of the gate, before anything is generated.

A logistic regression over the features that are known at the request. It may lose a fifth of what the user allows to be
lost, so it stays silent only where hardly anything was ever accepted; the second stage judges the rest.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from inkling.core.errors import ModelArtifactError
from inkling.core.ports import RequestInput
from inkling.core.settings import GateSettings
from inkling.models import regression
from inkling.models.artifact_json import (
    Json,
    dump_content,
    number_at,
    object_at,
    parse_content,
    read_content,
    text_at,
)
from inkling.models.featurize import REQUEST_FEATURE_NAMES, featurize_request
from inkling.models.operating_points import share_lost
from inkling.models.regression import LogisticRegressionWeights, sigmoid

FORMAT: Final = 1
MAY_LOSE: Final = 0.01  # of the accepts: a fifth of the default 5%; the stage that sees the candidate uses it better
LEAST_BUDGET: Final = 0.05  # of the accepts; who allows less to be lost is always asked for
SHIPPED_ASKING = Path(__file__).parent / "artifacts" / "asking.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingArtifact:
    """A logistic regression over standardised features of a request, with what is needed to trust it.

    Attributes:
        model_version: Its name.
        regression: Over `REQUEST_FEATURE_NAMES`.
        threshold: Loses at most `MAY_LOSE` of the accepts of people that the model was not trained on.
        training: Where it comes from: data hash, seed, counts and metrics, for people to read.
    """

    model_version: str
    regression: LogisticRegressionWeights
    threshold: float
    training: Json = field(default_factory=dict)


class LogisticAskingModel:
    """The first stage that ships with Inkling; implements the port `AskingModel`."""

    def __init__(self, artifact: AskingArtifact) -> None:
        self.artifact = artifact
        self._weights, self._intercept = artifact.regression.folded()

    @classmethod
    def load(cls, path: Path = SHIPPED_ASKING) -> Self:
        """Returns the model in a file.

        Raises:
            ModelArtifactError: The file is missing, damaged, of another format, or made for other features.
        """
        return cls(read_asking(path))

    def probability(self, request_input: RequestInput) -> float:
        """Returns the probability that a suggestion here would be accepted; about 0.02 ms."""
        features = featurize_request(request_input).values()
        return sigmoid(
            self._intercept + sum(weight * value for weight, value in zip(self._weights, features, strict=True))
        )

    def threshold(self, settings: GateSettings) -> float:
        """Returns the least probability to ask; 0, which always asks, where the knob leaves no room for losses.

        Who gave a probability as the threshold is never asked less for than that.
        """
        own = self.artifact.threshold
        share = share_lost(settings)
        if share is None:
            return min(own, settings.threshold)
        return own if share >= LEAST_BUDGET else 0.0


def dump_asking(artifact: AskingArtifact) -> str:
    """Returns the artifact as text for a file, with the hash of its content."""
    return dump_content(
        {
            "format": FORMAT,
            "model_version": artifact.model_version,
            **regression.to_json(artifact.regression, REQUEST_FEATURE_NAMES),
            "threshold": artifact.threshold,
            "training": dict(artifact.training),
        }
    )


def read_asking(path: Path) -> AskingArtifact:
    """Returns the artifact in a file.

    Raises:
        ModelArtifactError: It is missing, damaged, of another format, or made for other features.
    """
    data = read_content(path)
    try:
        return _parse(data)
    except ModelArtifactError as error:
        raise ModelArtifactError(f"The model {path} is not used: {error}") from error


def _parse(data: bytes) -> AskingArtifact:
    content = parse_content(data, FORMAT)
    threshold = number_at(content, "threshold")
    if not 0 <= threshold <= 1:
        raise ModelArtifactError("threshold is no probability")
    return AskingArtifact(
        model_version=text_at(content, "model_version"),
        regression=regression.from_json(content, REQUEST_FEATURE_NAMES),
        threshold=threshold,
        training=object_at(content, "training"),
    )
