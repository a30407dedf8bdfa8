"""Hypothesis strategies for literals, from a parameter's type or from a value that a test has in its place."""

import types
import typing
from collections.abc import Iterable, Mapping, Sequence

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_SMALL = st.integers(min_value=-20, max_value=120)
_FRACTION = st.integers(min_value=-80, max_value=480).map(lambda quarter: quarter / 4)
_WORD = st.text(alphabet="abcXYZ019 -_,.", max_size=12)
_MAX_ITEMS = 8


def from_annotation(annotation: object) -> SearchStrategy[object] | None:
    """Returns literals of a type, small enough to be read; None for types that no literal has."""
    plain: dict[object, SearchStrategy[object]] = {
        int: _SMALL,
        float: _FRACTION,
        str: _WORD,
        bool: st.booleans(),
        None: st.none(),
        types.NoneType: st.none(),
    }
    if annotation in plain:
        return plain[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        members = [strategy for member in arguments if (strategy := from_annotation(member)) is not None]
        return st.one_of(members) if members else None
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        parts = [from_annotation(part) for part in arguments]
        return st.tuples(*[part for part in parts if part is not None]) if None not in parts else None
    inner = [from_annotation(argument) for argument in arguments if argument is not Ellipsis]
    if not inner or inner[0] is None:
        return None
    if origin is dict or origin is Mapping:
        return st.dictionaries(inner[0], inner[1], max_size=_MAX_ITEMS) if inner[1] is not None else None
    if origin is set:
        return st.sets(inner[0], max_size=_MAX_ITEMS)
    items = st.lists(inner[0], max_size=_MAX_ITEMS)
    if origin is tuple:
        return items.map(tuple)
    return items if origin in (list, Sequence, Iterable) else None


def from_value(value: object) -> SearchStrategy[object]:
    """Returns literals of the same shape as `value`."""
    match value:
        case bool():
            return st.booleans()
        case int():
            return st.integers(min_value=min(-3, value), max_value=max(20, 2 * value))
        case float():
            return _FRACTION
        case str() if value:
            return st.text(alphabet=sorted(set(value)), max_size=len(value) + 3)
        case list() | set() if value:
            items = st.lists(st.one_of([from_value(item) for item in value][:6]), max_size=len(value) + 3)
            return items if isinstance(value, list) else items.map(set)
        case tuple():
            return st.tuples(*[from_value(item) for item in value])
        case dict() if value:
            return st.fixed_dictionaries({key: from_value(item) for key, item in value.items()})
        case _:
            return st.just(value)


def draw(strategy: SearchStrategy[object], n: int) -> list[object]:
    """Returns at most `n` values, the same ones each time."""
    drawn: list[object] = []

    @settings(
        max_examples=n,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: object) -> None:
        drawn.append(value)

    collect()
    return drawn[:n]
