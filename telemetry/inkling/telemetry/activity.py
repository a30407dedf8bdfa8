"""What became of the suggestions of a period, counted for the Insights page."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from inkling.core.insights import DayCounts, GroupCounts, LatencyBin, ReasonCount

N_FILES: Final = 15  # the most judged ones
KEPT_FROM: Final = 0.5  # similarity from which on a suggestion counts as kept; see core.insights.DayCounts
LATENCY_BINS_MS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0)  # upper ends; one bin without end follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The suggestions that were decided in a period, and all that became of them, whenever it did.

    Attributes:
        counts: All of them; the name is empty.
        days: One for each local day with a decision, oldest first.
        by_source: By the mind that proposed them, the most judged first.
        by_file: The same by file, at most `N_FILES`; the project is named with the path where there are several.
        by_project: The same by workspace folder, named by the folder where its name is unique.
        latency: Decisions by time taken; always all bins.
        hidden: What was hidden, and requests without a candidate, by reason, the most frequent first.
    """

    counts: GroupCounts
    days: list[DayCounts]
    by_source: list[GroupCounts]
    by_file: list[GroupCounts]
    by_project: list[GroupCounts]
    latency: list[LatencyBin]
    hidden: list[ReasonCount]


def read_activity(connection: sqlite3.Connection, since_ms: int) -> Activity:
    """Returns the counts of the suggestions decided since a moment; days are those of this process's time zone.

    Args:
        connection: As from `inkling.telemetry.database.connect_to_read`.
        since_ms: Milliseconds since the Unix epoch.

    Raises:
        sqlite3.Error: The store cannot be read, or is of an older version that was never opened by this one.
    """
    raise NotImplementedError
