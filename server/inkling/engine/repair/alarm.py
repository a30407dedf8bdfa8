"""An alarm that ends what runs, by CPU time, with a backstop by the clock that ends the process."""

import signal
from types import FrameType

_EXPIRES_EVERY_S = 0.02  # once its time is over: an `except BaseException` may catch the first
_BACKSTOP_S = 0.4  # by the clock, beyond four times the limit: then the whole process is ended


class Expired(KeyboardInterrupt):
    """The mutant's time is over. pytest lets this one through where it would report other exceptions."""


def with_alarm(limit_s: float) -> None:
    """Lets the running code expire after some seconds of CPU time."""
    signal.setitimer(signal.ITIMER_VIRTUAL, limit_s, _EXPIRES_EVERY_S)
    signal.setitimer(signal.ITIMER_REAL, 4 * limit_s + _BACKSTOP_S)


def alarm_off() -> None:
    """Calls the alarm off."""
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)


def expire(_signal: int, _frame: FrameType | None) -> None:
    """Ends what runs; the handler of the alarm."""
    raise Expired
