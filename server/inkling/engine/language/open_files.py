"""Code that is open or was just saved: scanned as it is, with no index to maintain."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inkling.core.text import split_lines
from inkling.engine.language.compiled import in_use
from inkling.engine.language.evidence import (
    END_OF_LINE,
    LONGEST_CONTEXT,
    LONGEST_MATCH,
    Expectation,
    Places,
    as_predicted,
    n_agreeing,
)
from inkling.engine.language.lexer import LexedLine, is_line_break, lex_line, line_break

if TYPE_CHECKING or in_use.is_compiled:
    from inkling.engine.language import _core

MOST_SAMPLES = 128  # places looked at for one count, those nearest to the cursor
HALF_WEIGHT_TOKENS = 4000.0  # distance from the cursor at which a place counts half; 1000 and 200 were worse
SEPARATOR = 0

Ints = NDArray[np.int32]


class TokenNumbers:
    """Numbers for the tokens of open files; it only grows, and is small.

    Attributes:
        line_breaks: The numbers of the tokens that begin a line, the separator among them.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": SEPARATOR}
        self._texts: list[str] = [""]
        self._predicted: list[str] = [END_OF_LINE]  # the end of a file ends its last line
        self.line_breaks: list[int] = [SEPARATOR]

    def number(self, token: str) -> int:
        """Returns the number of `token`, a new one when it was never seen."""
        found = self._numbers.get(token)
        if found is None:
            found = self._numbers[token] = len(self._texts)
            self._texts.append(token)
            self._predicted.append(as_predicted(token))
            if is_line_break(token):
                self.line_breaks.append(found)
        return found

    def known(self, token: str) -> int | None:
        """Returns the number of `token`, or None when it was never seen."""
        return self._numbers.get(token)

    def __len__(self) -> int:
        return len(self._texts)

    def text(self, number: int) -> str:
        """Returns the token with this number."""
        return self._texts[number]

    def predicted(self, number: int) -> str:
        """Returns what the token with this number is counted as."""
        return self._predicted[number]

    def core(self, tokens: Ints, cursor: int | None) -> "_core.ScanCore":
        """Returns tokens with these numbers as the compiled core takes them."""
        return _core.ScanCore(
            tokens,
            self._numbers,
            self._predicted,
            -1.0 if cursor is None else float(cursor),
            most_samples=MOST_SAMPLES,
            half_weight=HALF_WEIGHT_TOKENS,
        )


