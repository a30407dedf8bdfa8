"""Trains the acceptance model that ships with Inkling: `python -m inkling.models.train --data FILE`. Needs `train`."""

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from inkling.core.errors import UserError
from inkling.core.suggestion import Source
from inkling.models.acceptance import SHIPPED_ARTIFACT, LogisticAcceptanceModel
from inkling.models.artifact import SHARES_LOST, LogisticArtifact, StudyPoints, dump_artifact
from inkling.models.evaluate import Floats, Integers, threshold_keeping
from inkling.models.featurize import FEATURE_NAMES, Calibrations, SourceCalibration, bounded_logprobs, featurize
from inkling.models.operating_points import thresholds_losing
from inkling.models.study import Example, read_examples
from inkling.models.training import (
    fit_regression,
    labels_of,
    people_of,
    predict_unseen_people,
    provenance,
    rounded,
    version_name,
    write_model,
)

KEPT_ACCEPTS = 0.95  # what the recommended threshold keeps
_NO_POINTS = StudyPoints(
    thresholds=(0.0,) * len(SHARES_LOST),
    accepts_lost=(0.0,) * len(SHARES_LOST),
    rejected_hidden=(0.0,) * len(SHARES_LOST),
    n_accepts=0,
)
UNMEASURED_EMBEDDED = SourceCalibration(
    slope=1.0, total_slope=0.0, intercept=0.0
)  # cautious: even a certain text is right half the time


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledLogprob:
    """What a source said of a text, and whether it was right.

    Attributes:
        mean_logprob: Per token, natural logarithm.
        n_tokens: Tokens of the text.
        was_right: Whether it was what stood there, or was accepted.
    """

    mean_logprob: float
    n_tokens: int
    was_right: bool


class LogprobTerm(StrEnum):
    """What of a log-probability a calibration may look at."""

    MEAN = "mean"
    TOTAL = "total"
    LIKELIHOOD = "likelihood"


MODEL_TERMS = frozenset({LogprobTerm.LIKELIHOOD})
EMBEDDED_TERMS = frozenset({LogprobTerm.MEAN, LogprobTerm.TOTAL})


def fit_source_calibration(pairs: Sequence[LabelledLogprob], terms: Set[LogprobTerm]) -> SourceCalibration:
    """Returns the calibration of one source, by logistic regression of being right on its log-probabilities.

    Args:
        pairs: What was measured.
        terms: What the calibration looks at; its other slopes are 0.

    Raises:
        UserError: The pairs hold one class only.
    """
    logprobs = np.array([bounded_logprobs(pair.mean_logprob, pair.n_tokens) for pair in pairs])
    columns_by_term = {
        LogprobTerm.MEAN: logprobs[:, 0],
        LogprobTerm.TOTAL: logprobs[:, 1],
        LogprobTerm.LIKELIHOOD: np.exp(logprobs[:, 0]),
    }
    used = [term for term in LogprobTerm if term in terms]
    was_right = np.array([pair.was_right for pair in pairs], dtype=np.int64)
    if len(set(was_right.tolist())) < 2:
        raise UserError("A calibration needs texts that were right and texts that were not.")
    columns = np.column_stack([columns_by_term[term] for term in used])
    regression = LogisticRegression(C=1.0, max_iter=1000).fit(columns, was_right)
    slopes = dict(zip(used, map(rounded, regression.coef_[0]), strict=True))
    return SourceCalibration(
        slope=slopes.get(LogprobTerm.MEAN, 0.0),
        total_slope=slopes.get(LogprobTerm.TOTAL, 0.0),
        likelihood_slope=slopes.get(LogprobTerm.LIKELIHOOD, 0.0),
        intercept=rounded(regression.intercept_[0]),
    )


