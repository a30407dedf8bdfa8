"""The garbage collector of a process that keeps many syntax trees, which hold nothing to collect."""

import gc

THRESHOLDS = (100_000, 50, 100)
"""With Python's own, a syntax tree of a long file takes three times as long, for all others are walked meanwhile."""


def collect_seldom() -> None:
    """Lets the collector run seldom, and never look at what is there already."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
