"""What became of the suggestions of a period, counted for the Insights page.

The rows of the period are read once each, in the order of their index on time, and joined in memory: looking up the
outcomes of a hundred thousand suggestions one by one would take ten times as long.
"""

import sqlite3
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeVar

from inkling.core.events import APART, OutcomeKind, SurvivalKind, folder_name
from inkling.core.insights import DayCounts, GroupCounts, LatencyBin, ReasonCount
from inkling.core.interval import share
from inkling.core.suggestion import REASON_WORDS, Reason
from inkling.telemetry.judgements import ACCEPTING, ACTING, JUDGING, READ_AFTER_MS, precedence
from inkling.telemetry.reading import percentile_rank, sql_list
from inkling.telemetry.rows import member

N_FILES: Final = 15  # the most judged ones
KEPT_FROM: Final = 0.5  # similarity from which on a suggestion counts as kept; see core.insights.DayCounts
LATENCY_BINS_MS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0)  # upper ends; one bin without end follows
NO_FOLDER: Final = "(no folder known)"
QUARTER_MS: Final = 900_000  # of an hour: every time zone's offset has been a multiple of it since Inkling exists

_APART: Final = ", ".join(f"'{each}'" for each in APART)
_TOGETHER: Final = f"feature NOT IN ({_APART})"  # the others have models and thresholds of their own
# Both are read in the order of time, so that the last one that speaks for a suggestion comes last.
_OUTCOMES = "SELECT suggestion_id, kind, visible_ms FROM outcomes WHERE at_ms >= ? ORDER BY at_ms, id"
_LOOKS = f"""
    SELECT suggestion_id, similarity FROM survivals
    WHERE at_ms >= ? AND follows IN ({sql_list(ACCEPTING)}) AND kind <> '{SurvivalKind.UNKNOWN}' ORDER BY at_ms, id
"""  # noqa: S608 - put together from constants only
_DECISIONS = f"""
    SELECT at_ms / {QUARTER_MS}, latency_ms, CASE WHEN was_offered THEN suggestion_id END,
           CASE WHEN was_offered THEN source END, CASE WHEN was_offered THEN project END,
           CASE WHEN was_offered THEN path END
    FROM decisions WHERE at_ms >= ? AND {_TOGETHER}
"""  # noqa: S608 - put together from constants only; what is not needed of hidden ones costs most of the time
_HIDDEN = f"""
    SELECT reason, count(*) FROM decisions
    WHERE at_ms >= ? AND NOT was_offered AND reason IS NOT NULL AND {_TOGETHER} GROUP BY reason
"""  # noqa: S608 - put together from constants only
_SILENT = f"SELECT reason, count(*) FROM silences WHERE at_ms >= ? AND {_TOGETHER} GROUP BY reason"  # noqa: S608
# Plain strings are found twice as fast as members of an enumeration.
_READ_BY: Final = frozenset(kind.value for kind in {OutcomeKind.SHOWN, *ACTING})
_PRECEDENCE: Final = {kind.value: precedence(kind) for kind in OutcomeKind if precedence(kind)}

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The suggestions that were decided in a period, and all that became of them since.

    Attributes:
        counts: All of them; the name is empty.
        days: One for each local day with a decision, oldest first.
        by_source: The offered ones by the mind that proposed them, the most judged first.
        by_file: The same by file, at most `N_FILES`; the folder is named with the path where there are several.
        by_project: The same by workspace folder, named by the folder alone where its name is unique.
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


