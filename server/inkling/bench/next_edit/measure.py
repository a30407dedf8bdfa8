"""From predictions to figures."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from inkling.bench.report import Metric, bootstrap, exact, percentile

AT = (1, 3, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedEdit:
    """The likeliest edit of a case.

    Attributes:
        is_offered: Whether its probability reaches the threshold.
        is_right: Whether it leaves the file as the next edit does.
        is_right_later: The same, or as a later edit of the pull request does.
        proposers: Who proposed it.
    """

    is_offered: bool
    is_right: bool
    is_right_later: bool
    proposers: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of one case.

    Attributes:
        pull_request: Whose edit it was.
        is_far: Whether the next edit was far from the latest.
        is_import: Whether it changed imports alone.
        place_rank: The rank of the first right place, from 0; None where none is right.
        baselines: The same for each baseline.
        best: The likeliest edit; None where nothing is proposed.
        listed: Who proposed the right edit, at whatever rank.
        cpu_ms: Time of the whole prediction.
    """

    pull_request: str
    is_far: bool
    is_import: bool
    place_rank: int | None
    baselines: Mapping[str, int | None]
    best: OfferedEdit | None
    listed: frozenset[str]
    cpu_ms: float


def measure(judged: Sequence[Judged], seed: int) -> dict[str, Metric]:
    """Returns the figures; intervals are resampled by pull request."""
    by_pull_request: dict[str, list[Judged]] = {}
    for one in judged:
        by_pull_request.setdefault(one.pull_request, []).append(one)
    shares = _Shares(list(by_pull_request.values()), seed)
    metrics: dict[str, Metric] = dict(shares.of_places("", _own_rank))
    metrics["offered"] = shares.of(_is_offered)
    metrics["exact_of_offered"] = shares.of(_is_right, _is_offered)
    metrics["wrong_per_100"] = shares.of(_is_wrong, scale=100)
    metrics["right_now_or_later"] = shares.of(_is_right_later, _is_offered)
    metrics["import_exact_at_1"] = shares.of(_is_right, _is_import)
    metrics["listed"] = shares.of(_is_listed)
    metrics["ms_p50"] = exact(percentile([one.cpu_ms for one in judged], 0.5))
    metrics["ms_p95"] = exact(percentile([one.cpu_ms for one in judged], 0.95))
    for proposer in sorted({name for one in judged for name in (*one.listed, *_offered_by(one))}):
        is_from = partial(_is_offered_by, proposer)
        metrics[f"offered_by_{proposer}"] = shares.of(is_from)
        metrics[f"exact_of_offered_by_{proposer}"] = shares.of(_is_right, is_from)
        metrics[f"listed_by_{proposer}"] = shares.of(partial(_is_listed_by, proposer))
    for baseline in judged[0].baselines:
        metrics |= shares.of_places(f"{baseline}_", partial(_rank_of_baseline, baseline))
    return metrics


class _Shares:
    """Shares of cases with their intervals."""

    def __init__(self, clusters: Sequence[Sequence[Judged]], seed: int) -> None:
        self._clusters = clusters
        self._seed = seed

    def of(
        self,
        holds: Callable[[Judged], bool],
        among: Callable[[Judged], bool] | None = None,
        *,
        scale: float = 1.0,
    ) -> Metric:
        """Returns of how many cases, of some or of all, something holds."""
        facts = [[holds(one) for one in cluster if among is None or among(one)] for cluster in self._clusters]
        if not any(facts):
            return exact(0.0)
        return bootstrap(facts, lambda sample: scale * _share(sample), self._seed)

    def of_places(self, prefix: str, rank: Callable[[Judged], int | None]) -> dict[str, Metric]:
        """Returns how often a place is right at each of `AT`, of all cases and of the far ones."""
        found: dict[str, Metric] = {}
        for name, among in (("place", None), ("far", _is_far)):
            for n in AT:
                found[f"{prefix}{name}_at_{n}"] = self.of(partial(_is_within, rank, n), among)
        return found


def _own_rank(one: Judged) -> int | None:
    return one.place_rank


def _rank_of_baseline(baseline: str, one: Judged) -> int | None:
    return one.baselines[baseline]


def _is_within(rank: Callable[[Judged], int | None], n: int, one: Judged) -> bool:
    found = rank(one)
    return found is not None and found < n


def _is_far(one: Judged) -> bool:
    return one.is_far


def _is_import(one: Judged) -> bool:
    return one.is_import


def _is_listed(one: Judged) -> bool:
    return bool(one.listed)


def _is_listed_by(proposer: str, one: Judged) -> bool:
    return proposer in one.listed


def _is_offered(one: Judged) -> bool:
    return one.best is not None and one.best.is_offered


def _is_offered_by(proposer: str, one: Judged) -> bool:
    return proposer in _offered_by(one)


def _is_right(one: Judged) -> bool:
    return one.best is not None and one.best.is_right


def _is_wrong(one: Judged) -> bool:
    return _is_offered(one) and not _is_right(one)


def _is_right_later(one: Judged) -> bool:
    return one.best is not None and one.best.is_right_later


def _offered_by(one: Judged) -> frozenset[str]:
    return one.best.proposers if one.best is not None and one.best.is_offered else frozenset()


def _share(facts: Sequence[bool]) -> float:
    return sum(facts) / len(facts) if facts else math.nan
