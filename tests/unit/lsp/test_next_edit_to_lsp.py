"""Predictions as the client reads them: small ranges in its units, the document's line ends, nothing that is void."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.core.edit import apply_edit
from inkling.core.next_edit import EditKind, PredictedEdit
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import Source, SuggestionId
from inkling.core.text import split_lines
from inkling.lsp.fix_messages import WirePosition, WireRange
from inkling.lsp.next_edit_to_lsp import EditWriter, SeenFile

URI = "file:///w/cart.py"


def predicted(first_line: int, removed: list[str], inserted: list[str]) -> PredictedEdit:
    return PredictedEdit(
        uri=DocumentUri(URI),
        path=None,
        first_line=first_line,
        removed=tuple(removed),
        inserted=tuple(inserted),
        kind=EditKind.RENAME,
        source=Source.EMBEDDED,
        probability=0.5,
        words="`price` was renamed",
        n_in_group=3,
    )


def writer(text: str, encoding: str = "utf-16") -> EditWriter:
    return EditWriter(SeenFile(uri=URI, version=7, path="cart.py", text=text), encoding)


def after(text: str, edit: PredictedEdit) -> str | None:
    replaced = writer(text).text_edit(edit)
    return None if replaced is None else apply_edit(text, replaced)


@pytest.mark.parametrize(("encoding", "start", "end"), [("utf-8", 12, 17), ("utf-16", 10, 15), ("utf-32", 9, 14)])
def test_a_name_in_a_line_is_replaced_alone_in_the_clients_units(encoding: str, start: int, end: int) -> None:
    text = "# 🛒\r\nn = '🛒'; price\r\n"
    wire = writer(text, encoding).next_edit(SuggestionId("s1"), predicted(1, ["n = '🛒'; price"], ["n = '🛒'; total"]))
    assert wire is not None
    assert wire.range == WireRange(start=WirePosition(line=1, character=start), end=WirePosition(line=1, character=end))
    assert (wire.old_text, wire.new_text, wire.label) == ("price", "total", "`price` → `total`")
    assert (wire.id, wire.uri, wire.version, wire.path, wire.kind) == ("s1", URI, 7, "cart.py", "rename")
    assert (wire.probability, wire.n_in_group, wire.words) == (0.5, 3, "`price` was renamed")


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        pytest.param("a\r\nb\r\n", predicted(1, [], ["x", "y"]), "a\r\nx\r\ny\r\nb\r\n", id="insertion, CRLF"),
        pytest.param("a\rb\r", predicted(1, ["b"], ["x", "y"]), "a\rx\ry\r", id="carriage returns alone"),
        pytest.param("a\nb\n", predicted(2, [], ["x"]), "a\nb\nx\n", id="at the end"),
        pytest.param("a\nb", predicted(2, [], ["x"]), "a\nb\nx", id="at the end without a break"),
        pytest.param("a\r\nb", predicted(2, [], ["x"]), "a\r\nb\r\nx", id="at the end without a break, CRLF"),
        pytest.param("a\nb", predicted(1, ["b"], ["x", "y"]), "a\nx\ny", id="the last line, without a break"),
        pytest.param("a\nb", predicted(1, ["b"], []), "a", id="the last line goes"),
        pytest.param("a\r\nb", predicted(1, ["b"], []), "a", id="the last line goes, CRLF"),
        pytest.param("a\nb\n", predicted(1, ["b"], []), "a\n", id="the last line goes with its break"),
        pytest.param("a", predicted(0, ["a"], []), "", id="all goes"),
        pytest.param("", predicted(0, [], ["a"]), "a\n", id="into an empty file"),
        pytest.param("a\n\x0cb\n", predicted(1, ["\x0cb"], ["c"]), "a\nc\n", id="a form feed ends no line"),
    ],
)
def test_line_ends_are_the_documents(text: str, edit: PredictedEdit, expected: str) -> None:
    assert after(text, edit) == expected


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        pytest.param("a\nb\n", predicted(0, ["b"], ["x"]), id="another line stands there"),
        pytest.param("a\n", predicted(0, ["a", ""], ["x"]), id="past the end"),
        pytest.param("a\n", predicted(2, [], ["x"]), id="an insertion past the end"),
        pytest.param("a\n", predicted(-1, [], ["x"]), id="before the beginning"),
        pytest.param("a\n", predicted(0, ["a"], ["a"]), id="nothing changes"),
        pytest.param("a \n", predicted(0, ["a"], ["b"]), id="white space at the end counts"),
    ],
)
def test_a_void_prediction_is_nothing(text: str, edit: PredictedEdit) -> None:
    assert writer(text).next_edit(SuggestionId("s"), edit) is None
    assert writer(text).text_edits([edit]) is None


def test_a_position_behind_the_last_break_is_one_more_line() -> None:
    wire = writer("a\n").next_edit(SuggestionId("s"), predicted(1, [], ["b"]))
    assert wire is not None
    assert wire.range.start == wire.range.end == WirePosition(line=1, character=0)
    wire = writer("ab").next_edit(SuggestionId("s"), predicted(1, [], ["c"]))
    assert wire is not None
    assert wire.range.start == WirePosition(line=0, character=2)


def test_a_group_comes_from_top_to_bottom_and_never_overlaps() -> None:
    text = "a\nb\nc"
    low, high = predicted(2, ["c"], ["z"]), predicted(0, ["a"], ["x"])
    edits = writer(text).text_edits([low, high])
    assert edits is not None
    assert [edit.new_text for edit in edits] == ["x", "z"]
    assert writer(text).text_edits([high, high]) is None
    assert writer(text).text_edits([predicted(1, [], ["x"]), predicted(1, [], ["y"])]) is None
    # Without the last line its break goes, which the line above it takes along, too.
    assert writer(text).text_edits([predicted(1, ["b"], []), predicted(2, ["c"], [])]) is None


LINE = st.text(st.sampled_from("ab é🛒"), max_size=4)


LINE = st.text(st.sampled_from("ab é🛒"), max_size=4)


@settings(max_examples=500)
@given(
    lines=st.lists(st.tuples(LINE, st.sampled_from(["\n", "\r\n", "\r"])), max_size=5),
    tail=st.sampled_from(["", "end"]),
    span=st.tuples(st.integers(0, 5), st.integers(0, 3)),
    inserted=st.lists(LINE.filter(bool), max_size=3),
)
def test_whatever_the_text_the_other_lines_stay_and_borders_are_positions(
    lines: list[tuple[str, str]], tail: str, span: tuple[int, int], inserted: list[str]
) -> None:
    text = "".join(line + end for line, end in lines) + tail
    bare = [line.rstrip("\r\n") for line in split_lines(text)]
    first, last = min(span[0], len(bare)), min(sum(span), len(bare))
    replaced = writer(text).text_edit(predicted(first, bare[first:last], inserted))
    if bare[first:last] == inserted:
        assert replaced is None
        return
    if replaced is None:
        assert re.search("\r(?!\n)", text), "only where carriage returns end lines a break could join another"
        return
    assert [line.rstrip("\r\n") for line in split_lines(apply_edit(text, replaced))] == [
        *bare[:first],
        *inserted,
        *bare[last:],
    ]
    for border in (replaced.offset, replaced.end):
        assert text[max(0, border - 1) : border + 1] != "\r\n"
