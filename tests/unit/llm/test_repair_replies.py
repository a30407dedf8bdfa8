"""Answers of a model as patches: what fits exactly is taken, everything else is refused in words."""

from pathlib import PurePosixPath

import pytest

from inkling.core.redact import MASK
from inkling.llm.repair.replies import BadReplyError, parse_reply, parse_tests

CART = PurePosixPath("cart.py")
TEXT = "def total(prices):\n    result = 1\n    for price in prices:\n        result += price\n    return result\n"


def _block(old: str, new: str, path: str = "cart.py") -> str:
    return f"<<<<<<< SEARCH {path}\n{old}=======\n{new}>>>>>>> REPLACE\n"


def test_a_patch_with_its_explanation() -> None:
    answer = "Let me see.\n\nThe sum starts at 1,\nnot at 0.\n\n" + _block("    result = 1\n", "    result = 0\n")
    reply = parse_reply(answer, {CART: TEXT})
    assert reply.explanation == "The sum starts at 1, not at 0."
    assert reply.texts == {CART: TEXT.replace("result = 1", "result = 0")}


def test_blocks_in_a_fence_one_after_the_other() -> None:
    blocks = _block("    result = 1\n", "    amount = 0\n") + _block("    return result\n", "    return amount\n")
    reply = parse_reply(f"Renamed.\n```python\n{blocks}```\n", {CART: TEXT})
    assert reply.texts[CART].count("amount") == 2
    assert reply.explanation == "Renamed."


def test_line_ends_stay_those_of_the_file() -> None:
    text = TEXT.replace("\n", "\r\n")
    reply = parse_reply(_block("    result = 1\n", "    result = 0\n"), {CART: text})
    assert reply.texts[CART] == text.replace("result = 1", "result = 0")


def test_a_last_line_without_an_end() -> None:
    reply = parse_reply(_block("    return result\n", "    return result + 0\n"), {CART: TEXT.rstrip("\n")})
    assert reply.texts[CART].endswith("return result + 0")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("I would start the sum at 0.", "no SEARCH/REPLACE block"),
        ("<html>502 Bad Gateway</html>", "no SEARCH/REPLACE block"),
        (_block("    result = 2\n", "    result = 0\n"), "nowhere"),
        (_block("result", "total"), "no SEARCH/REPLACE block"),
        (_block("    r", "    t\n").replace("r===", "r\n==="), "nowhere"),
        (_block("", "x = 1\n"), "is empty"),
        (_block("    result = 1\n", "    result = 1\n"), "changes nothing"),
        (_block("    result = 1\n", "    result = (\n"), "no longer parse"),
        (_block("    result = 1\n", f"    result = '{MASK}'\n"), "secret"),
        (_block("    result = 1\n", "    result = 0  # \u202e\n"), "control characters"),
        (_block("x\n", "y\n", path="test_cart.py"), "not one of the files"),
        (_block("x\n", "y\n", path="../../etc/passwd"), "not one of the files"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(answer: str, words: str) -> None:
    with pytest.raises(BadReplyError, match=words):
        parse_reply(answer, {CART: TEXT})


def test_what_stands_there_twice_is_refused() -> None:
    with pytest.raises(BadReplyError, match="2 times"):
        parse_reply(_block("x = 1\n", "x = 2\n"), {CART: "x = 1\nx = 1\n"})


def test_a_file_that_did_not_parse_may_be_repaired_in_steps() -> None:
    reply = parse_reply(_block("x = (\n", "x = [\n"), {CART: "x = (\ny = {\n"})
    assert reply.texts[CART] == "x = [\ny = {\n"


def test_tests_of_a_model_are_its_plain_functions_alone() -> None:
    answer = (
        "Here:\n```python\nimport os\nfrom cart import total\nos.system('true')\n\n"
        "def test_empty():\n    assert total([]) == 0\n\ndef test_with(fixture):\n    assert fixture\n```"
    )
    tests = parse_tests(answer)
    assert "def test_empty():" in tests
    assert "os.system" not in tests
    assert "fixture" not in tests


@pytest.mark.parametrize("answer", ["no code here", "```python\nx = 1\n```", "```python\ndef test_(:\n```"])
def test_no_tests_are_told_as_such(answer: str) -> None:
    with pytest.raises(BadReplyError):
        parse_tests(answer)
