"""Predictions as the client reads them: in its units, by its names for files."""

import pytest

from inkling.core.next_edit import EditKind, PredictedEdit
from inkling.core.numbered_lines import NumberedLines
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Scored, Source, SuggestionId
from inkling.features.next_edit import EditGroup, OfferedEdit, PlacedEdit
from inkling.lsp.fix_messages import WirePosition, WireRange
from inkling.lsp.next_edit_to_lsp import group_label, left_out_words, wire_file_edits, wire_next_edit

URI = "file:///w/cart.py"
TEXT = "# 🛒\r\nn = '🛒'; price\r\nprice()"


def placed(first_line: int, removed: str, inserted: str, uri: str = URI, version: int = 7) -> PlacedEdit:
    change = NumberedLines(TEXT).replacement(first_line, [removed], [inserted])
    assert change is not None
    edit = PredictedEdit(
        uri=DocumentUri(uri),
        path=None,
        first_line=first_line,
        removed=(removed,),
        inserted=(inserted,),
        kind=EditKind.RENAME,
        source=Source.EMBEDDED,
        probability=0.5,
        words="`price` was renamed",
    )
    snapshot = Snapshot(uri=DocumentUri(uri), path=None, version=version, text=TEXT)
    return PlacedEdit(edit=edit, snapshot=snapshot, change=change)


FIRST = placed(1, "n = '🛒'; price", "n = '🛒'; total")


@pytest.mark.parametrize(("encoding", "start", "end"), [("utf-8", 12, 17), ("utf-16", 10, 15), ("utf-32", 9, 14)])
def test_a_prediction_has_a_small_range_in_the_clients_units(encoding: str, start: int, end: int) -> None:
    scored = Scored(probability=0.6, features={}, model_version="1")
    offered = OfferedEdit(id=SuggestionId("s1"), placed=FIRST, scored=scored, n_in_group=3)
    wire = wire_next_edit(offered, "shop/cart.py", encoding)
    assert wire.range == WireRange(start=WirePosition(line=1, character=start), end=WirePosition(line=1, character=end))
    assert (wire.old_text, wire.new_text, wire.label) == ("price", "total", "`price` → `total`")
    assert (wire.id, wire.uri, wire.version, wire.path, wire.kind) == ("s1", URI, 7, "shop/cart.py", "rename")
    assert (wire.probability, wire.n_in_group, wire.words) == (0.6, 3, "`price` was renamed")


def test_a_file_that_is_not_open_has_no_version() -> None:
    (file,) = wire_file_edits([placed(2, "price()", "total()", version=-1)], "utf-16")
    assert file.version is None


def test_a_group_is_told_by_file() -> None:
    other = "file:///w/other.py"
    edits = [FIRST, placed(2, "price()", "total()"), placed(2, "price()", "total()", uri=other, version=3)]
    files = wire_file_edits(edits, "utf-16")
    assert [(file.uri, file.version, len(file.edits)) for file in files] == [(URI, 7, 2), (other, 3, 1)]
    assert files[0].edits[1].range.start == WirePosition(line=2, character=0)
    assert files[0].edits[1].new_text == "total"


def test_a_group_is_called_by_what_all_its_edits_do() -> None:
    second = placed(2, "price()", "total()")
    assert group_label([FIRST, second]) == "`price` → `total` in 2 places"
    assert group_label([FIRST, placed(2, "price()", "total()", uri="file:///w/o.py")]).endswith("2 places in 2 files")
    assert group_label([FIRST, placed(2, "price()", "cost()")]) == "2 places"


def test_a_group_that_is_cut_says_how_much_is_made_and_how_much_follows() -> None:
    other = placed(2, "price()", "total()", uri="file:///w/o.py")
    assert left_out_words(EditGroup(edits=(FIRST, other), n_left_out=40)) == (
        "2 edits in 2 files; 40 more follow when you ask again"
    )
