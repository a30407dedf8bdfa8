"""Values as code for annotated types: literals by Hypothesis, and calls of the program's own classes."""

import dataclasses
import datetime as dt
import enum
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

try:
    from inkling.engine.judging.strategies import draw, from_annotation
except ImportError:  # ours is compiled for our Python: one of another version that has none does without
    HAS_HYPOTHESIS = False
else:
    HAS_HYPOTHESIS = True

_N_DRAWN = 24
_N_ITEMS = 6
_N_SIMPLEST = 4
_MAX_DEPTH = 3
Names = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Code:
    """An expression.

    Attributes:
        text: The code.
        imports: Names that it uses, with the files or modules that they are taken from.
    """

    text: str
    imports: Names = ()


_KNOWN: Mapping[object, tuple[Names, tuple[str, ...]]] = {
    dt.date: (
        (("datetime", "datetime"),),
        ("datetime.date(2024, 2, 29)", "datetime.date(2023, 12, 31)", "datetime.date(2024, 1, 1)"),
    ),
    dt.datetime: (
        (("datetime", "datetime"),),
        ("datetime.datetime(2024, 2, 29, 12, 30)", "datetime.datetime(2023, 12, 31, 23, 59, 59)"),
    ),
    dt.timedelta: (
        (("datetime", "datetime"),),
        ("datetime.timedelta(days=1)", "datetime.timedelta(0)", "datetime.timedelta(seconds=90)"),
    ),
    Decimal: ((("decimal", "Decimal"),), ("Decimal('1.5')", "Decimal('0')", "Decimal('-2.25')", "Decimal('100')")),
    Path: ((("pathlib", "Path"),), ("Path('a/b.txt')", "Path('.')", "Path('a/b.tar.gz')")),
    bytes: ((), ("b'abc'", "b''", "b'\\x00\\xff'")),
    list: ((), ("[]", "[1, 2, 3]", "['b', 'a']")),
    dict: ((), ("{}", "{'a': 1, 'b': 2}")),
    set: ((), ("set()", "{1, 2}")),
    tuple: ((), ("()", "(1, 2)")),
}


def codes_for(annotation: object, depth: int = 0) -> list[Code]:
    """Returns values of a type, the simplest first; none where nothing is known of the type."""
    if isinstance(annotation, str) or annotation is inspect.Parameter.empty or depth > _MAX_DEPTH:
        return []
    if HAS_HYPOTHESIS:
        strategy = from_annotation(annotation)
        if strategy is not None:
            drawn = dict.fromkeys(repr(value) for value in draw(strategy, _N_DRAWN))
            return [Code(text) for text in sorted(drawn, key=len)]
    known = _KNOWN.get(annotation) if isinstance(annotation, type) else None
    if known is not None:
        return [Code(text, known[0]) for text in known[1]]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return [code for member in arguments for code in codes_for(member, depth + 1)]
    if origin is typing.Literal:
        return [Code(repr(value)) for value in arguments]
    if origin is typing.Annotated:
        return codes_for(arguments[0], depth)
    if origin is Callable:
        return [Code("(lambda *given: given[0] if given else 0)"), Code("(lambda *given: len(given))")]
    if arguments and origin in (list, Sequence, Iterable, set, frozenset, tuple, dict, Mapping):
        return _containers(origin, arguments, depth)
    if isinstance(annotation, type):
        return _objects(annotation, depth)
    return []


def arguments_by_type(parameters: Sequence[inspect.Parameter], n: int, depth: int) -> list[Code] | None:
    """Returns `n` lists of arguments as code; None where a needed one is of no known type."""
    columns: list[tuple[inspect.Parameter, list[Code]]] = []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        values = codes_for(parameter.annotation, depth + 1)
        if not values and parameter.default is parameter.empty:
            return None
        if values:
            columns.append((parameter, values))
    rows = []
    for at in range(n):
        texts, imports = [], dict[tuple[str, str], None]()
        for place, (parameter, values) in enumerate(columns):
            if parameter.default is not parameter.empty and (at + place) % 3 == 0:
                continue
            # Each column is gone through at a pace of its own, so that different values come together.
            # Half of the rows are of the few simplest values, so that arguments equal each other, too.
            kept = values if at % 2 else values[:_N_SIMPLEST]
            code = kept[(at // 2 * (2 * place + 1) + at // 2 // len(kept) * place) % len(kept)]
            is_named = parameter.kind is parameter.KEYWORD_ONLY or parameter.default is not parameter.empty
            texts.append(f"{parameter.name}={code.text}" if is_named else code.text)
            imports.update(dict.fromkeys(code.imports))
        rows.append(Code(", ".join(texts), tuple(imports)))
    return list(dict.fromkeys(rows))


def _containers(origin: object, arguments: tuple[object, ...], depth: int) -> list[Code]:
    if origin in (dict, Mapping):
        keys, values = codes_for(arguments[0], depth + 1), codes_for(arguments[1], depth + 1)
        if not keys or not values:
            return []
        pairs = [
            Code(f"{key.text}: {value.text}", (*key.imports, *value.imports))
            for key, value in zip(keys, values, strict=False)
        ]
        return [_joined("{", pairs[:count], "}") for count in (0, 1, 2, 3)]
    if origin is tuple and arguments[-1] is not Ellipsis:
        parts = [codes_for(argument, depth + 1) for argument in arguments]
        if not all(parts):
            return []
        rows = [[part[at % len(part)] for part in parts] for at in range(_N_ITEMS)]
        return [_joined("(", row, ",)" if len(row) == 1 else ")") for row in rows]
    items = codes_for(arguments[0], depth + 1)
    if not items:
        return []
    first, last = {tuple: ("(", ",)"), set: ("set([", "])"), frozenset: ("frozenset([", "])")}.get(origin, ("[", "]"))  # type: ignore[call-overload] # any origin
    lists = [items[:0], items[:1], items[:2], items[1:4], items[:3][::-1], [*items[:2], *items[:1]]]
    return [_joined(first, row, last if row or origin is not tuple else ")") for row in lists]


def _joined(first: str, items: Sequence[Code], last: str) -> Code:
    imports = dict.fromkeys(name for item in items for name in item.imports)
    return Code(first + ", ".join(item.text for item in items) + last, tuple(imports))


def _objects(kind: type, depth: int) -> list[Code]:
    """Returns objects of a class of the program: members of an enumeration, or calls of the class."""
    module = sys.modules.get(kind.__module__)
    if kind.__module__ == "builtins" or getattr(module, kind.__name__, None) is not kind:
        return []
    own = ((kind.__module__, kind.__name__),)
    if issubclass(kind, enum.Enum):
        return [Code(f"{kind.__name__}.{member.name}", own) for member in list(kind)[:_N_ITEMS]]
    try:
        parameters = list(inspect.signature(kind, eval_str=True).parameters.values())
    except (ValueError, TypeError, NameError, AttributeError, SyntaxError):
        return []
    rows = arguments_by_type(parameters, 2 * _N_ITEMS, depth)
    return [Code(f"{kind.__name__}({row.text})", (*own, *row.imports)) for row in rows or []]
