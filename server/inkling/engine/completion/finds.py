"""What the sources of candidates have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from inkling.engine.completion.asked_place import AskedPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A rest of the line that one source found.

    Attributes:
        tokens: Its tokens without the line break; the first one begins with the piece that is typed.
        source: The name of the source.
        strength: How much speaks for it, in the source's own measure; the more the better.
        is_renamed: Whether names were exchanged.
        n_agreeing: How many tokens typed on the line are exactly those of an analogue.
        layer: The number of the layer that it was copied from, or that its analogue is in.
        line: The number of its analogue among the lines of that layer; -1 for none.
    """

    tokens: tuple[str, ...]
    source: str
    strength: float = 0.0
    is_renamed: bool = False
    n_agreeing: int = 0
    layer: int = 0
    line: int = -1


class CandidateSource(Protocol):
    """Finds rests of the line."""

    def __call__(self, place: AskedPlace) -> Iterable[Find]:
        """Returns what it found, in no order that matters."""
        ...
