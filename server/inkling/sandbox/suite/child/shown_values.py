"""Values in words that are short whatever the value is, and that never harm the test they are seen in."""

import reprlib
from typing import Any

MOST_CHARS = 400  # shortened further outside, after secrets in it were masked whole
MOST_ATTRIBUTES = 8


class _ShortRepr(reprlib.Repr):
    """`repr`, but of a few parts only; objects that would show their address show their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = self.maxarray = 30
        self.maxdict = 20
        self.maxstring = self.maxlong = self.maxother = MOST_CHARS

    def repr_instance(self, x: Any, level: int) -> str:  # the name is reprlib's
        """Returns an object of a class that reprlib does not know."""
        if getattr(type(x), "__repr__", None) is object.__repr__ and level > 0:
            attributes = list(vars(x).items()) if hasattr(x, "__dict__") else []
            parts = [f"{name}={self.repr1(value, level - 1)}" for name, value in attributes[:MOST_ATTRIBUTES]]
            return f"{type(x).__qualname__}({', '.join(parts)}{', ...' if len(attributes) > len(parts) else ''})"
        return super().repr_instance(x, level)


_short = _ShortRepr()


def shown_value(value: object) -> str:
    """Returns a value as code would write it where that is short, cut where it is long."""
    try:
        return _short.repr(value)[:MOST_CHARS]
    except Exception as error:  # noqa: BLE001 - what is traced may be half made, and its __repr__ may do anything
        return f"<{type(value).__name__}: no repr, {type(error).__name__}>"
