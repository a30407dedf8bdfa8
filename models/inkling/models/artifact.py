"""The acceptance model as a JSON file: written by training, checked in every part before it is believed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final, NoReturn

from inkling.core.errors import ModelArtifactError
from inkling.core.suggestion import Source
from inkling.models.featurize import FEATURE_NAMES, SourceCalibration

FORMAT: Final = 3
SHARES_LOST: Final = tuple(percent / 100 for percent in range(51))
"""Shares of accepts that a threshold may lose: in whole percent up to a half."""
MAX_BYTES = 1_000_000  # an artifact has about 4 kB
MAX_MAGNITUDE = 1e6  # of any number; standardised weights are near 1
MAX_VERSION_CHARS = 100

Json = Mapping[str, object]


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
        mean: Of each feature, in the order of `FEATURE_NAMES`.
        scale: Standard deviation of each feature, above 0.
        weights: Log-odds per standard deviation of each feature.
        intercept: Log-odds where every feature is at its mean.
        calibrations: From log-probability to evidence, for every source.
        unmeasured_sources: Sources whose calibration is a cautious guess.
        recommended_threshold: Keeps 95% of accepts of people that the model was not trained on.
        study_points: The same for other shares, and what it costs and spares.
        training: Where it comes from: data hash, seed, counts and metrics, for people to read.
    """

    model_version: str
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
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
        "feature_names": list(FEATURE_NAMES),
        "mean": list(artifact.mean),
        "scale": list(artifact.scale),
        "weights": list(artifact.weights),
        "intercept": artifact.intercept,
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
    return json.dumps({**content, "sha256": _content_hash(content)}, indent=2, allow_nan=False) + "\n"


def read_artifact(path: Path) -> LogisticArtifact:
    """Returns the artifact in a file.

    Raises:
        ModelArtifactError: It is missing, damaged, of another format, or made for other features.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelArtifactError(f"The model {path} cannot be read: {error}") from error
    try:
        return parse_artifact(data)
    except ModelArtifactError as error:
        raise ModelArtifactError(f"The model {path} is not used: {error}") from error


def parse_artifact(data: bytes) -> LogisticArtifact:
    """Returns the artifact that `data` holds.

    Raises:
        ModelArtifactError: It is damaged, of another format, or made for other features.
    """
    if len(data) > MAX_BYTES:
        raise ModelArtifactError(f"it is larger than {MAX_BYTES} bytes")
    try:
        content = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelArtifactError(f"it is not JSON ({type(error).__name__})") from error
    if not isinstance(content, dict):
        raise ModelArtifactError("it is not a JSON object")
    if content.get("format") != FORMAT or isinstance(content.get("format"), bool):
        raise ModelArtifactError(f"it has another format than {FORMAT}; train it again with this version")
    _check_hash(content)
    if content.get("feature_names") != list(FEATURE_NAMES):
        raise ModelArtifactError("it was trained on other features; train it again with this version")
    calibrations = _object(content, "calibrations")
    by_source = {source: _object(calibrations, source.value) for source in Source}
    scale = _numbers(content, "scale")
    if min(scale) <= 0:
        raise ModelArtifactError("scale must be above 0")
    return LogisticArtifact(
        model_version=_version(content),
        mean=_numbers(content, "mean"),
        scale=scale,
        weights=_numbers(content, "weights"),
        intercept=_number(content, "intercept"),
        calibrations={
            source: SourceCalibration(
                slope=_number(entry, "slope"),
                total_slope=_number(entry, "total_slope"),
                likelihood_slope=_number(entry, "likelihood_slope"),
                intercept=_number(entry, "intercept"),
            )
            for source, entry in by_source.items()
        },
        unmeasured_sources=frozenset(
            source for source, entry in by_source.items() if entry.get("measured") is not True
        ),
        recommended_threshold=_number(content, "recommended_threshold"),
        study_points=_study_points(_object(content, "study_points")),
        training=_object(content, "training"),
    )


def _study_points(content: Json) -> StudyPoints:
    thresholds = _numbers(content, "thresholds", len(SHARES_LOST))
    if any(higher < lower for lower, higher in pairwise(thresholds)):
        raise ModelArtifactError("thresholds falls where more may be lost")
    return StudyPoints(
        thresholds=thresholds,
        accepts_lost=_numbers(content, "accepts_lost", len(SHARES_LOST)),
        rejected_hidden=_numbers(content, "rejected_hidden", len(SHARES_LOST)),
        n_accepts=int(_number(content, "n_accepts")),
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _content_hash(content: Json) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _check_hash(content: Json) -> None:
    try:
        expected = _content_hash({key: value for key, value in content.items() if key != "sha256"})
    except (ValueError, RecursionError) as error:
        raise ModelArtifactError("its content cannot be hashed") from error
    if content.get("sha256") != expected:
        raise ModelArtifactError("its content does not match its hash; it was changed or damaged")


def _object(content: Json, key: str) -> Json:
    value = content.get(key)
    if not isinstance(value, dict):
        raise ModelArtifactError(f"{key} is missing or no object")
    return value


def _version(content: Json) -> str:
    version = content.get("model_version")
    if not isinstance(version, str) or not 0 < len(version) <= MAX_VERSION_CHARS:
        raise ModelArtifactError("model_version is missing or no short text")
    return version


def _number(content: Json, key: str) -> float:
    return _checked_number(content.get(key), key)


def _numbers(content: Json, key: str, length: int = len(FEATURE_NAMES)) -> tuple[float, ...]:
    values = content.get(key)
    if not isinstance(values, list) or len(values) != length:
        raise ModelArtifactError(f"{key} is not a list of {length} numbers")
    return tuple(_checked_number(value, key) for value in values)


def _checked_number(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelArtifactError(f"{key} holds something that is no number")
    # Compared before it is converted: an integer may be too large for a float. NaN fails the comparison too.
    if not -MAX_MAGNITUDE <= value <= MAX_MAGNITUDE:
        raise ModelArtifactError(f"{key} holds a number beyond {MAX_MAGNITUDE:g}")
    return float(value)
