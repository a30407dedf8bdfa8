"""A figure with its uncertainty, the one type for it in the whole project."""

import math
from dataclasses import dataclass
from typing import Final

_Z_95: Final = 1.959963984540054  # the 97.5% quantile of the normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its 95% interval; the three are equal where no interval is known."""

    value: float
    low: float
    high: float


def share(n_of_these: int, n: int) -> Interval | None:
    """Returns a share with its 95% Wilson score interval, all in [0, 1]; None for a share of nothing.

    Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).
    """
    if n <= 0:
        return None
    value = n_of_these / n
    shrink = 1 + _Z_95**2 / n
    middle = (value + _Z_95**2 / (2 * n)) / shrink
    half = _Z_95 / shrink * math.sqrt(value * (1 - value) / n + _Z_95**2 / (4 * n**2))
    # At a share of 0 or 1 rounding would leave the share itself a hair outside.
    return Interval(value=value, low=max(0.0, min(value, middle - half)), high=min(1.0, max(value, middle + half)))
