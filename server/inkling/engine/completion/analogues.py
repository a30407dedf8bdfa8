"""Candidates from analogue lines: lines whose surroundings resemble these, with the names exchanged."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.finds import Find
from inkling.engine.completion.renaming import Renaming, is_name
from inkling.engine.language.lexer import LONG_STRING

ANALOGUES = "analogues"
ANALOGUES_IN_FILE = "analogues_in_file"
MOST_LOOKED_AT = 12  # lines that resemble the place, of one layer
MOST_FOUND = 5  # candidates of one layer
MOST_OCCURRENCES = 3000  # a token in more places tells little and takes long
MOST_TOKENS_OF_LINE = 6  # of the line as far as it is typed
MOST_TOKENS = 32
LINES_SHOWN = 3  # lines above that are laid beside those of the analogue
EVENNESS = 4.0  # tokens that every line is taken to have beside its own, so that short ones do not win by length

# What a token in common is worth, by where it stands: on the line itself, one above, two or three above, below.
_OWN, _ABOVE, _FAR_ABOVE, _BELOW = 1.5, 1.2, 0.6, 0.8

Ints = NDArray[np.int32]


@runtime_checkable
class Lines(Protocol):
    """Code whose lines can be found by the tokens in them."""

    @property
    def line_starts(self) -> Ints:
        """Where among the tokens each line begins, line break included; one more at the end."""
        ...

    def lines_with(self, token: str, *, most: int) -> Ints:
        """Returns the numbers of the lines that hold `token`; none where it stands in more than `most` places."""
        ...

    def line(self, number: int) -> tuple[str, ...]:
        """Returns the tokens of a line without its line break."""
        ...

    def break_before(self, number: int) -> str:
        """Returns the line break that begins a line; "" where there is none."""
        ...


def find_analogues(place: AskedPlace) -> Iterable[Find]:
    """Yields rests of lines of the workspace that stand among lines like those around the cursor."""
    return chain.from_iterable(
        _found_in(layer, place, ANALOGUES, number)
        for number, layer in enumerate(place.workspace, 1)
        if isinstance(layer, Lines)
    )


def find_analogues_in_file(place: AskedPlace) -> Iterable[Find]:
    """Yields rests of lines of the file that stand among lines like those around the cursor."""
    return _found_in(place.own, place, ANALOGUES_IN_FILE, 0)


def _found_in(lines: Lines, place: AskedPlace, source: str, layer: int) -> Iterator[Find]:
    typed = place.cursor.tokens
    expected = place.cursor.expected
    n_found = 0
    for number, likeness in alike(lines, place):
        tokens = lines.line(number)
        if not len(typed) < len(tokens) <= MOST_TOKENS or LONG_STRING in tokens:
            continue
        if not all(_may_stand_for(one, other) for one, other in zip(tokens, typed, strict=False)):
            continue
        above = [lines.line(number - distance) for distance in range(1, min(LINES_SHOWN, number) + 1)]
        pairs = [(tokens[: len(typed)], typed), *zip(above, place.above, strict=False)]
        if place.below and number + 2 < len(lines.line_starts):
            pairs.append((lines.line(number + 1), place.below))
        rest = tokens[len(typed) :]
        renamed = Renaming(pairs).renamed(rest)
        if expected is not None and not expected.accepts(renamed[0]):
            if not expected.accepts(rest[0]):
                continue
            renamed = rest
        yield Find(
            tokens=renamed,
            source=source,
            strength=likeness,
            is_renamed=renamed != rest,
            n_agreeing=sum(one == other for one, other in zip(tokens, typed, strict=False)),
            layer=layer,
            line=number,
        )
        n_found += 1
        if n_found == MOST_FOUND:
            return


def alike(lines: Lines, place: AskedPlace) -> list[tuple[int, float]]:
    """Returns the lines whose surroundings resemble the place, the most alike first, and how much they do."""
    starts = lines.line_starts
    n_lines = len(starts) - 1
    scores = np.zeros(n_lines + LINES_SHOWN + 1, np.float32)
    for tokens, distance, weight in _clues(place):
        for token in dict.fromkeys(tokens):
            found = lines.lines_with(token, most=MOST_OCCURRENCES)
            if len(found):
                # A line that holds the token twice counts once.
                scores[found + distance] += weight * math.log(n_lines / len(found) + 1.0)
    scores = scores[:n_lines]
    best = np.argpartition(-scores, min(4 * MOST_LOOKED_AT, n_lines - 1))[: 4 * MOST_LOOKED_AT]
    best = best[scores[best] > 0]
    around = starts[np.minimum(best + 1, n_lines)] - starts[np.maximum(best - LINES_SHOWN, 0)]
    likeness = scores[best] / np.sqrt(around + EVENNESS)
    order = np.argsort(-likeness)[:MOST_LOOKED_AT]
    return list(zip(best[order].tolist(), likeness[order].tolist(), strict=True))


def _clues(place: AskedPlace) -> Iterator[tuple[Sequence[str], int, float]]:
    """Yields tokens near the cursor, how many lines below them its own line is, and what they are worth."""
    yield place.cursor.tokens[:MOST_TOKENS_OF_LINE], 0, _OWN
    for distance, line in enumerate(place.above[:LINES_SHOWN], 1):
        yield line, distance, _ABOVE if distance == 1 else _FAR_ABOVE
    yield place.below, -1, _BELOW


def _may_stand_for(one: str, other: str) -> bool:
    return one == other or (is_name(one) and is_name(other))
