"""What is known of the endpoint's pace and of the user's."""

import pytest

from inkling.core.snapshot import DocumentUri
from inkling.llm.latency import RecentLatencies
from inkling.llm.rhythm import LONGEST_WAIT_S, TypingRhythm

URI = DocumentUri("file:///a.py")


@pytest.mark.parametrize(
    ("latencies", "within_s", "waited_s", "is_due"),
    [
        ([], 10.0, 0.0, False),
        ([0.1, 0.1], 10.0, 0.0, False),
        ([0.1, 0.1, 0.1], 0.15, 0.0, True),
        ([0.1] * 8 + [0.9] * 2, 0.15, 0.0, False),
        ([0.1] * 19 + [0.9], 0.15, 0.0, True),
        ([0.3] * 5, 0.15, 0.0, False),
        ([0.3] * 5, 0.15, 0.2, True),
        ([0.1] * 5, 0.15, 0.2, False),  # later than ever: nothing is known any more
        ([0.1] * 5, 0.05, -0.1, False),  # not asked yet
        ([9.0] * 20 + [0.1] * 20, 0.15, 0.0, True),  # only what is recent counts
    ],
)
def test_an_answer_is_due_when_the_latest_ones_came_in_time(
    latencies: list[float], within_s: float, waited_s: float, is_due: bool
) -> None:
    known = RecentLatencies()
    for latency_s in latencies:
        known.add(latency_s)
    assert known.is_due_within(within_s, waited_s) is is_due


class Keys:
    """A typist with an exact rhythm."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.rhythm = TypingRhythm(lambda: self.now_s)

    def type(self, *pauses_s: float) -> None:
        """Presses a key after each pause."""
        for pause_s in pauses_s:
            self.now_s += pause_s
            self.rhythm.pressed(URI)

    def wait_s(self, latency_s: float) -> float:
        """As an editor asks it, 40 ms after the last key."""
        self.now_s += 0.04
        return self.rhythm.wait_s(latency_s)


def test_nothing_is_waited_for_while_the_rhythm_is_not_known() -> None:
    keys = Keys()
    assert keys.wait_s(0.3) == 0.0
    keys.type(*[0.1] * 5)
    assert keys.wait_s(0.3) == 0.0


def test_a_slow_typist_is_answered_at_once() -> None:
    keys = Keys()
    keys.type(*[0.5] * 30)
    assert keys.wait_s(0.3) == 0.0


def test_a_fast_typist_waits_until_no_further_key_is_likely_but_never_long() -> None:
    keys = Keys()
    keys.type(*[0.07] * 20, *[0.9] * 5, 0.07)
    assert keys.wait_s(0.3) == pytest.approx(0.03)  # the next key would have come after 70 ms
    keys.type(*[0.2] * 100)
    assert keys.wait_s(0.3) == pytest.approx(LONGEST_WAIT_S - 0.04)


def test_pauses_for_thought_and_other_documents_are_no_rhythm() -> None:
    keys = Keys()
    keys.type(*[5.0] * 50)
    for number in range(50):
        keys.now_s += 0.05
        keys.rhythm.pressed(DocumentUri(f"file:///{number}.py"))
    assert keys.wait_s(0.3) == 0.0
