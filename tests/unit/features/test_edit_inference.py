"""What became of a next edit, as far as document changes tell it."""

from collections.abc import Callable, Sequence

import pytest

from inkling.core.edit import TextEdit
from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import SuggestionId
from inkling.features.edit_inference import EditOutcomeInference

URI = DocumentUri("file:///w/cart.py")
BEFORE = "f(timeout)\ng()\n"
AFTER = "f(limit)\ng()\n"
CHANGE = TextEdit(offset=2, n_removed=7, inserted="limit")
ID = SuggestionId("s1")


class Timer:
    def __init__(self, due_s: float, callback: Callable[[], None]) -> None:
        self.due_s = due_s
        self.callback = callback

    def cancel(self) -> None:
        """Nothing here is called off."""


class Client:
    """A client without words, and the clock on its wall."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.told: list[str] = []
        self._timers: list[Timer] = []
        self.inference = EditOutcomeInference(self, self._take)

    def _take(self, outcomes: Sequence[Outcome]) -> None:
        assert all(outcome.event_id.startswith("inferred-") for outcome in outcomes)
        self.told += [f"{outcome.suggestion_id} {outcome.kind.value}" for outcome in outcomes]

    def now_ms(self) -> int:
        return round(self.now_s * 1000)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        self._timers.append(Timer(self.now_s + delay_s, callback))
        return self._timers[-1]

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        for timer in [timer for timer in self._timers if timer.due_s <= self.now_s]:
            self._timers.remove(timer)
            timer.callback()

    def offer(self, suggestion_id: SuggestionId = ID) -> None:
        self.inference.offered(suggestion_id, self._snapshot(BEFORE), CHANGE)

    def show(self) -> None:
        self.offer()
        self.inference.shown(ID)

    def type(self, text: str) -> None:
        self.inference.document_edited(self._snapshot(text), ())

    def accept(self) -> None:
        accepted = Outcome(event_id=EventId("e"), suggestion_id=ID, kind=OutcomeKind.ACCEPTED, at_ms=self.now_ms())
        self.inference.outcomes_reported([accepted])

    def _snapshot(self, text: str) -> Snapshot:
        return Snapshot(uri=URI, path=None, version=1, text=text)


@pytest.fixture
def client() -> Client:
    return Client()


def test_something_else_is_typed_after_it_was_read(client: Client) -> None:
    client.show()
    client.wait(0.8)
    client.type("f(timeout)\ng(1)\n")
    assert client.told == ["s1 shown", "s1 ignored"]


def test_what_was_not_read_is_no_judgement(client: Client) -> None:
    client.show()
    client.wait(0.2)
    client.type("f(timeout)\ng(1)\n")
    client.offer()
    client.wait(5)
    client.type("f(timeout)\ng(12)\n")
    assert client.told == ["s1 superseded", "s1 superseded"]


def test_a_newer_one_and_a_closed_document_end_it(client: Client) -> None:
    client.offer()
    client.offer(SuggestionId("s2"))
    client.inference.document_closed(URI)
    assert client.told == ["s1 superseded", "s2 superseded"]


def test_the_same_one_again_goes_on(client: Client) -> None:
    client.show()
    client.wait(0.5)
    client.offer()
    client.wait(0.5)
    client.type("nothing of it\n")
    assert client.told == ["s1 shown", "s1 ignored"]


def test_it_is_written_by_hand(client: Client) -> None:
    client.offer()
    for text in ("f()\ng()\n", "f(l)\ng()\n", "f(lim)\ng()\n", AFTER):
        client.type(text)
    assert client.told == []
    client.wait(2)
    assert client.told == ["s1 typed_through"]


def test_an_accept_is_no_inference_but_its_undo_is(client: Client) -> None:
    client.show()
    client.type(AFTER)
    client.accept()
    client.wait(3)
    client.type(BEFORE)
    assert client.told == ["s1 undone"]


def test_the_command_may_come_before_the_change(client: Client) -> None:
    client.show()
    client.accept()
    client.type(AFTER)
    client.type(BEFORE)
    assert client.told == ["s1 undone"]


def test_a_late_undo_is_a_change_of_mind(client: Client) -> None:
    client.show()
    client.type(AFTER)
    client.accept()
    client.wait(11)
    client.type(BEFORE)
    assert client.told == []


def test_after_an_accept_the_next_one_ends_nothing(client: Client) -> None:
    client.show()
    client.type(AFTER)
    client.accept()
    client.offer(SuggestionId("s2"))
    assert client.told == []
