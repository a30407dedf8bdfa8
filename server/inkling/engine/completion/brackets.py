"""How many brackets stand open."""

from collections.abc import Iterable

from inkling.engine.completion.asked_place import AskedPlace

_OPENERS, _CLOSERS = "([{", ")]}"


def n_open(tokens: Iterable[str]) -> int:
    """Returns how many brackets `tokens` open and do not close; below 0 where they close more."""
    depth = 0
    for token in tokens:
        if token[-1] not in "\"'":
            depth += sum(map(token.count, _OPENERS)) - sum(map(token.count, _CLOSERS))
    return depth


def n_open_brackets(place: AskedPlace, line: Iterable[str]) -> int:
    """Returns how many brackets are open behind `line` at a place, those of the lines above among them."""
    return max(0, n_open(token for above in reversed(place.above) for token in above)) + n_open(line)
