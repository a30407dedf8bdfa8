"""The compiled lexer gives the same tokens as the one of regular expressions: for real code, and for anything else."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sandboxes.backends import skip_for_want_of

from inkling.context.sources import read_source
from inkling.core.text import split_lines
from inkling.engine.language.compiled import in_use
from inkling.engine.language.lexer import lex, lex_lines

LIBRARY = Path(os.__file__).parent
PIECES = ["'", '"', "'''", '"""', "\\", "\n", "\r\n", "\r", "\t", " ", "#", "rb", "f", "name", "1e", "+", ".", "*", "/"]
PIECES += ["=", "<", ">", "-", ":", "!", "@", "\f", "\x1c", "\0", "\x7f", "é", "\ud800", "x" * 61, "0.5_1", "(", "\xa0"]


@pytest.fixture(autouse=True)
def _needs_the_compiled_core() -> None:
    if not in_use.is_compiled:
        skip_for_want_of(f"the compiled core ({in_use.reason})")


def check(text: str) -> None:
    assert lex(text) == lex_lines(split_lines(text))


@pytest.mark.parametrize("folder", ["", "json", "email", "asyncio", "idlelib", "unittest", "lib2to3/tests/data"])
def test_the_standard_library_is_read_the_same(folder: str) -> None:
    for path in sorted((LIBRARY / folder).glob("*.py")):
        check(read_source(str(path)) or "")


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_pieces_of_code_in_any_order_are_read_the_same(text: str) -> None:
    check(text)


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_any_ascii_is_read_the_same(text: str) -> None:
    check(text)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_the_same(text: str) -> None:
    check(text)
