"""What cannot stand at a place, however often it stands elsewhere."""

from collections.abc import Iterator, Sequence

from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.brackets import n_open, n_open_brackets
from inkling.engine.language.lexer import LexedLine

_LEAVES = frozenset({"return", "raise", "break", "continue"})
_ONCE_A_BLOCK = frozenset({"def", "class", "async", "elif"})
_MOST_LINES = 400  # above and below that are compared
_N_NEAREST = 3  # lines above that no assignment repeats


def fits_nothing(place: AskedPlace) -> bool:
    """Tells whether no line can begin where the cursor stands: behind what leaves the block, or too far to the left."""
    above = next((line for line in reversed(place.file.lexed[: place.line_number]) if line.tokens), None)
    if not place.is_at_line_start or above is None or above.indent < 0:
        return False
    if n_open_brackets(place, ()) > 0 or n_open(above.tokens) < 0:
        return False  # the statement above goes on, or began on another line
    if above.tokens[-1] == ":":
        return place.cursor.indent <= above.indent
    return above.tokens[0] in _LEAVES and place.cursor.indent == above.indent


def is_written_already(place: AskedPlace, line: Sequence[str]) -> bool:
    """Tells whether a line would say again what its block says: a header, or an assignment just above."""
    tokens = tuple(line)
    if tokens[0] in _ONCE_A_BLOCK:
        if place.above and place.above[0][:1] == ("@",):
            return False  # overloads and setters begin alike
        lines = place.file.lexed
        above = _of_block(reversed(lines[max(0, place.line_number - _MOST_LINES) : place.line_number]), place)
        if tokens[0] == "elif":
            above = _until_if(above)
            return any(one.tokens == tokens for one in above)
        below = _of_block(iter(lines[place.line_number + 1 : place.line_number + 1 + _MOST_LINES]), place)
        return any(one.tokens == tokens for one in (*above, *below))
    if " = " not in tokens or not place.is_at_line_start:
        return False  # who begins the same line again may mean it
    return tokens in _just_above(place)


def _of_block(lines: Iterator[LexedLine], place: AskedPlace) -> Iterator[LexedLine]:
    """Yields the lines of the cursor's own block that stand as far to the right as it does."""
    for line in lines:
        if not line.tokens or line.indent < 0:
            continue
        if line.indent < place.cursor.indent:
            return
        if line.indent == place.cursor.indent:
            yield line


def _until_if(lines: Iterator[LexedLine]) -> Iterator[LexedLine]:
    """Yields lines up to the one that begins the chain of conditions, it among them."""
    for line in lines:
        yield line
        if line.tokens[0] == "if":
            return


def _just_above(place: AskedPlace) -> list[tuple[str, ...]]:
    """Returns the nearest lines above, as long as nothing but they run one after the other."""
    found: list[tuple[str, ...]] = []
    for line in reversed(place.file.lexed[: place.line_number]):
        if not line.tokens:
            continue
        if line.indent != place.cursor.indent or len(found) == _N_NEAREST:
            break
        found.append(line.tokens)
    return found
