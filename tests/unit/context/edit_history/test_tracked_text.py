"""The lines that an edit touches, compared with those of the whole text."""

import random

import pytest

from inkling.context.edit_history.tracked_text import TrackedText
from inkling.core.edit import TextEdit, apply_edit, minimal_edit
from inkling.core.text import split_lines


def lines_of(text: str) -> list[str]:
    return [line.rstrip("\r\n") for line in split_lines(text)]


def notification(text: str, rng: random.Random, breaks: list[str]) -> tuple[list[TextEdit], str]:
    """Edits of several places, top down, bottom up or one after the other, and the text after them."""
    edits, n_edits = list[TextEdit](), rng.randint(1, 5)
    places = sorted(rng.randint(0, len(text)) for _ in range(2 * n_edits))
    pairs = list(zip(places[::2], places[1::2], strict=True))
    order = rng.choice(["down", "up", "wild"])
    words = ["", "x", "name", "é😀", *breaks, f"a{breaks[0]}b", f"{breaks[-1]}    "]
    if order == "up":
        for start, end in reversed(pairs):
            edits.append(TextEdit(offset=start, n_removed=end - start, inserted=rng.choice(words)))
    elif order == "down":
        growth = 0
        for start, end in pairs:
            inserted = rng.choice(words)
            edits.append(TextEdit(offset=start + growth, n_removed=end - start, inserted=inserted))
            growth += len(inserted) - (end - start)
    for edit in edits:
        text = apply_edit(text, edit)
    if order == "wild":
        for _ in range(n_edits):
            start = rng.randint(0, len(text))
            n_removed = rng.randint(0, min(5, len(text) - start))
            edits.append(TextEdit(offset=start, n_removed=n_removed, inserted=rng.choice(words)))
            text = apply_edit(text, edits[-1])
    return edits, text


@pytest.mark.parametrize("breaks", [["\n"], ["\r\n"], ["\n", "\r\n", "\r"]])
def test_lines_and_key_are_those_of_the_whole_text(breaks: list[str]) -> None:
    rng = random.Random(7)
    for _ in range(150):
        text = "".join(rng.choice(["a", "bb", "  c", "é"]) + rng.choice(breaks) for _ in range(rng.randint(0, 12)))
        tracked, first = TrackedText(text), text
        keys = {tuple(lines_of(text)): tracked.key}
        for step in range(8):
            edits, text = notification(text, rng, breaks) if step % 4 != 3 else ([minimal_edit(text, first)], first)
            hunks = tracked.hunks(text, edits)
            foretold = tracked.key_after(hunks, text)
            tracked.apply(hunks, text)
            assert tracked.lines == lines_of(text)
            assert tracked.key == foretold == keys.setdefault(tuple(tracked.lines), tracked.key)
        assert len(set(keys.values())) == len(keys)


def test_a_hunk_holds_only_what_changes() -> None:
    tracked = TrackedText("a\nb\nc\n")
    (hunk,) = tracked.hunks("a\nb\nnew\nc\n", [TextEdit(offset=3, n_removed=0, inserted="\nnew")])
    assert (hunk.first_line, hunk.removed, hunk.inserted) == (2, (), ("new",))


def test_the_order_of_lines_is_part_of_the_key() -> None:
    tracked = TrackedText("a\nb\n")
    swapped = [TextEdit(offset=0, n_removed=3, inserted="b\na")]
    assert tracked.key_after(tracked.hunks("b\na\n", swapped), "b\na\n") != tracked.key


def test_edits_that_do_not_lead_to_the_text_are_not_believed() -> None:
    tracked = TrackedText("a\nb\n")
    hunks = tracked.hunks("a\nbc\n", [TextEdit(offset=0, n_removed=0, inserted="zzz")])
    tracked.apply(hunks, "a\nbc\n")
    assert tracked.lines == ["a", "bc"]
