"""Places of a reviewed text, followed into another one."""

import pytest

from inkling.core.edit import TextEdit, apply_edit
from inkling.features.review.moved_text import MovedText, PlaceNow

REVIEWED = "def total(prices):\n    '''🛒'''\n    return summ(prices)\n\n\ndef none():\n    return 0\n"
MENDED = REVIEWED.replace("summ", "sum")
EDIT = TextEdit(offset=REVIEWED.index("summ"), n_removed=4, inserted="sum")


@pytest.mark.parametrize(
    ("now", "place"),
    [
        (REVIEWED, (3, 3, False)),
        ("import os\n\n" + REVIEWED, (5, 5, False)),
        (REVIEWED.replace("\n", "\r\n"), (3, 3, False)),
        (REVIEWED.replace("    '''🛒'''\n", ""), (2, 2, False)),
        (REVIEWED.replace("def none():\n    return 0\n", ""), (3, 3, False)),
        (REVIEWED.replace("summ", "max"), (3, 3, True)),
        ("import os\n" + REVIEWED.replace("    return summ(prices)\n", ""), (4, 4, True)),
        ("def total(prices):\n    '''🛒'''\n", (2, 2, True)),
        ("", (1, 1, True)),
    ],
)
def test_a_line_is_where_it_moved_to_or_at_the_nearest_place(now: str, place: tuple[int, int, bool]) -> None:
    first, last, is_rewritten = place
    assert MovedText(REVIEWED, now).lines(3, 3) == PlaceNow(first=first, last=last, is_rewritten=is_rewritten)


def test_lines_that_were_put_asunder_take_in_what_came_between() -> None:
    now = REVIEWED.replace("    return summ", "    # why\n    return summ")
    assert MovedText(REVIEWED, now).lines(2, 3) == PlaceNow(first=2, last=4, is_rewritten=True)
    assert MovedText(REVIEWED, now).lines(6, 7) == PlaceNow(first=7, last=8, is_rewritten=False)


def test_lines_that_the_text_does_not_have_are_its_last_one() -> None:
    assert MovedText("a\nb", "x\na\nb").lines(5, 9) == PlaceNow(first=3, last=3, is_rewritten=False)
    assert MovedText("", "").lines(1, 1) == PlaceNow(first=1, last=1, is_rewritten=False)
    assert MovedText("", "a\n").lines(1, 1) == PlaceNow(first=1, last=1, is_rewritten=True)


@pytest.mark.parametrize(
    "into",
    [
        lambda text: text,
        lambda text: "# é 🛒\n" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("return 0", "return 1"),
    ],
)
def test_an_edit_lands_where_its_lines_are(into: object) -> None:
    assert callable(into)
    now = into(REVIEWED)
    edit = MovedText(REVIEWED, now).edit(EDIT)
    assert edit is not None
    assert apply_edit(now, edit) == into(MENDED)


@pytest.mark.parametrize(
    "now", [REVIEWED.replace("summ", "max"), REVIEWED.replace("    return summ(prices)\n", ""), "", "x = 1\n"]
)
def test_an_edit_of_lines_that_are_changed_or_gone_does_not_fit(now: str) -> None:
    assert MovedText(REVIEWED, now).edit(EDIT) is None


def test_whole_lines_are_removed_with_whatever_ends_they_have() -> None:
    edit = TextEdit(offset=REVIEWED.index("    '''"), n_removed=len("    '''🛒'''\n"), inserted="")
    now = ("# top\n" + REVIEWED).replace("\n", "\r\n")
    moved = MovedText(REVIEWED, now).edit(edit)
    assert moved is not None
    assert apply_edit(now, moved) == now.replace("    '''🛒'''\r\n", "")


def test_what_is_put_at_the_end_of_the_file_needs_its_last_line() -> None:
    edit = TextEdit(offset=len(REVIEWED), n_removed=0, inserted="none()\n")
    top = "import os\n" + REVIEWED
    moved = MovedText(REVIEWED, top).edit(edit)
    assert moved is not None
    assert apply_edit(top, moved) == top + "none()\n"
    assert MovedText(REVIEWED, REVIEWED + "more = 1\n").edit(edit) is None
    assert MovedText(REVIEWED, REVIEWED.rstrip("\n")).edit(edit) is None


def test_an_empty_file_takes_an_edit_only_while_it_is_empty() -> None:
    edit = TextEdit(offset=0, n_removed=0, inserted="x = 1\n")
    assert MovedText("", "").edit(edit) == edit
    assert MovedText("", "y = 2\n").edit(edit) is None
