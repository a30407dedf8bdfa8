"""Next edits as they are in the daemon."""

import logging
from collections.abc import Sequence

from inkling.core.errors import StoreError
from inkling.core.events import Outcome
from inkling.core.settings import Settings
from inkling.features.edit_inference import EditOutcomeInference
from inkling.features.next_edit import NextEditFeature, NextEditPorts
from inkling.lsp.services import NextEditServices

logger = logging.getLogger(__name__)


def next_edit_services(ports: NextEditPorts) -> NextEditServices:
    """Returns next edits for a language server."""
    feature = NextEditFeature(ports, Settings())

    def record(outcomes: Sequence[Outcome]) -> None:
        feature.outcomes_reported(outcomes)
        ports.background.start(write_down(outcomes))

    async def write_down(outcomes: Sequence[Outcome]) -> None:
        try:
            await ports.log.record_outcomes(outcomes)
        except StoreError as error:
            logger.error("an outcome of a next edit was not recorded: %s", error)

    return NextEditServices(feature=feature, inference=EditOutcomeInference(ports.clock, record), record=record)
