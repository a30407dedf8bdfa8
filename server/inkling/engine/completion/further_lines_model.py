"""How likely a further line is right: a logistic regression, learned from other projects."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from inkling.core.errors import ModelArtifactError
from inkling.engine.artifacts import as_text, check_features, content_of, damage_is_told, shipped_text

FORMAT = 1
ARTIFACT = "further_lines.json"

FURTHER_FEATURES = (
    "agreeing",  # logarithm of how many tokens agree before the best copy
    "agreeing_above",  # as above, without the tokens of the line before
    "is_in_file",
    "copies",  # logarithm of how many copies there are
    "lead",  # how far "agreeing" is above that of the best other line
    "analogues",
    "first_analogue",
    "other_analogues",
    "copy_and_analogue",
    "mean_logprob",
    "sum_logprob",
    "least_logprob",
    "must_follow",  # the line before is a header, or a bracket is open
    "lines_before",
    "first_odds",  # log-odds of the first line
    "is_below_in_block",
    "is_nothing_below",
    "unknown_names",
    "rivals",  # logarithm of how many other lines may follow
    "is_same_level",
    "is_dedent",
    "tokens",  # logarithm
    "literals",
    "is_closer",
    "is_body_of_definition",
    "blank_between",  # share of the file's other places with these two lines in which a blank one stands between them
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherLinesModel:
    """What training leaves.

    Attributes:
        weights: One for each of `FURTHER_FEATURES`.
        intercept: Added.
        least_probability: Of all further lines together, from which on they are worth showing.
        training: Where it comes from; for people to read.
    """

    weights: tuple[float, ...]
    intercept: float
    least_probability: float
    training: Mapping[str, object] = field(default_factory=dict)

    def probability(self, row: Sequence[float]) -> float:
        """Returns the probability that a line is right if those before it are."""
        log_odds = self.intercept + math.fsum(map(float.__mul__, self.weights, row))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, log_odds))))


def encode_model(model: FurtherLinesModel) -> str:
    """Returns the model as text for a file."""
    content = {
        "format": FORMAT,
        "training": dict(model.training),
        "features": FURTHER_FEATURES,
        "weights": model.weights,
        "intercept": model.intercept,
        "least_probability": model.least_probability,
    }
    return as_text(content, indent=1)


def decode_model(text: str) -> FurtherLinesModel:
    """Returns the model that a text holds.

    Raises:
        ModelArtifactError: It is damaged, of another format, or made for other features.
    """
    with damage_is_told():
        content = content_of(text, FORMAT)
        check_features(content["features"], FURTHER_FEATURES, "inkling.bench.completion.train_further_lines")
        weights = tuple(float(weight) for weight in content["weights"])
        if len(weights) != len(FURTHER_FEATURES):
            raise ModelArtifactError("it has not one weight for each feature")
        return FurtherLinesModel(
            weights=weights,
            intercept=float(content["intercept"]),
            least_probability=float(content["least_probability"]),
            training=dict(content["training"]),
        )


@cache
def shipped_model() -> FurtherLinesModel:
    """Returns the model that ships with Inkling.

    Raises:
        ModelArtifactError: The installation is damaged.
    """
    return decode_model(shipped_text("inkling.engine.completion", ARTIFACT, "The model of further lines"))


def shipped_path() -> Path:
    """Returns where the shipped model lies in a checkout, for training to write it."""
    return Path(__file__).with_name(ARTIFACT)