class OpenFile:
    """The tokens of a text that is being edited; a keystroke costs the lexing of its line."""

    def __init__(self, numbers: TokenNumbers) -> None:
        self._numbers = numbers
        self._text = ""
        self.lines: list[str] = []
        self.lexed: list[LexedLine] = []
        self._line_numbers: list[tuple[int, ...]] = []
        self.tokens: Ints = np.zeros(1, np.int32)
        self.line_start: list[int] = []

    def update(self, text: str) -> None:
        """Takes the new text; the lines that are as before are not lexed again."""
        if self.is_of(text):
            return
        lines = _lines_of(text)
        self._text = text
        first, n_tail = _changed_span(self.lines, lines)
        last = len(lines) - n_tail
        open_string = self.lexed[first - 1].open_string if first else ""
        old_tail = len(self.lines) - n_tail
        old_string = self.lexed[old_tail - 1].open_string if old_tail else ""
        lexed: list[LexedLine] = []
        number = first
        while number < last or (number < len(lines) and open_string != old_string):
            line = lex_line(lines[number], open_string)
            lexed.append(line)
            open_string = line.open_string
            if number >= last:
                old_string = self.lexed[old_tail + number - last].open_string
            number += 1
        kept = old_tail + number - last
        self.lexed[first:kept] = lexed
        number_of = self._numbers.number
        self._line_numbers[first:kept] = [tuple([number_of(token) for token in line.tokens]) for line in lexed]
        self.lines = lines
        self._lay_out()

    def _lay_out(self) -> None:
        flat: list[int] = [SEPARATOR]
        starts: list[int] = []
        indent_before = 0
        breaks: dict[int, int] = {}
        for line, numbers in zip(self.lexed, self._line_numbers, strict=True):
            starts.append(len(flat))
            if not numbers:
                continue
            if line.indent >= 0:
                change = line.indent - indent_before
                if change not in breaks:
                    breaks[change] = self._numbers.number(line_break(line.indent, indent_before))
                flat.append(breaks[change])
                indent_before = line.indent
            flat.extend(numbers)
        starts.append(len(flat))
        self.line_start = starts
        self.tokens = np.array(flat, np.int32)

    def is_of(self, text: str) -> bool:
        """Tells whether the tokens are those of a text."""
        return bool(self.line_start) and self._text == text

    def tokens_without_line(self, number: int) -> Ints:
        """Returns all tokens, with separators in the place of one line."""
        tokens = self.tokens.copy()
        tokens[self.line_start[number] : self.line_start[number + 1]] = SEPARATOR
        return tokens

    def has_line(self, tokens: Sequence[str]) -> bool:
        """Tells whether some line has these tokens."""
        wanted = tuple(tokens)
        return any(line.tokens == wanted for line in self.lexed)

    def n_lines_like(self, tokens: Sequence[str]) -> int:
        """Returns how many lines have these tokens."""
        return self._line_numbers.count(tuple([self._numbers.known(token) or SEPARATOR for token in tokens]))

    def code_lines_before(self, number: int, most: int) -> list[LexedLine]:
        """Returns up to `most` lines with code before line `number`, in their order."""
        found: list[LexedLine] = []
        for line in reversed(self.lexed[:number]):
            if line.tokens:
                found.append(line)
                if len(found) == most:
                    break
        return found[::-1]

    def code_line_after(self, number: int) -> LexedLine | None:
        """Returns the next line with code after line `number`."""
        return next((line for line in self.lexed[number + 1 :] if line.tokens), None)


