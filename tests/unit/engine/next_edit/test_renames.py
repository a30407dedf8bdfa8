"""Renames: the other uses of a name that was changed, and silence where a name means something else."""

import pytest
from tests.unit.engine.next_edit.changed_files import shown, situation

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.renames.proposer import propose_renames
from inkling.engine.next_edit.situation import MOST_PLACES


def check(text: str, removed: str, inserted: str, expected: list[str], *, least: float = 0.0) -> None:
    found = list(propose_renames(situation({"a.py": text}, ("a.py", removed, inserted))))
    assert shown(found, least=least) == [f"a.py:{line}" for line in expected]
    assert all(candidate.kind is EditKind.RENAME and candidate.proposer == "renames" for candidate in found)


def test_local_variable() -> None:
    check(
        "def area(w):\n    size_px = w * w\n    if size > 9:\n        raise E\n    return size\n\nsize = 3\nb(size)",
        "    size = w * w",
        "    size_px = w * w",
        ["2: if size_px > 9:", "4: return size_px"],
    )


def test_parameter_with_its_docstring_and_the_keywords_of_calls() -> None:
    text = (
        "def fetch(url, timeout_s=3):\n"
        '    """Fetches.\n'
        "\n"
        "    Args:\n"
        "        url: The address.\n"
        "        timeout: Seconds to wait.\n"
        '    """\n'
        "    return get(url, timeout=timeout)\n"
        "\n"
        "def retry(url, timeout):\n"
        "    other(url, timeout=timeout)\n"
        "    return fetch(url, timeout=timeout)"
    )
    check(
        text,
        "def fetch(url, timeout=3):",
        "def fetch(url, timeout_s=3):",
        [
            "11: return fetch(url, timeout_s=timeout)",
            "5: timeout_s: Seconds to wait.",
            "7: return get(url, timeout=timeout_s)",
        ],
        least=0.8,
    )


@pytest.mark.parametrize(
    "entry",
    [
        "    timeout : float",
        "    :param timeout: Seconds.",
        "    :param float timeout: Seconds.",
        "    timeout (float): Seconds.",
    ],
)
def test_styles_of_docstrings(entry: str) -> None:
    text = f'def fetch(timeout_s):\n    """Fetches.\n\n{entry}\n    """'
    renamed = entry.replace("timeout", "timeout_s").strip()
    check(text, "def fetch(timeout):", "def fetch(timeout_s):", [f"3: {renamed}"])


def test_attribute_and_another_class_that_has_it_too() -> None:
    text = (
        "class Cart:\n"
        "    def __init__(self):\n"
        "        self.entries = []\n"
        "    def total(self):\n"
        "        return sum(self.items)\n"
        "\n"
        "class Order:\n"
        "    def __init__(self, items):\n"
        "        self.items = items\n"
        "    def total(self, cart):\n"
        "        return sum(self.items) + len(cart.items)"
    )
    check(text, "        self.items = []", "        self.entries = []", ["4: return sum(self.entries)"])


def test_method_its_override_and_calls_on_unknown_objects() -> None:
    text = (
        "class Shape:\n"
        "    def draw_outline(self):\n"
        "        ...\n"
        "    def show(self):\n"
        "        self.paint_border()\n"
        "\n"
        "class Circle(Shape):\n"
        "    def paint_border(self):\n"
        "        super().paint_border()\n"
        "\n"
        "def show(shape):\n"
        "    shape.paint_border()"
    )
    found = list(
        propose_renames(
            situation({"a.py": text}, ("a.py", "    def paint_border(self):", "    def draw_outline(self):"))
        )
    )
    assert shown(found, least=0.8) == [
        "a.py:4: self.draw_outline()",
        "a.py:7: def draw_outline(self): / super().draw_outline()",
    ]
    assert shown(found)[0] == "a.py:11: shape.draw_outline()"


def test_names_of_methods_that_builtin_types_have_are_left_alone_on_unknown_objects() -> None:
    text = "class Basket:\n    def put(self, x):\n        self.all.append(x)\n\nbasket.append(1)\nrows.append(2)"
    check(text, "    def append(self, x):", "    def put(self, x):", [])


