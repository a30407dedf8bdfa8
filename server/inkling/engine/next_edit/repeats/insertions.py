"""The lines that were inserted in one place are inserted where the lines around are alike, with their names changed."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from inkling.core.next_edit import EditKind, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.reading.nearness import Nearness
from inkling.engine.next_edit.repeats.blocks import first_filled, reindented
from inkling.engine.next_edit.repeats.line_tokens import is_telling, is_word, tokens_of
from inkling.engine.next_edit.situation import Situation

PROPOSER = "insertions"
MOST_CHANGES = 8  # of the history
MOST_LINES = 40  # of one insertion
MOST_ALIKE = 12  # lines like the one beside an insertion that are looked at, the most alike
MOST_PLACES = 30  # of one insertion
COMMON_WORD = 300  # lines; a word on more of them says too little to look for
LEAST_SIMILARITY = 0.6  # of the line beside an insertion to that beside another


@dataclass(frozen=True, slots=True)
class _Anchor:
    """The nearest line beside an insertion that is not blank.

    Attributes:
        line: The line as it was around the change.
        offset: Blank lines between it and the insertion.
        is_above: Whether the insertion follows it.
    """

    line: str
    offset: int
    is_above: bool


@dataclass(frozen=True, slots=True)
class _Place:
    uri: DocumentUri
    line: int
    inserted: tuple[str, ...]
    similarity: float
    n_alike_chars: int
    n_alike_sides: int
    has_same_line: bool


def propose_insertions(situation: Situation) -> Iterable[EditCandidate]:
    """Yields the latest insertions at the places that are like the ones where they were made."""
    nearness = Nearness(situation)
    changes: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for age, change in enumerate(reversed(situation.history[-MOST_CHANGES:])):
        if not change.removed and 0 < len(change.inserted) <= MOST_LINES:
            changes[tuple(line.strip() for line in change.inserted)].append(age)
    for ages in changes.values():
        change = situation.history[-1 - ages[0]]
        if any(is_telling(token.text) for line in change.inserted for token in tokens_of(line)):
            yield from _candidates(change, ages, _places(situation, nearness, change, is_repeated=len(ages) > 1))


def _candidates(change: LineChange, ages: Sequence[int], places: Sequence[_Place]) -> Iterator[EditCandidate]:
    shown = next(line.strip() for line in change.inserted if line.strip())
    words = f"`{shown if len(shown) <= 60 else shown[:59] + '…'}` was inserted"
    for rank, place in enumerate(places):
        yield EditCandidate(
            uri=place.uri,
            first_line=place.line,
            end_line=place.line,
            inserted=place.inserted,
            kind=EditKind.REPEAT,
            proposer=PROPOSER,
            group=f"{PROPOSER}: {change.inserted}",
            words=f"{words}, {len(ages)} times" if len(ages) > 1 else words,
            grounds=Grounds(
                support=len(ages),
                age=ages[0],
                n_places=sum(other.similarity >= place.similarity for other in places),
                rank=rank,
                n_matched_chars=place.n_alike_chars,
                n_context_tokens=place.n_alike_sides,
                similarity=place.similarity,
                certainty=1 - 1 / len(ages),
            ),
        )


def _places(situation: Situation, nearness: Nearness, change: LineChange, *, is_repeated: bool) -> list[_Place]:
    """Returns where an insertion may be made again, the nearest first.

    What was inserted only once needs a line beside it that is the same, or like lines on both sides.
    """
    anchors = _anchors(change)
    found: dict[tuple[DocumentUri, int], _Place] = {}
    for uri in situation.nearest_first:
        view = situation.files[uri]
        for anchor in anchors:
            for line in _lines_alike(view, anchor.line):
                at = line + 1 + anchor.offset if anchor.is_above else line - anchor.offset
                if not 0 <= at <= len(view.lines) or (uri, at) in found:
                    continue
                if any(
                    past.uri == uri and past.first_line - 1 <= at <= past.end_line for past in situation.history
                ) and _stands_around(view, at, change):
                    continue
                place = _place(view, at, change, anchors, line)
                if place is not None and (is_repeated or place.has_same_line or place.n_alike_sides == len(anchors)):
                    found[uri, at] = place
    return sorted(found.values(), key=lambda place: nearness.key(place.uri, place.line))[:MOST_PLACES]


def _anchors(change: LineChange) -> list[_Anchor]:
    anchors = []
    for lines, is_above in ((change.above[::-1], True), (change.below, False)):
        offset = first_filled(lines)
        if offset is not None:
            anchors.append(_Anchor(lines[offset], offset, is_above))
    return anchors


def _stands_around(view: FileView, at: int, change: LineChange) -> bool:
    inserted = [line.strip() for line in change.inserted]
    around = [line.strip() for line in view.lines[max(0, at - len(inserted)) : at + len(inserted)]]
    return any(around[start : start + len(inserted)] == inserted for start in range(len(around)))


def _place(view: FileView, at: int, change: LineChange, anchors: Sequence[_Anchor], anchor_line: int) -> _Place | None:
    """Returns the insertion at a place; None where it stands there already or the lines around are not alike enough."""
    similarities: list[float] = []
    names: dict[str, str] = {}
    n_chars = n_same = 0
    for anchor in anchors:
        line = at - 1 - anchor.offset if anchor.is_above else at + anchor.offset
        there = view.lines[line] if 0 <= line < len(view.lines) else ""
        similarity = _similarity(anchor.line, there)
        similarities.append(similarity)
        n_same += anchor.line.strip() == there.strip()
        if similarity >= LEAST_SIMILARITY:
            names |= _changed_names(anchor.line, there)
            n_chars += len(there.strip())
    n_alike = sum(similarity >= LEAST_SIMILARITY for similarity in similarities)
    if not n_alike:
        return None
    nearest = next(anchor for anchor in anchors if similarities[anchors.index(anchor)] >= LEAST_SIMILARITY)
    inserted = reindented(change.inserted, indentation(nearest.line), indentation(view.lines[anchor_line]))
    if inserted is None:
        return None
    if names:
        inserted = tuple(_renamed(line, names) for line in inserted)
    lines = view.lines
    if lines[at : at + len(inserted)] == inserted or lines[max(0, at - len(inserted)) : at] == inserted:
        return None
    return _Place(
        uri=view.uri,
        line=at,
        inserted=inserted,
        similarity=sum(similarities) / len(similarities),
        n_alike_chars=n_chars,
        n_alike_sides=n_alike,
        has_same_line=n_same > 0,
    )


def _lines_alike(view: FileView, line: str) -> list[int]:
    """Returns the lines that share the rarest words with one, the most alike first."""
    if not any(is_telling(token.text) for token in tokens_of(line)):
        return []
    scores: defaultdict[int, float] = defaultdict(float)
    for word in {token.text for token in tokens_of(line) if is_word(token.text)}:
        numbers = view.lines_with.get(word, ())
        if len(numbers) <= COMMON_WORD:
            for number in numbers:
                scores[number] += 1 / math.log(2 + len(numbers))
    likeliest = sorted(scores, key=lambda number: (-scores[number], number))[: 4 * MOST_ALIKE]
    alike = [number for number in likeliest if _similarity(line, view.lines[number]) >= LEAST_SIMILARITY]
    return alike[:MOST_ALIKE]


@lru_cache(maxsize=8192)
def _similarity(line: str, other: str) -> float:
    """Returns the share of words and signs of two lines that are the same, whatever their order, in [0, 1]."""
    ours, theirs = Counter(t.text for t in tokens_of(line)), Counter(t.text for t in tokens_of(other))
    total = sum(ours.values()) + sum(theirs.values())
    return 2 * sum((ours & theirs).values()) / total if total else 0.0


def _changed_names(line: str, other: str) -> Mapping[str, str]:
    """Returns the names of a line with those that stand for them in another one of the same shape."""
    ours, theirs = tokens_of(line), tokens_of(other)
    if len(ours) != len(theirs):
        return {}
    names: dict[str, str] = {}
    for our, their in zip(ours, theirs, strict=True):
        if is_word(our.text) != is_word(their.text) or names.setdefault(our.text, their.text) != their.text:
            return {}
    return {ours: theirs for ours, theirs in names.items() if ours != theirs and is_word(ours)}


def _renamed(line: str, names: Mapping[str, str]) -> str:
    return "".join(token.gap + names.get(token.text, token.text) for token in tokens_of(line))
