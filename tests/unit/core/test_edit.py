"""Edits and spans against a model in which every character knows whether it belongs to the span."""

from hypothesis import given
from hypothesis import strategies as st

from inkling.core.edit import (
    Span,
    TextEdit,
    apply_edit,
    common_prefix,
    minimal_edit,
    move_span,
    swallows,
    without_trailing_space,
)

TEXT = st.text(alphabet="ab🐍é\r\n ", max_size=16)


@st.composite
def texts_with_span_and_edits(draw: st.DrawFn) -> tuple[str, Span, list[TextEdit]]:
    text = draw(TEXT)
    start = draw(st.integers(0, len(text)))
    span = Span(start=start, end=draw(st.integers(start, len(text))))
    edits, length = [], len(text)
    for _ in range(draw(st.integers(1, 5))):
        offset = draw(st.integers(0, length))
        edit = TextEdit(offset=offset, n_removed=draw(st.integers(0, length - offset)), inserted=draw(TEXT))
        edits.append(edit)
        length += len(edit.inserted) - edit.n_removed
    return text, span, edits


@given(texts_with_span_and_edits())
def test_a_span_holds_the_characters_that_belong_to_it(case: tuple[str, Span, list[TextEdit]]) -> None:
    text, span, edits = case
    marked = [(char, span.start <= index < span.end) for index, char in enumerate(text)]
    for edit in edits:
        removed = marked[edit.offset : edit.end]
        is_outside = edit.offset >= span.end or edit.end <= span.start
        is_inside = span.start <= edit.offset and edit.end <= span.end and not is_outside
        marked[edit.offset : edit.end] = [(char, is_inside) for char in edit.inserted]
        text = apply_edit(text, edit)
        was_emptied = not span.is_empty and all(not belongs for _, belongs in marked)
        assert not was_emptied or any(belongs for _, belongs in removed)
        span = move_span(span, edit)
        assert text == "".join(char for char, _ in marked)
        assert 0 <= span.start <= span.end <= len(text)
        assert span.text(text) == "".join(char for char, belongs in marked if belongs)


@given(texts_with_span_and_edits())
def test_what_stands_before_and_behind_an_untouched_span_stays_there(case: tuple[str, Span, list[TextEdit]]) -> None:
    text, span, (edit, *_) = case
    moved, after = move_span(span, edit), apply_edit(text, edit)
    if edit.end < span.start:
        assert after[moved.start - 1 :] == text[span.start - 1 :]
    elif edit.offset > span.end:
        assert after[: moved.end + 1] == text[: span.end + 1]


@given(TEXT, TEXT)
def test_the_minimal_edit_leads_from_one_text_to_the_other(before: str, after: str) -> None:
    edit = minimal_edit(before, after)
    assert apply_edit(before, edit) == after
    removed = before[edit.offset : edit.end]
    if removed and edit.inserted:
        assert removed[0] != edit.inserted[0]
        assert removed[-1] != edit.inserted[-1]


@given(TEXT, TEXT, st.integers(0, 4))
def test_the_common_prefix_is_the_one_found_by_hand(left: str, right: str, start: int) -> None:
    rest = right[start:]
    by_hand = next((i for i, (a, b) in enumerate(zip(left, rest, strict=False)) if a != b), min(len(left), len(rest)))
    assert common_prefix(left, right, start) == by_hand


def test_text_at_a_border_stays_outside_and_a_replacement_of_all_inside() -> None:
    span = Span(start=2, end=5)
    assert move_span(span, TextEdit(offset=2, n_removed=0, inserted="xy")) == Span(start=4, end=7)
    assert move_span(span, TextEdit(offset=5, n_removed=0, inserted="xy")) == span
    assert move_span(span, TextEdit(offset=2, n_removed=3, inserted="x")) == Span(start=2, end=3)


def test_an_empty_span_stays_before_what_is_typed_there() -> None:
    place = Span(start=3, end=3)
    assert move_span(place, TextEdit(offset=3, n_removed=0, inserted="abc")) == place
    assert move_span(place, TextEdit(offset=3, n_removed=2, inserted="abc")) == place
    assert move_span(place, TextEdit(offset=1, n_removed=2, inserted="")) == Span(start=1, end=1)


def test_only_an_edit_beyond_the_borders_swallows_a_span() -> None:
    span = Span(start=2, end=5)
    assert not swallows(TextEdit(offset=2, n_removed=3, inserted=""), span)
    assert swallows(TextEdit(offset=1, n_removed=4, inserted=""), span)
    assert not swallows(TextEdit(offset=3, n_removed=9, inserted=""), span)
    assert not swallows(TextEdit(offset=2, n_removed=1, inserted=""), Span(start=2, end=2))
    assert swallows(TextEdit(offset=1, n_removed=2, inserted=""), Span(start=2, end=2))


def test_white_space_at_line_ends_and_the_kind_of_line_end_do_not_count() -> None:
    assert without_trailing_space("a = 1  \r\n\tb🐍\t\r\n\r\n") == "a = 1\n\tb🐍"
