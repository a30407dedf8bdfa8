import pytest

from inkling.core.review import Unchecked
from inkling.features.review import Review, outcome_words


@pytest.mark.parametrize(
    ("is_of_behaviour", "said"),
    [
        (True, "nothing found in what was checked (what changed functions do was not)"),
        (False, "nothing to say"),
    ],
)
def test_nothing_is_not_said_as_if_all_had_been_checked(is_of_behaviour: bool, said: str) -> None:
    left_out = Unchecked(what="`f`", why="The time was up.", is_of_behaviour=is_of_behaviour)
    review = Review(name="the index", n_files=1, unchecked=(left_out,))
    assert outcome_words(review) == f"Reviewed the index: 1 file, {said}."