def test_function_in_importing_files() -> None:
    files = {
        "shop/prices.py": "def net_price(x):\n    return x\n",
        "shop/cart.py": "from shop.prices import price\n\ndef total(xs):\n    return sum(price(x) for x in xs)\n",
        "shop/near.py": "from .prices import price as cost\n\ncost(1)\n",
        "shop/whole.py": "import shop.prices\n\nshop.prices.price(3)\n",
        "shop/other.py": "from shop.taxes import price\n\nprice(3)\n",
        "shop/taken.py": "from shop.prices import price\n\nnet_price = price(2)\n",
    }
    found = list(propose_renames(situation(files, ("shop/prices.py", "def price(x):", "def net_price(x):"))))
    assert shown(found) == [
        "cart.py:0: from shop.prices import net_price",
        "cart.py:3: return sum(net_price(x) for x in xs)",
        "near.py:0: from .prices import net_price as cost",
        "whole.py:2: shop.prices.net_price(3)",
    ]
    assert {candidate.group for candidate in found} == {"rename price net_price"}
    assert {candidate.words for candidate in found} == {"`price` was renamed to `net_price`"}
    assert [candidate.grounds.rank for candidate in found] == list(range(4))


def test_import_that_was_replaced_or_got_an_alias() -> None:
    check("import json5\n\nprint(json.dumps(1))", "import json", "import json5", ["2: print(json5.dumps(1))"])
    check("import numpy as np\n\nx = numpy.full(3)", "import numpy", "import numpy as np", ["2: x = np.full(3)"])


def test_fixture_of_pytest() -> None:
    text = (
        "@pytest.fixture\ndef database():\n    ...\n\ndef test_rows(db):\n    assert db.n\n\ndef a(db):\n    return db"
    )
    check(text, "def db():", "def database():", ["4: def test_rows(database): / assert database.n"])


def test_dataclass_field_at_its_uses() -> None:
    text = (
        "@dataclass\nclass Job:\n    retry_count: int = 0\n\n    def again(self):\n        return self.retries > 0\n\n"
        "job = Job(retries=3)\nprint(job.retries)"
    )
    check(
        text,
        "    retries: int = 0",
        "    retry_count: int = 0",
        ["5: return self.retry_count > 0", "7: job = Job(retry_count=3)"],
        least=0.8,
    )


def test_use_that_was_changed_to_an_unbound_name_asks_for_its_definition() -> None:
    check(
        "def run():\n    limit = 3\n    for i in range(max_rows):\n        print(limit)",
        "    for i in range(limit):",
        "    for i in range(max_rows):",
        [],
        least=0.7,
    )
    check(
        "def run():\n    max_row = 3\n    for i in range(max_rows):\n        print(max_row)",
        "    for i in range(max_row):",
        "    for i in range(max_rows):",
        ["1: max_rows = 3", "3: print(max_rows)"],
    )


def test_use_that_was_changed_to_another_name_that_exists_is_no_rename() -> None:
    check("def run(width, height):\n    print(height)\n    print(width)", "    print(width)", "    print(height)", [])


def test_shadowing_scopes_keep_their_name() -> None:
    text = (
        "rate_percent = 3\n"
        "def a(rate):\n    return rate\n"
        "def b():\n    rate = 1\n    return [rate for rate in (1, rate)]\n"
        "def c():\n    return rate\n"
        "class D:\n    rate = 1\n    def e(self):\n        return self.rate + rate"
    )
    check(text, "rate = 3", "rate_percent = 3", ["11: return self.rate + rate_percent", "7: return rate_percent"])


def test_closures_and_comprehensions_see_the_name() -> None:
    text = "def a(xs):\n    known = set(xs)\n    def b(x):\n        return x in seen\n    return [b(x) for x in seen]"
    check(
        text,
        "    seen = set(xs)",
        "    known = set(xs)",
        ["3: return x in known / return [b(x) for x in known]"],
    )


