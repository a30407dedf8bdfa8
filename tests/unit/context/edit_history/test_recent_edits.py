"""What belongs together, and what was not meant by the developer."""

import random

import pytest
from tests.unit.context.edit_history.typing_hand import Hand

from inkling.context.edit_history.recent_edits import MAX_CHANGES, MAX_TAKEN_BACK, PAUSE_MS
from inkling.core.edit import TextEdit
from inkling.core.next_edit import ChangeOrigin
from inkling.core.text import split_lines

SHOP = """import time


def fetch(url, timeout):
    return open(url, timeout)


def main():
    fetch("a", timeout=3)
    print("done")
"""


def test_keystrokes_on_a_line_are_one_change() -> None:
    hand = Hand(shop=SHOP)
    hand.type("shop", "fetch(url, timeout", "_s")
    (change,) = hand.recent
    assert change.uri == hand.uri("shop")
    assert change.first_line == 3
    assert change.removed == ("def fetch(url, timeout):",)
    assert change.inserted == ("def fetch(url, timeout_s):",)
    assert change.above == ("import time", "", "")
    assert change.below == ("    return open(url, timeout)", "", "")
    assert change.origin is ChangeOrigin.TYPED
    assert change.at_ms == hand.clock.ms - 120


def test_lines_typed_below_one_another_are_one_change() -> None:
    hand = Hand(shop=SHOP)
    hand.type("shop", 'print("done")', "\n    log = 1\n    log += 1")
    assert hand.summary == [(10, (), ("    log = 1", "    log += 1"))]


def test_lines_rewritten_one_after_the_other_are_several_changes() -> None:
    hand = Hand(a="x = 1\nx = 2\nx = 3\n")
    hand.type("a", "x", "y")
    hand.type("a", "xy = 1\nx", "y")
    assert hand.summary == [(0, ("x = 1",), ("xy = 1",)), (1, ("x = 2",), ("xy = 2",))]
    hand.type("a", "xy = 1\nxy = 2", "\nz = 1")
    assert hand.summary[1] == (1, ("x = 2",), ("xy = 2", "z = 1"))


def test_lines_that_stay_divide_a_change() -> None:
    hand = Hand(a="one\ntwo\nthree\nfour\n")
    hand.replace("a", "one\ntwo\nthree\nfour", "eins\nzwei\nthree\nvier")
    assert hand.summary == [(0, ("one", "two"), ("eins", "zwei")), (3, ("four",), ("vier",))]
    hand = Hand(a="one\ntwo\n")
    hand.type("a", "one", "\nnew")
    hand.type("a", "one\nnew\ntwo", "\nlast")
    hand.type("a", "one", "!")
    assert hand.summary == [(1, (), ("new",)), (3, (), ("last",)), (0, ("one",), ("one!",))]


def test_a_jump_begins_another_change() -> None:
    hand = Hand(shop=SHOP)
    hand.type("shop", "fetch(url, timeout", "_s")
    hand.type("shop", 'fetch("a", timeout', "_s")
    assert hand.summary == [
        (3, ("def fetch(url, timeout):",), ("def fetch(url, timeout_s):",)),
        (8, ('    fetch("a", timeout=3)',), ('    fetch("a", timeout_s=3)',)),
    ]


def test_coming_back_after_a_jump_begins_another_change() -> None:
    hand = Hand(a="x\ny\nz\n" * 3)
    hand.type("a", "x", "1")
    hand.type("a", "x1\ny\nz\nx", "2")
    hand.type("a", "x1", "3")
    assert [inserted for _, _, inserted in hand.summary] == [("x1",), ("x2",), ("x13",)]


def test_another_file_begins_another_change() -> None:
    hand = Hand(a="x\n", b="x\n")
    hand.type("a", "x", "1")
    hand.type("b", "x", "2")
    hand.type("a", "x1", "3")
    assert [(change.uri, change.removed) for change in hand.recent] == [
        (hand.uri("a"), ("x",)),
        (hand.uri("b"), ("x",)),
        (hand.uri("a"), ("x1",)),
    ]


def test_a_long_pause_begins_another_change() -> None:
    hand = Hand(a="x\n")
    hand.type("a", "x", "1")
    hand.wait(PAUSE_MS / 1000 + 1)
    hand.type("a", "x1", "2")
    assert hand.summary == [(0, ("x",), ("x1",)), (0, ("x1",), ("x12",))]


