"""Why an edit that fits is not believed all the same. Pure."""

import re
from collections.abc import Sequence
from enum import StrEnum

from inkling.core.edit import minimal_edit
from inkling.core.next_edit import LineChange
from inkling.core.redact import MASK
from inkling.llm.next_edit.replies import LineEdit
from inkling.llm.oddities import DECEIVING

MAX_LINES = 24  # that an edit takes out and puts in together; more cannot be judged at a glance
N_LATEST = 3  # changes that an edit must not take back: what was done before them may well be done away with again
_WHITE_SPACE = re.compile(r"\s+")


class Doubt(StrEnum):
    """What speaks against an edit."""

    TOO_LARGE = "it changes too many lines"
    WHITE_SPACE = "it changes white space alone"
    REVERTS = "it takes back what was just changed"
    DELETES_TYPED = "it deletes what was just typed"
    MASKED = "it changes a line with a secret"
    DECEIVING = "it holds signs that hide what code does"


def doubt_of(edit: LineEdit, history: Sequence[LineChange]) -> Doubt | None:
    """Returns what speaks against an edit, or None.

    Args:
        edit: The edit.
        history: What was changed lately, oldest first, at its present place.
    """
    if len(edit.removed) + len(edit.inserted) > MAX_LINES:
        return Doubt.TOO_LARGE
    inserted = "\n".join(edit.inserted)
    if edit.is_masked or MASK in inserted:
        return Doubt.MASKED
    if DECEIVING.search(inserted):
        return Doubt.DECEIVING
    if _WHITE_SPACE.sub("", inserted) == _WHITE_SPACE.sub("", "\n".join(edit.removed)):
        return Doubt.WHITE_SPACE
    for change in history[-N_LATEST:]:
        if change.uri == edit.file.uri and (found := _undoes(edit, change)) is not None:
            return found
    return None


def _undoes(edit: LineEdit, change: LineChange) -> Doubt | None:
    """Returns how an edit undoes a change, whole or in part."""
    if not change.inserted:
        # A deletion is taken back by what puts its lines in again where they were.
        is_there = edit.first_line <= change.first_line <= edit.end_line
        deleted = _codes(change.removed)
        return Doubt.REVERTS if is_there and deleted and deleted <= _codes(edit.inserted) else None
    first, end = max(edit.first_line, change.first_line), min(edit.end_line, change.end_line)
    if first >= end:
        return None  # an insertion, or somewhere else
    brought, put_back = _codes(edit.removed) <= _codes(change.inserted), _codes(edit.inserted)
    if brought and put_back and put_back <= _codes(change.removed):
        return Doubt.REVERTS
    before, after = "\n".join(edit.removed), "\n".join(edit.inserted)
    taken = minimal_edit(before, after)
    if _WHITE_SPACE.sub("", taken.inserted):
        return None
    was, now = "\n".join(change.removed), "\n".join(change.inserted)
    typed = _WHITE_SPACE.sub("", minimal_edit(was, now).inserted)
    cut = _WHITE_SPACE.sub("", before[taken.offset : taken.end])
    return Doubt.DELETES_TYPED if cut and typed and (cut in typed or typed in cut) else None


def _codes(lines: Sequence[str]) -> set[str]:
    return {line.strip() for line in lines if line.strip()}
