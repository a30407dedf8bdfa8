"""Thousands of lines changed at once: what is kept of it, and that it is taken back as a whole."""

import random

import pytest
from tests.unit.context.edit_history.typing_hand import Hand

from inkling.context.edit_history.large_changes import MAX_LINES_OF_CHANGE, cut, first_lines_after, topmost_parts
from inkling.context.edit_history.recent_edits import MAX_AT_ONCE
from inkling.context.edit_history.tracked_text import MAX_LINES_COMPARED, LineHunk
from inkling.core.next_edit import ChangeOrigin

N_LINES = 20_000
USES = "".join(f"value_{number} = timeout + {number}\n" for number in range(N_LINES))
SPARSE = "".join(f"value_{number} = {'timeout' if number % 2 else number}\n" for number in range(N_LINES))


def test_of_very_many_places_the_topmost_say_what_was_done() -> None:
    hand = Hand(a=SPARSE)
    hand.turn_into("a", SPARSE.replace("timeout", "timeout_s"))
    assert len(hand.recent) == MAX_AT_ONCE
    assert {change.origin for change in hand.recent} == {ChangeOrigin.APPLIED}
    assert hand.summary[0] == (1, ("value_1 = timeout",), ("value_1 = timeout_s",))
    assert hand.summary[-1] == (59, ("value_59 = timeout",), ("value_59 = timeout_s",))


def test_of_very_many_lines_below_one_another_the_topmost_are_kept() -> None:
    hand = Hand(a=USES)
    hand.turn_into("a", USES.replace("timeout", "timeout_s"))
    (change,) = hand.recent
    assert (change.first_line, len(change.removed), len(change.inserted)) == (0, *[MAX_LINES_OF_CHANGE] * 2)


def test_many_places_are_taken_back_and_done_again_as_a_whole() -> None:
    hand = Hand(a=SPARSE, b="b\n")
    hand.type("a", "value_0", "0")
    typed, text = hand.recent, hand.texts["a"]
    hand.turn_into("a", text.replace("timeout", "timeout_s"))
    applied, text_after = hand.recent, hand.texts["a"]
    hand.turn_into("a", text)
    assert hand.recent == typed
    hand.turn_into("a", SPARSE)
    assert hand.recent == ()
    hand.turn_into("a", text)
    assert hand.recent == typed
    hand.turn_into("a", text_after)
    assert hand.recent == applied


def test_an_undo_of_what_was_typed_after_many_places_leads_back_to_them() -> None:
    hand = Hand(a=SPARSE)
    hand.turn_into("a", SPARSE.replace("timeout", "timeout_s"))
    applied, text_after = hand.recent, hand.texts["a"]
    hand.type("a", "value_0", "!")
    hand.turn_into("a", text_after)
    assert hand.recent == applied
    hand.turn_into("a", SPARSE)
    assert hand.recent == ()


@pytest.mark.parametrize("n_new", [0, 3])
def test_changes_between_very_many_places_stay_where_they_are(n_new: int) -> None:
    hand = Hand(a="first\n" * n_new + SPARSE + "last = 1\n")
    hand.type("a", "value_400", "_x")
    hand.type("a", "last = 1", "0")
    hand.type("a", "value_1", "_y")
    hand.wait(5)
    text = "".join(f"new_{number}\n" for number in range(n_new)) * 2 + hand.texts["a"][6 * n_new :]
    text = text.replace("timeout", "timeout_s")
    hand.turn_into("a", text)
    lines = text.splitlines()
    for change in hand.recent:
        assert tuple(lines[change.first_line : change.end_line]) == change.inserted
    kept = [change.inserted[0] for change in hand.recent if change.origin is ChangeOrigin.TYPED]
    assert kept == (["value_400_x = 400", "last = 10"] if n_new == 0 else ["last = 10"])


def test_a_formatter_of_the_whole_file_is_no_change() -> None:
    hand = Hand(a="".join(f"value_{number}={number}\n" for number in range(2000)))
    hand.type("a", "value_7=", "x")
    hand.turn_into("a", hand.texts["a"].replace("=", " = "))
    assert hand.recent == ()


def test_a_file_loaded_anew_is_no_change() -> None:
    hand = Hand(a=SPARSE + "last\n")
    hand.type("a", "last", "!")
    hand.history.document_saved(hand.uri("a"))
    hand.wait(60)
    hand.history.files_changed([hand.path("a")])
    hand.turn_into("a", hand.texts["a"].replace("timeout", "timeout_s"))
    assert hand.summary == [(N_LINES, ("last",), ("last!",))]


def test_a_document_that_becomes_too_large_is_put_aside_and_its_changes_come_back_with_it() -> None:
    hand = Hand(a="a\nb\n")
    hand.history.set_max_file_kb(1024)
    hand.type("a", "a", "!")
    before, text = hand.recent, hand.texts["a"]
    hand.turn_into("a", text + "x = 1\n" * 1_000_000)
    assert hand.recent == before
    hand.type("a", "b", "?")
    assert hand.recent == before
    hand.turn_into("a", text)
    assert hand.recent == before
    hand.type("a", "b", "?")
    assert [inserted for _, _, inserted in hand.summary] == [("a!",), ("b?",)]


def test_a_document_that_is_too_large_from_the_beginning_is_not_followed() -> None:
    hand = Hand()
    hand.history.set_max_file_kb(1)
    hand.open("a", "x = 1\n" * 1000)
    hand.type("a", "x", "y")
    assert hand.recent == ()


def test_parts_are_those_of_the_whole() -> None:
    rng = random.Random(5)
    for n_inserted in (1, 700, 1500, 1500, 1900):
        removed = tuple(rng.choice("abcdefgh") + str(number // 7) for number in range(1500))
        inserted = tuple(
            line + "!" if rng.random() < 0.1 else line for line in [*removed, *removed][:n_inserted] if line != "a3"
        )
        parts = topmost_parts(LineHunk(first_line=10, removed=removed, inserted=inserted), 20)
        assert 1 <= len(parts) <= 20
        for part, first_line in zip(parts, first_lines_after(parts), strict=True):
            assert removed[part.first_line - 10 : part.end_line - 10] == part.removed
            assert inserted[first_line - 10 : first_line - 10 + len(part.inserted)] == part.inserted


def test_what_is_kept_of_hunks_is_little() -> None:
    hunk = LineHunk(first_line=0, removed=("x",) * 5000, inserted=("y",) * 5000)
    kept = cut([hunk] * 100)
    n_lines = sum(len(each.removed) + len(each.inserted) for each in kept)
    assert n_lines <= MAX_LINES_COMPARED + 2 * MAX_LINES_OF_CHANGE
