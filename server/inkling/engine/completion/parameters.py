"""Candidates that follow a convention: a parameter is stored under its name, an argument is passed on by its name."""

from collections.abc import Iterable, Iterator

from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.finds import Find
from inkling.engine.completion.names import LocalNames

PARAMETERS = "parameters"
MOST_STORED = 2
_STORED = ("self", ".")


def find_parameters(place: AskedPlace) -> Iterable[Find]:
    """Yields `self.name = name` for parameters that nothing has used yet, and `name` behind `name=`."""
    expected = place.cursor.expected
    names = LocalNames(place)
    for tokens in (*_stored(place, names), *_passed_on(place, names)):
        if expected is None or expected.accepts(tokens[0]):
            yield Find(tokens=tokens, source=PARAMETERS)


def _stored(place: AskedPlace, names: LocalNames) -> Iterator[tuple[str, ...]]:
    typed = place.cursor.tokens
    if typed != _STORED[: len(typed)]:
        return
    # The line above tells whether fields begin with an underscore here.
    above = place.above[0] if place.above else ()
    is_private = above[:2] == _STORED and len(above) > 2 and above[2].startswith("_")
    unused = [name for name in names.unused if name.islower()]
    # Those of one signature are stored in its order.
    nearest = max((names.recent[name] for name in unused), default=0)
    in_order = [name for name in reversed(unused) if names.recent[name] == nearest][::-1]
    for name in in_order[:MOST_STORED]:
        yield (*_STORED, f"_{name}" if is_private else name, " = ", name)[len(typed) :]


def _passed_on(place: AskedPlace, names: LocalNames) -> Iterator[tuple[str, ...]]:
    typed = place.cursor.tokens
    # Behind `name=` the cursor touches a piece that may yet become `==`.
    if place.cursor.typed == "=" and typed and typed[-1].isidentifier():
        name = typed[-1]
        yield ("=", name, ",")
        yield ("=", name, ")")
        if name not in names.recent:
            yield ("=", "self", ".", name, ",")
