"""What is wrong with the parameters of a request, in words and with the names that the wire has for them."""

import types
from typing import Any, Final, Literal, Union, get_args, get_origin

import cattrs
from cattrs.errors import BaseValidationError

from inkling.lsp.settings import camel_case

_KINDS: Final = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", list: "a list"}
_AT: Final = " @ $"  # between what cattrs was told to say of a field, and where the field is


def in_words(error: BaseValidationError | TypeError | ValueError) -> str:
    """Returns what is wrong with each field."""
    if not isinstance(error, BaseValidationError):
        return str(error)
    found = (each.rpartition(_AT) for each in cattrs.transform_error(error, format_exception=_wrong))
    return "; ".join(f"{camel_case(place.lstrip('.')) or 'it'} {words}" for words, _, place in found)


def _wrong(error: BaseException, kind: Any) -> str:
    return "is missing" if isinstance(error, KeyError) else f"must be {_kind_in_words(kind)}"


def _kind_in_words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, get_args(kind)))}"
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(_kind_in_words(part) for part in get_args(kind) if part is not type(None))
    return _KINDS.get(get_origin(kind) or kind, "an object")
