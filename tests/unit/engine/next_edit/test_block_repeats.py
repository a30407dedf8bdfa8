"""Whole lines that were replaced, removed or moved, and stand elsewhere, too."""

from tests.unit.engine.next_edit.repeated_edits import MAIN, Edit, proposed, situation_after

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.repeats.block_repeats import propose_block_repeats

OTHER = DocumentUri("file:///shop/other.py")


def test_removed_lines_are_removed_elsewhere_whatever_their_indentation() -> None:
    situation = situation_after(
        """
        def first(self):
            if self.table:
                self.table.has_problematic = True
            return 1

        def second(self):
            for row in rows:
                if self.table:
                    self.table.has_problematic = True
        """,
        Edit("    if self.table:\n        self.table.has_problematic = True", ""),
    )
    (candidate,) = proposed(propose_block_repeats, situation)

    assert (candidate.first_line, candidate.end_line, candidate.inserted) == (5, 7, ())
    assert candidate.words == "`if self.table:` was removed"


def test_replaced_lines_are_replaced_elsewhere_with_the_indentation_there() -> None:
    situation = situation_after(
        """
        try:
            connect()
        except OSError:
            pass
        if again:
            try:
                connect()
            except OSError:
                pass
        """,
        Edit("try:\n    connect()\nexcept OSError:\n    pass", "with suppress(OSError):\n    connect()"),
    )
    (candidate,) = proposed(propose_block_repeats, situation)

    assert (candidate.first_line, candidate.end_line) == (3, 7)
    assert candidate.inserted == ("    with suppress(OSError):", "        connect()")


def test_lines_of_another_shape_are_other_lines() -> None:
    situation = situation_after(
        "if ready:\n    start_all()\nwait_all()\n\nif ready:\n    start_all()\n    wait_all()\n",
        Edit("if ready:\n    start_all()\nwait_all()", "run_all()"),
    )
    assert not list(propose_block_repeats(situation))


def test_places_of_other_files_come_after_those_of_this_one_and_support_counts() -> None:
    line = "    name=object_name,"
    situation = situation_after(
        {OTHER: f"c(\n{line}\n)", MAIN: f"a(\n{line}\n)\nb(\n{line}\n)\nd(\n{line}\n)"},
        Edit(line, ""),
        Edit(line, ""),
    )
    candidates = list(propose_block_repeats(situation))

    assert [(c.uri, c.first_line) for c in candidates] == [(MAIN, 5), (OTHER, 1)]
    assert {(c.grounds.support, c.grounds.certainty, c.grounds.n_places) for c in candidates} == {(2, 0.5, 2)}
    assert len({c.group for c in candidates}) == 1


def test_how_alike_the_surroundings_are_is_told() -> None:
    situation = situation_after(
        "a = 1\nlegacy_call()\nb = 2\n\na = 1\nlegacy_call()\nb = 2\n\nx = 1\nlegacy_call()\ny = 2",
        Edit("legacy_call()", ""),
    )
    alike, other = proposed(propose_block_repeats, situation)

    assert alike.grounds.similarity > other.grounds.similarity


def test_lines_that_were_copied_to_another_file_are_removed_where_they_were() -> None:
    block = "def price(order):\n    rate = order.rate\n    return order.net * rate"
    situation = situation_after(
        {MAIN: "import os\n\nuse(price)", OTHER: f"first = 1\n\n{block}\n\nlast = 2"},
        Edit("", block, uri=MAIN, after="import os"),
    )
    places = {(c.uri, c.first_line, c.end_line, c.inserted) for c in propose_block_repeats(situation)}

    assert places == {(OTHER, 2, 5, ()), (OTHER, 2, 6, ())}


def test_silent_where_lines_say_too_little() -> None:
    for text in ("pass", "    )", "x = 1", "return self"):
        situation = situation_after(f"{text}\na = 1\n{text}\n", Edit(text, "else:"))
        assert not list(propose_block_repeats(situation)), text


def test_silent_after_a_single_line_that_stands_elsewhere_by_chance() -> None:
    situation = situation_after(
        "first = 1\nlogger = get_logger()\n", Edit("", "logger = get_logger()", after="first = 1")
    )
    assert not list(propose_block_repeats(situation))
