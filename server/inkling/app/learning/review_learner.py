"""The acceptance model of review comments: read anew from the log whenever a review begins, in an editor or a shell."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from inkling.app.learning.own_model import read_reset_mark
from inkling.core.errors import StoreError, UserError
from inkling.core.events import Feature
from inkling.core.ports import EventLog
from inkling.models.review_acceptance import ReviewAcceptance
from inkling.telemetry.archive import opened_untouched
from inkling.telemetry.reading import judged_suggestions

logger = logging.getLogger(__name__)

MAX_ROWS: Final = 2000  # some hundred reviews; older ones say little of what a user wants now


async def review_acceptance(data_dir: Path, log: EventLog) -> ReviewAcceptance:
    """Returns what the user's own judgements teach; nothing where they cannot be read.

    `inkling model reset` forgets it, too.

    Args:
        data_dir: Of the user's own files.
        log: Where judgements are.
    """
    try:
        reset_ms, _ = await asyncio.to_thread(read_reset_mark, data_dir)
        rows = await log.judged_suggestions(reset_ms, MAX_ROWS, Feature.REVIEW)
    except (StoreError, UserError) as error:
        logger.warning("reviews know nothing of earlier ones: %s", error)
        return ReviewAcceptance()
    return ReviewAcceptance.of_rows(rows)


def stored_review_acceptance(data_dir: Path) -> ReviewAcceptance:
    """Returns the same for a process that has no store of its own open; nothing is made or locked where there is none.

    Args:
        data_dir: Of the user's own files.
    """
    try:
        reset_ms, _ = read_reset_mark(data_dir)
        with opened_untouched(data_dir) as connection:
            rows = judged_suggestions(connection, reset_ms, MAX_ROWS, Feature.REVIEW)
    except (StoreError, UserError) as error:
        logger.info("the review knows nothing of earlier ones: %s", error)
        return ReviewAcceptance()
    return ReviewAcceptance.of_rows(rows)
