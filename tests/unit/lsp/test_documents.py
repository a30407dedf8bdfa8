"""The documents against a model that edits arrays of UTF-16 units."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from inkling.core.edit import TextEdit, apply_edit, minimal_edit
from inkling.lsp.documents import MAX_PLACES, Documents, OpenDocument, is_laborious, to_column, to_units

ALPHABET = st.text(alphabet="ab🐍é\r\n\x0c\u2028\x85 ", max_size=12)


def opened(text: str, encoding: str = "utf-16", uri: str = "file:///a.py") -> OpenDocument:
    documents = Documents()
    documents.encoding = encoding
    return documents.open(types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text))


def line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]


def code_point_offset(text: str, line: int, character: int) -> int:
    """The protocol's rules, spelled out: clamp the line, then the character, in UTF-16 units."""
    starts = line_starts(text)
    if line >= len(starts):
        return len(text)
    end = starts[line + 1] if line + 1 < len(starts) else len(text)
    content = re.sub(r"[\r\n]+\Z", "", text[starts[line] : end])
    units = 0
    for index, char in enumerate(content):
        width = 2 if ord(char) > 0xFFFF else 1
        if units + width > character:
            return starts[line] + index
        units += width
    return starts[line] + len(content)


@given(
    ALPHABET, st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8), st.integers(0, 6), st.integers(0, 8), ALPHABET))
)
def test_edits_agree_with_the_model(text: str, edits: list[tuple[int, int, int, int, str]]) -> None:
    document = opened(text)
    for line_a, char_a, line_b, char_b, new in edits:
        (line_a, char_a), (line_b, char_b) = sorted([(line_a, char_a), (line_b, char_b)])
        start, end = code_point_offset(text, line_a, char_a), code_point_offset(text, line_b, char_b)
        text = text[:start] + new + text[end:]
        change = types.TextDocumentContentChangePartial(
            range=types.Range(types.Position(line_a, char_a), types.Position(line_b, char_b)), text=new
        )
        before = document.snapshot().text
        (edit,) = document.apply([change], 2)
        assert document.snapshot().text == text
        assert apply_edit(before, edit) == text
        assert start <= edit.offset <= edit.end <= end
        assert start == end or minimal_edit(before[start:end], new).inserted == edit.inserted


@given(ALPHABET)
def test_every_position_leads_back_to_its_offset(text: str) -> None:
    document = opened(text)
    for line, start in enumerate(line_starts(text)):
        content = re.split(r"[\r\n]", text[start:], maxsplit=1)[0]
        for column in range(len(content) + 1):
            character = to_units(content[:column], "utf-16")
            assert document.offset(types.Position(line, character)) == start + column


@pytest.mark.parametrize("position", [(0, 4), (2, 0), (99, 0), (0, 1_000_000)])
def test_a_position_past_the_end_is_none(position: tuple[int, int]) -> None:
    document = opened("abc\n")
    assert document.offset(types.Position(*position)) is None


def test_an_empty_document_has_one_position() -> None:
    document = opened("")
    assert document.offset(types.Position(0, 0)) == 0
    assert document.offset(types.Position(1, 0)) is None


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_each_encoding_counts_its_own_units(encoding: str, units: int) -> None:
    assert to_units("🐍", encoding) == units
    assert to_column("🐍x\r\n", units, encoding) == 1
    assert to_column("🐍x\r\n", units - 1, encoding) == 0
    assert to_column("🐍x\r\n", 99, encoding) == 2


def test_a_full_change_replaces_the_text_and_the_version_moves() -> None:
    document = opened("abc")
    before = document.snapshot()
    edits = document.apply([types.TextDocumentContentChangeWholeDocument(text="a🐍\r\nc")], 7)
    assert (document.snapshot().text, document.snapshot().version) == ("a🐍\r\nc", 7)
    assert edits == (TextEdit(offset=1, n_removed=1, inserted="🐍\r\n"),)
    assert before.text == "abc"


@pytest.mark.parametrize(
    ("uri", "has_path"),
    [("file:///a.py", True), ("untitled:Untitled-1", False), ("vscode-notebook-cell:/n.ipynb#W0s", False)],
)
def test_only_files_have_a_path(uri: str, has_path: bool) -> None:
    assert (opened("", uri=uri).snapshot().path is not None) is has_path


def test_each_edit_counts_in_the_text_that_the_one_before_it_left() -> None:
    document = opened("a🐍\nbc\n")
    edits = document.apply(
        [
            types.TextDocumentContentChangePartial(range=span((0, 0), (0, 0)), text="🐍\n"),
            types.TextDocumentContentChangePartial(range=span((2, 1), (9, 0)), text=""),
        ],
        2,
    )
    assert document.snapshot().text == "🐍\na🐍\nb"
    assert edits == (TextEdit(offset=0, n_removed=0, inserted="🐍\n"), TextEdit(offset=6, n_removed=2, inserted=""))


def span(start: tuple[int, int], end: tuple[int, int]) -> types.Range:
    return types.Range(types.Position(*start), types.Position(*end))


def many_places(n_places: int, order: str) -> list[types.TextDocumentContentChangeEvent]:
    lines = range(n_places) if order == "down" else reversed(range(n_places))
    return [types.TextDocumentContentChangePartial(range=span((line, 1), (line, 1)), text="🐍") for line in lines]


@pytest.mark.parametrize("order", ["down", "up"])
def test_very_many_changes_are_one_edit(order: str) -> None:
    document = opened("ab\r\n" * (MAX_PLACES + 50))
    before = document.snapshot().text
    (edit,) = document.apply(many_places(MAX_PLACES + 1, order), 2)
    assert document.snapshot().text == "a🐍b\r\n" * (MAX_PLACES + 1) + "ab\r\n" * 49
    assert apply_edit(before, edit) == document.snapshot().text
    edits = document.apply(many_places(MAX_PLACES, order), 3)
    assert len(edits) == MAX_PLACES
    assert document.snapshot().text == "a🐍🐍b\r\n" * MAX_PLACES + "a🐍b\r\n" + "ab\r\n" * 49


def test_what_changes_lead_to_is_worked_out_without_touching_the_document() -> None:
    document = opened("ab\n" * 200)
    changed = document.after(many_places(150, "up"), 7)
    assert (document.snapshot().text, document.version, document.latest_edits) == ("ab\n" * 200, 1, ())
    document.take(changed)
    assert (document.snapshot().text, document.version) == ("a🐍b\n" * 150 + "ab\n" * 50, 7)
    assert document.latest_edits == changed.edits
    assert document.apply([types.TextDocumentContentChangePartial(range=span((0, 0), (0, 1)), text="")], 8) == (
        TextEdit(offset=0, n_removed=1, inserted=""),
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (many_places(3, "up"), False),
        (many_places(MAX_PLACES + 1, "up"), True),
        ([types.TextDocumentContentChangeWholeDocument(text="x" * 1000)], False),
        ([types.TextDocumentContentChangeWholeDocument(text="x" * 1_000_000)], True),
        ([types.TextDocumentContentChangePartial(range=span((0, 0), (100_000, 0)), text="")], True),
    ],
)
def test_what_takes_long_is_told_beforehand(
    changes: list[types.TextDocumentContentChangeEvent], expected: bool
) -> None:
    assert is_laborious(changes) is expected
