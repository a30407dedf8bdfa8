"""The statements that a change rewrote, as they were and as they are, with the call around it that it is a part of."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import zip_longest

from inkling.core.next_edit import LineChange
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.repeats.line_tokens import Token, depth_change, is_word, tokens_of
from inkling.engine.next_edit.repeats.phrases import opening_bracket

MOST_LINES = 30  # of one change; what is longer was rewritten as a whole and has no pattern
MOST_LINES_AROUND = 12  # above and below it that belong to the same call
MOST_PARTS = 4  # of one statement that are compared with each other
MOST_TOKENS = 200  # of one statement; comparing takes time with its square

Statement = tuple[tuple[Token, ...], tuple[Token, ...]]
Lines = tuple[str, ...]


def changed_statements(change: LineChange, view: FileView | None) -> tuple[Statement, ...]:
    """Returns the statements of a change, as they were and as they are, that were rewritten and not just replaced.

    Args:
        change: The change.
        view: Its file as it is now; None where it is not known.
    """
    if max(len(change.removed), len(change.inserted)) > MOST_LINES:
        return ()
    above, below = _around(change, view) if view is not None else ((), ())
    return _changed_statements(above, change.removed, change.inserted, below)


@lru_cache(maxsize=256)
def changed_parts(statement: Statement) -> tuple[Statement, ...]:
    """Returns the items of a statement's brackets that were changed, as they were and as they are.

    None where there are fewer than two, or where items came or went.
    """
    old, new = statement
    start = next((index for index, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0)
    opening = opening_bracket([token.text for token in old], start)
    if opening is None:
        return ()
    pairs = list(zip_longest(_items(old, opening), _items(new, opening), fillvalue=()))
    changed = tuple((one, other) for one, other in pairs if one != other)
    is_whole = all(pair[0] and pair[1] for pair in pairs)
    return changed if is_whole and 1 < len(changed) <= MOST_PARTS else ()


def _items(tokens: Sequence[Token], opening: int) -> Iterator[tuple[Token, ...]]:
    """Yields what stands between the commas of a bracket."""
    depth, first = 0, opening + 1
    for index in range(opening, len(tokens)):
        text = tokens[index].text
        depth += depth_change(text)
        if depth == 0 or (depth == 1 and text == ","):
            if index > first:
                yield tuple(tokens[first:index])
            first = index + 1
        if depth == 0:
            return


def _around(change: LineChange, view: FileView) -> tuple[Lines, Lines]:
    """Returns the lines above and below of the call that a change is a part of; none where it is whole statements."""
    if _depth(change.removed) != _depth(change.inserted):
        return (), ()
    start = change.first_line
    depth = 0
    while depth <= 0:
        line = view.lines[start - 1] if 0 < start <= len(view.lines) else ""
        if not line.rstrip().endswith((",", "(", "[", "{")) or change.first_line - start >= MOST_LINES_AROUND:
            return (), ()
        start -= 1
        depth += _depth((line,))
    depth += _depth(change.inserted)
    end = change.end_line
    while depth > 0:
        if end >= len(view.lines) or end - change.end_line >= MOST_LINES_AROUND:
            return (), ()
        depth += _depth((view.lines[end],))
        end += 1
    return view.lines[start : change.first_line], view.lines[change.end_line : end]


def _depth(lines: Sequence[str]) -> int:
    return sum(depth_change(token.text) for line in lines for token in tokens_of(line))


@lru_cache(maxsize=256)
def _changed_statements(above: Lines, removed: Lines, inserted: Lines, below: Lines) -> tuple[Statement, ...]:
    statements: dict[tuple[tuple[str, ...], tuple[str, ...]], Statement] = {}
    for lines, others in _pairs(above, removed, inserted, below):
        whole = tokens_of("\n".join(lines)), tokens_of("\n".join(others))
        if not all(0 < len(tokens) <= MOST_TOKENS for tokens in whole):
            continue
        for old, new in _split_at_statements(*map(_without_last_commas, whole)):
            key = tuple(token.text for token in old), tuple(token.text for token in new)
            if key[0] != key[1] and any(is_word(text) for text in {*key[0]} & {*key[1]}):
                statements.setdefault(key, (old, new))
    return tuple(statements.values())


def _pairs(above: Lines, removed: Lines, inserted: Lines, below: Lines) -> Iterator[tuple[Lines, Lines]]:
    yield (*above, *removed, *below), (*above, *inserted, *below)
    if len(removed) == len(inserted) > 1:
        yield from (((old,), (new,)) for old, new in zip(removed, inserted, strict=True))


def _without_last_commas(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Returns a statement without the commas before line breaks and closing brackets, which are but layout."""
    return tuple(
        token
        for index, token in enumerate(tokens)
        if not (
            token.text == ","
            and index + 1 < len(tokens)
            and depth_change(tokens[index + 1].text) < 0
            and "\n" in tokens[index + 1].gap
        )
    )


def _split_at_statements(old: tuple[Token, ...], new: tuple[Token, ...]) -> Iterator[Statement]:
    """Yields the parts between which both sides begin a statement with the same words."""
    old_starts, new_starts = _statement_starts(old), _statement_starts(new)
    matcher = SequenceMatcher(None, [token.text for token in old], [token.text for token in new], autojunk=False)
    old_from = new_from = 0
    for match in matcher.get_matching_blocks():
        for step in range(match.size):
            if match.a + step in old_starts and match.b + step in new_starts:
                yield old[old_from : match.a + step], new[new_from : match.b + step]
                old_from, new_from = match.a + step, match.b + step
    yield old[old_from:], new[new_from:]


def _statement_starts(tokens: Sequence[Token]) -> set[int]:
    depth, starts = 0, set()
    for index, token in enumerate(tokens):
        if index and "\n" in token.gap and depth <= 0:
            starts.add(index)
        depth += depth_change(token.text)
    return starts