class ScannedTokens:
    """The layer of tokens that are searched from end to end."""

    def __init__(self, tokens: Iterable[Ints], numbers: TokenNumbers, cursor: int | None = None) -> None:
        """Prepares the search.

        Args:
            tokens: Arrays of token numbers, one after the other.
            numbers: What they mean.
            cursor: Place in the tokens near which places weigh more; None where all weigh the same.
        """
        # The margin lets a place near the beginning be compared without looking whether it is; the last
        # separator ends the last line.
        self._tokens: Ints = np.concatenate([np.zeros(LONGEST_CONTEXT, np.int32), *tokens, np.zeros(1, np.int32)])
        self._numbers = numbers
        self._cursor = None if cursor is None else cursor + LONGEST_CONTEXT
        self._found: list[NDArray[np.intp]] = []
        self.core = numbers.core(self._tokens, self._cursor) if in_use.is_compiled else None

    def places(self, context: Sequence[str]) -> list[Places]:
        """Returns the places that agree with the end of `context`, the deepest first, down to depth 1."""
        found: list[NDArray[np.intp]] = []
        merged: list[Places] = []
        n_depths = 0
        tokens = self._tokens
        for depth, token in enumerate(reversed(context[-LONGEST_CONTEXT:]), 1):
            wanted = self._numbers.known(token)
            if wanted is None:
                break
            if depth == 1:
                places = np.flatnonzero(tokens[LONGEST_CONTEXT:-1] == wanted) + (LONGEST_CONTEXT + 1)
            else:
                places = found[-1]
                places = places[tokens[places - depth] == wanted]
            if not len(places):
                break
            if found and len(places) == len(found[-1]):
                n_depths += 1
                merged[-1] = Places(depth, n_depths, merged[-1].first, 0)
            else:
                n_depths = 1
                found.append(places)
                merged.append(Places(depth, 1, len(found) - 1, 0))
        self._found = found
        return merged[::-1]

    def next_tokens(self, places: Places, expected: Expectation | None) -> dict[str, float]:
        """Returns the weight of each expected token that follows `places`, the near ones weighing more."""
        found = self._found[places.first]
        if expected is None:
            found = self._near_cursor(found, MOST_SAMPLES)
        numbers: list[int] = self._tokens[found].tolist()
        if self._cursor is None:
            shares = [1.0] * len(numbers)
        else:
            shares = (1.0 / (1.0 + np.abs(found - self._cursor) / HALF_WEIGHT_TOKENS)).tolist()
        weights: dict[str, float] = {}
        for number, share in zip(numbers, shares, strict=True):
            token = self._numbers.predicted(number)
            weights[token] = weights.get(token, 0.0) + share
        if expected is None:
            return weights
        return {token: weight for token, weight in weights.items() if expected.accepts(token)}

    def matches(self, places: Places, context: Sequence[str], *, most: int) -> list[tuple[int, int]]:
        """Returns how many tokens agree before each of `places`, those nearest to the cursor, and where it is."""
        known = [self._numbers.known(token) for token in context[-LONGEST_MATCH:]]
        wanted = [-1 if number is None else number for number in known]
        tokens = self._tokens.data
        near = self._near_cursor(self._found[places.first], most).tolist()
        return [(n_agreeing(tokens, place, wanted), place) for place in near]

    def line_at(self, position: int, *, most_tokens: int) -> tuple[str, ...] | None:
        """Returns the tokens from `position` up to the line break; None where there are more than `most_tokens`."""
        line: list[str] = []
        for number in self._tokens[position : position + most_tokens + 1].tolist():
            text = self._numbers.text(number)
            if number == SEPARATOR or is_line_break(text):
                return tuple(line)
            line.append(text)
        return None

    @cached_property
    def line_starts(self) -> Ints:
        """Where each line begins, with its line break; one more at the end."""
        starts = np.flatnonzero(np.isin(self._tokens, self._numbers.line_breaks))
        return np.append(starts, len(self._tokens)).astype(np.int32)

    def lines_with(self, token: str, *, most: int) -> Ints:
        """Returns the numbers of the lines that hold `token`; none where it stands in more than `most` places."""
        number = self._numbers.known(token)
        places = np.flatnonzero(self._tokens == number) if number is not None else np.zeros(0, np.intp)
        if len(places) > most:
            places = places[:0]
        return (np.searchsorted(self.line_starts, places, side="right") - 1).astype(np.int32)

    def line(self, number: int) -> tuple[str, ...]:
        """Returns the tokens of a line without its line break."""
        first, last = self.line_starts[number], self.line_starts[number + 1]
        return tuple([self._numbers.text(token) for token in self._tokens[first + 1 : last].tolist()])

    def break_before(self, number: int) -> str:
        """Returns the line break that begins a line; "" where a file begins or the line of the cursor was."""
        return self._numbers.text(int(self._tokens[self.line_starts[number]]))

    def _near_cursor(self, places: NDArray[np.intp], most: int) -> NDArray[np.intp]:
        if len(places) <= most:
            return places
        middle = int(np.searchsorted(places, len(self._tokens) if self._cursor is None else self._cursor))
        first = max(0, min(middle - most // 2, len(places) - most))
        return places[first : first + most]


def _lines_of(text: str) -> list[str]:
    """Returns the lines of a text; one that ends with a line break has an empty line behind it, as in an editor."""
    lines = split_lines(text)
    return lines if lines and not lines[-1].endswith(("\n", "\r")) else [*lines, ""]


def _changed_span(before: list[str], after: list[str]) -> tuple[int, int]:
    """Returns how many lines are the same at the beginning, and how many of the others at the end."""
    shorter = min(len(before), len(after))
    first = 0
    while first < shorter and before[first] == after[first]:
        first += 1
    n_tail = 0
    while n_tail < shorter - first and before[-1 - n_tail] == after[-1 - n_tail]:
        n_tail += 1
    return first, n_tail
