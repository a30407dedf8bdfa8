"""Reading the client's settings: a bad value falls back alone, and is told."""

import json
import re
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from inkling.core.settings import Settings

T = TypeVar("T")

EXTENSION_ONLY = frozenset({"server", "trace", "popup"})  # sections that the editor's side keeps for itself


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingProblem:
    """A setting that could not be used.

    Attributes:
        path: Its full name, such as `inkling.gate.threshold`.
        message: What is wrong and what is used instead.
    """

    path: str
    message: str


def read_settings(raw: object) -> tuple[Settings, list[SettingProblem]]:
    """Returns the settings in a client's answer, and what was wrong with it.

    Args:
        raw: The section `inkling` as the client sent it; None means all defaults.
    """
    problems: list[SettingProblem] = []
    return _read(Settings, raw, "inkling", problems), problems


def camel_case(name: str) -> str:
    """Returns the wire's spelling of a field: `max_file_kb` is `maxFileKb`."""
    return re.sub(r"_([a-z0-9])", lambda match: match.group(1).upper(), name)


def _read(cls: type[T], raw: object, path: str, problems: list[SettingProblem]) -> T:
    if raw is None:
        return cls()
    if not isinstance(raw, dict):
        problems.append(SettingProblem(path=path, message="is not an object; the defaults are used"))
        return cls()
    hints = get_type_hints(cls)
    names = {camel_case(field.name): field for field in fields(cast("Any", cls))}
    values: dict[str, object] = {}
    for key, value in raw.items():
        field = names.get(key)
        if field is None:
            if not (cls is Settings and key in EXTENSION_ONLY):
                problems.append(SettingProblem(path=f"{path}.{key}", message="is unknown and ignored"))
            continue
        hint = hints[field.name]
        if is_dataclass(hint):
            values[field.name] = _read(cast("type[Any]", hint), value, f"{path}.{key}", problems)
            continue
        default = field.default if field.default is not MISSING else None
        wrong = _what_is_wrong(value, hint, field.metadata)
        if wrong is None:
            values[field.name] = _converted(value, hint)
        elif value is not None:
            message = f"{wrong}; {json.dumps(default, ensure_ascii=False)} is used"
            problems.append(SettingProblem(path=f"{path}.{key}", message=message))
    return cls(**values)


def _what_is_wrong(value: object, hint: object, metadata: Any) -> str | None:
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        is_right = isinstance(value, list) and all(isinstance(element, item) for element in value)
        return None if is_right else "must be a list of strings"
    if _is_enum(hint):
        allowed = [member.value for member in cast("type[StrEnum]", hint)]
        is_right = isinstance(value, str) and value in allowed
        return None if is_right else f"must be one of {', '.join(map(json.dumps, allowed))}"
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, cast("type[object]", hint)) or (isinstance(value, bool) and hint is not bool):
        return f"must be of type {_WORD[cast('type[object]', hint)]}"
    low, high = metadata.get("low"), metadata.get("high")
    if low is not None and not low <= cast("float", value) <= high:
        return f"must be between {low} and {high}"
    return None


def _converted(value: object, hint: object) -> object:
    """Returns a value that nothing is wrong with, as the settings tree holds it."""
    if isinstance(value, list):
        return tuple(value)
    return cast("type[StrEnum]", hint)(cast("str", value)) if _is_enum(hint) else value


def _is_enum(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, StrEnum)


_WORD: dict[type[object], str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
