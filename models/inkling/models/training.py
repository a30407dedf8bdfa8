"""What the scripts share that train on the study: its arrays, the fit, and what is written. Needs `train`."""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from inkling.core.interval import Interval
from inkling.models.artifact_json import Json
from inkling.models.evaluate import Floats, Integers, measure
from inkling.models.regression import LogisticRegressionWeights
from inkling.models.study import Example

SEED: Final = 20261121
INVERSE_REGULARISATION: Final = 0.1  # scikit-learn's C; with 16 people, weights are held near 0
N_DIGITS: Final = 10  # of the numbers written: enough to score alike, few enough to hide rounding of other processors


def labels_of(examples: Sequence[Example]) -> Integers:
    """Returns 1 for each accepted example, else 0; shape (n_examples,)."""
    return np.array([example.was_accepted for example in examples], dtype=np.int64)


def people_of(examples: Sequence[Example]) -> Integers:
    """Returns each example's person; shape (n_examples,)."""
    return np.array([example.person for example in examples], dtype=np.int64)


def fit_regression(features: Floats, labels: Integers) -> LogisticRegressionWeights:
    """Returns a regression of the labels on standardised features, shape (n_examples, n_features)."""
    scaler = StandardScaler().fit(features)
    regression = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000)
    regression.fit(scaler.transform(features), labels)
    return LogisticRegressionWeights(
        mean=tuple(map(rounded, scaler.mean_)),
        scale=tuple(map(rounded, scaler.scale_)),
        weights=tuple(map(rounded, regression.coef_[0])),
        intercept=rounded(regression.intercept_[0]),
    )


def predict_unseen_people(
    examples: Sequence[Example], fit: Callable[[Sequence[Example]], Callable[[Example], float]]
) -> Floats:
    """Returns a probability for each example from a model that was fitted on the other people; shape (n_examples,).

    Args:
        examples: All people's.
        fit: Returns what predicts, for the examples of some people.
    """
    people = people_of(examples)
    probabilities = np.zeros(len(examples))
    for person in np.unique(people):
        predict = fit([example for example in examples if example.person != person])
        for row in np.flatnonzero(people == person).tolist():
            probabilities[row] = predict(examples[row])
    return probabilities


def provenance(data: Path, examples: Sequence[Example], probabilities: Floats) -> dict[str, object]:
    """Returns what a model file says of its training: protocol, data, counts, and metrics on unseen people."""
    labels, people = labels_of(examples), people_of(examples)
    metrics = measure(labels, probabilities, people, SEED)
    return {
        "protocol": "each person is judged by a model of the other people; intervals resample people",
        "data": "microsoft/coderec_programming_states",
        "data_sha256": hashlib.sha256(data.read_bytes()).hexdigest(),
        "seed": SEED,
        "inverse_regularisation": INVERSE_REGULARISATION,
        "n_examples": len(examples),
        "n_accepted": int(labels.sum()),
        "n_people": len(np.unique(people)),
        "metrics": {name: _rounded_interval(interval) for name, interval in metrics.items()},
    }


def version_name(kind: str, *parts: object) -> str:
    """Returns a model's name: its kind, and a hash of what it learned."""
    return f"{kind}-{hashlib.sha256(repr(list(parts)).encode()).hexdigest()[:8]}"


def write_model(out: Path, text: str, training: Json, summary: str) -> None:
    """Writes a model file, and prints what was measured."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{json.dumps(training, indent=2)}\n{summary} -> {out}\n")


def rounded(value: float) -> float:
    """Returns a number as it is written."""
    return round(float(value), N_DIGITS)


def _rounded_interval(interval: Interval) -> dict[str, float]:
    return {end: rounded(number) for end, number in asdict(interval).items()}
