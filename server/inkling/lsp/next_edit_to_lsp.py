"""From predicted edits to the client's messages: in its units, by its names for files."""

from collections.abc import Sequence

from inkling.core.edit import TextEdit
from inkling.core.next_edit import PredictedEdit
from inkling.core.numbered_lines import NumberedLines
from inkling.features.next_edit import EditGroup, OfferedEdit, PlacedEdit
from inkling.lsp.documents import to_units
from inkling.lsp.fix_messages import WireFileEdits, WirePosition, WireRange, WireTextEdit
from inkling.lsp.next_edit_label import edit_label
from inkling.lsp.next_edit_messages import WireNextEdit


def wire_next_edit(offered: OfferedEdit, path: str, encoding: str) -> WireNextEdit:
    """Returns a prediction as the client reads it.

    Args:
        offered: The prediction.
        path: Its file, relative to its workspace folder, or the file's name.
        encoding: Units of the client's columns: utf-8, utf-16 or utf-32.
    """
    placed, change, text = offered.placed, offered.placed.change, offered.placed.snapshot.text
    return WireNextEdit(
        id=offered.id,
        uri=placed.snapshot.uri,
        version=placed.version,
        path=path,
        range=_range(NumberedLines(text), change, encoding),
        old_text=text[change.offset : change.end],
        new_text=change.inserted,
        kind=placed.edit.kind.value,
        label=_label(placed.edit),
        words=placed.edit.words,
        probability=offered.scored.probability,
        n_in_group=offered.n_in_group,
    )


def wire_file_edits(edits: Sequence[PlacedEdit], encoding: str) -> list[WireFileEdits]:
    """Returns edits by file, in the order in which they come; the lines of a file are counted once."""
    numbered: dict[str, NumberedLines] = {}
    files: dict[str, WireFileEdits] = {}
    for placed in edits:
        uri, change = placed.snapshot.uri, placed.change
        if uri not in files:
            numbered[uri] = NumberedLines(placed.snapshot.text)
            files[uri] = WireFileEdits(uri=uri, version=placed.version, edits=[])
        range_ = _range(numbered[uri], change, encoding)
        files[uri].edits.append(WireTextEdit(range=range_, new_text=change.inserted))
    return list(files.values())


def group_label(edits: Sequence[PlacedEdit]) -> str:
    """Returns what a group does in one line: that of all its edits if it is one, else how many places change."""
    labels = {_label(placed.edit) for placed in edits}
    n_files = len({placed.snapshot.uri for placed in edits})
    where = f"{len(edits)} {'place' if len(edits) == 1 else 'places'}"
    if n_files > 1:
        where += f" in {n_files} files"
    return f"{labels.pop()} in {where}" if len(labels) == 1 else f"{where[0].upper()}{where[1:]}"


def left_out_words(group: EditGroup) -> str:
    """Returns how much of a group that is too large for one step is left out of it."""
    n_files = len({placed.snapshot.uri for placed in group.edits})
    made = f"{len(group.edits)} edits in {n_files} {'file' if n_files == 1 else 'files'}"
    return f"{made}; {group.n_left_out} more follow when you ask again"


def _label(edit: PredictedEdit) -> str:
    return edit_label(edit.removed, edit.inserted, reason=edit.words)


def _range(lines: NumberedLines, change: TextEdit, encoding: str) -> WireRange:
    return WireRange(start=_position(lines, change.offset, encoding), end=_position(lines, change.end, encoding))


def _position(lines: NumberedLines, offset: int, encoding: str) -> WirePosition:
    position = lines.position(offset)
    before = lines.text[offset - position.column : offset]
    return WirePosition(line=position.line, character=to_units(before, encoding))
