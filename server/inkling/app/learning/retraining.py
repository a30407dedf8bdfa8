"""Training on the event store, in a process of its own: a challenger, the knob's thresholds, a look at drift."""

import logging
import os
from pathlib import Path

from inkling.app.learning.drift_notice import write_drift
from inkling.app.learning.files import OwnFiles
from inkling.app.learning.own_model import now_ms, read_judged, read_reset_mark
from inkling.core.errors import ModelArtifactError, UserError
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.challenge import retrain
from inkling.models.operating_points import OperatingPoints, dump_points
from inkling.models.personal import HIERARCHICAL, foretold
from inkling.models.personal_file import registered_of
from inkling.models.registry import Registry
from inkling.models.regular_file import write_whole

logger = logging.getLogger(__name__)

MAX_DECISIONS = 20_000  # about a month's, hidden ones included; read in a second
NICENESS = 15
STAYS = "Your model stays in force, and goes on learning from each suggestion as its outcome comes."


def retrain_from_store(data_dir: Path) -> tuple[bool, str]:
    """Trains a challenger on the event store; returns whether it became champion, and the verdict in words.

    Raises:
        UserError: The event store cannot be read, or the model cannot be written.
    """
    prior = LogisticAcceptanceModel.load()
    version, registry = prior.artifact.model_version, Registry(OwnFiles(data_dir).directory)
    rows = read_judged(data_dir, read_reset_mark(data_dir)[0], MAX_DECISIONS)
    try:
        write_drift(data_dir, rows, now_ms())
    except OSError as error:
        logger.warning("what changed of late cannot be written down: %s", error)
    try:
        champion, complaint = registry.champion_or_set_aside(version)
        retrained = retrain(rows, champion.state if champion is not None else None, prior)
        was_replaced = registry.challenge(registered_of(retrained, version, now_ms()), retrained.comparison)
        in_force = retrained.state if was_replaced else champion.state if champion is not None else None
        recipe = in_force.recipe if in_force is not None else HIERARCHICAL
        points = OperatingPoints.from_log(
            rows, foretold(rows, prior, recipe), OperatingPoints.from_study(prior.artifact)
        )
        write_whole(OwnFiles(data_dir).points, dump_points(points).encode())
    except ModelArtifactError as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(f"the thresholds cannot be written: {error}") from error
    verdict = " ".join([*([complaint] if complaint else []), retrained.comparison.words])
    return was_replaced, verdict if was_replaced else f"{verdict} {STAYS}"


def be_nice() -> None:
    """Leaves the processor to whoever else wants it."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
