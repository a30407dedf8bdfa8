"""The very lines that were replaced or removed stand elsewhere; lines that were moved still stand where they were."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from inkling.core.next_edit import EditKind, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.reading.nearness import Nearness
from inkling.engine.next_edit.repeats.blocks import block_indentation, first_filled, reindented, stands_at
from inkling.engine.next_edit.repeats.line_tokens import is_telling, tokens_of
from inkling.engine.next_edit.situation import Situation

PROPOSER = "block_repeats"
MOST_CHANGES = 20  # of the history
MOST_LIKE_LINES = 300  # that are looked at for the beginning of a block
MOST_PLACES = 60  # of one block
MOST_LINES = 200  # of one block; a larger one is a file's, not a pattern
SHORTEST_MOVED = 2  # lines; one line alone stands twice by chance


def propose_block_repeats(situation: Situation) -> Iterable[EditCandidate]:
    """Yields places where removed lines stand, too, and places from which lines were moved."""
    nearness = Nearness(situation)
    changes: defaultdict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = defaultdict(list)
    for age, change in enumerate(reversed(situation.history[-MOST_CHANGES:])):
        changes[_stripped(change.removed), _stripped(change.inserted)].append(age)
    for ages in changes.values():
        change = situation.history[-1 - ages[0]]
        if says_enough(change.removed) and len(change.removed) <= MOST_LINES:
            yield from _replaced_elsewhere(situation, nearness, change, ages)
        elif not change.removed and len(change.inserted) <= MOST_LINES and len(ages) == 1:
            yield from _left_behind(situation, nearness, change, ages)


def says_enough(lines: Iterable[str]) -> bool:
    """Tells whether lines have a word by which they are more than a coincidence."""
    return any(is_telling(token.text) for line in lines for token in tokens_of(line))


def _stripped(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line.strip() for line in lines)


def _replaced_elsewhere(
    situation: Situation, nearness: Nearness, change: LineChange, ages: Sequence[int]
) -> Iterator[EditCandidate]:
    """Yields the other places of the lines that a change replaced or removed."""
    places: list[tuple[DocumentUri, int, tuple[str, ...]]] = []
    offset = first_filled(change.removed) or 0
    first_line = change.removed[offset].strip()
    for uri, line in nearness.nearest(lambda view: view.lines_like.get(first_line, ()), MOST_LIKE_LINES):
        view, start = situation.files[uri], line - offset
        if stands_at(view, start, change.removed) and not situation.was_written(uri, start, since=ages[-1]):
            there = view.lines[start : start + len(change.removed)]
            inserted = reindented(change.inserted, block_indentation(change.removed), block_indentation(there))
            if inserted is not None:
                places.append((uri, start, inserted))
    n_chars = sum(len(line.strip()) for line in change.removed)
    for rank, (uri, start, inserted) in enumerate(places[:MOST_PLACES]):
        yield _candidate(
            situation,
            change,
            (uri, start, start + len(change.removed), inserted),
            Grounds(
                support=len(ages),
                age=ages[0],
                n_places=len(places),
                rank=rank,
                n_matched_chars=n_chars,
                similarity=_similar_surroundings(situation, change, uri, start),
                certainty=1 - 1 / len(ages),
            ),
        )


def _similar_surroundings(situation: Situation, change: LineChange, uri: DocumentUri, start: int) -> float:
    """Returns the share of the nearest lines above and below that are the same as around the change."""
    lines = situation.files[uri].lines
    end = start + len(change.removed)
    sides = (
        (change.above[::-1], lines[max(0, start - len(change.above)) : start][::-1]),
        (change.below, lines[end : end + len(change.below)]),
    )
    pairs = [(ours.strip(), theirs.strip()) for side in sides for ours, theirs in zip(*side, strict=False)]
    return sum(ours == theirs for ours, theirs in pairs) / len(pairs) if pairs else 0.0


def _left_behind(
    situation: Situation, nearness: Nearness, change: LineChange, ages: Sequence[int]
) -> Iterator[EditCandidate]:
    """Yields the places where inserted lines stand already: they were moved and are to be removed there."""
    offset = first_filled(change.inserted)
    if offset is None:
        return
    stripped = _stripped(change.inserted[offset:])
    while not stripped[-1]:
        stripped = stripped[:-1]
    places: list[tuple[DocumentUri, int, int]] = []
    for uri, start in nearness.nearest(lambda view: view.lines_like.get(stripped[0], ()), MOST_LIKE_LINES):
        if situation.was_written(uri, start, since=len(situation.history)):
            continue
        there = situation.files[uri].lines[start : start + len(stripped)]
        alike = takewhile(lambda pair: pair[0] == pair[1].strip(), zip(stripped, there, strict=False))
        length = len(list(alike))
        if length >= SHORTEST_MOVED and 2 * length > len(stripped) and says_enough(stripped[:length]):
            places.append((uri, start, length))
    for rank, (uri, start, length) in enumerate(places[:MOST_PLACES]):
        lines = situation.files[uri].lines
        ends = {start + length}
        if start + length < len(lines) and not lines[start + length].strip():
            ends.add(start + length + 1)
        for end in ends:
            yield _candidate(
                situation,
                change,
                (uri, start, end, ()),
                Grounds(
                    support=len(ages),
                    age=ages[0],
                    n_places=len(places),
                    rank=rank,
                    n_matched_chars=sum(len(line) for line in stripped[:length]),
                    similarity=length / len(stripped),
                ),
            )


def _candidate(
    situation: Situation,
    change: LineChange,
    edit: tuple[DocumentUri, int, int, tuple[str, ...]],
    grounds: Grounds,
) -> EditCandidate:
    uri, first, end, inserted = edit
    shown = next(line.strip() for line in (*change.removed, *change.inserted) if line.strip())
    shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
    if not change.removed:
        words = f"`{shown}` was moved"
    elif not change.inserted:
        words = f"`{shown}` was removed"
    else:
        words = f"`{shown}` was replaced"
    return EditCandidate(
        uri=uri,
        first_line=first,
        end_line=end,
        inserted=inserted,
        kind=EditKind.REPEAT,
        proposer=PROPOSER,
        group=f"{PROPOSER}: {change.removed} → {change.inserted}",
        words=f"{words}, {grounds.support} times" if grounds.support > 1 else words,
        grounds=grounds,
    )
