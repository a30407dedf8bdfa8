"""Which names of a line nobody has heard of."""

import builtins
import keyword
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inkling.engine.completion.asked_place import AskedPlace

LINES_KEPT = 4096  # about which is remembered what they bind and use: those of the files that are worked on
_ALWAYS_KNOWN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "cls"})
_ASSIGNS = frozenset({" = ", " := ", ": "})
_BRINGS_NAMES = frozenset({"from", "import", "def", "class", "async", "for", "with", "except", "global", "nonlocal"})


class KnownNames:
    """Where names stand in the document: anywhere, or above the cursor; and whether the workspace has them."""

    def __init__(self, place: AskedPlace) -> None:
        tokens = place.file.tokens
        start = place.file.line_start[place.line_number]
        end = place.file.line_start[place.line_number + 1]
        self._numbers = place.numbers
        self._workspace = place.workspace
        self._above = _seen(tokens[:start], len(place.numbers))
        self._in_file = self._above | _seen(tokens[end:], len(place.numbers))
        self._in_workspace: dict[str, bool] = {}
        # The line so far is known, too.
        for token in place.cursor.tokens:
            number = place.numbers.known(token)
            if number is not None:
                self._above[number] = self._in_file[number] = True

    def is_above(self, name: str) -> bool:
        """Tells whether `name` stands above the cursor or before it on its line."""
        number = self._numbers.known(name)
        return number is not None and bool(self._above[number])

    def is_in_file(self, name: str) -> bool:
        """Tells whether `name` stands in the document."""
        number = self._numbers.known(name)
        return number is not None and bool(self._in_file[number])

    def is_in_workspace(self, name: str) -> bool:
        """Tells whether `name` stands in the document or anywhere in the workspace."""
        if self.is_in_file(name):
            return True
        if name not in self._in_workspace:
            self._in_workspace[name] = any(layer.places((name,)) for layer in self._workspace)
        return self._in_workspace[name]


def _seen(tokens: NDArray[np.int32], n_numbers: int) -> NDArray[np.bool_]:
    seen = np.zeros(n_numbers, np.bool_)
    seen[tokens] = True
    return seen


@lru_cache(maxsize=LINES_KEPT)
def bound_names(line: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the names that a line may bind: all of those in a header or an import, and what is assigned."""
    if not line:
        return ()
    if line[0] in _BRINGS_NAMES:
        bound = [token for token in line if token.isidentifier() and token not in _ALWAYS_KNOWN]
        # What is looped over or opened is used and not bound.
        if "in" in line and line[0] == "for":
            bound = [token for token in line[: line.index("in")] if token in bound]
        elif line[0] == "with":
            bound = [line[place + 1] for place in range(len(line) - 1) if line[place] == "as"]
        return tuple(bound)
    ends = next((place for place, token in enumerate(line) if token in _ASSIGNS), 0)
    bound = [token for place, token in enumerate(line[:ends]) if token.isidentifier() and line[place - 1] != "."]
    bound.extend(line[place + 1] for place, token in enumerate(line[:-1]) if token in ("for", "lambda", "as"))
    return tuple(bound)


class LocalNames:
    """What the lines just above the cursor bind: the nearest first, and which of it nothing has used yet.

    `function` is the name of the function that they lie in, which is hardly ever meant; "" outside of all.
    """

    def __init__(self, place: AskedPlace) -> None:
        self.recent: dict[str, int] = {}
        self.unused: list[str] = []
        self.function = ""
        used: set[str] = set()
        for distance, line in enumerate((place.cursor.tokens, *place.above)):
            bound = bound_names(line)
            for name in bound:
                if name not in self.recent:
                    self.recent[name] = distance
                    if name not in used:
                        self.unused.append(name)
            used.update(_all_used(line))
            if line[:1] == ("def",) or line[:2] == ("async", "def"):
                self.function = next(iter(bound), "")
                break


@lru_cache(maxsize=LINES_KEPT)
def _all_used(line: tuple[str, ...]) -> tuple[str, ...]:
    if line[:1] in (("for",), ("with",)):
        return tuple(name for name in line if name.isidentifier() and name not in bound_names(line))
    return tuple(used_names(line, 0)) if line else ()


def used_names(line: Sequence[str], first: int) -> list[str]:
    """Returns the names that `line` uses from token `first` on.

    Names that the line itself brings into being are left out, and so are attributes and keyword arguments.
    """
    if line[0] in _BRINGS_NAMES:
        return []
    used: list[str] = []
    ends = line.index(" = ") if " = " in line else 0
    for place in range(max(first, ends), len(line)):
        name = line[place]
        before = line[place - 1] if place else ""
        after = line[place + 1] if place + 1 < len(line) else ""
        if not (name[0].isalpha() or name[0] == "_") or name[-1] in "\"'" or name in _ALWAYS_KNOWN:
            continue
        if before.strip() != "." and before not in ("as", "for", "lambda") and after != "=":
            used.append(name)
    return used
