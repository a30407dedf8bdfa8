"""The edit distance against the table of the textbook, and the judgement of what stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.core.events import SurvivalKind
from inkling.features.similarity import MAX_CHARS, edit_distance, judge, similarity

TEXT = st.text(alphabet="ab🐍é\r\n ", max_size=20)


def distance_by_table(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        above, row = row, [i]
        for j, b in enumerate(right, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b)))
    return row[-1]


@given(TEXT, TEXT)
def test_the_distance_is_that_of_the_table(left: str, right: str) -> None:
    assert edit_distance(left, right) == distance_by_table(left, right)


@given(TEXT, TEXT)
def test_similarity_is_symmetric_and_one_only_for_equal_texts(left: str, right: str) -> None:
    assert similarity(left, right) == similarity(right, left)
    assert 0 <= similarity(left, right) <= 1
    assert (similarity(left, right) == 1) == (left == right)


def test_long_texts_are_compared_by_their_beginnings() -> None:
    assert similarity("a" * MAX_CHARS + "b" * 50, "a" * MAX_CHARS + "c" * 90) == 1
    assert similarity("a" * 5000, "b" * 5000) == 0


@pytest.mark.parametrize(
    ("expected", "standing", "kind", "value"),
    [
        ("foo()", "foo()", SurvivalKind.KEPT, 1.0),
        ("foo()  \n    bar", "foo()\r\n    bar\t", SurvivalKind.KEPT, 1.0),
        ("foo()", "fooo()", SurvivalKind.EDITED, 5 / 6),
        ("'🐍é'", "'🐍e'", SurvivalKind.EDITED, 3 / 4),
        ("foo()", "", SurvivalKind.DELETED, 0.0),
        ("foo()", " \n ", SurvivalKind.DELETED, 0.0),
        ("foo", "xyz", SurvivalKind.DELETED, 0.0),
    ],
)
def test_what_stands_is_judged(expected: str, standing: str, kind: SurvivalKind, value: float) -> None:
    assert judge(expected, standing) == (kind, pytest.approx(value))
