"""The converter between messages and lsprotocol's types, made ready before the event loop runs.

cattrs writes and compiles a function for each type when it first meets it, which holds the event loop for tens of
milliseconds in the middle of somebody's typing. All types that the server sends and receives are met here instead.
"""

from typing import Any, get_args

import attrs
import cattrs
from lsprotocol import converters, types
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage

_RECEIVED = (
    types.INITIALIZE,
    types.INITIALIZED,
    types.SHUTDOWN,
    types.EXIT,
    types.CANCEL_REQUEST,
    types.SET_TRACE,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
    types.WORKSPACE_EXECUTE_COMMAND,
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.TEXT_DOCUMENT_DID_SAVE,
    types.TEXT_DOCUMENT_COMPLETION,
    types.TEXT_DOCUMENT_INLINE_COMPLETION,
)
_SENT = (
    types.PROGRESS,
    types.CLIENT_REGISTER_CAPABILITY,
    types.WINDOW_SHOW_MESSAGE,
    types.WINDOW_WORK_DONE_PROGRESS_CREATE,
    types.WORKSPACE_CONFIGURATION,
)
_FALLBACKS = (JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage)


def ready_converter() -> cattrs.Converter:
    """Returns lsprotocol's converter with the functions for all messages of this server compiled."""
    converter = converters.get_converter()
    questions_in, answers_out = _questions_and_answers(_RECEIVED)
    questions_out, answers_in = _questions_and_answers(_SENT)
    received = _reachable([*questions_in, *answers_in, *_FALLBACKS, types.ResponseErrorMessage])
    sent = _reachable([*questions_out, *answers_out, *_FALLBACKS, types.ResponseErrorMessage])
    # Making some of the functions registers others, and that empties the cache; the second time it stays filled.
    for _ in range(2):
        for kind in received:
            converter.get_structure_hook(kind)
        for kind in sent:
            converter.get_unstructure_hook(kind)
    return converter


def _reachable(kinds: list[type]) -> list[type]:
    """Returns the classes and the types of all their fields, those behind optional fields and in lists included.

    cattrs looks those up only when it meets a value.
    """
    found: dict[Any, None] = {}
    waiting: list[Any] = list(kinds)
    while waiting:
        kind = waiting.pop()
        if kind in found or isinstance(kind, str) or kind in (None, ...):
            continue  # the values of literal types, and what stands for "nothing" and "more of these"
        found[kind] = None
        waiting.extend(get_args(kind))
        if isinstance(kind, type) and attrs.has(kind):
            waiting.extend(field.type for field in attrs.fields(attrs.resolve_types(kind)))
    return list(found)


def _questions_and_answers(methods: tuple[str, ...]) -> tuple[list[type], list[type]]:
    """Returns the message classes of requests and notifications, and those of the answers to the requests."""
    kinds = [types.METHOD_TO_TYPES[method] for method in methods]
    return [kind[0] for kind in kinds], [kind[1] for kind in kinds if kind[1] is not None]