def test_collision_within_the_scope_is_silent() -> None:
    check(
        "def a():\n    total = 1\n    result = 2\n    total = 3\n    return result",
        "    result = 1",
        "    total = 1",
        [],
    )


def test_use_that_would_be_captured_is_left_alone() -> None:
    check(
        "count = 3\ndef a(count):\n    return n + count\ndef b():\n    return n",
        "n = 3",
        "count = 3",
        ["4: return count"],
    )


def test_old_name_that_was_written_again_stays() -> None:
    check(
        "def a(xs):\n    ordered = sorted(xs)\n    return ordered, xs",
        "    xs = sorted(xs)\n    return xs, xs",
        "    ordered = sorted(xs)\n    return ordered, xs",
        [],
    )


def test_the_other_use_on_the_line_that_was_changed() -> None:
    check(
        "def a():\n    total = 0\n    total = totl + 1\n    return total",
        "    totl = totl + 1",
        "    total = totl + 1",
        [],
        least=0.7,
    )
    check("totals = 1\nprint(total, total)", "total = 1", "totals = 1", ["1: print(totals, totals)"])


def test_undo_of_a_rename_is_silent() -> None:
    text = "def a():\n    size = 1\n    return size, width"
    found = propose_renames(
        situation({"a.py": text}, ("a.py", "    size = 1", "    size = 1"), ("a.py", "    width = 1", "    size = 1"))
    )
    assert shown(list(found)) == ["a.py:2: return size, size"]
    undone = situation({"a.py": text}, ("a.py", "    width = 1", "    size = 1"), origin="undone")
    assert list(propose_renames(undone)) == []


def test_swapped_names_are_silent() -> None:
    check("def a(y, x):\n    return x - y", "def a(x, y):", "def a(y, x):", [])


def test_keyword_of_a_call_and_of_other_functions() -> None:
    text = "plot(x, colour='r')\nplot(y, color='g')\nfill(y, color='g')"
    check(text, "plot(x, color='r')", "plot(x, colour='r')", ["1: plot(y, colour='g')"])


def test_comments_follow_an_unusual_name() -> None:
    text = "def a():\n    n_rows_read = 1\n    # row_count is one here, see row_counts\n    return n_rows_read"
    check(text, "    row_count = 1", "    n_rows_read = 1", ["2: # n_rows_read is one here, see row_counts"])
    text = "def a():\n    price = 1\n    # cost is one here\n    return price"
    check(text, "    cost = 1", "    price = 1", [])


def test_words_of_prose_are_no_names() -> None:
    check("# the cats\n# a dog and the dog", "# the dogs", "# the cats", [])


def test_broken_file_goes_by_words_of_the_function() -> None:
    text = "def a(size_px:\n    return size\n\ndef b(size):\n    return 'size', size"
    check(text, "def a(size:", "def a(size_px:", ["1: return size_px"])


def test_f_strings_and_other_alphabets() -> None:
    text = "def a():\n    größe_px = 'ä'\n    return f\"ä {größe} {größe!r}\", 'größe'"
    check(text, "    größe = 'ä'", "    größe_px = 'ä'", ["2: return f\"ä {größe_px} {größe_px!r}\", 'größe'"])


def test_global_declarations_exceptions_and_patterns() -> None:
    text = "def a():\n    try:\n        b()\n    except ValueError as error:\n        print(e)\n"
    check(text, "    except ValueError as e:", "    except ValueError as error:", ["4: print(error)"])
    text = "hits = 0\ndef a():\n    global count\n    count += 1"
    check(text, "count = 0", "hits = 0", ["2: global hits / hits += 1"])
    text = "match x:\n    case [head, *rest]:\n        print(tail)"
    check(text, "    case [head, *tail]:", "    case [head, *rest]:", ["2: print(rest)"])


def test_very_many_uses_are_bounded() -> None:
    text = "limit_px = 1\n" + "print(limit)\n\n" * 1000
    found = list(propose_renames(situation({"a.py": text}, ("a.py", "limit = 1", "limit_px = 1"))))
    assert len(found) == MOST_PLACES
    assert found[0].first_line == 1 and found[0].grounds.n_places == 1000


