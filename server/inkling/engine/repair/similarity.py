"""How near a value is to the one that a test wants: what leads a search of several changes."""

import difflib
import math
from collections.abc import Mapping, Sequence, Set
from typing import Any

_N_ELEMENTS = 200  # of a longer sequence nothing is compared but its kind
_N_CHARACTERS = 100  # of a string
_DEEPEST = 3  # levels of sequences in sequences
_FLAT = 0.3  # for values that are of one kind, and no more is known
_SAME_KIND = 0.2  # for values that have nothing in common but their type
_OTHER_KIND = 0.1


def similarity(value: Any, wanted: Any, depth: int = 0) -> float:
    """Returns how near `value` is to `wanted`, in [0, 1]; 1 for equal values of one type."""
    try:
        return float(_similarity(value, getattr(wanted, "expected", wanted), depth))
    except Exception:  # noqa: BLE001 - values of the program's own classes may raise anything when compared
        return _SAME_KIND


def _similarity(value: Any, wanted: Any, depth: int) -> float:
    if type(value) is type(wanted) and value == wanted:
        return 1.0
    if _is_number(value) and _is_number(wanted):
        return _FLAT + 0.5 / (1.0 + math.sqrt(abs(value - wanted)))
    if type(value) is not type(wanted):
        if isinstance(value, list | tuple) and isinstance(wanted, list | tuple):
            return _FLAT + 0.5 * similarity(list(value), list(wanted), depth + 1)
        return _OTHER_KIND
    if isinstance(value, str):
        matcher = difflib.SequenceMatcher(None, value[:_N_CHARACTERS], wanted[:_N_CHARACTERS], autojunk=False)
        return _SAME_KIND + 0.75 * matcher.ratio()
    if isinstance(value, Sequence):
        if len(wanted) > _N_ELEMENTS or depth > _DEEPEST:
            return _FLAT
        longest = max(len(value), len(wanted)) or 1
        pairs = zip(value, wanted, strict=False)
        return _SAME_KIND + 0.75 * sum(similarity(one, other, depth + 1) for one, other in pairs) / longest
    if isinstance(value, Set):
        return _SAME_KIND + 0.75 * len(value & wanted) / (len(value | wanted) or 1)
    if isinstance(value, Mapping):
        n_same = sum(1 for key in value if key in wanted and value[key] == wanted[key])
        return _SAME_KIND + 0.75 * n_same / (max(len(value), len(wanted)) or 1)
    return _SAME_KIND


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
