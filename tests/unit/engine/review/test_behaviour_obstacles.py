"""What tells nothing about two versions, and what takes no more than its share of the time."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkling.engine.judging.observing import handle_alarms
from inkling.engine.review.behaviour.exchange import (
    NOT_REACHED,
    RAISED,
    TIMEOUT,
    VALUE,
    WAITED,
    Input,
    Origin,
    Outcome,
)
from inkling.engine.review.behaviour.known import MOST_HANGING, Patience
from inkling.engine.review.behaviour.obstacles import NO_INPUT, WAITS, obstacle_of
from inkling.engine.review.behaviour.running import Runner

ONE = Outcome(kind=VALUE, value="1")


def of_system(message: str, kind: str = "OSError") -> Outcome:
    return Outcome(kind=RAISED, value=kind, types=(kind, "OSError", "Exception"), message=message)


READ_ONLY = of_system("[Errno 30] Read-only file system: 'out'")
MISSING = of_system("[Errno 2] No such file or directory: 'in'", "FileNotFoundError")
WRONG_KIND = Outcome(kind=RAISED, value="TypeError", types=("TypeError", "Exception"))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (ONE, Outcome(kind=WAITED), WAITS),
        (ONE, Outcome(kind=NOT_REACHED), NO_INPUT),
        (Outcome(kind=TIMEOUT), ONE, "does not end"),
        (READ_ONLY, READ_ONLY, "Read-only file system"),
        (ONE, of_system("<urlopen error [Errno -3] Temporary failure in name resolution>"), "name resolution"),
        (MISSING, MISSING, "No such file"),
        (WRONG_KIND, WRONG_KIND, NO_INPUT),
    ],
)
def test_what_tells_nothing_says_why(before: Outcome, after: Outcome, words: str) -> None:
    assert words in obstacle_of(Input(target=0, origin=Origin.GUESSED), before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [(ONE, ONE), (ONE, Outcome(kind=TIMEOUT)), (ONE, WRONG_KIND), (ONE, MISSING), (MISSING, ONE)],
)
def test_what_tells_the_versions_apart_or_alike_is_no_obstacle(before: Outcome, after: Outcome) -> None:
    assert obstacle_of(Input(target=0, origin=Origin.GUESSED), before, after) == ""


def test_an_argument_of_the_wrong_kind_tells_something_where_somebody_wrote_it() -> None:
    assert obstacle_of(Input(target=0, origin=Origin.CALL_SITE), WRONG_KIND, WRONG_KIND) == ""


def test_what_waits_once_is_tried_no_more_and_what_hangs_a_few_times() -> None:
    patience = Patience(["waits", "hangs", "answers"], time.monotonic() + 1000)
    assert not any(patience.is_over(name) for name in ("waits", "hangs", "answers"))
    patience.saw("waits", WAITED)
    for _ in range(MOST_HANGING + 1):
        assert not patience.is_over("hangs")
        patience.saw("hangs", TIMEOUT)
        patience.saw("answers", VALUE)
    assert [patience.is_over(name) for name in ("waits", "hangs", "answers")] == [True, True, False]


def test_nothing_is_tried_when_the_time_is_up() -> None:
    assert Patience(["f"], time.monotonic() - 1).is_over("f")


@pytest.fixture
def alarms() -> Iterator[None]:
    """Has what ends a call too long, and puts back what was there before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGVTALRM)}
    handle_alarms()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("alarms")
@pytest.mark.parametrize(
    ("call", "kind"),
    [("__import__('time').sleep(300)", WAITED), ("all(True for _ in iter(int, 1))", TIMEOUT), ("1 + 1", VALUE)],
)
def test_waiting_is_not_computing(call: str, kind: str, tmp_path: Path) -> None:
    given = Input(target=0, origin=Origin.TYPED, call=call)
    assert Runner(tmp_path, {}, ()).run(given, 0.02).kind == kind
