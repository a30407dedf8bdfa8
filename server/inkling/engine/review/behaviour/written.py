"""Values as code that makes them again: what tests pass becomes an input that can be varied and shown."""

import ast
import dataclasses
import datetime as dt
import enum
import sys
from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath

from inkling.engine.judging.values import is_literal

_MAX_CODE = 400  # characters; longer values are no input that a person could judge
_MAX_DEPTH = 4
Imports = dict[tuple[str, str], None]
_BY_REPR = (Decimal, Fraction, deque, Counter, OrderedDict, PurePath, range)
_DATES = (dt.date, dt.time, dt.timedelta)  # a datetime is a date


def written(value: object, imports: Imports) -> str | None:
    """Returns code that makes an equal value; None where there is none. Names that it needs are put into `imports`."""
    code = _written(value, imports, 0)
    return code if code is not None and len(code) <= _MAX_CODE else None


def _written(value: object, imports: Imports, depth: int) -> str | None:
    if depth > _MAX_DEPTH:
        return None
    kind = type(value)
    if value is None or kind in (bool, int, float, str, bytes, complex):
        return repr(value) if is_literal(repr(value)) else None  # NaN and infinity are none
    if kind in (list, tuple, set, frozenset):
        return _items(value, imports, depth)  # type: ignore[arg-type] # one of these
    if kind is dict:
        pairs = [
            (_written(key, imports, depth + 1), _written(item, imports, depth + 1))
            for key, item in value.items()  # type: ignore[attr-defined] # it is a dict
        ]
        if any(key is None or item is None for key, item in pairs):
            return None
        return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    if isinstance(value, enum.Enum):
        return f"{kind.__name__}.{value.name}" if _named(kind, imports) else None
    if isinstance(value, _BY_REPR) and kind.__module__ != "__main__" and _named(kind, imports):
        code = repr(value)
        return code if _parses(code) else None
    if isinstance(value, _DATES) and getattr(value, "tzinfo", None) is None:
        imports[("datetime", "datetime")] = None
        return repr(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value, imports, depth)
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        items = [_written(item, imports, depth + 1) for item in value]
        if None in items or not _named(kind, imports):
            return None
        return f"{kind.__name__}({', '.join(str(item) for item in items)})"
    if callable(value) and _named(value, imports):
        return str(getattr(value, "__name__", ""))
    return None


def _items(value: Sequence[object], imports: Imports, depth: int) -> str | None:
    ordered = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
    items = [_written(item, imports, depth + 1) for item in ordered]
    if any(item is None for item in items):
        return None
    inner = ", ".join(str(item) for item in items)
    if isinstance(value, list):
        return f"[{inner}]"
    if isinstance(value, tuple):
        return f"({inner},)" if len(items) == 1 else f"({inner})"
    shown = f"{{{inner}}}" if items else "set()"
    return shown if isinstance(value, set) else f"frozenset({shown if items else ''})"


def _fields(value: object, imports: Imports, depth: int) -> str | None:
    kind = type(value)
    arguments = []
    for field in dataclasses.fields(value):  # type: ignore[arg-type] # it is a dataclass
        if not field.init:
            continue
        item = getattr(value, field.name, None)
        if field.default is not dataclasses.MISSING and item == field.default:
            continue
        code = _written(item, imports, depth + 1)
        if code is None:
            return None
        arguments.append(f"{field.name}={code}")
    return f"{kind.__name__}({', '.join(arguments)})" if _named(kind, imports) else None


def _named(thing: object, imports: Imports) -> bool:
    """Tells whether a module has a class or function under its own name, and notes the import."""
    name, module_name = getattr(thing, "__name__", None), getattr(thing, "__module__", None)
    if not isinstance(name, str) or not isinstance(module_name, str):
        return False
    module = sys.modules.get(module_name)
    if module is None or getattr(module, name, None) is not thing:
        return False
    if module_name != "builtins":
        imports[module_name, name] = None
    return True


def _parses(code: str) -> bool:
    try:
        ast.parse(code, mode="eval")
    except SyntaxError:
        return False
    return True