def read_pairs(path: Path) -> list[LabelledLogprob]:
    """Returns measured pairs from JSON Lines with the keys `mean_logprob`, `n_tokens` and `was_right`.

    Raises:
        UserError: The file is missing, or is not what it should be.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        pairs = [
            LabelledLogprob(
                mean_logprob=float(row["mean_logprob"]),
                n_tokens=int(row["n_tokens"]),
                was_right=bool(row["was_right"]),
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} does not hold mean_logprob, n_tokens and was_right: {error!r}") from error
    return [pair for pair in pairs if math.isfinite(pair.mean_logprob)]


def fit(examples: Sequence[Example], embedded_pairs: Sequence[LabelledLogprob] = ()) -> LogisticArtifact:
    """Returns a model of `examples`, without thresholds, metrics or final name."""
    study_pairs = [
        LabelledLogprob(
            mean_logprob=example.gate_input.candidate.mean_logprob,
            n_tokens=example.gate_input.candidate.n_tokens,
            was_right=example.was_accepted,
        )
        for example in examples
    ]
    embedded = fit_source_calibration(embedded_pairs, EMBEDDED_TERMS) if embedded_pairs else UNMEASURED_EMBEDDED
    calibrations = {
        Source.MODEL: fit_source_calibration(study_pairs, MODEL_TERMS),
        Source.EMBEDDED: embedded,
    }
    return LogisticArtifact(
        model_version="untitled",
        regression=fit_regression(_matrix(examples, calibrations), labels_of(examples)),
        calibrations=calibrations,
        unmeasured_sources=frozenset() if embedded_pairs else frozenset({Source.EMBEDDED}),
        recommended_threshold=0.0,
        study_points=_NO_POINTS,
    )


def predict(examples: Sequence[Example]) -> Floats:
    """Returns a probability for each example from a model that was fitted on the other people; shape (n_examples,)."""

    def fit_others(others: Sequence[Example]) -> Callable[[Example], float]:
        model = LogisticAcceptanceModel(fit(others))
        return lambda example: model.score(example.gate_input).probability

    return predict_unseen_people(examples, fit_others)


def train(data: Path, embedded_pairs: Sequence[LabelledLogprob] = ()) -> LogisticArtifact:
    """Returns the model of a study file, with metrics on people that it was not fitted on.

    Raises:
        UserError: The file is missing, or is not what it should be.
    """
    examples = read_examples(data)
    labels, people, probabilities = labels_of(examples), people_of(examples), predict(examples)
    fitted = fit(examples, embedded_pairs)
    learned = fitted.regression
    return replace(
        fitted,
        model_version=version_name("logistic", FEATURE_NAMES, learned.weights, learned.intercept, fitted.calibrations),
        recommended_threshold=rounded(threshold_keeping(labels, probabilities, KEPT_ACCEPTS)),
        study_points=study_points(labels, probabilities, people),
        training={
            **provenance(data, examples, probabilities),
            "n_embedded_pairs": len(embedded_pairs),
            "gate": _gate_on_unseen_people(labels, probabilities, people),
        },
    )


def study_points(labels: Integers, probabilities: Floats, people: Integers) -> StudyPoints:
    """Returns the knob's thresholds, and what they do where each person's are chosen on the other people."""
    thresholds = _thresholds_losing(labels, probabilities)
    own = np.zeros((len(SHARES_LOST), len(labels)))
    for person in np.unique(people):
        others = people != person
        own[:, ~others] = _thresholds_losing(labels[others], probabilities[others])[:, None]
    is_hidden = probabilities < own
    return StudyPoints(
        thresholds=tuple(map(rounded, thresholds)),
        accepts_lost=tuple(map(rounded, is_hidden[:, labels == 1].mean(axis=1))),
        rejected_hidden=tuple(map(rounded, is_hidden[:, labels == 0].mean(axis=1))),
        n_accepts=int(labels.sum()),
    )


def _thresholds_losing(labels: Integers, probabilities: Floats) -> Floats:
    """Returns the threshold for each of `SHARES_LOST`; float64, shape (n_shares,)."""
    return np.array(thresholds_losing((probability, 1.0) for probability in probabilities[labels == 1].tolist()))


def _gate_on_unseen_people(labels: Integers, probabilities: Floats, people: Integers) -> dict[str, float]:
    """Returns what a threshold chosen on the other people does to each person."""
    is_shown = np.zeros(len(labels), dtype=bool)
    for person in np.unique(people):
        others, own = people != person, people == person
        is_shown[own] = probabilities[own] >= threshold_keeping(labels[others], probabilities[others], KEPT_ACCEPTS)
    return {
        "accepts_kept": rounded(is_shown[labels == 1].mean()),
        "suggestions_hidden": rounded(1 - is_shown.mean()),
        "rejected_hidden": rounded(1 - is_shown[labels == 0].mean()),
    }


def _matrix(examples: Sequence[Example], calibrations: Calibrations) -> Floats:
    """Returns the features; float64, shape (n_examples, n_features), columns as in `FEATURE_NAMES`."""
    return np.array([list(featurize(example.gate_input, calibrations).values()) for example in examples])


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, writes the artifact and prints what was measured; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m inkling.models.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the study: copilot_study.jsonl")
    parser.add_argument("--out", type=Path, default=SHIPPED_ARTIFACT, help="where the model goes")
    parser.add_argument(
        "--embedded-pairs", type=Path, help="JSON Lines of mean_logprob, n_tokens and was_right, measured"
    )
    options = parser.parse_args(arguments)
    try:
        pairs = read_pairs(options.embedded_pairs) if options.embedded_pairs else []
        artifact = train(options.data, pairs)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    summary = f"{artifact.model_version} threshold={artifact.recommended_threshold:.3f}"
    write_model(options.out, dump_artifact(artifact), artifact.training, summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