def test_places_move_with_later_changes() -> None:
    hand = Hand(shop=SHOP)
    hand.type("shop", 'print("done', "!")
    hand.type("shop", "import time", "\nimport os\nimport re")
    assert [first for first, _, _ in hand.summary] == [11, 1]
    lines = split_lines(hand.texts["shop"])
    assert lines[11] == '    print("done!")\n'


def test_what_is_deleted_again_vanishes() -> None:
    hand = Hand(shop=SHOP)
    hand.type("shop", "import time", "out")
    hand.type("shop", "import time", "", n_removed=3)
    assert hand.recent == ()
    assert [change.removed for change in hand.history.taken_back()] == [("import time",)]


def test_what_is_turned_back_by_hand_later_vanishes() -> None:
    hand = Hand(a="one\ntwo\nthree\nfour\n", b="b\n")
    hand.type("a", "one", "!")
    hand.type("b", "b", "!")
    hand.type("a", "four", "!")
    hand.type("a", "one", "", n_removed=1)
    hand.type("b", "b!", "!")
    assert [(change.uri, change.inserted) for change in hand.recent] == [
        (hand.uri("b"), ("b!",)),
        (hand.uri("a"), ("four!",)),
        (hand.uri("b"), ("b!!",)),
    ]


def test_an_undo_takes_the_changes_back_and_a_redo_brings_them_back() -> None:
    hand = Hand(shop=SHOP)
    hand.type("shop", "fetch(url, timeout", "_s")
    before, texts = hand.recent, hand.texts["shop"]
    hand.type("shop", 'fetch("a", timeout', "_s")
    after, text_after = hand.recent, hand.texts["shop"]
    hand.turn_into("shop", texts)
    assert hand.recent == before
    assert len(hand.history.taken_back()) == 1
    hand.turn_into("shop", SHOP)
    assert hand.recent == ()
    assert len(hand.history.taken_back()) == 2
    hand.turn_into("shop", text_after)
    assert hand.recent == after
    assert hand.history.taken_back() == ()


def test_an_undo_to_before_all_that_is_remembered_leaves_nothing() -> None:
    hand = Hand(a="x = 1\ny = 2\n")
    for _ in range(300):
        hand.type("a", "x", "ab")
        hand.type("a", "x", "", n_removed=1)
    hand.turn_into("a", "x = 1\ny = 2\n")
    assert hand.recent == ()


def test_only_white_space_is_no_change() -> None:
    hand = Hand(shop=SHOP)
    hand.type("shop", "timeout)\n", "\n    ")
    assert hand.recent == ()
    hand.type("shop", "timeout)\n\n    ", "x = 1")
    assert hand.summary == [(6, (), ("    x = 1",))]


def test_several_cursors_are_one_change_a_place() -> None:
    hand = Hand(a="x = 1\nkeep\nx = 2\nkeep\nx = 3\n")
    hand.replace_all("a", "x ", "xy ")
    hand.replace_all("a", "xy ", "xyz ")
    assert hand.summary == [
        (0, ("x = 1",), ("xyz = 1",)),
        (2, ("x = 2",), ("xyz = 2",)),
        (4, ("x = 3",), ("xyz = 3",)),
    ]
    assert {change.origin for change in hand.recent} == {ChangeOrigin.APPLIED}


def test_several_cursors_on_neighbouring_lines_are_one_change() -> None:
    hand = Hand(a="x = 1\nx = 2\nx = 3\n")
    hand.replace_all("a", "x", "y")
    assert hand.summary == [(0, ("x = 1", "x = 2", "x = 3"), ("y = 1", "y = 2", "y = 3"))]


def test_a_block_at_once_is_applied() -> None:
    hand = Hand(a="a\nb\n")
    hand.replace("a", "a\n", "a\ndef f():\n    return 1\n")
    (change,) = hand.recent
    assert change.origin is ChangeOrigin.APPLIED
    assert change.inserted == ("def f():", "    return 1")


