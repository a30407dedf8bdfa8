"""Cases mark the cursor with `|`; what is proposed follows."""

import pytest
from tests.unit.features.fakes import proposal, question

from inkling.features.checks import is_place_to_complete, repeats_suffix


@pytest.mark.parametrize(
    ("marked", "text", "expected"),
    [
        ("x = |\n", "1", False),
        ("x = |foo(1)\n", "foo(1)", True),
        ("x = |foo(1) + 2\n", "foo(1)", True),
        ("print(|)\n", "name)", False),
        ("print(|)\n", ")", True),
        ("f(|, key=1)\n", "value, key=1)", True),
        ("    |\n    return total\n", "return total", True),
        ("    ret|\n\n    return total\r\n", "urn total", True),
        ("    |\n    # a\n    # b\n    # c\n    return total\n", "return total", False),
        ("    |\r\n    return total\r\n", "return total", True),
        ("    |\r    return total\r", "return total", True),
        ("    ret|\n    return other\n", "urn total", False),
        ("x = |", "1", False),
        ("|", "   ", True),
        ("s = '🐍' + |b\n", "b", True),
    ],
)
def test_a_candidate_that_says_again_what_follows_is_refused(marked: str, text: str, expected: bool) -> None:
    assert repeats_suffix(question(marked), proposal(text)) is expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [("na|me", False), ("x|_y", False), ("x|1", False), ("x|", True), ("f(|)", True), ("|", True)],
)
def test_the_middle_of_a_word_is_no_place(marked: str, expected: bool) -> None:
    assert is_place_to_complete(question(marked)) is expected
