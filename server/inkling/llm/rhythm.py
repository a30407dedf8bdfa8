"""The user's own typing rhythm: how long to wait before an endpoint is asked."""

import time
from collections import deque
from collections.abc import Callable

from inkling.core.snapshot import DocumentUri

N_KEPT = 100  # pauses; some lines of code
N_LEAST = 10  # before that nothing is known
BURST_ENDS_AFTER_S = 2.0  # who pauses for longer does not type
LONGEST_WAIT_S = 0.075  # since the last keystroke; as long as editors that know no rhythm wait, and no longer
STEP_S = 0.01


class TypingRhythm:
    """The pauses between the latest keystrokes.

    A question is worth its tokens when the next keystroke is likely to come after the answer. The longer no key is
    pressed, the likelier that is; so a fast typist's question waits a little longer than the editor's own debounce.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._pauses_s: deque[float] = deque(maxlen=N_KEPT)
        self._last: tuple[DocumentUri, float] | None = None

    def pressed(self, uri: DocumentUri) -> None:
        """Takes a change of a document."""
        now_s = self._now_s()
        if self._last is not None and self._last[0] == uri and now_s - self._last[1] <= BURST_ENDS_AFTER_S:
            self._pauses_s.append(now_s - self._last[1])
        self._last = (uri, now_s)

    def wait_s(self, latency_s: float) -> float:
        """Returns for how many seconds from now on a question is better not asked.

        Args:
            latency_s: How long the endpoint takes.
        """
        if self._last is None or len(self._pauses_s) < N_LEAST:
            return 0.0
        waited_s = self._now_s() - self._last[1]
        wait_s = 0.0
        while waited_s + wait_s < LONGEST_WAIT_S and not self._is_pause(waited_s + wait_s, latency_s):
            wait_s += STEP_S
        return min(wait_s, max(0.0, LONGEST_WAIT_S - waited_s))

    def _is_pause(self, after_s: float, latency_s: float) -> bool:
        """Tells whether who has pressed no key for so long is likelier than not to press none before the answer."""
        longer = [pause_s for pause_s in self._pauses_s if pause_s > after_s]
        return 2 * sum(pause_s > after_s + latency_s for pause_s in longer) >= len(longer)