def test_a_formatter_changes_what_it_formats_and_nothing_else() -> None:
    hand = Hand(a="p=1\nq = 2\n\nr = f(1,\n  2)\n")
    hand.type("a", "q = 2", "0")
    hand.type("a", "p=1", "0")
    text = hand.texts["a"]
    hand.edit(
        "a",
        TextEdit(offset=text.index("1,\n  2)"), n_removed=7, inserted="1, 2)"),
        TextEdit(offset=1, n_removed=1, inserted=" = "),
    )
    assert hand.texts["a"] == "p = 10\nq = 20\n\nr = f(1, 2)\n"
    assert hand.summary == [(1, ("q = 2",), ("q = 20",)), (0, ("p=1",), ("p = 10",))]


def test_an_ended_change_is_formatted_too() -> None:
    hand = Hand(a="p=1\n\nq=2\n\nr=3\n")
    hand.type("a", "p=1", "0")
    hand.type("a", "r=3", "0")
    hand.replace_all("a", "=", " = ")
    assert hand.summary == [(0, ("p=1",), ("p = 10",)), (4, ("r=3",), ("r = 30",))]


def test_sorted_imports_are_layout() -> None:
    hand = Hand(a="import re\nimport os\nimport abc\n\nx = 1\n")
    hand.replace("a", "import re\nimport os\nimport abc\n", "import abc\nimport os\nimport re\n")
    assert hand.recent == ()


def test_a_line_broken_by_hand_is_typed() -> None:
    hand = Hand(a="f(one, two)\n")
    hand.edit("a", TextEdit(offset=2, n_removed=0, inserted="\n    "))
    assert hand.summary == [(0, ("f(one, two)",), ("f(", "    one, two)"))]


def test_a_block_moved_in_is_meant() -> None:
    hand = Hand(a="a = 1\nb = 2\n")
    hand.edit("a", TextEdit(offset=6, n_removed=0, inserted="    "), TextEdit(offset=0, n_removed=0, inserted="    "))
    assert hand.summary == [(0, ("a = 1", "b = 2"), ("    a = 1", "    b = 2"))]


@pytest.mark.parametrize("comes_first", ["disk", "editor"])
def test_a_file_changed_on_disk_is_no_change(comes_first: str) -> None:
    hand = Hand(shop=SHOP)
    hand.type("shop", "fetch(url, timeout", "_s")
    hand.history.document_saved(hand.uri("shop"))
    hand.wait(60)
    text = hand.texts["shop"].replace("import time", "import time\nimport os").replace("done", "ready")
    if comes_first == "disk":
        hand.history.files_changed([hand.path("shop")])
        hand.turn_into("shop", text)
    else:
        hand.turn_into("shop", text)
        hand.wait(0.5)
        hand.history.files_changed([hand.path("shop")])
    assert hand.summary == [(4, ("def fetch(url, timeout):",), ("def fetch(url, timeout_s):",))]


def test_what_a_change_on_disk_wipes_out_is_forgotten() -> None:
    hand = Hand(shop=SHOP)
    hand.type("shop", "fetch(url, timeout", "_s")
    hand.history.document_saved(hand.uri("shop"))
    hand.wait(60)
    hand.history.files_changed([hand.path("shop")])
    hand.turn_into("shop", "nothing = here\n")
    assert hand.recent == ()


def test_what_follows_a_save_is_the_developers() -> None:
    hand = Hand(a="a\nb\n")
    hand.replace("a", "a\n", "a\nc = 1\nd = 2\n")
    hand.history.document_saved(hand.uri("a"))
    hand.wait(0.4)
    hand.history.files_changed([hand.path("a")])
    hand.replace("a", "b\n", "b\ne = 1\nf = 2\n")
    assert [inserted for _, _, inserted in hand.summary] == [("c = 1", "d = 2"), ("e = 1", "f = 2")]


def test_typing_on_after_a_change_on_disk_is_the_developers() -> None:
    hand = Hand(a="a\nb\n")
    hand.history.files_changed([hand.path("a")])
    hand.type("a", "a", "!")
    assert hand.summary == [(0, ("a",), ("a!",))]


