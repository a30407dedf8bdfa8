"""The interval of a share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.core.interval import share


def test_a_share_of_nothing_is_not_known() -> None:
    assert share(0, 0) is None


@pytest.mark.parametrize(
    ("n_of_these", "n", "low", "high"),
    # Source: R. G. Newcombe, Two-sided confidence intervals for the single proportion (1998), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_that_were_published(n_of_these: int, n: int, low: float, high: float) -> None:
    found = share(n_of_these, n)
    assert found is not None
    assert (found.value, round(found.low, 4), round(found.high, 4)) == (n_of_these / n, low, high)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_share_lies_within_its_interval(counts: tuple[int, int]) -> None:
    found = share(*counts)
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
