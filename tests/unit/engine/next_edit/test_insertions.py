"""Insertions proposed where the lines around are like those around the first one."""

from tests.unit.engine.next_edit.repeated_edits import MAIN, Edit, proposed, situation_after

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.repeats.insertions import propose_insertions

OTHER = DocumentUri("file:///shop/other.py")


def test_a_line_is_inserted_after_a_like_line_with_its_names() -> None:
    situation = situation_after(
        """
        def __init__(self, rate, limit, fee):
            self.rate = check_positive(rate)
            self.limit = check_positive(limit)
            self.fee = check_positive(fee)
        """,
        Edit("", "    self._old_rate = rate", after="    self.rate = check_positive(rate)"),
    )
    candidates = proposed(propose_insertions, situation)

    assert (4, ("    self._old_rate = limit",)) in {(c.first_line, c.inserted) for c in candidates}


def test_an_argument_line_is_inserted_in_calls_of_the_same_layout() -> None:
    situation = situation_after(
        {
            MAIN: "a = connect(\n    host=host,\n    timeout=5,\n)",
            OTHER: "def f():\n    return connect(\n        host=host,\n        timeout=5,\n    )",
        },
        Edit("", "    retries=3,", after="    host=host,"),
    )
    (candidate,) = proposed(propose_insertions, situation)

    assert (candidate.uri, candidate.first_line, candidate.inserted) == (OTHER, 3, ("        retries=3,",))
    assert candidate.grounds.similarity == 1.0
    assert candidate.grounds.n_context_tokens == 2


def test_a_decorator_that_was_inserted_twice_is_inserted_before_a_like_definition() -> None:
    situation = situation_after(
        """
        class View:
            def get_orders(self, request):
                return 1

            def get_prices(self, request):
                return 2

            def get_users(self, request):
                return 3
        """,
        Edit("", "    @login_required", after="class View:"),
        Edit("", "    @login_required", after="        return 1"),
    )
    places = {(c.first_line, c.inserted) for c in propose_insertions(situation)}

    assert places == {(8, ("    @login_required",))}


def test_silent_where_it_stands_already() -> None:
    situation = situation_after(
        "a = connect(\n    host=host,\n)\nb = connect(\n    host=host,\n    retries=3,\n)",
        Edit("", "    retries=3,", after="    host=host,"),
    )
    assert not list(propose_insertions(situation))


def test_silent_beside_blank_lines_and_signs() -> None:
    situation = situation_after(
        "(\n)\n\n(\n)\n",
        Edit("", "value_of_it", after="("),
    )
    assert not list(propose_insertions(situation))


def test_silent_for_what_says_nothing_and_for_what_is_long() -> None:
    text = "start_server(1)\n\nstart_server(1)\n"
    for new in ("pass", "", "\n".join(f"line_{n}()" for n in range(100))):
        situation = situation_after(text, Edit("", new or "\n", after="start_server(1)"))
        assert not list(propose_insertions(situation)), new
