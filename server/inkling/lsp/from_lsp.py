"""From the client's messages to plain types."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import cattrs
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, override
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.uris import to_fs_path

from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.suggestion import CompletionRequest, SuggestionId, Trigger
from inkling.lsp.documents import Documents
from inkling.lsp.methods import WIRE_TYPES, InitializationOptions, WireOutcome
from inkling.lsp.settings import camel_case

T = TypeVar("T")

OUTSIDE = -1  # the offset of a position that the document does not have; features answer it with a reason


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    for wire_type in WIRE_TYPES:
        renames = {name: override(rename=camel_case(name)) for name in wire_type.__dataclass_fields__}  # type: ignore[attr-defined]  # every wire type is a dataclass
        converter.register_structure_hook(wire_type, make_dict_structure_fn(wire_type, converter, **renames))  # type: ignore[arg-type]  # cattrs types the renames as bool
    return converter


_CONVERTER = _make_converter()


def params(wire_type: type[T], raw: Any) -> T:
    """Returns the parameters of one of Inkling's own methods.

    Raises:
        JsonRpcInvalidParams: They have the wrong shape; the message says where.
    """
    try:
        return _CONVERTER.structure(raw if raw is not None else {}, wire_type)
    except (BaseValidationError, TypeError, ValueError, KeyError) as error:
        words = "; ".join(cattrs.transform_error(error)) if isinstance(error, BaseValidationError) else str(error)
        raise JsonRpcInvalidParams(message=f"{wire_type.__name__}: {words}") from error


def initialization_options(raw: Any) -> InitializationOptions:
    """Returns what the client says of itself.

    A client that says nothing is an editor whose user set the server up by hand: there is no such thing as
    an untrusted workspace to it.
    """
    if not isinstance(raw, dict) or not raw:
        return InitializationOptions(is_trusted=True)
    return params(InitializationOptions, raw)


def completion_request(
    documents: Documents,
    uri: str,
    position: types.Position,
    trigger: types.InlineCompletionTriggerKind = types.InlineCompletionTriggerKind.Automatic,
) -> CompletionRequest | None:
    """Returns the question at a position; None when the client has not opened the document."""
    document = documents.get(uri)
    if document is None:
        return None
    offset = document.offset(position)
    is_invoked = trigger is types.InlineCompletionTriggerKind.Invoked
    return CompletionRequest(
        snapshot=document.snapshot(),
        offset=OUTSIDE if offset is None else offset,
        trigger=Trigger.INVOKED if is_invoked else Trigger.AUTOMATIC,
    )


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


def paths(uris: Iterable[str]) -> list[Path]:
    """Returns the paths of those URIs that are files."""
    found = (to_fs_path(uri) for uri in uris if uri.startswith("file:"))
    return [Path(path) for path in found if path]
