"""Questions and answers as the plain tuples that go between the daemon and the worker."""

from pathlib import Path
from typing import Any

from inkling.core.next_edit import ChangeOrigin, EditKind, LineChange, PredictedEdit, PredictedPlace
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import Source


def pack_change(change: LineChange) -> tuple[Any, ...]:
    """Returns a change as plain data."""
    return (
        change.uri,
        change.first_line,
        change.removed,
        change.inserted,
        change.above,
        change.below,
        change.at_ms,
        change.origin.value,
    )


def unpack_change(packed: tuple[Any, ...]) -> LineChange:
    """Returns the change that `pack_change` packed."""
    uri, first_line, removed, inserted, above, below, at_ms, origin = packed
    return LineChange(
        uri=DocumentUri(uri),
        first_line=first_line,
        removed=removed,
        inserted=inserted,
        above=above,
        below=below,
        at_ms=at_ms,
        origin=ChangeOrigin(origin),
    )


def pack_edit(edit: PredictedEdit) -> tuple[Any, ...]:
    """Returns an edit as plain data."""
    return (
        edit.uri,
        str(edit.path) if edit.path is not None else None,
        edit.first_line,
        edit.removed,
        edit.inserted,
        edit.kind.value,
        edit.probability,
        edit.group,
        edit.n_in_group,
        edit.n_left_out,
        edit.words,
    )


def unpack_edit(packed: tuple[Any, ...]) -> PredictedEdit:
    """Returns the edit that `pack_edit` packed; it is the embedded mind's."""
    uri, path, first_line, removed, inserted, kind, probability, group, n_in_group, n_left_out, words = packed
    return PredictedEdit(
        uri=DocumentUri(uri),
        path=Path(path) if path is not None else None,
        first_line=first_line,
        removed=removed,
        inserted=inserted,
        kind=EditKind(kind),
        source=Source.EMBEDDED,
        probability=probability,
        group=group,
        n_in_group=n_in_group,
        n_left_out=n_left_out,
        words=words,
    )


def pack_place(place: PredictedPlace) -> tuple[Any, ...]:
    """Returns a place as plain data."""
    return place.uri, place.line, place.probability


def unpack_place(packed: tuple[Any, ...]) -> PredictedPlace:
    """Returns the place that `pack_place` packed."""
    uri, line, probability = packed
    return PredictedPlace(uri=DocumentUri(uri), line=line, probability=probability)
