"""Next edits as they are in the daemon."""

import logging
from collections.abc import Sequence

from inkling.core.errors import StoreError
from inkling.core.events import Outcome
from inkling.core.settings import GatePolicy, Settings
from inkling.engine.next_edit.predictor import EmbeddedEditPredictor
from inkling.engine.next_edit.ranking.thresholds import shipped_thresholds
from inkling.features.edit_inference import EditOutcomeInference
from inkling.features.next_edit import NextEditFeature, NextEditPorts
from inkling.lsp.services import NextEditServices
from inkling.models.next_edit_acceptance import NextEditPoints

logger = logging.getLogger(__name__)


def next_edit_points() -> NextEditPoints:
    """Returns the least probabilities to show for the named policies, as the ranking's training left them.

    Raises:
        ModelArtifactError: The installation is damaged.
    """
    thresholds = shipped_thresholds()
    return NextEditPoints(
        eager=thresholds[GatePolicy.EAGER],
        balanced=thresholds[GatePolicy.BALANCED],
        quiet=thresholds[GatePolicy.QUIET],
    )


def next_edit_services(ports: NextEditPorts, predictor: EmbeddedEditPredictor) -> NextEditServices:
    """Returns next edits for a language server.

    Args:
        ports: What they are predicted and checked with.
        predictor: The embedded mind among them.
    """
    feature = NextEditFeature(ports, Settings())
    predictor.on_more_known = feature.more_is_known

    def configure(settings: Settings) -> None:
        feature.configure(settings)
        predictor.set_max_file_kb(settings.next_edit.max_file_kb)
        ports.history.set_max_file_kb(settings.next_edit.max_file_kb)

    def record(outcomes: Sequence[Outcome]) -> None:
        feature.outcomes_reported(outcomes)
        ports.background.start(write_down(outcomes))

    async def write_down(outcomes: Sequence[Outcome]) -> None:
        try:
            await ports.log.record_outcomes(outcomes)
        except StoreError as error:
            logger.error("an outcome of a next edit was not recorded: %s", error)

    return NextEditServices(
        feature=feature,
        embedded=predictor,
        inference=EditOutcomeInference(ports.clock, record),
        record=record,
        configure=configure,
    )
