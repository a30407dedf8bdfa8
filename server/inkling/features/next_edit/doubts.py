"""Predictions that nobody wants, told by what was changed lately and by what was rejected."""

import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inkling.core.edit import Span, TextEdit, move_span
from inkling.core.next_edit import EditKind, LineChange, PredictedEdit
from inkling.core.snapshot import DocumentUri
from inkling.features.next_edit.offered import PlacedEdit

MAX_REJECTED: Final = 200  # that are followed; the event log knows those of other sessions
_WORD: Final = re.compile(r"\w+")


def is_unwanted(edit: PredictedEdit, history: Sequence[LineChange], taken_back: Sequence[LineChange]) -> bool:
    """Tells whether an edit changes white space alone, was made already, or works against what the developer just did.

    The last is so when it takes back one of their changes, does again what they undid, or deletes words that the latest
    change has brought.

    Args:
        edit: The prediction.
        history: What the developer changed, oldest first.
        taken_back: What they undid or deleted again.
    """
    if _is_layout(edit.removed, edit.inserted) or was_made(edit, history):
        return True
    if any(change.uri == edit.uri and _does_again(edit, change) for change in taken_back):
        return True
    touched = [change for change in history if change.uri == edit.uri and _overlap(edit, change)]
    if any(_takes_back(edit, change) for change in touched):
        return True
    return bool(touched) and touched[-1] is history[-1] and _deletes_words_of(edit, touched[-1])


def was_made(edit: PredictedEdit, history: Sequence[LineChange]) -> bool:
    """Tells whether a change brought just the lines that an insertion would bring, directly above or below its place.

    Args:
        edit: The prediction.
        history: What the developer changed, the edits that they accepted included.
    """
    return not edit.removed and any(change.uri == edit.uri and _brought_beside(change, edit) for change in history)


def _brought_beside(change: LineChange, insertion: PredictedEdit) -> bool:
    at, n_lines = insertion.first_line - change.first_line, len(insertion.inserted)
    if not 0 <= at <= len(change.inserted):
        return False
    above, below = change.inserted[max(0, at - n_lines) : at], change.inserted[at : at + n_lines]
    return insertion.inserted in (above, below) and insertion.inserted != change.removed


def _is_layout(removed: Sequence[str], inserted: Sequence[str]) -> bool:
    return "".join("".join(removed).split()) == "".join("".join(inserted).split())


def _does_again(edit: PredictedEdit, undone: LineChange) -> bool:
    return _stripped(edit.removed) == _stripped(undone.removed) and _stripped(edit.inserted) == _stripped(
        undone.inserted
    )


def _takes_back(edit: PredictedEdit, change: LineChange) -> bool:
    """Tells whether lines that a change brought go, and nothing but lines that it removed comes."""
    brought = set(_stripped(change.inserted)) - set(_stripped(change.removed))
    gone = set(_stripped(change.removed)) - set(_stripped(change.inserted))
    goes = set(_stripped(edit.removed)) - set(_stripped(edit.inserted))
    comes = set(_stripped(edit.inserted)) - set(_stripped(edit.removed))
    return bool(goes & brought or (not goes and not change.inserted)) and comes <= gone and bool(goes or comes)


def _deletes_words_of(edit: PredictedEdit, change: LineChange) -> bool:
    typed = _words(change.inserted) - _words(change.removed)
    lost = _words(edit.removed) - _words(edit.inserted)
    return bool(typed & lost)


def _overlap(edit: PredictedEdit, change: LineChange) -> bool:
    """Tells whether an edit falls on the lines of a change; an insertion, or what was deleted, on their border."""
    end_line = edit.first_line + len(edit.removed)
    if edit.removed and change.inserted:
        return edit.first_line < change.end_line and change.first_line < end_line
    return edit.first_line <= change.end_line and change.first_line <= end_line


def _stripped(lines: Sequence[str]) -> list[str]:
    return [stripped for line in lines if (stripped := line.strip())]


def _words(lines: Sequence[str]) -> "Counter[str]":
    return Counter(word for line in lines for word in _WORD.findall(line))


def is_of_whole_file(edit: PredictedEdit) -> bool:
    """Tells whether it makes no difference where in its file an edit is made: who wants no import, wants it nowhere."""
    return edit.kind is EditKind.IMPORT


@dataclass(slots=True)
class _Rejected:
    uri: DocumentUri
    span: Span
    removed: str
    inserted: str


class RejectedEdits:
    """What was rejected in this session, followed through later edits of its documents."""

    def __init__(self) -> None:
        self._rejected: deque[_Rejected] = deque(maxlen=MAX_REJECTED)

    def add(self, uri: DocumentUri, span: Span, placed: PlacedEdit) -> None:
        """Takes a rejected prediction.

        Args:
            uri: Its document.
            span: Where the lines that it would have changed stand now.
            placed: The prediction as it was offered.
        """
        self._rejected.append(_Rejected(uri, span, *_replaced(placed)))

    def follow(self, uri: DocumentUri, edits: Sequence[TextEdit]) -> None:
        """Moves with a change of a document."""
        for rejected in self._rejected:
            if rejected.uri == uri:
                for edit in edits:
                    rejected.span = move_span(rejected.span, edit)

    def holds(self, placed: PlacedEdit) -> bool:
        """Tells whether the same replacement was rejected at this place, whatever else was written on its line."""
        change, replaced = placed.change, _replaced(placed)
        return any(
            each.uri == placed.edit.uri
            and (each.removed, each.inserted) == replaced
            and (is_of_whole_file(placed.edit) or (each.span.start <= change.end and change.offset <= each.span.end))
            for each in self._rejected
        )


def _replaced(placed: PlacedEdit) -> tuple[str, str]:
    change = placed.change
    return placed.snapshot.text[change.offset : change.end], change.inserted
