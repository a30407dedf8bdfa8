"""Stubs for what was just used, and second methods of pairs, in code as people write it."""

from textwrap import dedent

import pytest
from tests.unit.engine.next_edit.changed_project import applied, situation_of
from tests.unit.engine.next_edit.known_packages import USUAL, with_packages

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.candidates import Proposer
from inkling.engine.next_edit.mends.definitions import propose_definitions
from inkling.engine.next_edit.symmetry.paired_methods import propose_paired_methods


def _results(
    before: str, after: str, others: dict[str, str] | None = None, proposer: Proposer = propose_definitions
) -> list[str]:
    texts = {path: (text, text) for path, text in (others or {}).items()}
    situation = with_packages(situation_of({**texts, "cart.py": (before, after)}), *USUAL)
    candidates = list(proposer(situation))
    assert all(each.kind in (EditKind.DEFINITION, EditKind.SYMMETRY) and each.words for each in candidates)
    return [applied(situation, candidate) for candidate in candidates]


def test_a_function_that_is_called_gets_a_stub_above_its_caller() -> None:
    before = "import os\n\n\ndef total(items):\n    return sum(items)\n"
    after = before.replace("sum(items)", "discounted(items, rate=2)")
    stub = "def discounted(items, rate):\n    raise NotImplementedError\n\n\n"
    assert _results(before, after) == [after.replace("def total", f"{stub}def total")]


def test_a_method_that_is_called_gets_a_stub_below_its_caller() -> None:
    before = """\
        class Cart:
            def total(self, items):
                return sum(items)

            def clear(self):
                pass
        """
    after = before.replace("sum(items)", "self._discounted(items, self.rate)")
    stub = "\n            def _discounted(self, items, rate):\n                raise NotImplementedError\n"
    expected = after.replace("self.rate)\n", f"self.rate)\n{stub}")
    assert dedent(expected) in _results(before, after)


def test_an_attribute_that_is_read_is_set_in_init() -> None:
    before = """\
        class Cart:
            def __init__(self, items):
                self.items = items
                self.check()

            def check(self):
                return len(self.items)
        """
    after = before.replace("len(self.items)", "len(self.items) < self.limit")
    expected = after.replace("self.items = items\n", "self.items = items\n                self.limit = None\n")
    assert _results(before, after) == [dedent(expected)]


@pytest.mark.parametrize(
    ("added", "value"),
    [
        ("self.n += 1", "0"),
        ("self.n -= 0.5", "0.0"),
        ("self.n += len(self.items)", "0"),
        ('self.n += f"{self.items}"', '""'),
        ("self.n += [self.items]", "[]"),
        ("self.n |= {1}", "set()"),
        ("self.n += self.items", ""),
        ("self.n *= 2", ""),
    ],
)
def test_an_attribute_that_is_added_to_begins_as_nothing_of_its_kind(added: str, value: str) -> None:
    before = """\
        class Cart:
            def __init__(self, items):
                self.items = items

            def check(self):
                pass
        """
    after = before.replace("pass", added)
    expected = after.replace("self.items = items\n", f"self.items = items\n                self.n = {value}\n")
    assert _results(before, after) == ([dedent(expected)] if value else [])


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        ("discounted(row['price'], 3, 'EUR')", "price, number, text"),
        ("discounted(PriceList(), shop.get_rate())", "price_list, rate"),
        ("discounted([1], *items)", "items, *args"),
        ("discounted(a + b)", None),
        ("discounted(1, 2)", None),
        ("discounted(True)", None),
    ],
)
def test_parameters_are_named_after_arguments_or_their_types(call: str, parameters: str | None) -> None:
    before = "def total(items):\n    return sum(items)\n"
    after = before.replace("sum(items)", call)
    stub = f"def discounted({parameters}):\n    raise NotImplementedError\n\n\n"
    assert _results(before, after) == ([stub + after] if parameters else [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "x = len([1])\n"),
        ("from a import *\nx = 1\n", "from a import *\nx = find(1)\n"),
        ("def find(a): ...\nx = 1\n", "def find(a): ...\nx = find(1)\n"),
        ("x = 1\n", "x = partial(1)\n"),
        ("x = 1\n", "x = known_elsewhere(1)\n"),
        ("class A(Base):\n    def f(self):\n        pass\n", "class A(Base):\n    def f(self):\n        self.g()\n"),
        ("class A:\n    def f(self):\n        pass\n", "class A:\n    def f(self):\n        self.g = 1\n"),
        ("def f(", "def f(\n    find(1)\n"),
    ],
)
def test_silence_where_it_may_be_defined(before: str, after: str) -> None:
    assert _results(before, after, {"other.py": "def known_elsewhere(x):\n    pass\n"}) == []