def test_a_long_run_is_several_edits_of_one_group() -> None:
    text = "limit_px = 1\n" + "print(limit)\n" * 20
    found = list(propose_renames(situation({"a.py": text}, ("a.py", "limit = 1", "limit_px = 1"))))
    assert [(candidate.first_line, len(candidate.inserted)) for candidate in found] == [(1, 8), (9, 8), (17, 4)]
    assert len({candidate.group for candidate in found}) == 1


def test_members_of_a_class_by_its_name_and_of_its_objects_are_certain() -> None:
    files = {
        "shop/state.py": "class State(Enum):\n    OPEN_NOW = 1\n",
        "shop/use.py": (
            "from shop.state import State\n\ndef a(state: State, other):\n    made = State()\n"
            "    return State.OPEN, state.OPEN, made.OPEN\n\ndef b(other):\n    return other.OPEN"
        ),
        "shop/tax.py": "from shop.taxes import State\n\nprint(State.OPEN)",
    }
    found = list(propose_renames(situation(files, ("shop/state.py", "    OPEN = 1", "    OPEN_NOW = 1"))))
    sure = shown(found, least=1.0)
    assert sure == ["use.py:4: return State.OPEN_NOW, state.OPEN_NOW, made.OPEN_NOW"]


def test_attributes_of_an_imported_module_are_certain() -> None:
    files = {
        "app/settings.py": "BATCH_SIZE = 3\n",
        "app/send.py": "from app import settings\n\nprint(settings.BATCH)",
        "app/other.py": "from lib import settings\n\nprint(settings.BATCH)",
    }
    found = list(propose_renames(situation(files, ("app/settings.py", "BATCH = 3", "BATCH_SIZE = 3"))))
    assert shown(found) == ["send.py:2: print(settings.BATCH_SIZE)"]
    assert found[0].grounds.certainty == 1


OPENS = '''        """Opens.

        Args:
            timeout: Seconds.
        """
'''


def test_the_entry_of_a_parameter_stays_where_only_an_attribute_was_renamed() -> None:
    before, after = "        self.timeout = timeout", "        self.timeout_s = timeout"
    described = 'class Client:\n    """A client.\n\n    Attributes:\n        timeout: Seconds.\n    """\n'
    text = f"{described}    def __init__(self, timeout):\n{OPENS}{after}\n"
    found = list(propose_renames(situation({"a.py": text}, ("a.py", before, after))))
    assert shown(found) == ["a.py:4: timeout_s: Seconds."]


def test_the_entry_of_a_parameter_follows_it() -> None:
    before, after = "    def __init__(self, timeout):", "    def __init__(self, timeout_s):"
    text = f"class Client:\n{after}\n{OPENS}        self.timeout = timeout\n"
    found = list(propose_renames(situation({"a.py": text}, ("a.py", before, after))))
    assert shown(found) == ["a.py:5: timeout_s: Seconds.", "a.py:7: self.timeout = timeout_s"]


PRICES = "def price(x):\n    return x\n\ndef total(xs):\n    return sum(price(x) for x in xs)"


@pytest.mark.parametrize(
    ("cart", "removed", "inserted"),
    [
        (
            "from shop.prices import price\n\ndef show(x):\n    print(net_price(x))\n    return price(x)",
            "    print(price(x))",
            "    print(net_price(x))",
        ),
        (
            "from shop.prices import net_price\n\nprice(3)",
            "from shop.prices import price",
            "from shop.prices import net_price",
        ),
    ],
)
def test_a_rename_begun_where_a_function_is_imported_reaches_its_definition(
    cart: str, removed: str, inserted: str
) -> None:
    files = {"shop/prices.py": PRICES, "shop/cart.py": cart, "shop/bill.py": "from shop.prices import price\nprice(1)"}
    found = list(propose_renames(situation(files, ("shop/cart.py", removed, inserted))))
    assert {
        "prices.py:0: def net_price(x):",
        "prices.py:4: return sum(net_price(x) for x in xs)",
        "bill.py:0: from shop.prices import net_price / net_price(1)",
    } <= set(shown(found))
    assert all(candidate.grounds.certainty < 1 for candidate in found if not candidate.uri.endswith("cart.py"))