class _Group(NamedTuple):
    """What offered suggestions are told apart by."""

    day: str
    source: str
    project: str
    path: str


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Counts of offered suggestions, as in `DayCounts`."""

    n_offered: int = 0
    n_judged: int = 0
    n_accepted: int = 0
    n_looked_at: int = 0
    n_kept: int = 0

    def add(self, other: "_Tally") -> None:
        """Adds what another one counted."""
        self.n_offered += other.n_offered
        self.n_judged += other.n_judged
        self.n_accepted += other.n_accepted
        self.n_looked_at += other.n_looked_at
        self.n_kept += other.n_kept


def read_activity(connection: sqlite3.Connection, since_ms: int) -> Activity:
    """Returns the counts of the suggestions decided since a moment; days are those of this process's time zone.

    Args:
        connection: As from `inkling.telemetry.database.connect_to_read`.
        since_ms: Milliseconds since the Unix epoch.

    Raises:
        sqlite3.Error: The store cannot be read, or is of an older version that was never opened by this one.
    """
    tallies, latencies_ms = _tallies(connection, since_ms)
    days = _regrouped(tallies, lambda group: group.day)
    everything = _Tally()
    for tally in days.values():
        everything.add(tally)
    sources = _regrouped(tallies, lambda group: group.source)
    projects = _regrouped(tallies, lambda group: group.project)
    files = _regrouped(tallies, lambda group: (group.project, group.path))
    name_of = _project_names(projects)
    return Activity(
        counts=_group_counts("", everything),
        days=[_day_counts(day, days.get(day, _Tally()), latencies_ms[day]) for day in sorted(latencies_ms)],
        by_source=_most_judged(sources, str),
        by_file=_most_judged(files, lambda file: file[1] if len(projects) == 1 else f"{name_of[file[0]]}/{file[1]}")[
            :N_FILES
        ],
        by_project=_most_judged(projects, name_of.__getitem__),
        latency=_latency_bins(latencies_ms.values()),
        hidden=_reasons(connection, since_ms),
    )


def _tallies(connection: sqlite3.Connection, since_ms: int) -> tuple[dict[_Group, _Tally], dict[str, list[float]]]:
    """Returns the counts of what was offered, by group, and how long all decisions of each day took, sorted."""
    was_accepted = _judgements(connection, since_ms)
    kept: dict[str, float] = dict(_rows(connection, _LOOKS, since_ms))
    day_of = cache(_local_day)
    tallies: defaultdict[_Group, _Tally] = defaultdict(_Tally)
    latencies_ms: defaultdict[str, list[float]] = defaultdict(list)
    for quarter, latency_ms, suggestion_id, source, project, path in _rows(connection, _DECISIONS, since_ms):
        day = day_of(quarter)
        latencies_ms[day].append(latency_ms)
        if suggestion_id is None:
            continue
        tally = tallies[_Group(day, source, project, path)]
        tally.n_offered += 1
        is_accepted = was_accepted.get(suggestion_id)
        if is_accepted is None:
            continue
        tally.n_judged += 1
        similarity = kept.get(suggestion_id) if is_accepted else None
        tally.n_accepted += is_accepted
        if similarity is not None:
            tally.n_looked_at += 1
            tally.n_kept += similarity >= KEPT_FROM
    for of_one_day in latencies_ms.values():
        of_one_day.sort()
    return tallies, latencies_ms


def _local_day(quarter: int) -> str:
    return datetime.fromtimestamp(quarter * QUARTER_MS / 1000).astimezone().date().isoformat()


def _judgements(connection: sqlite3.Connection, since_ms: int) -> dict[str, bool]:
    """Returns whether each suggestion that was judged is accepted, as `core.events.JudgedSuggestion` has it."""
    verdicts: dict[str, str] = {}
    read: set[str] = set()
    for suggestion_id, kind, visible_ms in _rows(connection, _OUTCOMES, since_ms):
        if kind in _READ_BY or (visible_ms or 0) >= READ_AFTER_MS:
            read.add(suggestion_id)
        rank = _PRECEDENCE.get(kind)
        if rank is not None and rank >= _PRECEDENCE.get(verdicts.get(suggestion_id, ""), 0):
            verdicts[suggestion_id] = kind
    return {
        suggestion_id: kind in ACCEPTING
        for suggestion_id, kind in verdicts.items()
        if kind in JUDGING and suggestion_id in read
    }


def _rows(connection: sqlite3.Connection, statement: str, since_ms: int) -> Iterator[Any]:
    """Yields plain tuples: a million `sqlite3.Row` cost twice the time."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(statement, [since_ms])


def _regrouped(tallies: Mapping[_Group, _Tally], key_of: Callable[[_Group], _Key]) -> dict[_Key, _Tally]:
    groups: dict[_Key, _Tally] = {}
    for group, tally in tallies.items():
        groups.setdefault(key_of(group), _Tally()).add(tally)
    return groups


def _project_names(projects: Mapping[str, _Tally]) -> dict[str, str]:
    folders = [folder_name(project) for project in projects]
    return {
        project: NO_FOLDER if not project else folder if folders.count(folder) == 1 else project
        for project, folder in zip(projects, folders, strict=True)
    }


def _most_judged(groups: Mapping[_Key, _Tally], name_of: Callable[[_Key], str]) -> list[GroupCounts]:
    """Returns the groups, the most judged first, then by name."""
    counts = [_group_counts(name_of(key), tally) for key, tally in groups.items()]
    return sorted(counts, key=lambda group: (-group.n_judged, group.name))


def _group_counts(name: str, tally: _Tally) -> GroupCounts:
    return GroupCounts(
        name=name,
        n_offered=tally.n_offered,
        n_judged=tally.n_judged,
        n_accepted=tally.n_accepted,
        n_looked_at=tally.n_looked_at,
        n_kept=tally.n_kept,
        accepted=share(tally.n_accepted, tally.n_judged),
    )


def _day_counts(day: str, tally: _Tally, latencies_ms: Sequence[float]) -> DayCounts:
    """Returns a day's counts; the latencies are sorted."""
    return DayCounts(
        day=day,
        n_proposed=len(latencies_ms),
        n_offered=tally.n_offered,
        n_judged=tally.n_judged,
        n_accepted=tally.n_accepted,
        n_looked_at=tally.n_looked_at,
        n_kept=tally.n_kept,
        latency_ms_p50=latencies_ms[percentile_rank(len(latencies_ms), 0.50)],
        latency_ms_p95=latencies_ms[percentile_rank(len(latencies_ms), 0.95)],
    )


def _latency_bins(days: Collection[Sequence[float]]) -> list[LatencyBin]:
    """Returns the histogram of the latencies of all days, each sorted."""
    n_up_to = [sum(bisect_right(latencies_ms, end) for latencies_ms in days) for end in LATENCY_BINS_MS]
    n_so_far = [0, *n_up_to, sum(map(len, days))]
    return [
        LatencyBin(up_to_ms=end, n=after - before)
        for end, (before, after) in zip((*LATENCY_BINS_MS, None), pairwise(n_so_far), strict=True)
    ]


def _reasons(connection: sqlite3.Connection, since_ms: int) -> list[ReasonCount]:
    """Returns the reasons with their counts; one that only a newer Inkling knows is left out."""
    counts = [
        ReasonCount(words=REASON_WORDS[reason], n=n, had_candidate=had_candidate)
        for had_candidate, statement in ((True, _HIDDEN), (False, _SILENT))
        for value, n in _rows(connection, statement, since_ms)
        if (reason := member(Reason, value)) is not None
    ]
    return sorted(counts, key=lambda count: -count.n)
