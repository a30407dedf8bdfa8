"""How often the client is told how far something is."""

import time

TELL_EVERY_S = 0.1  # what is being tried changes faster than anybody reads


class ProgressPace:
    """Lets progress be told at once when other words are due, and else now and then."""

    def __init__(self) -> None:
        self._started_at_s = time.monotonic()
        self._told_at_s = 0.0
        self._told = ""

    def is_due(self, words: str) -> bool:
        """Tells whether to tell it now; then it counts as told."""
        now_s = time.monotonic()
        if words == self._told and now_s - self._told_at_s < TELL_EVERY_S:
            return False
        self._told_at_s, self._told = now_s, words
        return True

    def elapsed_s(self) -> float:
        """Returns the seconds since the beginning."""
        return time.monotonic() - self._started_at_s
