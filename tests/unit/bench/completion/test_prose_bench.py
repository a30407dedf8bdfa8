"""Where docstrings and comments are asked about, and what counts as right."""

from inkling.bench.completion.prose_asking import ask_all, is_right
from inkling.bench.completion.prose_positions import ProsePlaceKind, ProseProtocol, prose_positions
from inkling.engine.completion.prose.finds import ProseFind, ProseKind

TEXT = '''class Box:
    """A box with things in it."""

    def fill(self, amount):
        """Fill the box with so many things.

        They are put in from above.

        Args:
            amount: How many things there are.
        """
        # Nothing may be left outside.
        self.things = amount  # of one kind
        text = "# this is no comment"


def fill(amount):
    """Fill the box with so many things."""
'''
TEXTS = {"box.py": TEXT}


def test_positions_are_of_all_kinds_and_their_rest_is_what_was_there() -> None:
    positions = prose_positions("boxes", TEXTS, seed=3, n_each=40)
    assert {position.kind for position in positions} == set(ProsePlaceKind)
    assert {position.protocol for position in positions} == set(ProseProtocol)
    for position in positions:
        before = position.text[: position.offset]
        assert TEXT.startswith(before)
        assert TEXT[position.offset :].startswith(position.rest)
        assert not position.rest.startswith("no comment")
        if position.protocol is ProseProtocol.ABOVE:
            assert position.text[position.offset :] in ("\n", '"""\n')
        else:
            assert TEXT.endswith(position.text[position.offset :].removeprefix('"""'))


def test_the_same_seed_draws_the_same_positions() -> None:
    assert prose_positions("boxes", TEXTS, seed=1, n_each=5) == prose_positions("boxes", TEXTS, seed=1, n_each=5)


def test_a_name_to_be_described_is_right_as_a_beginning_and_nothing_else_is() -> None:
    find = ProseFind(kind=ProseKind.ENTRY, text="amount: ", is_beginning=True, features=())
    assert is_right(find, "amount: How many.")
    assert not is_right(find, "other: How many.")
    line = ProseFind(kind=ProseKind.ENTRY, text="amount: How", is_beginning=False, features=())
    assert not is_right(line, "amount: How many.")


def test_each_position_is_asked() -> None:
    positions = prose_positions("boxes", TEXTS, seed=0, n_each=10)
    found = list(ask_all(positions, TEXTS))
    assert [one.position for one in found] == positions
    assert any(is_right(find, one.position.rest) for one in found for find in one.finds)
