"""The cursors of the completion benchmark: what is asked is what was taken away, and nothing more is given away."""

import pytest

from inkling.bench.completion.positions import (
    Kind,
    Position,
    WrittenFile,
    is_test_file,
    loo_positions,
    replay_positions,
)
from inkling.core.text import line_end, line_start, split_lines

SOURCE = '''"""Totals of orders.

total = not(code, here)
"""

import decimal

RATES = {"food": 7, "books": 7}  # percent


def total_of(order, rate=RATES["food"]):
    text = """
    subtotal = also(no, code)
    """
    subtotal = sum(line.price * line.amount for line in order.lines)  # net
    if subtotal > 1_000 and not order.is_free:
        raise ValueError(f"too much: {subtotal} of {order}")
    return subtotal + decimal.Decimal(rate) * subtotal
'''
OTHER = "class Größe:\r\n    höhe = 1.5\r\n    def flaeche(self):\r\n        return self.höhe * self.breite\r\n"
TEXTS = {"shop/order.py": SOURCE, "tests/groesse.py": OTHER}


def _loo(seed: int = 0, n_each: int = 100) -> list[Position]:
    return loo_positions("shop", TEXTS, seed=seed, n_each=n_each)


def test_the_rest_is_what_was_removed_and_all_else_stays() -> None:
    positions = _loo()
    for position in positions:
        original = TEXTS[position.path]
        removed_end = line_end(original, position.offset)
        assert position.text[: position.offset] == original[: position.offset]
        assert position.text[position.offset :] == original[removed_end:]
        removed = original[position.offset : removed_end]
        assert removed.startswith(position.rest)
        assert removed[len(position.rest) :].strip() == "" or removed[len(position.rest) :].lstrip().startswith("#")
        assert len(position.rest.strip()) >= 3
        assert position.rest == position.rest.rstrip()
    assert {position.kind for position in positions} == set(Kind)
    assert {position.is_test for position in positions} == {True, False}


def test_lines_of_long_strings_and_of_one_token_are_never_asked_for() -> None:
    asked = {(position.path, position.text.count("\n", 0, position.offset)) for position in _loo()}
    lines = SOURCE.split("\n")
    for path, number in asked:
        if path == "shop/order.py":
            assert "code" not in lines[number]
            assert '"""' not in lines[number]
    assert ("shop/order.py", 5) in asked


def test_each_kind_stands_where_it_says() -> None:
    positions = _loo(n_each=12)
    for position in positions:
        typed = position.text[line_start(position.text, position.offset) : position.offset]
        match position.kind:
            case Kind.LINE_START:
                assert not typed.strip()
            case Kind.FEW_TOKENS | Kind.ANYWHERE:
                assert typed.strip()
    few = [position for position in positions if position.kind is Kind.FEW_TOKENS]
    is_in_name = [_is_within_word(position) for position in few]
    assert sum(is_in_name) == len(few) // 2


def _is_within_word(position: Position) -> bool:
    before = position.text[position.offset - 1]
    return (before.isalnum() or before == "_") and (position.rest[0].isalnum() or position.rest[0] == "_")


def test_a_seed_chooses_always_the_same_and_another_seed_others() -> None:
    assert _loo(seed=1, n_each=4) == _loo(seed=1, n_each=4)
    assert _loo(seed=1, n_each=4) != _loo(seed=2, n_each=4)
    assert len(_loo(n_each=2)) == 2 * len(Kind)


def test_in_replay_nothing_below_the_cursor_is_known() -> None:
    added = frozenset({14, 15, 16})
    commits = {"c1": [WrittenFile(path="shop/order.py", text=SOURCE, added=added)]}
    positions = replay_positions("shop", commits, seed=0, n_each=50)
    lines = split_lines(SOURCE)
    assert positions
    for position in positions:
        number = position.text.count("\n")
        assert number in added
        assert position.offset == len(position.text)
        assert position.text.startswith("".join(lines[:number]))
        assert lines[number].startswith(position.text.rpartition("\n")[2] + position.rest)
        assert position.group == "c1"


def test_replay_asks_commit_by_commit_and_in_the_commit_s_own_text() -> None:
    first = WrittenFile(path="a.py", text="x = compute(1)\n", added=frozenset({0}))
    second = WrittenFile(path="a.py", text="x = compute(1)\ny = render(x)\n", added=frozenset({1}))
    positions = replay_positions("shop", {"c2": [second], "c1": [first]}, seed=0, n_each=10)
    assert [position.group for position in positions] == sorted(
        (position.group for position in positions), reverse=True
    )
    assert all("render" in position.text + position.rest for position in positions if position.group == "c2")
    assert not any("render" in position.text + position.rest for position in positions if position.group == "c1")


@pytest.mark.parametrize("text", ["", "\n\n", "x\n", "# only = a(comment)\n", "\N{GRINNING FACE} = = =(\n"])
def test_texts_with_little_code_ask_nothing_or_something_sound(text: str) -> None:
    for position in loo_positions("p", {"a.py": text}, seed=0, n_each=5):
        assert text.startswith(position.text[: position.offset] + position.rest)


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("tests/unit/order.py", True),
        ("shop/test_order.py", True),
        ("shop/order_test.py", True),
        ("conftest.py", True),
        ("shop/order.py", False),
        ("shop/testament.py", False),
        ("latest/order.py", False),
    ],
)
def test_which_files_are_tests(path: str, *, is_test: bool) -> None:
    assert is_test_file(path) is is_test
