"""How long an endpoint took lately, from a question to a text that can be shown."""

from collections import deque

N_KEPT = 20
N_LEAST = 3  # before that nothing is known
VERY_LIKELY = 0.9


class RecentLatencies:
    """The latest latencies of one endpoint."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=N_KEPT)

    def add(self, latency_s: float) -> None:
        """Takes the latency of an answer, seconds."""
        self._latest.append(latency_s)

    def typical_s(self) -> float | None:
        """Returns the median in seconds; None while too little is known."""
        return sorted(self._latest)[len(self._latest) // 2] if len(self._latest) >= N_LEAST else None

    def is_due_within(self, within_s: float, waited_s: float) -> bool:
        """Tells whether an answer is very likely to come in the next seconds, having been waited for so long."""
        still_possible = [latency_s for latency_s in self._latest if latency_s > waited_s]
        if len(self._latest) < N_LEAST or not still_possible:
            return False
        n_due = sum(latency_s <= waited_s + within_s for latency_s in still_possible)
        return n_due >= VERY_LIKELY * len(still_possible)
