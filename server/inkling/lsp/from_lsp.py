"""From the client's messages to plain types."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import cattrs
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, override
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.uris import to_fs_path

from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import CompletionRequest, SuggestionId, Trigger
from inkling.features.survival import FilePlace
from inkling.lsp import wrong_params
from inkling.lsp.documents import Documents, OpenDocument
from inkling.lsp.inline_edit_messages import INLINE_EDIT_WIRE_TYPES
from inkling.lsp.methods import WIRE_TYPES, InitializationOptions, WireOutcome
from inkling.lsp.settings import camel_case

T = TypeVar("T")

OUTSIDE = -1  # the offset of a position that the document does not have; features answer it with a reason


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    for wire_type in (*WIRE_TYPES, *INLINE_EDIT_WIRE_TYPES):
        renames = {name: override(rename=camel_case(name)) for name in wire_type.__dataclass_fields__}  # type: ignore[attr-defined]  # every wire type is a dataclass
        converter.register_structure_hook(wire_type, make_dict_structure_fn(wire_type, converter, **renames))  # type: ignore[arg-type]  # cattrs types the renames as bool
    return converter


_CONVERTER = _make_converter()


def params(wire_type: type[T], raw: Any) -> T:
    """Returns the parameters of one of Inkling's own methods.

    Raises:
        JsonRpcInvalidParams: They have the wrong shape; the message says where, in the wire's names.
    """
    if raw is not None and not isinstance(raw, dict):
        raise JsonRpcInvalidParams(message="the parameters must be an object with named fields")
    try:
        return _CONVERTER.structure(raw if raw is not None else {}, wire_type)
    except (BaseValidationError, TypeError, ValueError) as error:
        raise JsonRpcInvalidParams(message=wrong_params.in_words(error)) from error


def initialization_options(raw: Any) -> InitializationOptions:
    """Returns what the client says of itself.

    A client that says nothing is an editor whose user set the server up by hand: there is no such thing as
    an untrusted workspace to it.
    """
    if not isinstance(raw, dict) or not raw:
        return InitializationOptions(is_trusted=True)
    return params(InitializationOptions, raw)


def completion_request(
    documents: Documents, uri: str, position: types.Position, context: types.InlineCompletionContext | None = None
) -> CompletionRequest | None:
    """Returns the question at a position; None when the client has not opened the document.

    While a row of the completion popup is selected, the question is what follows that row, in the document as it
    would be with the row in it.
    """
    document = documents.get(uri)
    if document is None:
        return None
    is_invoked = context is not None and context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
    request = CompletionRequest(
        snapshot=document.snapshot(),
        offset=_offset(document, position),
        trigger=Trigger.INVOKED if is_invoked else Trigger.AUTOMATIC,
    )
    selected = context.selected_completion_info if context is not None else None
    return request if selected is None else _with_row(request, document, selected)


def _with_row(
    request: CompletionRequest, document: OpenDocument, selected: types.SelectedCompletionInfo
) -> CompletionRequest:
    start, end = _offset(document, selected.range.start), _offset(document, selected.range.end)
    if OUTSIDE in (start, end) or end < start:
        return replace(request, offset=OUTSIDE)
    text = request.snapshot.text
    snapshot = replace(request.snapshot, text=text[:start] + selected.text + text[end:])
    return replace(request, snapshot=snapshot, offset=start + len(selected.text))


def _offset(document: OpenDocument, position: types.Position) -> int:
    offset = document.offset(position)
    return OUTSIDE if offset is None else offset


def outcome(wire: WireOutcome) -> Outcome:
    """Returns the outcome that a client reports."""
    return Outcome(
        event_id=EventId(wire.event_id),
        suggestion_id=SuggestionId(wire.suggestion_id),
        kind=OutcomeKind(wire.kind),
        at_ms=wire.at_ms,
        visible_ms=wire.visible_ms,
        accepted_chars=wire.accepted_chars,
    )


def file_places(uris: Iterable[str]) -> list[FilePlace]:
    """Returns those URIs that are files, with their paths."""
    found = ((uri, to_fs_path(uri)) for uri in uris if uri.startswith("file:"))
    return [FilePlace(uri=DocumentUri(uri), path=Path(path)) for uri, path in found if path]


def paths(uris: Iterable[str]) -> list[Path]:
    """Returns the paths of those URIs that are files."""
    return [place.path for place in file_places(uris)]
