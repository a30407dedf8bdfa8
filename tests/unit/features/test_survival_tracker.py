"""Places that are followed through edits, closing, renaming and commits, on a clock that is set by hand."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from inkling.core.edit import TextEdit, apply_edit
from inkling.core.events import Decision, EventId, Outcome, OutcomeKind, Silence, Survival
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import SuggestionId
from inkling.features.aftermath import Aftermath
from inkling.features.survival import LOOKS_S, MAX_TRACKED, FilePlace, SurvivalPorts

URI = DocumentUri("file:///w/a.py")
PATH = Path("/w/a.py")


class ManualTimer:
    def __init__(self, due_s: float, callback: Callable[[], None]) -> None:
        self.due_s, self.callback, self.is_off = due_s, callback, False

    def cancel(self) -> None:
        self.is_off = True


class ManualClock:
    def __init__(self) -> None:
        self.now_s = 1000.0
        self.timers: list[ManualTimer] = []

    def now_ms(self) -> int:
        return round(self.now_s * 1000)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> ManualTimer:
        timer = ManualTimer(self.now_s + delay_s, callback)
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while due := [timer for timer in self.timers if timer.due_s <= end_s]:
            timer = min(due, key=lambda timer: timer.due_s)
            self.timers.remove(timer)
            self.now_s = timer.due_s
            if not timer.is_off:
                timer.callback()
        self.now_s = end_s


class PromptBackground:
    """Runs the work at once; the fakes never wait."""

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            work.send(None)
        except StopIteration:
            return
        raise AssertionError("a fake waited")


class ListLog:
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.survivals: list[Survival] = []

    def fingerprint(self, text: str) -> str:
        return text

    def was_rejected(self, *, context_fingerprint: str, text_fingerprint: str) -> bool:
        return False

    def recent_outcomes(self) -> tuple[bool, ...]:
        return ()

    async def record_decisions(self, decisions: Sequence[Decision]) -> None:
        raise AssertionError("nothing is decided here")

    async def record_silence(self, silence: Silence) -> None:
        raise AssertionError("nothing is decided here")

    async def record_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes.extend(outcomes)

    async def record_survivals(self, survivals: Sequence[Survival]) -> None:
        self.survivals.extend(survivals)

    async def judged_suggestions(self, since_ms: int, limit: int) -> list[Any]:
        raise AssertionError("nothing is asked here")

    async def recent_decisions(self, limit: int) -> list[Any]:
        raise AssertionError("nothing is asked here")

    async def statistics(self, since_ms: int) -> Any:
        raise AssertionError("nothing is asked here")


class Disk:
    """Files and commits."""

    def __init__(self) -> None:
        self.files: dict[Path, str] = {}
        self.commit: str | None = "c0"

    async def read(self, path: Path) -> str | None:
        return self.files.get(path)

    async def latest_commit(self, folder: Path) -> str | None:
        return self.commit


class Desk:
    """One open document with a suggestion at its `|`, and all that is around it."""

    def __init__(self, marked: str, suggestion: str = "", *, infers: bool = False) -> None:
        self.clock, self.log, self.disk = ManualClock(), ListLog(), Disk()
        self.aftermath = Aftermath(
            SurvivalPorts(
                log=self.log, background=PromptBackground(), clock=self.clock, files=self.disk, commits=self.disk
            )
        )
        self.aftermath.infers_outcomes = infers
        self.cursor = marked.index("|")
        self.text = marked.replace("|", "", 1)
        self.uri, self.path = URI, PATH
        self.n_events = 0
        self.open()
        if suggestion:
            self.suggest(suggestion)

    def snapshot(self) -> Snapshot:
        return Snapshot(uri=self.uri, path=self.path, version=1, text=self.text)

    def open(self) -> None:
        self.aftermath.document_opened(self.snapshot())

    def suggest(self, text: str, suggestion_id: str = "s1") -> None:
        self.suggestion = text
        self.aftermath.offered(self.uri, self.cursor, {SuggestionId(suggestion_id): text})

    def edit(self, *edits: TextEdit) -> None:
        for edit in edits:
            self.text = apply_edit(self.text, edit)
        self.aftermath.document_edited(self.snapshot(), edits)

    def insert(self, text: str, at: int | None = None) -> None:
        offset = self.cursor if at is None else at
        self.edit(TextEdit(offset=offset, n_removed=0, inserted=text))
        self.cursor += len(text) if offset <= self.cursor else 0

    def type(self, text: str) -> None:
        for char in text:
            self.insert(char)

    def replace(self, old: str, new: str) -> None:
        offset = self.text.index(old)
        self.edit(TextEdit(offset=offset, n_removed=len(old), inserted=new))

    def outcome(self, kind: OutcomeKind, accepted_chars: int | None = None, suggestion_id: str = "s1") -> None:
        self.n_events += 1
        self.aftermath.outcomes_reported(
            [
                Outcome(
                    event_id=EventId(f"e{self.n_events}"),
                    suggestion_id=SuggestionId(suggestion_id),
                    kind=kind,
                    at_ms=self.clock.now_ms(),
                    accepted_chars=accepted_chars,
                )
            ]
        )

    def accept(self) -> None:
        self.insert(self.suggestion)
        self.outcome(OutcomeKind.ACCEPTED)

    def looks(self) -> list[tuple[float | None, str, float]]:
        return [(look.after_s, str(look.kind), round(look.similarity, 2)) for look in self.log.survivals]

    def look(self) -> tuple[str, float]:
        """What the first look says."""
        self.clock.advance(15)
        (look,) = self.looks()
        return look[1:]

    def kinds(self) -> list[str]:
        return [str(outcome.kind) for outcome in self.log.outcomes]


def test_what_stays_is_looked_at_five_times_and_at_the_next_commit() -> None:
    desk = Desk("x = |\n", "foo(🐍)")
    desk.accept()
    desk.clock.advance(1000)
    assert desk.looks() == [(after_s, "kept", 1.0) for after_s in LOOKS_S]
    desk.aftermath.file_saved()
    assert len(desk.looks()) == 5
    desk.disk.commit = "c1"
    desk.aftermath.file_saved()
    desk.aftermath.file_saved()
    assert desk.looks()[5:] == [(None, "kept", 1.0)]
    assert {look.follows for look in desk.log.survivals} == {OutcomeKind.ACCEPTED}
    assert len({look.event_id for look in desk.log.survivals}) == 6


def test_a_commit_between_two_looks_is_seen_at_the_second() -> None:
    desk = Desk("x = |\n", "foo")
    desk.accept()
    desk.clock.advance(20)
    desk.disk.commit = "c1"
    desk.clock.advance(10)
    assert desk.looks() == [(15.0, "kept", 1.0), (30.0, "kept", 1.0), (None, "kept", 1.0)]


def test_outside_of_a_repository_nothing_waits_for_a_commit() -> None:
    desk = Desk("x = |\n", "foo")
    desk.disk.commit = None
    desk.accept()
    desk.clock.advance(1000)
    desk.disk.commit = "c1"
    desk.aftermath.file_saved()
    assert [after_s for after_s, _, _ in desk.looks()] == list(LOOKS_S)


Act = Callable[[Desk], None]

AFTER_AN_ACCEPT: dict[str, tuple[Act, tuple[str, float]]] = {
    "nothing": (lambda desk: None, ("kept", 1.0)),
    "typing goes on behind it": (lambda desk: desk.type(" + 1"), ("kept", 1.0)),
    "lines come above": (lambda desk: desk.insert("import 🐍\r\n", at=0), ("kept", 1.0)),
    "white space at its end": (lambda desk: desk.insert("  "), ("kept", 1.0)),
    "its end is retyped the same": (
        lambda desk: (desk.replace("(bar)", ""), setattr(desk, "cursor", 7), desk.type("(bar)"))[0],
        ("kept", 1.0),
    ),
    "its end is retyped otherwise": (
        lambda desk: (desk.replace("bar)", ""), setattr(desk, "cursor", 8), desk.type("baz)"))[0],
        ("edited", 0.88),
    ),
    "a character inside": (lambda desk: desk.replace("(bar", "(bart"), ("edited", 0.89)),
    "its beginning goes with more": (lambda desk: desk.replace("x = fo", "y"), ("edited", 0.75)),
    "it is deleted": (lambda desk: desk.replace("foo(bar)", ""), ("deleted", 0.0)),
    "its line is deleted": (lambda desk: desk.replace("x = foo(bar)\n", ""), ("deleted", 0.0)),
    "its line is typed over": (lambda desk: desk.replace("x = foo(bar)", "p"), ("deleted", 0.0)),
    "it is deleted and put back": (
        lambda desk: (desk.replace("foo(bar)", ""), desk.insert("foo(bar)", at=4))[0],
        ("kept", 1.0),
    ),
    "a formatter writes the file anew": (
        lambda desk: desk.replace(desk.text, "import os\n\nx = foo(bar)\n\ny = 2\n"),
        ("kept", 1.0),
    ),
    "a rewrite of much more leaves it unclear": (
        lambda desk: desk.replace("x = foo(bar)\n", "x = [foo(element) for element in bar]\n"),
        ("unknown", 0.0),
    ),
}


@pytest.mark.parametrize("name", AFTER_AN_ACCEPT)
def test_after_an_accept(name: str) -> None:
    act, expected = AFTER_AN_ACCEPT[name]
    desk = Desk("x = |\ny = 2\n", "foo(bar)")
    desk.accept()
    act(desk)
    assert desk.look() == expected


def test_the_outcome_may_come_before_the_edit() -> None:
    desk = Desk("x = |\n", "foo")
    desk.outcome(OutcomeKind.ACCEPTED)
    desk.insert("foo")
    assert desk.look() == ("kept", 1.0)


def test_the_outcome_may_come_after_further_edits() -> None:
    desk = Desk("x = |\n", "foo()")
    desk.insert("foo()")
    desk.replace("foo", "fob")
    desk.insert("import a\n", at=0)
    desk.outcome(OutcomeKind.ACCEPTED)
    assert desk.look() == ("edited", 0.8)


def test_an_accept_whose_text_never_came_is_unknown_once() -> None:
    desk = Desk("x = |\n", "foo")
    desk.outcome(OutcomeKind.ACCEPTED)
    desk.clock.advance(1000)
    assert desk.looks() == [(15.0, "unknown", 0.0)]


def test_line_ends_are_those_of_the_document() -> None:
    desk = Desk("if x:|\r\ny\r\n", "\n    pass")
    desk.insert("\r\n    pass")
    desk.outcome(OutcomeKind.ACCEPTED)
    assert desk.look() == ("kept", 1.0)


def test_of_a_partial_accept_only_the_accepted_part_counts() -> None:
    desk = Desk("x = |\n", "foo bar baz")
    desk.insert("foo bar")
    desk.outcome(OutcomeKind.PARTLY_ACCEPTED, accepted_chars=7)
    desk.type("!")
    desk.outcome(OutcomeKind.REJECTED)
    assert desk.look() == ("kept", 1.0)
    assert desk.log.survivals[0].follows is OutcomeKind.PARTLY_ACCEPTED


def test_a_fuller_accept_replaces_a_partial_one_and_a_repeated_outcome_nothing() -> None:
    desk = Desk("x = |\n", "foo bar")
    desk.insert("foo")
    desk.outcome(OutcomeKind.PARTLY_ACCEPTED, accepted_chars=3)
    desk.clock.advance(5)
    desk.type(" bar")
    desk.outcome(OutcomeKind.TYPED_THROUGH)
    desk.clock.advance(10)
    assert desk.looks() == []
    desk.n_events -= 1
    desk.outcome(OutcomeKind.TYPED_THROUGH)
    desk.clock.advance(5)
    assert [(look.follows, look.event_id) for look in desk.log.survivals] == [(OutcomeKind.TYPED_THROUGH, "e2-15s")]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("foo(bar)", ("kept", 1.0)),
        ("foo(bar) + 1", ("kept", 1.0)),
        ("foo(baz)", ("edited", 0.88)),
        ("", ("deleted", 0.0)),
    ],
)
def test_after_a_rejection_what_the_user_writes_by_hand_is_compared(typed: str, expected: tuple[str, float]) -> None:
    desk = Desk("x = |\ny = 2\n", "foo(bar)")
    desk.outcome(OutcomeKind.REJECTED)
    desk.insert("import a\n", at=0)
    desk.type(typed)
    assert desk.look() == expected


def test_a_rejection_whose_line_is_deleted() -> None:
    desk = Desk("x = |\ny = foo\n", "foo")
    desk.outcome(OutcomeKind.IGNORED)
    desk.replace("x = \ny = ", "")
    assert desk.look() == ("deleted", 0.0)


def test_a_closed_document_is_looked_up_on_disk_and_goes_on_when_it_is_opened_again() -> None:
    desk = Desk("x = |\ny = 2\n", "foo(bar)")
    desk.accept()
    desk.aftermath.document_closed(URI)
    desk.disk.files[PATH] = "import 🐍\n" + desk.text
    desk.clock.advance(15)
    desk.disk.files[PATH] = "import 🐍\n" + desk.text.replace("bar", "baz")
    desk.clock.advance(15)
    desk.text = desk.disk.files[PATH]
    desk.open()
    desk.replace("x = foo(baz)\n", "")
    desk.clock.advance(90)
    assert [look[1:] for look in desk.looks()] == [("kept", 1.0), ("edited", 0.88), ("deleted", 0.0)]


def test_a_file_that_is_gone_is_unknown_once() -> None:
    desk = Desk("x = |\n", "foo")
    desk.accept()
    desk.aftermath.document_closed(URI)
    desk.clock.advance(1000)
    assert desk.looks() == [(15.0, "unknown", 0.0)]


@pytest.mark.parametrize("order", ["renamed, closed, opened", "closed, opened, renamed", "closed, opened on disk"])
def test_a_rename_is_followed(order: str) -> None:
    new = FilePlace(uri=DocumentUri("file:///w/b.py"), path=Path("/w/b.py"))
    desk = Desk("x = |\n", "foo(bar)")
    desk.accept()
    desk.disk.files[new.path] = desk.text
    for step in order.split(", "):
        if step == "renamed":
            desk.aftermath.file_renamed(URI, new)
        elif step == "closed":
            desk.aftermath.document_closed(URI)
        else:
            if step == "opened on disk":
                desk.aftermath.files_replaced([URI], [new])
            desk.uri, desk.path = new.uri, new.path
            desk.open()
    desk.replace("bar", "baz")
    assert desk.look() == ("edited", 0.88)


def test_too_many_places_lose_the_oldest_with_an_unknown_look() -> None:
    desk = Desk("|\n")
    for index in range(MAX_TRACKED + 1):
        desk.suggest(f"v{index}\n", f"s{index}")
        desk.insert(f"v{index}\n")
        desk.outcome(OutcomeKind.ACCEPTED, suggestion_id=f"s{index}")
    assert [(look.suggestion_id, look.kind) for look in desk.log.survivals] == [("s0", "unknown")]
    desk.clock.advance(15)
    assert len(desk.log.survivals) == 1 + MAX_TRACKED


def test_suggestions_of_another_daemon_are_left_alone() -> None:
    desk = Desk("x = |\n", "foo")
    desk.outcome(OutcomeKind.ACCEPTED, suggestion_id="other")
    desk.clock.advance(1000)
    assert desk.looks() == []


INFERRED: dict[str, tuple[Act, list[str]]] = {
    "accepted: told by the command": (lambda desk: desk.accept(), []),
    "accepted: the command first": (
        lambda desk: (desk.outcome(OutcomeKind.ACCEPTED), desk.insert("foo()"))[0],
        [],
    ),
    "typed through": (lambda desk: desk.type("foo()"), ["typed_through"]),
    "typed through slowly": (
        lambda desk: (desk.type("fo"), desk.clock.advance(1), desk.type("o()"))[0],
        ["shown", "typed_through"],
    ),
    "typed through with closed brackets": (
        lambda desk: (desk.type("foo"), desk.edit(TextEdit(offset=7, n_removed=0, inserted="()")))[0],
        ["typed_through"],
    ),
    "something else is typed": (lambda desk: desk.type("b"), ["ignored"]),
    "a part, then something else": (lambda desk: desk.type("fob"), ["ignored"]),
    "a paste that begins the same": (lambda desk: desk.insert("fob"), ["ignored"]),
    "a character is deleted": (lambda desk: desk.replace("= ", "="), ["ignored"]),
    "its line is deleted": (lambda desk: desk.replace("x = \n", ""), ["superseded"]),
    "edits elsewhere": (lambda desk: (desk.insert("import a\n", at=0), desk.replace("y = 2", "y"))[0], []),
    "a newer one": (lambda desk: desk.suggest("bar", "s2"), ["superseded"]),
    "closed": (lambda desk: desk.aftermath.document_closed(URI), ["superseded"]),
    "undone": (lambda desk: (desk.accept(), desk.replace("foo()", ""))[0], ["undone"]),
    "undone after the command came first": (
        lambda desk: (desk.outcome(OutcomeKind.ACCEPTED), desk.insert("foo()"), desk.replace("foo()", ""))[0],
        ["undone"],
    ),
    "undone too late": (
        lambda desk: (desk.accept(), desk.clock.advance(11), desk.replace("foo()", ""))[0],
        [],
    ),
    "deleted in steps": (lambda desk: (desk.accept(), desk.replace("()", ""), desk.replace("foo", ""))[0], []),
    "typed, then deleted": (lambda desk: (desk.type("foo()"), desk.replace("foo()", ""))[0], ["typed_through"]),
    "told by the client": (lambda desk: desk.outcome(OutcomeKind.REJECTED), []),
}


@pytest.mark.parametrize("name", INFERRED)
def test_outcomes_of_a_client_that_tells_none_are_inferred(name: str) -> None:
    act, kinds = INFERRED[name]
    desk = Desk("x = |\ny = 2\n", "foo()", infers=True)
    act(desk)
    desk.clock.advance(12)
    assert desk.kinds() == kinds
    assert all(outcome.event_id.startswith("inferred-") for outcome in desk.log.outcomes)


@pytest.mark.parametrize("name", INFERRED)
def test_nothing_is_inferred_for_a_client_that_tells_its_own(name: str) -> None:
    act, _ = INFERRED[name]
    desk = Desk("x = |\ny = 2\n", "foo()")
    act(desk)
    desk.clock.advance(12)
    assert desk.kinds() == []


def test_an_inferred_outcome_is_followed_like_any_other() -> None:
    desk = Desk("x = |\n", "foo", infers=True)
    desk.type("foo")
    desk.clock.advance(2 + 15)
    assert desk.looks() == [(15.0, "kept", 1.0)]


def test_of_several_to_choose_from_another_one_says_nothing_against_the_first() -> None:
    desk = Desk("x = |\n", infers=True)
    desk.aftermath.offered(desk.uri, desk.cursor, {SuggestionId("s1"): "foo()", SuggestionId("s2"): "bar()"})
    desk.insert("bar()")
    desk.outcome(OutcomeKind.ACCEPTED, suggestion_id="s2")
    assert [(each.suggestion_id, each.kind) for each in desk.log.outcomes] == [("s1", OutcomeKind.SUPERSEDED)]
    desk.clock.advance(15)
    assert desk.looks() == [(15.0, "kept", 1.0)]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (None, ("kept", 1.0)),
        (("_s", ""), ("deleted", 0.0)),
        (("wait", "await"), ("kept", 1.0)),
    ],
)
def test_what_an_edit_brought_is_looked_after(later: tuple[str, str] | None, expected: tuple[str, float]) -> None:
    desk = Desk("|wait(timeout)\n", infers=True)
    change = TextEdit(offset=len("wait(timeout"), n_removed=0, inserted="_s")
    desk.aftermath.edit_offered(SuggestionId("s1"), desk.uri, change)
    desk.edit(change)
    desk.outcome(OutcomeKind.ACCEPTED)
    if later is not None:
        desk.replace(*later)
    assert desk.look() == expected
    assert desk.kinds() == []


def test_an_edit_that_only_deletes_and_one_of_a_closed_file_are_not_looked_after() -> None:
    desk = Desk("|print(1)\n")
    deletion = TextEdit(offset=0, n_removed=9, inserted="")
    desk.aftermath.edit_offered(SuggestionId("s1"), desk.uri, deletion)
    desk.edit(deletion)
    desk.outcome(OutcomeKind.ACCEPTED)
    desk.aftermath.edit_offered(
        SuggestionId("s2"), DocumentUri("file:///w/b.py"), TextEdit(offset=0, n_removed=0, inserted="x")
    )
    desk.outcome(OutcomeKind.ACCEPTED, suggestion_id="s2")
    desk.clock.advance(1000)
    assert desk.looks() == []
