import random

import pytest

from inkling.engine.judging.values import MAX_DESCRIPTION, describe, type_word, vary


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (0.1 + 0.2, "0.3"),
        ([1, (2,)], "[1, (2,)]"),
        ({"b", "a"}, "{'a', 'b'}"),
        (set(), "set()"),
        ({2: "x", 1: []}, "{1: [], 2: 'x'}"),
        (iter("ab"), "iter(['a', 'b'])"),
        (Point(3), "Point(x=3)"),
        ("日本🙂", "'日本🙂'"),
    ],
)
def test_equal_values_look_the_same(value: object, text: str) -> None:
    assert describe(value) == text


def test_addresses_are_left_out_and_long_values_cut() -> None:
    assert describe(test_equal_values_look_the_same) == "<function test_equal_values_look_the_same>"
    assert len(describe("x" * 1000)) == MAX_DESCRIPTION


def test_endless_and_nested_values_end() -> None:
    from itertools import count

    nested: list[object] = []
    nested.append(nested)
    assert describe(count()).startswith("iter([0, 1,")
    assert "…" in describe(nested)


def test_numbers_are_of_one_type_but_for_bool() -> None:
    assert type_word(1) == type_word(2.5) == "number"
    assert type_word(True) == "bool"
    assert type_word((1, [2.5])) == "tuple[number, list[number]]"
    assert type_word((True, [])) == "tuple[bool, list]"


@pytest.mark.parametrize("value", [3, 2.5, True, "abc", [1, 2, 3], (4, 5), {"a": 1}, {1, 2}])
def test_varied_values_are_of_their_kind_and_often_differ(value: object) -> None:
    chance = random.Random(0)
    varied = [vary(value, chance, [10]) for _ in range(40)]
    assert {type(item) for item in varied} == {type(value)}
    assert sum(item != value for item in varied) > 20


def test_pairs_keep_their_length() -> None:
    chance = random.Random(1)
    assert all(len(vary((1, 2), chance, [])) == 2 for _ in range(30))  # type: ignore[arg-type] # a tuple again


def test_what_is_unknown_stays() -> None:
    point = Point(1)
    assert vary(point, random.Random(0), []) is point
