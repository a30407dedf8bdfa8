"""`inkling bench names`: which names are asked about, and what is counted."""

import pytest

from inkling.bench.names import ATTRIBUTE, NAME, RankedName, draw_places, figures

TEXT = '''"""Not self.this."""
import os.path as place
from shop import sell


def trade(price, count=1):
    total = price * count  # not self.that
    sell(total, amount=count)
    first, second = total, price
    return place.join(total, "x").strip()


class Till(Basis):
    items: list[Item]
'''


def test_used_names_are_asked_about_and_bound_ones_are_not() -> None:
    places = draw_places({"a.py": TEXT}, n_each=100, seed=0)
    assert {each.wanted for each in places if each.kind == NAME} == {
        "price",
        "count",
        "total",
        "sell",
        "amount",
        "list",
        "Item",
    }
    for each in places:
        assert each.text[: each.offset].endswith("." if each.kind == ATTRIBUTE else each.wanted[0])
        assert each.text[each.offset :].startswith("\n")
        assert each.text.count("\n") == TEXT.count("\n")


def test_attributes_are_asked_about_behind_their_dot() -> None:
    (place,) = draw_places({"a.py": "x = 1\r\nself.items.clear()\r\n"}, n_each=1, seed=3)[:1]
    assert (place.kind, place.text[: place.offset].rsplit(".", 1)[1]) == (ATTRIBUTE, "")
    assert place.wanted in ("items", "clear")


def test_the_same_seed_draws_the_same_places() -> None:
    texts = {f"{number}.py": f"x = y{number}.z{number}\n" for number in range(30)}
    assert draw_places(texts, n_each=5, seed=1) == draw_places(texts, n_each=5, seed=1)
    assert draw_places(texts, n_each=5, seed=1) != draw_places(texts, n_each=5, seed=2)


def ranked(before: int | None, after: int | None) -> RankedName:
    return RankedName(kind=NAME, cluster="p/a.py", before=before, after=after, order_ms=2.0, names_ms=50.0)


def test_figures_count_rows_in_both_orders() -> None:
    found = figures([ranked(3, 0), ranked(None, 4), ranked(0, 0), ranked(30, None)], seed=0)
    expected = {"first, jedi": 0.25, "first, product": 0.5, "in first 5, jedi": 0.5, "in first 5, product": 0.75}
    for words, value in expected.items():
        assert found[f"{NAME}, {words}"].value == pytest.approx(value)
    assert found[f"{NAME}, first, gain"].value == pytest.approx(0.25)
    assert found["jedi, CPU ms, p50"].value == 50.0
