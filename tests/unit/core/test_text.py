"""Lines and offsets, against a model that splits with one regular expression."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.core.text import Position, line_prefix, line_suffix, offset_at, position_at, split_lines

TEXTS = st.text(alphabet="a🐍\r\n\x0c\u2028\x85 ", max_size=30)


def starts_of(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]


@given(TEXTS)
def test_lines_join_to_the_text_and_break_only_where_editors_do(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(re.fullmatch(r"[^\r\n]*(\r\n|\r|\n)|[^\r\n]+", line) for line in lines)


@given(TEXTS, st.integers(0, 30))
def test_positions_and_offsets_are_inverse(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    if text[offset - 1 : offset + 1] == "\r\n":
        return  # between the two characters of a line break there is no position
    starts = starts_of(text)
    position = position_at(text, offset)
    assert starts[position.line] + position.column == offset
    assert offset_at(text, position) == offset
    assert line_prefix(text, offset) == text[starts[position.line] : offset]
    assert line_suffix(text, offset) == re.split(r"[\r\n]", text[offset:], maxsplit=1)[0]


@pytest.mark.parametrize(("line", "column"), [(-1, 0), (0, -1), (0, 3), (2, 0), (99, 0)])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_a_position_that_is_not_there_has_no_offset(line: int, column: int, line_break: str) -> None:
    assert offset_at(f"ab{line_break}c", Position(line=line, column=column)) is None
