"""Values as tests hold them: described so that equal ones look the same, and varied a little."""

import ast
import contextlib
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import MemberDescriptorType

MAX_DESCRIPTION = 300  # characters; longer values are told apart by their beginning
_MAX_DEPTH = 5
_MAX_ITEMS = 60
_MAX_TUPLE = 4  # a longer one is taken for a sequence
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def describe(value: object, *, only_public: bool = False) -> str:
    """Returns `value` as code where that can be, the same for equal values in every process, cut.

    Args:
        value: Anything; an iterator is drained, up to a bound.
        only_public: Whether to leave out what an object keeps for itself.
    """
    return _describe(value, 0, only_public=only_public)[:MAX_DESCRIPTION]


def _describe(value: object, depth: int, *, only_public: bool) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return repr(float(f"{value:.12g}"))  # the last bits differ with the order of additions
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if depth >= _MAX_DEPTH:
        return "…"

    def inner(item: object) -> str:
        return _describe(item, depth + 1, only_public=only_public)

    if isinstance(value, list | tuple):
        items = [inner(item) for item in value[:_MAX_ITEMS]]
        if isinstance(value, list):
            return f"[{', '.join(items)}]"
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, set | frozenset):
        items = sorted(inner(item) for item in value)
        return f"{{{', '.join(items)}}}" if items else "set()"
    if isinstance(value, Mapping):
        pairs = sorted(f"{inner(key)}: {inner(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, Iterator):
        return f"iter({inner(list(islice(value, _MAX_ITEMS)))})"
    if type(value).__repr__ is object.__repr__ and (only_public or hasattr(value, "__dict__")):
        own = public_fields(value) if only_public else vars(value)
        fields = (f"{name}={inner(item)}" for name, item in sorted(own.items()))
        return f"{type(value).__name__}({', '.join(fields)})"
    return _ADDRESS.sub("", repr(value))


def public_fields(value: object) -> dict[str, object]:
    """Returns what others can read of an object: attributes, slots and properties without an underscore, by name."""
    own = getattr(value, "__dict__", {})
    fields = {name: item for name, item in own.items() if not name.startswith("_")}
    for kind in reversed(type(value).__mro__):
        for name, item in vars(kind).items():
            if isinstance(item, property | MemberDescriptorType) and not name.startswith("_"):
                with contextlib.suppress(Exception):  # one that cannot be read now tells nothing
                    fields[name] = getattr(value, name)
    return fields


def type_word(value: object) -> str:
    """Returns the kind of value that a caller would tell apart: numbers are one kind, but for bool."""
    if type(value) in (int, float):
        return "number"
    if isinstance(value, tuple) and len(value) <= _MAX_TUPLE:
        return f"tuple[{', '.join(type_word(item) for item in value)}]"
    if isinstance(value, list | set) and value:
        return f"{type(value).__name__}[{type_word(next(iter(value)))}]"
    return type(value).__name__


def is_literal(code: ast.expr | str) -> bool:
    """Tells whether an expression is a literal, containers of literals included."""
    try:
        ast.literal_eval(code)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def vary(value: object, chance: random.Random, numbers: Sequence[int]) -> object:
    """Returns a value of the same kind that differs a little, or `value` where nothing is known.

    Args:
        value: A literal: numbers, strings, containers of them.
        chance: What the choice is made with.
        numbers: Numbers in the program, whose neighbourhood is where comparisons turn.
    """
    match value:
        case bool():
            return not value
        case int():
            near = [number + step for number in numbers for step in (-1, 0, 1)]
            usual = [value + 1, value - 1, value + 2, value * 2, max(0, value - 3), value + 5, 0, 1, -value]
            return chance.choice(near) if near and chance.random() < 0.25 else chance.choice(usual)
        case float():
            return chance.choice([value + 1, value * 2, value / 2, value - 0.5, 0.0, -value])
        case str():
            return _vary_text(value, chance)
        case list():
            return _vary_items(value, chance, numbers)
        case tuple():
            return tuple(_vary_items(list(value), chance, numbers, is_fixed=len(value) <= 3))
        case set():
            return set(_vary_items(sorted(value, key=repr), chance, numbers))
        case dict() if value:
            key = chance.choice(list(value))
            without = {other: item for other, item in value.items() if other != key}
            if chance.random() < 0.3:
                return without
            return {**value, key: vary(value[key], chance, numbers)}
        case _:
            return value


def _vary_text(text: str, chance: random.Random) -> str:
    if not text:
        return text
    at = chance.randrange(len(text))
    match chance.randrange(7):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at] + text[at:]
        case 2:
            return text[::-1]
        case 3:
            return text[:at] + chance.choice(text) + text[at + 1 :]
        case 4:
            return text[: max(1, len(text) // 2)]
        case 5:
            return text[:at] + text[at].swapcase() + text[at + 1 :]
        case _:
            return "".join(chance.sample(text, len(text)))


def _vary_items(
    items: list[object], chance: random.Random, numbers: Sequence[int], *, is_fixed: bool = False
) -> list[object]:
    """Returns other items; with `is_fixed` as many as before, each in its place, as in a point or a pair."""
    if not items:
        return items
    at = chance.randrange(len(items))
    changed = [*items[:at], vary(items[at], chance, numbers), *items[at + 1 :]]
    if is_fixed:
        return changed
    match chance.randrange(6):
        case 0 if len(items) > 1:
            return items[:at] + items[at + 1 :]
        case 1:
            return [*items[:at], items[at], *items[at:]]
        case 2:
            return chance.sample(items, len(items))
        case 3:
            return items[::-1]
        case _:
            return changed