CONSTRUCTOR = """\
    class Tunnel:
        def __init__(self, host, timeout):
            self.host = host

        def open(self):
            return print(self.host)
    """


@pytest.mark.parametrize(
    ("read", "stored"),
    [("timeout", "self.timeout = timeout"), ("_timeout", "self._timeout = timeout"), ("other", "self.other = None")],
)
def test_an_argument_that_is_read_and_was_not_stored_is_stored(read: str, stored: str) -> None:
    after = CONSTRUCTOR.replace("print(self.host)", f"print(self.host, self.{read})")
    expected = after.replace("self.host = host\n", f"self.host = host\n            {stored}\n")
    assert _results(CONSTRUCTOR, after) == [dedent(expected)]


@pytest.mark.parametrize(
    "stored",
    [
        "self.host, self.timeout = host, timeout",
        "self.host = host\n            self.timeout: float = timeout",
        "self.host = host\n            setattr(self, 'timeout', timeout)",
        "self.__dict__.update(host=host, timeout=timeout)",
    ],
)
def test_an_argument_that_is_stored_somehow_is_left_alone(stored: str) -> None:
    before = CONSTRUCTOR.replace("self.host = host", stored)
    assert _results(before, before.replace("print(self.host)", "print(self.host, self.timeout)")) == []


def _enum_with(*values: str, base: str = "Enum") -> str:
    members = "".join(
        f"    {name} = {value}\n" for name, value in zip(("RED", "DARK_BLUE", "TEAL"), values, strict=False)
    )
    return f"from enum import Enum, auto\n\n\nclass Colour({base}):\n{members}\n\nx = Colour.RED\n"


@pytest.mark.parametrize(
    ("values", "value"),
    [
        (("auto()", "auto()"), "auto()"),
        (("enum.auto()", "enum.auto()"), "enum.auto()"),
        (("1", "2", "3"), "4"),
        (('"red"', '"dark_blue"'), '"light_green"'),
        (("'red'", "'dark-blue'"), "'light-green'"),
        (('"RED"', '"DARK_BLUE"'), '"LIGHT_GREEN"'),
        (("1", "4"), None),
        (("1",), None),
        (('"r"', '"b"'), None),
        (("auto()", "2"), None),
    ],
)
def test_a_member_of_an_enum_gets_a_value_like_the_others(values: tuple[str, ...], value: str | None) -> None:
    before = _enum_with(*values)
    after = before.replace("x = Colour.RED", "x = Colour.LIGHT_GREEN")
    last = f" = {values[-1]}\n\n"
    expected = after.replace(last, f" = {values[-1]}\n    LIGHT_GREEN = {value}\n\n")
    assert _results(before, after) == ([expected] if value else [])


def test_a_member_of_an_enum_of_another_file_is_defined_there() -> None:
    before = "from colours import Colour\n\nx = Colour.RED\n"
    after = before.replace("RED", "GREEN")
    enum = _enum_with("1", "2")
    assert _results(before, after, {"colours.py": enum}) == [enum.replace("= 2\n", "= 2\n    GREEN = 3\n")]
    assert _results(before.replace("from colours", "from other"), after, {}) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_enum_with("1", "2"), _enum_with("1", "2").replace("x = Colour.RED", "x = Colour.DARK_BLUES")),
        (_enum_with("1", "2"), _enum_with("1", "2").replace("x = Colour.RED", "x = Colour.DARK_BLUE")),
        (_enum_with("1", "2", base="Base"), _enum_with("1", "2", base="Base").replace("x = Colour.RED", "Colour.TEAL")),
        (_enum_with("1", "2"), _enum_with("1", "2").replace("x = Colour.RED", "Colour.TEAL = 3")),
    ],
)
def test_a_member_that_is_there_or_may_be_is_left_alone(before: str, after: str) -> None:
    assert _results(before, after) == []


def test_a_context_manager_gets_its_other_half() -> None:
    before = """\
        class Connection:
            def close(self):
                self.socket.close()
        """
    after = before + "\n            def __enter__(self):\n                return self\n"
    other = "\n            def __exit__(self, exc_type, exc_value, traceback):\n                self.close()\n"
    assert _results(before, after, proposer=propose_paired_methods) == [dedent(after + other)]


def test_a_pair_that_is_complete_is_left_alone() -> None:
    before = "class A:\n    def __exit__(self, *exception):\n        pass\n"
    after = before + "\n    def __enter__(self):\n        return self\n"
    assert _results(before, after, proposer=propose_paired_methods) == []
