"""Figures of `inkling bench review`."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

from inkling.bench.report import Metric, bootstrap, exact
from inkling.bench.review.one import PairOutcome, has_right_line, is_confirmed, is_found, is_right
from inkling.bench.review.pairs import PairKind
from inkling.core.review import Topic


def measure(outcomes: Sequence[PairOutcome], seed: int) -> dict[str, Metric]:
    """Returns the figures with intervals by problem: a bug and its fix are not independent."""
    by_problem: dict[str, list[PairOutcome]] = defaultdict(list)
    for outcome in outcomes:
        by_problem[outcome.pair.problem].append(outcome)
    clusters = list(by_problem.values())

    def share(holds: Callable[[PairOutcome], bool], kind: PairKind) -> Metric:
        if not any(outcome.pair.kind is kind for outcome in outcomes):
            return exact(math.nan)
        return bootstrap(clusters, lambda sample: _share(sample, holds, kind), seed)

    metrics = {
        "found": share(is_found, PairKind.BUG),
        "confirmed": share(is_confirmed, PairKind.BUG),
        "lines_right": share(has_right_line, PairKind.BUG),
        "claimed": share(claims_failure, PairKind.BUG),
        "false_claims": share(claims_failure, PairKind.REFACTORING),
        "false_claims_on_fixes": share(claims_failure, PairKind.FIX),
        "commented_refactorings": share(lambda outcome: bool(outcome.shown), PairKind.REFACTORING),
        "noted_fixes": share(lambda outcome: bool(outcome.shown), PairKind.FIX),
        "tests_left_out": exact(sum(outcome.n_tests_left_out for outcome in outcomes)),
    }
    if any(outcome.shown for outcome in outcomes):
        metrics["precision"] = bootstrap(clusters, _precision(list(Topic)), seed)
        for topic in Topic:
            if any(comment.topic is topic for outcome in outcomes for comment in outcome.shown):
                metrics[f"precision_{topic}"] = bootstrap(clusters, _precision([topic]), seed)
                n_shown = sum(comment.topic is topic for outcome in outcomes for comment in outcome.shown)
                metrics[f"shown_{topic}"] = exact(n_shown)
    if outcomes:
        metrics["comments_per_100_lines"] = bootstrap(clusters, _comments_per_100_lines, seed)
        seconds = sorted(outcome.seconds for outcome in outcomes)
        metrics["seconds_p50"] = exact(seconds[len(seconds) // 2])
    return {name: metric for name, metric in metrics.items() if not math.isnan(metric.value)}


def claims_failure(outcome: PairOutcome) -> bool:
    """Tells whether a shown comment says that the new version fails."""
    return any(comment.claims_failure for comment in outcome.shown)


def _share(sample: Sequence[PairOutcome], holds: Callable[[PairOutcome], bool], kind: PairKind) -> float:
    chosen = [outcome for outcome in sample if outcome.pair.kind is kind]
    return sum(holds(outcome) for outcome in chosen) / len(chosen) if chosen else math.nan


def _precision(topics: Sequence[Topic]) -> Callable[[Sequence[PairOutcome]], float]:
    def of(sample: Sequence[PairOutcome]) -> float:
        judged = [
            is_right(comment, outcome.pair)
            for outcome in sample
            for comment in outcome.shown
            if comment.topic in topics
        ]
        return sum(judged) / len(judged) if judged else math.nan

    return of


def _comments_per_100_lines(sample: Sequence[PairOutcome]) -> float:
    n_lines = sum(outcome.n_changed_lines for outcome in sample)
    return 100 * sum(len(outcome.shown) for outcome in sample) / n_lines if n_lines else math.nan