@pytest.mark.parametrize("sign", ["head", "files"])
def test_a_switch_of_branches_is_no_change(sign: str) -> None:
    hand = Hand(a="a\nb\nc\nd\n", b="b\n")
    hand.type("a", "a", "!")
    hand.wait(10)
    if sign == "head":
        hand.history.files_changed([hand.path("a").parent / ".git" / "HEAD"])
    else:
        hand.history.files_changed([hand.path(name) for name in ("x", "y", "z")])
    hand.turn_into("b", "quite\nother\n")
    hand.turn_into("a", "a!\nb\nquite\nother\n")
    assert hand.summary == [(0, ("a",), ("a!",))]


def test_a_macro_in_many_places_is_applied() -> None:
    hand = Hand(a="x\n\n" * 40)
    for place in range(40):
        at = place * 4
        hand.edit("a", TextEdit(offset=at + 1, n_removed=0, inserted="!"))
        hand.clock.ms += 5
    assert len(hand.recent) == 40
    assert {change.origin for change in hand.recent} == {ChangeOrigin.APPLIED}


def test_the_oldest_changes_are_forgotten() -> None:
    hand = Hand(a="x\n\n" * 200)
    for place in range(200):
        hand.edit("a", TextEdit(offset=place * 4 + 1, n_removed=0, inserted="!"))
        hand.wait(1)
    assert len(hand.recent) == MAX_CHANGES
    assert hand.recent[-1].first_line == 398
    # All but the latest are forgotten for good: they do not come back when the latest go.
    hand.history.files_changed([hand.path("a").parent / ".git" / "HEAD"])
    hand.turn_into("a", "x!\n\n" * 139 + "other\n")
    assert hand.recent == ()
    for _ in range(30):
        hand.wait(60)
        hand.type("a", "x!", "??")
        hand.type("a", "x!", "", n_removed=2)
    assert len(hand.history.taken_back()) <= MAX_TAKEN_BACK


def test_what_was_saved_stays_known_after_a_close_and_a_reopen() -> None:
    hand = Hand(a="a\n\nb\n")
    hand.type("a", "a", "!")
    hand.history.document_saved(hand.uri("a"))
    hand.type("a", "b", "?")
    hand.history.document_closed(hand.uri("a"))
    assert hand.summary == [(0, ("a",), ("a!",))]
    hand.open("a", "a!\n\nb\n")
    assert hand.summary == [(0, ("a",), ("a!",))]


def test_what_no_longer_stands_in_a_reopened_file_is_forgotten() -> None:
    hand = Hand(a="a\nb\n")
    hand.type("a", "a", "!")
    hand.history.document_saved(hand.uri("a"))
    hand.history.document_closed(hand.uri("a"))
    hand.open("a", "other\nb\n")
    assert hand.recent == ()


def test_a_closed_file_that_changes_on_disk_is_forgotten() -> None:
    hand = Hand(a="a\nb\n")
    hand.type("a", "a", "!")
    hand.history.document_saved(hand.uri("a"))
    hand.history.document_closed(hand.uri("a"))
    hand.wait(60)
    hand.history.files_changed([hand.path("a")])
    assert hand.recent == ()


def test_a_document_that_was_never_opened_is_opened_by_its_first_change() -> None:
    hand = Hand()
    hand.texts["a"] = "a\n"
    hand.type("a", "a", "bc")
    assert hand.summary == [(0, ("ab",), ("abc",))]


def test_present_places_hold_what_was_typed_there() -> None:
    """Whatever is typed wherever: the lines of the latest change stand where it says."""
    rng = random.Random(3)
    hand = Hand(a="".join(f"line {number}\n" for number in range(60)))
    for step in range(400):
        text = hand.texts["a"]
        lines = split_lines(text)
        line = rng.randrange(len(lines))
        at = sum(map(len, lines[:line])) + rng.randint(0, len(lines[line]) - 1)
        n_removed = rng.choice([0, 0, 0, 1, 9]) if at + 9 < len(text) else 0
        hand.edit(
            "a", TextEdit(offset=at, n_removed=n_removed, inserted=rng.choice(["x", "yy", "\n", "", f"n{step}\n"]))
        )
        hand.wait(1)
        now = [each.rstrip("\n") for each in split_lines(hand.texts["a"])]
        if hand.recent:
            latest = max(hand.recent, key=lambda change: change.at_ms)
            assert tuple(now[latest.first_line : latest.end_line]) == latest.inserted
        assert all(0 <= change.first_line <= len(now) for change in hand.recent)
