"""Trains the first stage of the gate: `python -m inkling.models.train_asking --data FILE`. Needs `train`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from inkling.core.errors import UserError
from inkling.models.asking import MAY_LOSE, SHIPPED_ASKING, AskingArtifact, LogisticAskingModel, dump_asking
from inkling.models.evaluate import Floats, threshold_keeping
from inkling.models.featurize import REQUEST_FEATURE_NAMES, featurize_request
from inkling.models.study import Example, read_examples
from inkling.models.training import (
    fit_regression,
    labels_of,
    predict_unseen_people,
    provenance,
    rounded,
    version_name,
    write_model,
)


def fit_asking(examples: Sequence[Example]) -> AskingArtifact:
    """Returns a model of `examples`, without threshold, metrics or final name."""
    features = np.array([list(featurize_request(example.gate_input).values()) for example in examples])
    return AskingArtifact(
        model_version="untitled", regression=fit_regression(features, labels_of(examples)), threshold=0.0
    )


def predict(examples: Sequence[Example]) -> Floats:
    """Returns a probability for each example from a model that was fitted on the other people; shape (n_examples,)."""

    def fit(others: Sequence[Example]) -> Callable[[Example], float]:
        model = LogisticAskingModel(fit_asking(others))
        return lambda example: model.probability(example.gate_input)

    return predict_unseen_people(examples, fit)


def train(data: Path) -> AskingArtifact:
    """Returns the model of a study file, with metrics on people that it was not fitted on.

    Raises:
        UserError: The file is missing, or is not what it should be.
    """
    examples = read_examples(data)
    probabilities = predict(examples)
    fitted = fit_asking(examples)
    learned = fitted.regression
    return replace(
        fitted,
        model_version=version_name("asking", REQUEST_FEATURE_NAMES, learned.weights, learned.intercept),
        threshold=rounded(threshold_keeping(labels_of(examples), probabilities, 1 - MAY_LOSE)),
        training={**provenance(data, examples, probabilities), "may_lose": MAY_LOSE},
    )


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
    summary = f"{artifact.model_version} threshold={artifact.threshold:.3f}"
    write_model(options.out, dump_asking(artifact), artifact.training, summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
