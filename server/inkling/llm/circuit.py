"""Leaves an endpoint alone for a while after it failed, then asks it once."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from inkling.llm.faults import MENDED_BY_USER, OF_ONE_REQUEST, Failure

N_FAILURES = 3  # in a row; a single one may be chance
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
PAUSE_FOR_USER_S = 60.0  # where only a person can mend it, asking again soon is of no use


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The endpoint is left alone.

    Attributes:
        failure: Why.
        for_s: How much longer; 0 while one request is finding out.
    """

    failure: Failure
    for_s: float


class CircuitBreaker:
    """Closed until failures, then open for a pause that doubles each time, then half open for one request."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._n_failures = 0
        self._n_pauses = 0
        self._until_s = -math.inf
        self._failure: Failure | None = None
        self._is_probing = False

    def enter(self) -> Pause | None:
        """Returns None where a request may be made, else why not. Each None is answered by one of the three below."""
        if self._failure is None:
            return None
        if self.pause_s or self._is_probing:
            return Pause(failure=self._failure, for_s=self.pause_s)
        self._is_probing = True
        return None

    @property
    def is_probing(self) -> bool:
        """Whether the one request of the half-open state is under way."""
        return self._is_probing

    @property
    def pause_s(self) -> float:
        """How much longer the endpoint is left alone, seconds; 0 where it is not."""
        return 0.0 if self._failure is None else max(0.0, self._until_s - self._now_s())

    def succeeded(self) -> None:
        """Takes a good answer."""
        self._n_failures = self._n_pauses = 0
        self._failure = None
        self._is_probing = False

    def abandoned(self) -> None:
        """Takes a request that was cancelled: it says nothing, and another one may find out."""
        self._is_probing = False

    def failed(self, failure: Failure) -> None:
        """Takes a failure."""
        was_probing, self._is_probing = self._is_probing, False
        if failure.fault in OF_ONE_REQUEST:
            return
        self._n_failures += 1
        if self.pause_s:
            return  # requests that were under way when the pause began do not make it longer
        if failure.fault in MENDED_BY_USER:
            pause_s = PAUSE_FOR_USER_S
        elif was_probing or self._n_failures >= N_FAILURES or _asks_for_a_pause(failure):
            pause_s = min(FIRST_PAUSE_S * 2**self._n_pauses, LONGEST_PAUSE_S)
            self._n_pauses += 1
        else:
            return
        asked_s = min(failure.retry_after_s or 0.0, LONGEST_PAUSE_S)
        self._failure = failure
        self._until_s = self._now_s() + max(pause_s, asked_s)


def _asks_for_a_pause(failure: Failure) -> bool:
    return failure.retry_after_s is not None and failure.retry_after_s > 0
