"""From which probability on an edit is offered; read without the ranking, whose arrays the daemon need not load."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from inkling.core.errors import ModelArtifactError
from inkling.core.settings import GatePolicy

ARTIFACT = "thresholds.json"
POLICIES = (GatePolicy.EAGER, GatePolicy.BALANCED, GatePolicy.QUIET)


def shipped_thresholds() -> Mapping[GatePolicy, float]:
    """Returns for each of `POLICIES` the least probability, chosen on edits that the ranking had not seen.

    Raises:
        ModelArtifactError: The installation is damaged.
    """
    try:
        content = json.loads(files("inkling.engine.next_edit.ranking").joinpath(ARTIFACT).read_text(encoding="utf-8"))
        return {policy: float(content["thresholds"][policy.value]) for policy in POLICIES}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelArtifactError(f"The thresholds of next edits cannot be read: {error}") from error


def encode_thresholds(thresholds: Mapping[GatePolicy, float], training: Mapping[str, object]) -> str:
    """Returns thresholds as text for a file, with where they come from."""
    content = {"thresholds": {policy.value: thresholds[policy] for policy in POLICIES}, "training": dict(training)}
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def shipped_path() -> Path:
    """Returns where the shipped thresholds lie in a checkout, for training to write them."""
    return Path(__file__).with_name(ARTIFACT)
