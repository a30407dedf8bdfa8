"""The acceptance model as a JSON file: written by training, checked in every part before it is believed."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from inkling.core.errors import ModelArtifactError
from inkling.core.suggestion import Source
from inkling.models import regression
from inkling.models.artifact_json import (
    Json,
    dump_content,
    number_at,
    numbers_at,
    object_at,
    parse_content,
    read_content,
    text_at,
)
from inkling.models.featurize import FEATURE_NAMES, SourceCalibration
from inkling.models.regression import LogisticRegressionWeights

FORMAT: Final = 3
SHARES_LOST: Final = tuple(percent / 100 for percent in range(51))
"""Shares of accepts that a threshold may lose: in whole percent up to a half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPoints:
    """What thresholds do to people that the model was not trained on; one number for each of `SHARES_LOST`.

    Attributes:
        thresholds: The highest that loses at most that share of accepts; never falling.
        accepts_lost: Share of accepts lost by people on whom the threshold was not chosen either.
        rejected_hidden: Share of rejected suggestions that it hides from them.
        n_accepts: Accepts in the study.
    """

    thresholds: tuple[float, ...]
    accepts_lost: tuple[float, ...]
    rejected_hidden: tuple[float, ...]
    n_accepts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticArtifact:
    """A logistic regression over standardised features, with what is needed to trust it.

    Attributes:
        model_version: Its name in event rows.
        regression: Over `FEATURE_NAMES`.
        calibrations: From log-probability to evidence, for every source.
        unmeasured_sources: Sources whose calibration is a cautious guess.
        recommended_threshold: Keeps 95% of accepts of people that the model was not trained on.
        study_points: The same for other shares, and what it costs and spares.
        training: Where it comes from: data hash, seed, counts and metrics, for people to read.
    """

    model_version: str
    regression: LogisticRegressionWeights
    calibrations: dict[Source, SourceCalibration]
    unmeasured_sources: frozenset[Source] = frozenset()
    recommended_threshold: float
    study_points: StudyPoints
    training: Json = field(default_factory=dict)


def dump_artifact(artifact: LogisticArtifact) -> str:
    """Returns the artifact as text for a file, with the hash of its content."""
    content: dict[str, object] = {
        "format": FORMAT,
        "model_version": artifact.model_version,
        **regression.to_json(artifact.regression, FEATURE_NAMES),
        "calibrations": {
            source.value: {
                "slope": calibration.slope,
                "total_slope": calibration.total_slope,
                "likelihood_slope": calibration.likelihood_slope,
                "intercept": calibration.intercept,
                "measured": source not in artifact.unmeasured_sources,
            }
            for source, calibration in artifact.calibrations.items()
        },
        "recommended_threshold": artifact.recommended_threshold,
        "study_points": {
            "thresholds": list(artifact.study_points.thresholds),
            "accepts_lost": list(artifact.study_points.accepts_lost),
            "rejected_hidden": list(artifact.study_points.rejected_hidden),
            "n_accepts": artifact.study_points.n_accepts,
        },
        "training": dict(artifact.training),
    }
    return dump_content(content)


def read_artifact(path: Path) -> LogisticArtifact:
    """Returns the artifact in a file.

    Raises:
        ModelArtifactError: It is missing, damaged, of another format, or made for other features.
    """
    data = read_content(path)
    try:
        return parse_artifact(data)
    except ModelArtifactError as error:
        raise ModelArtifactError(f"The model {path} is not used: {error}") from error


def parse_artifact(data: bytes) -> LogisticArtifact:
    """Returns the artifact that `data` holds.

    Raises:
        ModelArtifactError: It is damaged, of another format, or made for other features.
    """
    content = parse_content(data, FORMAT)
    calibrations = object_at(content, "calibrations")
    by_source = {source: object_at(calibrations, source.value) for source in Source}
    return LogisticArtifact(
        model_version=text_at(content, "model_version"),
        regression=regression.from_json(content, FEATURE_NAMES),
        calibrations={
            source: SourceCalibration(
                slope=number_at(entry, "slope"),
                total_slope=number_at(entry, "total_slope"),
                likelihood_slope=number_at(entry, "likelihood_slope"),
                intercept=number_at(entry, "intercept"),
            )
            for source, entry in by_source.items()
        },
        unmeasured_sources=frozenset(
            source for source, entry in by_source.items() if entry.get("measured") is not True
        ),
        recommended_threshold=number_at(content, "recommended_threshold"),
        study_points=_study_points(object_at(content, "study_points")),
        training=object_at(content, "training"),
    )


def _study_points(content: Json) -> StudyPoints:
    thresholds = numbers_at(content, "thresholds", len(SHARES_LOST))
    if any(higher < lower for lower, higher in pairwise(thresholds)):
        raise ModelArtifactError("thresholds falls where more may be lost")
    return StudyPoints(
        thresholds=thresholds,
        accepts_lost=numbers_at(content, "accepts_lost", len(SHARES_LOST)),
        rejected_hidden=numbers_at(content, "rejected_hidden", len(SHARES_LOST)),
        n_accepts=int(number_at(content, "n_accepts")),
    )