def test_a_rename_begun_at_two_uses_is_surer_of_the_definition() -> None:
    cart = "from shop.prices import price\n\ndef show(x):\n    print(net_price(x))\n\n\ndef give(x):\n"
    cart += "    return net_price(x)"
    changes = [
        ("shop/cart.py", "    print(price(x))", "    print(net_price(x))"),
        ("shop/cart.py", "    return price(x)", "    return net_price(x)"),
    ]
    found = list(propose_renames(situation({"shop/prices.py": PRICES, "shop/cart.py": cart}, *changes)))
    assert "prices.py:0: def net_price(x):" in shown(found, least=0.9)


@pytest.mark.parametrize(
    "prices",
    [
        PRICES + "\n\ndef net_price(x):\n    return x",  # it is there already
        PRICES + "\n\nclass Tariff:\n    def net_price(self):\n        ...",  # or something that may be meant
        "from shop.other import price",  # handed on: where it is defined is not known
    ],
)
def test_a_use_that_means_something_else_now_asks_for_nothing_elsewhere(prices: str) -> None:
    cart = "from shop.prices import price\n\ndef show(x):\n    print(net_price(x))"
    files = {"shop/prices.py": prices, "shop/cart.py": cart}
    change = ("shop/cart.py", "    print(price(x))", "    print(net_price(x))")
    assert not [line for line in shown(list(propose_renames(situation(files, change)))) if line.startswith("prices")]


def test_a_rename_begun_at_an_object_of_a_known_class_reaches_the_method() -> None:
    files = {
        "shop/store.py": "class Store:\n    def fetch(self):\n        ...\n    def all(self):\n        self.fetch()",
        "shop/page.py": "from shop.store import Store\n\ndef show(store: Store):\n    store.load()\n    store.fetch()",
    }
    change = ("shop/page.py", "    store.fetch()", "    store.load()")
    found = shown(list(propose_renames(situation(files, change))))
    assert found == ["page.py:4: store.load()", "store.py:1: def load(self):", "store.py:4: self.load()"]
    files["shop/store.py"] += "\n    def load(self):\n        ..."
    assert shown(list(propose_renames(situation(files, change)))) == []


def test_a_key_of_a_typed_dict_is_renamed_where_its_class_is_known() -> None:
    files = {
        "config.py": (
            "from typing import TypedDict\n\n"
            "class Config(TypedDict):\n    timeout_s: float\n\n"
            "def default() -> Config:\n    return {'timeout': 3}\n\n"
            "DEFAULT: Config = {'timeout': 4}\nOTHER: dict = {'timeout': 5}"
        ),
        "client.py": (
            "from config import Config\n\n"
            "def connect(config: Config, options):\n"
            "    wait(config['timeout'])\n"
            "    wait(options['timeout'])\n"
            "    if 'timeout' in config:\n"
            "        given: Config = {'timeout': config.get('timeout', 1)}\n"
            "    made = Config(timeout=3)\n"
            "    return made['timeout']"
        ),
    }
    change = ("config.py", "    timeout: float", "    timeout_s: float")
    assert shown(list(propose_renames(situation(files, change))), least=1.0) == [
        "client.py:3: wait(config['timeout_s'])",
        "client.py:5: if 'timeout_s' in config: / given: Config = {'timeout_s': config.get('timeout_s', 1)} / "
        "made = Config(timeout_s=3) / return made['timeout_s']",
        "config.py:6: return {'timeout_s': 3}",
        "config.py:8: DEFAULT: Config = {'timeout_s': 4}",
    ]


def test_keys_of_what_is_no_typed_dict_stay() -> None:
    text = "class Config(dict):\n    timeout_s: float\n\ndef f(config: Config):\n    return config['timeout']"
    check(text, "    timeout: float", "    timeout_s: float", [], least=0.5)
