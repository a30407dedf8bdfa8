"""What places with the same tokens before them say about the next token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from inkling.engine.language.lexer import is_line_break, is_word

if TYPE_CHECKING:
    from inkling.engine.language._core import ScanCore, SegmentCore

LONGEST_CONTEXT = 12  # tokens of context that are compared; longer ones hardly tell more
LONGEST_MATCH = 60  # tokens that are compared where a whole line is taken over from one place
END_OF_LINE = "\n"  # stands for every line break, whatever the indentation after it


@dataclass(frozen=True, slots=True)
class Expectation:
    """Which tokens may come next, where the cursor stands behind a piece of one, or behind a space.

    Attributes:
        prefix: What the token begins with; may be empty.
        is_after_space: Whether a space was typed behind a word, so that an operator must begin with one.
    """

    prefix: str
    is_after_space: bool

    def accepts(self, token: str) -> bool:
        """Tells whether `token` may come next."""
        if self.is_after_space:
            return is_word(token) or token.startswith(" ")
        return token.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class Places:
    """Places of one layer whose last tokens are those of the context.

    Attributes:
        depth: How many tokens agree; 0 for all places.
        n_depths: For how many depths, downwards from `depth`, the places are these very ones.
        first: Where they begin, in the layer's own count.
        last: Where they end, exclusive.
    """

    depth: int
    n_depths: int
    first: int
    last: int


class Layer(Protocol):
    """A body of code that can be asked what followed a context."""

    @property
    def core(self) -> "SegmentCore | ScanCore | None":
        """The layer as the compiled core takes it; None where that is not in use."""
        ...

    def places(self, context: Sequence[str]) -> list[Places]:
        """Returns the places that agree with the end of `context`, the deepest first, down to depth 1."""
        ...

    def next_tokens(self, places: Places, expected: Expectation | None) -> dict[str, float]:
        """Returns the weight of each token that follows `places`, of the last call of `places`.

        Line breaks are counted together as `END_OF_LINE`; only expected tokens are counted.
        """
        ...

    def matches(self, places: Places, context: Sequence[str], *, most: int) -> list[tuple[int, int]]:
        """Returns how many tokens agree before each of `places`, of the last call of `places`, and where it is.

        At most `most` places are looked at. More tokens are compared than `places` did, up to `LONGEST_MATCH`.
        """
        ...

    def line_at(self, position: int, *, most_tokens: int) -> tuple[str, ...] | None:
        """Returns the tokens from `position` up to the line break; None where there are more than `most_tokens`."""
        ...


def merge_depths(bounds: Sequence[tuple[int, int]]) -> list[Places]:
    """Returns the places of nested `bounds`, of which item `i` agrees in `i + 1` tokens, the deepest first."""
    merged: list[Places] = []
    n_depths = 0
    for depth in range(len(bounds), 0, -1):
        n_depths += 1
        first, last = bounds[depth - 1]
        if depth == 1 or bounds[depth - 2] != (first, last):
            merged.append(Places(depth + n_depths - 1, n_depths, first, last))
            n_depths = 0
    return merged


def n_agreeing(tokens: Sequence[int], position: int, context: Sequence[int]) -> int:
    """Returns how many tokens before `position` are the last ones of `context`, at most `LONGEST_MATCH`."""
    most = min(position, len(context), LONGEST_MATCH)
    return next((n for n in range(most) if tokens[position - 1 - n] != context[-1 - n]), most)


def as_predicted(token: str) -> str:
    """Returns the token as layers count it: every line break is `END_OF_LINE`."""
    return END_OF_LINE if is_line_break(token) else token
