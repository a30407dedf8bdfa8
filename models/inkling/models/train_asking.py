"""Trains the first stage of the gate: `python -m inkling.models.train_asking --data FILE`. Needs `train`."""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from inkling.core.errors import UserError
from inkling.models.asking import MAY_LOSE, SHIPPED_ASKING, AskingArtifact, LogisticAskingModel, dump_asking
from inkling.models.evaluate import Floats, Integers, measure, threshold_keeping
from inkling.models.featurize import REQUEST_FEATURE_NAMES, featurize_request
from inkling.models.study import Example, read_examples
from inkling.models.train import INVERSE_REGULARISATION, N_DIGITS, SEED


def fit_asking(examples: Sequence[Example]) -> AskingArtifact:
    """Returns a model of `examples`, without threshold, metrics or final name."""
    features = np.array([list(featurize_request(example.gate_input).values()) for example in examples])
    scaler = StandardScaler().fit(features)
    regression = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000)
    regression.fit(scaler.transform(features), _labels(examples))
    return AskingArtifact(
        model_version="untitled",
        mean=tuple(map(_rounded, scaler.mean_)),
        scale=tuple(map(_rounded, scaler.scale_)),
        weights=tuple(map(_rounded, regression.coef_[0])),
        intercept=_rounded(regression.intercept_[0]),
        threshold=0.0,
    )


def predict_unseen_people(examples: Sequence[Example]) -> Floats:
    """Returns a probability for each example from a model that was fitted on the other people; shape (n_examples,)."""
    people = _people(examples)
    probabilities = np.zeros(len(examples))
    for person in np.unique(people):
        model = LogisticAskingModel(fit_asking([example for example in examples if example.person != person]))
        for row in np.flatnonzero(people == person).tolist():
            probabilities[row] = model.probability(examples[row].gate_input)
    return probabilities


def train(data: Path) -> AskingArtifact:
    """Returns the model of a study file, with metrics on people that it was not fitted on.

    Raises:
        UserError: The file is missing, or is not what it should be.
    """
    examples = read_examples(data)
    labels, people = _labels(examples), _people(examples)
    probabilities = predict_unseen_people(examples)
    fitted = fit_asking(examples)
    identity = repr([REQUEST_FEATURE_NAMES, fitted.weights, fitted.intercept])
    metrics = {
        name: {end: _rounded(number) for end, number in asdict(interval).items()}
        for name, interval in measure(labels, probabilities, people, SEED).items()
    }
    return replace(
        fitted,
        model_version=f"asking-{hashlib.sha256(identity.encode()).hexdigest()[:8]}",
        threshold=_rounded(threshold_keeping(labels, probabilities, 1 - MAY_LOSE)),
        training={
            "protocol": "each person is judged by a model of the other people; intervals resample people",
            "data": "microsoft/coderec_programming_states",
            "data_sha256": hashlib.sha256(data.read_bytes()).hexdigest(),
            "seed": SEED,
            "inverse_regularisation": INVERSE_REGULARISATION,
            "may_lose": MAY_LOSE,
            "n_examples": len(examples),
            "n_accepted": int(labels.sum()),
            "n_people": len(np.unique(people)),
            "metrics": metrics,
        },
    )


def _labels(examples: Sequence[Example]) -> Integers:
    return np.array([example.was_accepted for example in examples], dtype=np.int64)


def _people(examples: Sequence[Example]) -> Integers:
    return np.array([example.person for example in examples], dtype=np.int64)


def _rounded(value: float) -> float:
    return round(float(value), N_DIGITS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, writes the artifact and prints what was measured; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m inkling.models.train_asking", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the study: copilot_study.jsonl")
    parser.add_argument("--out", type=Path, default=SHIPPED_ASKING, help="where the model goes")
    options = parser.parse_args(arguments)
    try:
        artifact = train(options.data)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(dump_asking(artifact), encoding="utf-8")
    sys.stdout.write(f"{json.dumps(artifact.training, indent=2)}\n")
    sys.stdout.write(f"{artifact.model_version} threshold={artifact.threshold:.3f} -> {options.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
