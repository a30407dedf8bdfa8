"""How a workspace imports names."""

import pytest

from inkling.context.analysis.import_habits import ImportHabits

TEXT = """
import numpy as np
import os.path, sys  # both
from collections import (
    Counter,  # counts
    OrderedDict as Ordered,
)
from shop.prices import gross_price, net_price
from . import sibling
from .near import neighbour
    from late import lately
from shop import *
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("np", "import numpy as np"),
        ("os", "import os.path"),
        ("sys", "import sys"),
        ("Counter", "from collections import Counter"),
        ("Ordered", "from collections import OrderedDict as Ordered"),
        ("OrderedDict", None),
        ("net_price", "from shop.prices import net_price"),
        ("lately", "from late import lately"),
        ("sibling", None),
        ("neighbour", None),
        ("*", None),
    ],
)
def test_a_name_has_its_usual_statement(name: str, expected: str | None) -> None:
    habits = ImportHabits()
    habits.take_text(TEXT)
    assert habits.usual(name) == expected


def test_the_statement_that_is_written_most_often_wins() -> None:
    habits = ImportHabits()
    for text in ("from a import x\n", "from b import x\n", "from b import x\r\n"):
        habits.take_text(text)
    assert habits.usual("x") == "from b import x"


def test_what_is_forgotten_counts_no_more() -> None:
    habits = ImportHabits()
    habits.take_text("from shop import order\n")
    habits.take_text("from cart import order\n")
    habits.forget_text("from shop import order\n")
    assert habits.usual("order") == "from cart import order"
    habits.forget_text("from cart import order\n")
    assert habits.usual("order") is None
