import pytest

from inkling.bench.next_edit.baselines import (
    end_of_last_edit,
    nearest_changed_line_below,
    next_occurrence_of_replaced_word,
)
from inkling.bench.next_edit.diffs import changes_of, parse_hunks
from inkling.bench.next_edit.episodes import Case, PullRequest, RawChange, cases
from inkling.bench.next_edit.extraction import is_import_change, is_right_edit, is_right_later, is_right_place
from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.proposers import Proposal

URI = DocumentUri("file:///project/a.py")
OTHER = DocumentUri("file:///project/b.py")
BEFORE = ("a", "b", "c", "d", "e", "f")
DIFF = """--- a/a.py
+++ b/a.py
@@ -1,6 +1,7 @@
 a
-b
+B
+B2
 c
-d
 e
+E
 f
"""


def change(first: int, removed: tuple[str, ...], inserted: tuple[str, ...], uri: DocumentUri = URI) -> RawChange:
    return RawChange(uri=uri, first_line=first, removed=removed, inserted=inserted)


CHANGES = (change(1, ("b",), ("B", "B2")), change(4, ("d",), ()), change(5, (), ("E",)))


def asked(*changes: RawChange) -> list[Case]:
    files = {URI: BEFORE, OTHER: ("x = b", "y = d")}
    return list(cases(PullRequest(id="p", repository="r", files=files, changes=changes)))


def test_a_hunk_is_split_into_maximal_runs_each_where_those_before_it_leave_it() -> None:
    (hunk,) = parse_hunks(DIFF)
    assert tuple(changes_of(hunk, URI, BEFORE)) == CHANGES


def test_a_hunk_applies_where_its_lines_stand_and_not_at_all_where_they_do_not() -> None:
    (hunk,) = parse_hunks(DIFF)
    moved = ("0", "1", *BEFORE)
    assert [found.first_line for found in changes_of(hunk, URI, moved)] == [3, 6, 7]
    assert changes_of(hunk, URI, ("z",)) == []


@pytest.mark.parametrize(
    ("diff", "expected"),
    [
        ("@@ -0,0 +1,2 @@\n+a\n+b\n", change(0, (), ("a", "b"))),
        ("@@ -1 +0,0 @@\n-a\n", change(0, ("a",), ())),
        (
            "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
            change(0, ("a",), ("b",)),
        ),
        ("@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", change(2, ("b",), ("c",))),
    ],
)
def test_sides_that_are_empty_and_lines_that_were_cut_are_read(diff: str, expected: RawChange) -> None:
    (hunk,) = parse_hunks(diff)
    assert changes_of(hunk, URI, hunk.before) == [expected]


def test_each_change_is_asked_for_with_those_before_it_at_their_present_places() -> None:
    first, second = asked(*CHANGES)
    assert (first.truth, second.truth) == CHANGES[1:]
    assert first.situation.files[URI].lines == ("a", "B", "B2", "c", "d", "e", "f")
    assert [past.first_line for past in second.situation.history] == [1, 4]
    assert (second.situation.latest.above, second.situation.latest.below) == (("B", "B2", "c"), ("e", "f"))


def test_history_moves_with_lines_that_are_put_above_it() -> None:
    last = asked(change(4, ("e",), ("E",)), change(0, (), ("0", "1")), change(0, ("0",), ()))[-1]
    assert [past.first_line for past in last.situation.history] == [6, 0]


def test_views_of_files_that_did_not_change_stay_the_same() -> None:
    first, second = asked(*CHANGES)
    assert first.situation.files[OTHER] is second.situation.files[OTHER]
    assert first.situation.files[URI] is not second.situation.files[URI]


@pytest.mark.parametrize(
    ("next_change", "is_far"),
    [(change(4, ("d",), ()), False), (change(6, ("f",), ()), True), (change(0, ("x = b",), (), OTHER), True)],
)
def test_far_is_over_two_lines_away_or_in_another_file(next_change: RawChange, *, is_far: bool) -> None:
    (case,) = asked(CHANGES[0], next_change)
    assert case.is_far is is_far


def test_baselines_guess_as_they_say() -> None:
    case = asked(change(4, ("e",), ("E",)), change(1, ("b",), ("B",)), change(0, ("a",), ("A",)))[1]
    assert end_of_last_edit(case.situation) == [(URI, 2)]
    assert nearest_changed_line_below(case.situation) == [(URI, 4)]
    assert next_occurrence_of_replaced_word(case.situation) == [(OTHER, 0)]


def proposal(first: int, end: int, *inserted: str) -> Proposal:
    candidate = EditCandidate(
        uri=URI,
        first_line=first,
        end_line=end,
        inserted=inserted,
        kind=EditKind.REPEAT,
        proposer="repeats",
        group="",
        words="",
        grounds=Grounds(),
    )
    return Proposal(uri=URI, first_line=first, end_line=end, inserted=inserted, candidates=(candidate,))


def test_an_edit_is_right_when_it_leaves_the_file_as_the_next_one_does() -> None:
    (case,) = asked(change(0, ("a",), ("a", "a")), change(1, (), ("a",)))
    assert is_right_edit(case, proposal(2, 2, "a"))
    assert not is_right_edit(case, proposal(3, 3, "a"))
    assert not is_right_edit(case, proposal(1, 1, "a", "a"))


def test_an_edit_is_right_later_when_a_later_change_makes_it() -> None:
    first, second = asked(change(0, ("a",), ("A",)), change(5, ("f",), ("F",)), change(2, ("c",), ("C",)))
    assert is_right_later(first, proposal(2, 3, "C"))
    assert not is_right_edit(first, proposal(2, 3, "C"))
    assert not is_right_later(second, proposal(5, 6, "F"))


def test_a_place_is_right_within_two_lines() -> None:
    assert is_right_place((URI, 2), CHANGES[1])
    assert not is_right_place((URI, 1), CHANGES[1])
    assert not is_right_place((OTHER, 4), CHANGES[1])


@pytest.mark.parametrize(
    ("lines", "made", "is_import"),
    [
        (("import a",), change(1, (), ("from b import c",)), True),
        (("from b import (", "    c,", ")"), change(2, (), ("    d,",)), True),
        (("f(", "    c,", ")"), change(2, (), ("    d,",)), False),
        (("import a", "b = 1"), change(0, ("import a", "b = 1"), ()), False),
        (("import a",), change(1, (), ("", "")), False),
    ],
)
def test_changes_of_imports_are_told_apart(lines: tuple[str, ...], made: RawChange, *, is_import: bool) -> None:
    assert is_import_change(FileView(URI, None, lines), made) is is_import
