"""Whether two versions did the same, as far as a caller can tell."""

import math
import re

from inkling.engine.review.behaviour.exchange import NOT_REACHED, RAISED, VALUE, WAITED, Outcome

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")
_TOLERANCE = 1e-9  # relative, and absolute near 0: sums in another order


def is_same(before: Outcome, after: Outcome) -> bool:
    """Tells whether no caller could tell the two apart; what could not be run on both counts as the same."""
    if not {NOT_REACHED, WAITED}.isdisjoint((before.kind, after.kind)):
        return True
    if before.kind != after.kind:
        return False
    if before.kind == RAISED:
        # Whoever catches the old exception catches a new one that is derived of it, too.
        return before.value in after.types and before.n_setup == after.n_setup
    if before.kind == VALUE:
        return (
            is_same_text(before.value, after.value)
            and before.printed == after.printed
            and [name for name, _ in before.changed] == [name for name, _ in after.changed]
            and all(
                is_same_text(one, other) for (_, one), (_, other) in zip(before.changed, after.changed, strict=True)
            )
        )
    return True


def is_same_text(one: str, other: str) -> bool:
    """Tells whether two descriptions are equal but for the last digits of floats."""
    if one == other:
        return True
    if _NUMBER.sub("0", one) != _NUMBER.sub("0", other):
        return False
    return all(_is_close(left, right) for left, right in zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True))


def _is_close(left: str, right: str) -> bool:
    if left == right:
        return True
    if not any(mark in left + right for mark in (".", "e")):
        return False
    return math.isclose(float(left), float(right), rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
