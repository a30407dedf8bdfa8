"""The lexer: reads anything, and what it reads can be written out again."""

import sysconfig
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.core.text import split_lines
from inkling.engine.language.lexer import LONG_STRING, is_line_break, join, lex, lex_line, raw_tokens

CASES = [
    ("x = f(a, b)", ("x", " = ", "f", "(", "a", ", ", "b", ")")),
    ("if a[1:] is not None:  # why", ("if", "a", "[", "1", ":", "] ", "is", "not", "None", ":")),
    ("return -1.5e-3", ("return", " -", "1.5e-3")),
    ("x = '' + rb'a\\'b'", ("x", " = ", "''", " + ", "rb'a\\'b'")),
    ("bar(*a, **kw)", ("bar", "(", "*", "a", ", ", "**", "kw", ")")),
    ("# only a comment", ()),
    ("   \f", ()),
    ("naïve🐍 = 'it''s'", ("naïve", "🐍 ", "= ", "'it'", "'s'")),
]


@pytest.mark.parametrize(("line", "tokens"), CASES)
def test_a_line_becomes_tokens(line: str, tokens: tuple[str, ...]) -> None:
    assert lex_line(line).tokens == tokens


def test_indentation_is_part_of_the_line_break() -> None:
    tokens = lex("class A:\n    x = 1\n\n    # nothing\n\tdef f(self): ...\nb\n")
    assert [token for token in tokens if is_line_break(token)] == ["\n+0", "\n+4", "\n+4", "\n-8"]


def test_long_strings_are_one_token_and_hide_their_lines() -> None:
    text = 'def f():\n    """Does\n\n    much # """\n    return """a""" % b\n'
    assert lex(text) == [
        "\n+0",
        "def",
        "f",
        "(",
        ")",
        ":",
        "\n+4",
        LONG_STRING,
        "\n+0",
        "return",
        LONG_STRING,
        " % ",
        "b",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(end: str) -> None:
    assert lex(end.join(["a = 1", "if a:", "  b()", ""])) == lex("a = 1\nif a:\n  b()\n")


@given(st.one_of(st.text(), st.text(alphabet="\"'#\\\n\r\t abr019.=([{", max_size=40)))
def test_nothing_makes_it_fail(text: str) -> None:
    lex(text)
    for line in split_lines(text):
        raw_tokens(line)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["a", "if", "1", '"s"', " ", " = ", "(", ")", ", ", ".", ":", "[", "]"]), min_size=1))
def test_what_was_read_survives_writing(pieces: list[str]) -> None:
    tokens = lex_line("".join(pieces)).tokens
    assert lex_line(join(tokens)).tokens == tokens


def test_the_standard_library_is_written_out_as_it_was() -> None:
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("[a-d]*.py"))
    n_same = n_lines = 0
    for line, tokens in chain.from_iterable(_code_lines(path.read_text("utf-8")) for path in files):
        n_lines += 1
        n_same += line == join(tokens)
    assert n_lines > 10_000
    assert n_same / n_lines > 0.97


def _code_lines(text: str) -> list[tuple[str, tuple[str, ...]]]:
    found = []
    open_string = ""
    for line in split_lines(text):
        lexed = lex_line(line, open_string)
        if not open_string and lexed.tokens and LONG_STRING not in lexed.tokens and "#" not in line:
            found.append((line.strip(), lexed.tokens))
        open_string = lexed.open_string
    return found
