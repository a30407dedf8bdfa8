"""What every benchmark prints and writes."""

import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

EXIT_NO_DATA = 2
N_RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure.

    Attributes:
        value: What was measured.
        low: Lower end of the 95% interval; equal to the value where nothing was sampled.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A benchmark's result.

    Attributes:
        bench: Its name.
        seed: What its random choices were made with.
        protocol: How it was measured, in words.
        n: Size of the sample.
        metrics: The figures by key; shares from 0 to 1, milliseconds, bytes.
    """

    bench: str
    seed: int
    protocol: str
    n: int
    metrics: dict[str, Metric]


def exact(value: float) -> Metric:
    """Returns a figure that is no estimate."""
    return Metric(value=value, low=value, high=value)


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the smallest value that at least `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def bootstrap(clusters: Sequence[Sequence[T]], statistic: Callable[[Sequence[T]], float], seed: int) -> Metric:
    """Returns a statistic of all values with its 95% percentile interval, resampled by cluster.

    Args:
        clusters: Values that belong together, such as the requests at one place.
        statistic: From values to the figure; NaN where a sample cannot tell, which then does not count.
        seed: For the resampling.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile interval).
    """
    chance = random.Random(seed)  # noqa: S311 - statistics, not secrets
    samples = ([value for _ in clusters for value in chance.choice(clusters)] for _ in range(N_RESAMPLES))
    estimates = sorted(estimate for sample in samples if not math.isnan(estimate := statistic(sample)))
    return Metric(
        value=statistic([value for cluster in clusters for value in cluster]),
        low=percentile(estimates, 0.025),
        high=percentile(estimates, 0.975),
    )


def publish(report: Report, json_file: Path | None) -> None:
    """Prints a report as a table, and writes it as JSON where a file is given."""
    print(f"{report.bench}: n={report.n}, seed={report.seed}")
    print(report.protocol)
    for key, metric in report.metrics.items():
        interval = "" if metric.low == metric.high else f"  [{metric.low:.3f}, {metric.high:.3f}]"
        print(f"  {key:34} {metric.value:10.3f}{interval}")
    write(report, json_file)


def write(report: Report, json_file: Path | None) -> None:
    """Writes a report as JSON where a file is given."""
    if json_file is not None:
        metrics = {
            key: {"value": metric.value, "low": metric.low, "high": metric.high}
            for key, metric in report.metrics.items()
        }
        content = {
            "bench": report.bench,
            "seed": report.seed,
            "protocol": report.protocol,
            "n": report.n,
            "metrics": metrics,
        }
        json_file.write_text(json.dumps(content, indent=2) + "\n")
