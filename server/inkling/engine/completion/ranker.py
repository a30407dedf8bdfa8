"""The order of texts and how likely each is right: boosted trees over `features`, learned from other projects."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.core.errors import ModelArtifactError
from inkling.engine.artifacts import as_text, check_features, content_of, damage_is_told, shipped_text
from inkling.engine.completion.features import FEATURES
from inkling.engine.trees import BoostedTrees, probabilities

FORMAT = 1
ARTIFACT = "ranker.json"
LONELY_LEAD = 5.0  # log-odds by which a text leads that has no rival; the most that a lead counts

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """From the trees' log-odds to a probability that holds for code that they never saw.

    Attributes:
        slope: Of the log-odds of the text.
        lead_slope: Of its lead over the others of the place, in log-odds.
        intercept: Added.
    """

    slope: float = 1.0
    lead_slope: float = 0.0
    intercept: float = 0.0

    def confidences(self, scores: Floats, leads: Floats) -> Floats:
        """Returns the probability that each text is right, float64, of the same shape as log-odds and leads."""
        return probabilities(self.slope * scores + self.lead_slope * leads + self.intercept)


def leads(scores: Floats) -> Floats:
    """Returns how far each score is above the best of the others; above 0 for the best one alone."""
    if len(scores) == 1:
        return np.full(1, LONELY_LEAD)
    by_score = np.sort(scores)
    best, second = by_score[-1], by_score[-2]
    lead: Floats = np.minimum(np.where(scores == best, best - second, scores - best), LONELY_LEAD)
    return lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """What training leaves.

    Attributes:
        trees: The log-odds that a text is the rest of its line.
        calibration: What makes probabilities of them.
        training: Where it comes from: projects, hash of the data, seed, figures; for people to read.
    """

    trees: BoostedTrees
    calibration: Calibration
    training: Mapping[str, object] = field(default_factory=dict)

    def confidences(self, rows: Floats) -> Floats:
        """Returns the probability of each text of one place to be right, float64, shape (n_texts,).

        Args:
            rows: float64, shape (n_texts, n_features), columns as in `FEATURES`.
        """
        scores = self.trees.scores(rows)
        return self.calibration.confidences(scores, leads(scores))


def encode_ranker(ranker: Ranker) -> str:
    """Returns the ranker as text for a file."""
    content = {
        "format": FORMAT,
        "training": dict(ranker.training),
        "features": FEATURES,
        "calibration": asdict(ranker.calibration),
        "trees": ranker.trees.to_json(),
    }
    return as_text(content)


def decode_ranker(text: str) -> Ranker:
    """Returns the ranker that a text holds.

    Raises:
        ModelArtifactError: It is damaged, of another format, or made for other features.
    """
    with damage_is_told():
        content = content_of(text, FORMAT)
        check_features(content["features"], FEATURES, "inkling.bench.completion.train")
        trees = BoostedTrees.from_json(content["trees"])
        if len(trees.features) and trees.features.max() >= len(FEATURES):
            raise ModelArtifactError("a node looks at a feature that is not there")
        return Ranker(
            trees=trees,
            calibration=Calibration(**{name: float(value) for name, value in content["calibration"].items()}),
            training=content["training"],
        )


@cache
def shipped_ranker() -> Ranker:
    """Returns the ranker that ships with Inkling.

    Raises:
        ModelArtifactError: The installation is damaged.
    """
    return decode_ranker(shipped_text("inkling.engine.completion", ARTIFACT, "The ranker of ghost text"))


def shipped_path() -> Path:
    """Returns where the shipped ranker lies in a checkout, for training to write it."""
    return Path(__file__).with_name(ARTIFACT)
