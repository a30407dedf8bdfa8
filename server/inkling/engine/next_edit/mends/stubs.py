"""Stubs: lines that define what was just used, with parameters as the call shows them."""

import ast
import re
from dataclasses import dataclass
from keyword import iskeyword

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.reading.bindings import ALWAYS_BOUND

UNCERTAIN = 0.3  # nobody knows where a new function goes, nor whether somebody is about to write it
_BEGINNING_OF_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """Lines that define a name.

    Attributes:
        uri: The file that they come into.
        name: The name.
        line: The line that they come in before.
        lines: They themselves.
        words: Why, for a person.
        used_at: The line that uses the name, in the file that was changed.
        certainty: How surely they are meant.
    """

    uri: DocumentUri
    name: str
    line: int
    lines: tuple[str, ...]
    words: str
    used_at: int
    certainty: float = UNCERTAIN


def parameters_of(call: ast.Call) -> list[str] | None:
    """Returns parameters named after the arguments of a call; None where one of them has no name of its own."""
    names: list[str] = []
    for argument in call.args:
        name = "*args" if isinstance(argument, ast.Starred) else _name_for(argument)
        if not name or name in names or name in ALWAYS_BOUND or name in ("self", "cls"):
            return None
        names.append(name)
    names += [keyword.arg if keyword.arg is not None else "**kwargs" for keyword in call.keywords]
    return list(dict.fromkeys(names))


def _name_for(argument: ast.expr) -> str:
    """Returns the name of an argument, else one for its type, else nothing."""
    match argument:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name.lstrip("_")
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key if key.isidentifier() and not iskeyword(key) else ""
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
            name = _BEGINNING_OF_WORD.sub("_", called.lstrip("_")).lower().removeprefix("get_")
            return name if name.isidentifier() and not iskeyword(name) else ""
        case ast.Constant(value=bool()):
            return ""
        case ast.Constant(value=int() | float()):
            return "number"
        case ast.Constant(value=str()) | ast.JoinedStr():
            return "text"
        case ast.List() | ast.ListComp():
            return "items"
    return ""
