"""Calls of one function that were removed one after another."""

from tests.unit.engine.next_edit.repeated_edits import Edit, proposed, situation_after

from inkling.engine.next_edit.repeats.removed_calls import propose_removed_calls

TEXT = """
def run(self, x):
    self.log.debug("start %s", x)
    y = self.work(x)
    self.log.debug("worked")
    self.log.info("worked")
    if y:
        self.log.debug("nothing else is here")
    self.log.debug(
        "end %r",
        y,
    )
    return y
"""
FIRST, SECOND = '    self.log.debug("start %s", x)', '    self.log.debug("worked")'


def test_the_other_calls_of_the_function_go_where_their_block_can_do_without() -> None:
    (candidate,) = proposed(propose_removed_calls, situation_after(TEXT, Edit(FIRST, ""), Edit(SECOND, "")))

    assert (candidate.first_line, candidate.end_line, candidate.inserted) == (5, 9, ())
    assert candidate.words == "calls of `self.log.debug` were removed, 2 times"
    assert (candidate.grounds.support, candidate.grounds.certainty) == (2, 0.5)


def test_one_removed_call_says_nothing_of_others() -> None:
    assert not proposed(propose_removed_calls, situation_after(TEXT, Edit(FIRST, "")))


def test_calls_that_were_removed_with_other_statements_say_nothing_of_calls() -> None:
    both = f"{FIRST}\n    y = self.work(x)"
    assert not proposed(propose_removed_calls, situation_after(TEXT, Edit(both, ""), Edit(SECOND, "")))


def test_calls_that_were_written_anew_say_nothing_of_others() -> None:
    edits = Edit(FIRST, "    self.log.info(x)"), Edit(SECOND, "    self.log.info()")
    assert not proposed(propose_removed_calls, situation_after(TEXT, *edits))


def test_a_file_that_does_not_parse_is_left_alone() -> None:
    assert not proposed(propose_removed_calls, situation_after(TEXT + "x = (", Edit(FIRST, ""), Edit(SECOND, "")))
