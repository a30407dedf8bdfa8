"""Training on the event store, in a process of its own: a challenger, and a look at what changed of late."""

import logging
import os
from pathlib import Path

from inkling.app.learning.drift_notice import write_drift
from inkling.app.learning.files import OwnFiles
from inkling.app.learning.own_model import now_ms, read_judged, reset_at_ms
from inkling.core.errors import ModelArtifactError, UserError
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.registry import Registry, registered_of, retrain

logger = logging.getLogger(__name__)

NICENESS = 15


def retrain_from_store(data_dir: Path) -> tuple[bool, str]:
    """Trains a challenger on the event store; returns whether it became champion, and the verdict in words.

    Raises:
        UserError: The event store cannot be read, or the model cannot be written.
    """
    prior = LogisticAcceptanceModel.load()
    version, registry = prior.artifact.model_version, Registry(OwnFiles(data_dir).directory)
    rows = read_judged(data_dir, reset_at_ms(data_dir))
    try:
        write_drift(data_dir, rows, now_ms())
    except OSError as error:
        logger.warning("what changed of late cannot be written down: %s", error)
    try:
        champion = registry.champion(version)
        retrained = retrain(rows, champion.state if champion is not None else None, prior)
        was_replaced = registry.challenge(registered_of(retrained, version, now_ms()), retrained.comparison)
    except ModelArtifactError as error:
        raise UserError(str(error)) from error
    return was_replaced, retrained.comparison.words


def be_nice() -> None:
    """Leaves the processor to whoever else wants it."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
