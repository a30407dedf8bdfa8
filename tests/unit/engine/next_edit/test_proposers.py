import logging
from collections.abc import Iterable

import pytest

from inkling.core.next_edit import EditKind, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.proposers import Proposal, propose
from inkling.engine.next_edit.situation import Situation

URI = DocumentUri("file:///shop/main.py")
LINES = ("a = 1", "b = 2", "c = 3", "d = 4")


def situation(*changes: LineChange) -> Situation:
    latest = LineChange(uri=URI, first_line=0, removed=("a = 0",), inserted=("a = 1",))
    return Situation({URI: FileView(URI, None, LINES)}, (*changes, latest))


def candidate(first: int, end: int, *inserted: str, proposer: str = "one", uri: DocumentUri = URI) -> EditCandidate:
    return EditCandidate(
        uri=uri,
        first_line=first,
        end_line=end,
        inserted=inserted,
        kind=EditKind.REPEAT,
        proposer=proposer,
        group="g",
        words="",
        grounds=Grounds(),
    )


def asked(*candidates: EditCandidate, about: Situation | None = None) -> list[Proposal]:
    return propose(about or situation(), [lambda _: candidates])


def test_lines_that_stay_are_left_out_of_a_proposal() -> None:
    (proposal,) = asked(candidate(0, 4, "a = 1", "b = 20", "d = 4"))
    assert (proposal.first_line, proposal.end_line, proposal.inserted) == (1, 3, ("b = 20",))


def test_the_same_edit_of_two_proposers_is_one_proposal_that_remembers_both() -> None:
    (proposal,) = asked(candidate(1, 2, "b = 20"), candidate(0, 3, "a = 1", "b = 20", "c = 3", proposer="two"))
    assert [one.proposer for one in proposal.candidates] == ["one", "two"]


@pytest.mark.parametrize(
    "nothing",
    [
        candidate(1, 2, "b = 2"),
        candidate(2, 2),
        candidate(3, 5, "d = 5"),
        candidate(-1, 1, "x = 1"),
        candidate(0, 1, "x = 1", uri=DocumentUri("file:///elsewhere.py")),
    ],
)
def test_what_changes_nothing_or_lies_outside_is_dropped(nothing: EditCandidate) -> None:
    assert asked(nothing) == []


def test_an_edit_that_takes_back_a_change_is_dropped() -> None:
    before = LineChange(uri=URI, first_line=2, removed=("c = 33",), inserted=("c = 3",))
    assert asked(candidate(2, 3, "c = 33"), about=situation(before)) == []
    assert asked(candidate(2, 3, "c = 34"), about=situation(before))


def test_a_proposer_that_fails_is_told_of_and_silences_no_other(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Situation) -> Iterable[EditCandidate]:
        raise ValueError("out of order")

    with caplog.at_level(logging.ERROR):
        assert len(propose(situation(), [broken, lambda _: [candidate(1, 2, "b = 20")]])) == 1
    assert "failed" in caplog.text


def test_nobody_is_asked_once_the_question_is_cancelled() -> None:
    assert propose(situation(), [lambda _: [candidate(1, 2, "b = 20")]], is_cancelled=lambda: True) == []
