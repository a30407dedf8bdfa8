"""Importing on a thread without holding up the event loop."""

import contextlib
import sys
from collections.abc import Iterator

_USUAL_S = sys.getswitchinterval()
SHORT_S = 0.0005


@contextlib.contextmanager
def short_turns() -> Iterator[None]:
    """Has threads take turns ten times as often inside the block.

    Half a second of importing takes the interpreter's lock for 5 ms each time that the event loop lets go of it, which
    a callback that writes or logs does several times. With short turns each of them costs 0.5 ms.
    """
    sys.setswitchinterval(SHORT_S)
    try:
        yield
    finally:
        sys.setswitchinterval(_USUAL_S)
