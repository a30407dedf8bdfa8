"""One name in the casings that people write it in: `red_button`, `RedButton`, `RED_BUTTON`, `red-button`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


def pieces_of(name: str) -> tuple[str, ...]:
    """Returns the words that a name is made of, in lower case."""
    return tuple(piece.lower() for piece in _PIECE.findall(name))


def _camel(pieces: Sequence[str]) -> str:
    return "".join(piece.capitalize() for piece in pieces)


def _plural(pieces: Sequence[str]) -> tuple[str, ...]:
    last = pieces[-1]
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return *pieces[:-1], last[:-1] + "ies"
    return *pieces[:-1], last + ("es" if last.endswith(("s", "x", "z", "ch", "sh")) else "s")


def _lower_camel(pieces: Sequence[str]) -> str:
    return "".join([*pieces[:1], *(piece.capitalize() for piece in pieces[1:])])


_CASINGS: tuple[Callable[[Sequence[str]], str], ...] = (
    "_".join,
    _camel,
    lambda pieces: "_".join(pieces).upper(),
    _lower_camel,
    "-".join,
    " ".join,
    lambda pieces: " ".join(pieces).capitalize(),
    lambda pieces: " ".join(piece.capitalize() for piece in pieces),
    "".join,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """A name and the new one beside it, with what differs between them.

    Attributes:
        old: The name of the sibling.
        new: The new name.
        spellings: What may stand for the sibling, with what stands for the new one in its place, the longest first.
    """

    old: str
    new: str
    spellings: tuple[tuple[str, str], ...]

    def renamed(self, text: str) -> str:
        """Returns a text about the sibling as one about the new name, in any casing and within longer names, too."""
        mapping = {old: new for old, new in self.spellings if old in text}
        return _pattern(tuple(mapping)).sub(lambda found: mapping[found[0]], text) if mapping else text


@lru_cache(maxsize=1024)
def _pattern(spellings: tuple[str, ...]) -> re.Pattern[str]:
    parts = [
        # A short piece is found as a whole piece only: `sin` in `rs_sin` and not in `using`.
        rf"(?<![^\W_]){re.escape(old)}(?![^\W_])" if old.islower() or old.isupper() else rf"{re.escape(old)}(?![a-z])"
        for old in spellings
    ]
    return re.compile("|".join(parts))


@lru_cache(maxsize=1024)
def renaming_of(old: str, new: str) -> Renaming | None:
    """Returns how a sibling's name becomes a new name; None where they do not differ in whole words."""
    left, right = pieces_of(old), pieces_of(new)
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    end = 0
    while end < min(len(left), len(right)) - start and left[-1 - end] == right[-1 - end]:
        end += 1
    pairs = [(left, right)]
    core = (left[start : len(left) - end], right[start : len(right) - end])
    if core[0] and core[1] and core != pairs[0]:
        pairs.append(core)
    if not left or not right or left == right:
        return None
    spellings = {old: new}
    for before, after in pairs:
        if sum(map(len, before)) >= 2:  # one letter stands for too much
            for casing in _CASINGS:
                spellings.setdefault(casing(before), casing(after))
            for casing in _CASINGS:
                spellings.setdefault(casing(_plural(before)), casing(_plural(after)))
    ordered = sorted(spellings.items(), key=lambda each: -len(each[0]))
    return Renaming(old=old, new=new, spellings=tuple(ordered))


@lru_cache(maxsize=4096)
def spoken_forms(name: str) -> tuple[str, ...]:
    """Returns how a name of several words is written in texts, in lower case; nothing for one word."""
    pieces = pieces_of(name)
    return (" ".join(pieces), "-".join(pieces)) if len(pieces) > 1 else ()


@lru_cache(maxsize=4096)
def similar_words(name: str) -> frozenset[str]:
    """Returns the words under which a name, or its tests, may stand somewhere."""
    pieces = pieces_of(name)
    if not pieces:
        return frozenset((name,))
    snake = "_".join(pieces)
    plural = _plural(pieces)
    return frozenset(
        (
            name,
            snake,
            snake.upper(),
            _camel(pieces),
            "_".join(plural),
            "_".join(plural).upper(),
            _camel(plural),
            f"test_{snake}",
            f"Test{_camel(pieces)}",
        )
    )
