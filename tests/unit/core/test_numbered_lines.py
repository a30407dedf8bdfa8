"""Lines replaced by others: a small edit, the text's own line ends, nothing where other lines stand."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.core.edit import TextEdit, apply_edit
from inkling.core.numbered_lines import NumberedLines
from inkling.core.text import Position, position_at, split_lines


@pytest.mark.parametrize(
    ("text", "first_line", "removed", "inserted", "expected"),
    [
        pytest.param("a\r\nb\r\n", 1, [], ["x", "y"], "a\r\nx\r\ny\r\nb\r\n", id="insertion, CRLF"),
        pytest.param("a\rb\r", 1, ["b"], ["x", "y"], "a\rx\ry\r", id="carriage returns alone"),
        pytest.param("a\nb\n", 2, [], ["x"], "a\nb\nx\n", id="at the end"),
        pytest.param("a\nb", 2, [], ["x"], "a\nb\nx", id="at the end without a break"),
        pytest.param("a\r\nb", 2, [], ["x"], "a\r\nb\r\nx", id="at the end without a break, CRLF"),
        pytest.param("a\nb", 1, ["b"], ["x", "y"], "a\nx\ny", id="the last line, without a break"),
        pytest.param("a\nb", 1, ["b"], [], "a", id="the last line goes"),
        pytest.param("a\r\nb", 1, ["b"], [], "a", id="the last line goes, CRLF"),
        pytest.param("a\nb\n", 1, ["b"], [], "a\n", id="the last line goes with its break"),
        pytest.param("a", 0, ["a"], [], "", id="all goes"),
        pytest.param("", 0, [], ["a"], "a\n", id="into an empty file"),
        pytest.param("a\n\x0cb\n", 1, ["\x0cb"], ["c"], "a\nc\n", id="a form feed ends no line"),
    ],
)
def test_line_ends_are_the_texts(
    text: str, first_line: int, removed: list[str], inserted: list[str], expected: str
) -> None:
    edit = NumberedLines(text).replacement(first_line, removed, inserted)
    assert edit is not None
    assert apply_edit(text, edit) == expected


@pytest.mark.parametrize(
    ("text", "first_line", "removed", "inserted"),
    [
        pytest.param("a\nb\n", 0, ["b"], ["x"], id="another line stands there"),
        pytest.param("a\n", 0, ["a", ""], ["x"], id="past the end"),
        pytest.param("a\n", 2, [], ["x"], id="an insertion past the end"),
        pytest.param("a\n", -1, [], ["x"], id="before the beginning"),
        pytest.param("a\n", 0, ["a"], ["a"], id="nothing changes"),
        pytest.param("a \n", 0, ["a"], ["b"], id="white space at the end counts"),
    ],
)
def test_what_does_not_fit_is_nothing(text: str, first_line: int, removed: list[str], inserted: list[str]) -> None:
    assert NumberedLines(text).replacement(first_line, removed, inserted) is None


def test_only_what_changes_is_replaced() -> None:
    edit = NumberedLines("f(timeout)\n").replacement(0, ["f(timeout)"], ["f(timeout_s)"])
    assert edit == TextEdit(offset=9, n_removed=0, inserted="_s")


LINE = st.text(st.sampled_from("ab é🛒"), max_size=4)
LINES = st.lists(st.tuples(LINE, st.sampled_from(["\n", "\r\n", "\r"])), max_size=5)


@settings(max_examples=500)
@given(
    lines=LINES,
    tail=st.sampled_from(["", "end"]),
    span=st.tuples(st.integers(0, 5), st.integers(0, 3)),
    inserted=st.lists(LINE.filter(bool), max_size=3),
)
def test_whatever_the_text_the_other_lines_stay_and_no_border_is_inside_a_break(
    lines: list[tuple[str, str]], tail: str, span: tuple[int, int], inserted: list[str]
) -> None:
    text = "".join(line + end for line, end in lines) + tail
    bare = [line.rstrip("\r\n") for line in split_lines(text)]
    first, last = min(span[0], len(bare)), min(sum(span), len(bare))
    edit = NumberedLines(text).replacement(first, bare[first:last], inserted)
    if bare[first:last] == inserted:
        assert edit is None
        return
    if edit is None:
        assert re.search("\r(?!\n)", text), "only where carriage returns end lines a break could join another"
        return
    wanted = [*bare[:first], *inserted, *bare[last:]]
    assert [line.rstrip("\r\n") for line in split_lines(apply_edit(text, edit))] == wanted
    for border in (edit.offset, edit.end):
        assert text[max(0, border - 1) : border + 1] != "\r\n"


@given(lines=LINES, tail=st.sampled_from(["", "end"]))
def test_positions_are_those_of_the_text(lines: list[tuple[str, str]], tail: str) -> None:
    text = "".join(line + end for line, end in lines) + tail
    numbered = NumberedLines(text)
    for offset in range(len(text) + 1):
        if text[max(0, offset - 1) : offset + 1] != "\r\n":
            assert numbered.position(offset) == position_at(text, offset)
    assert NumberedLines("").position(0) == Position(line=0, column=0)
