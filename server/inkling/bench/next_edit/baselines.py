"""Guesses at the next place that need no learning; what the predictor must beat."""

import re
from collections.abc import Callable, Mapping
from itertools import islice

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.situation import Situation

Place = tuple[DocumentUri, int]

_WORD = re.compile(r"[^\W\d]\w*")


def end_of_last_edit(situation: Situation) -> list[Place]:
    """Returns the line after the latest change."""
    latest = situation.latest
    return [(latest.uri, latest.end_line)]


def nearest_changed_line_below(situation: Situation) -> list[Place]:
    """Returns the lines below the latest change that were changed before, the nearest first."""
    latest = situation.latest
    below = {
        change.first_line
        for change in situation.history[:-1]
        if change.uri == latest.uri and change.first_line >= latest.end_line
    }
    return [(latest.uri, line) for line in sorted(below)]


def next_occurrence_of_replaced_word(situation: Situation) -> list[Place]:
    """Returns where the words stand that the latest change took away: below it, above it, then in other files."""
    latest = situation.latest
    kept = set(_WORD.findall("\n".join(latest.inserted)))
    words = [word for word in dict.fromkeys(_WORD.findall("\n".join(latest.removed))) if word not in kept]
    places: list[Place] = []
    for uri in situation.nearest_first:
        lines = sorted({line for word in words for line in situation.files[uri].lines_with.get(word, ())})
        if uri == latest.uri:
            lines = [line for line in lines if line >= latest.end_line] + [
                line for line in reversed(lines) if line < latest.first_line
            ]
        places.extend((uri, line) for line in lines)
    return list(islice(dict.fromkeys(places), 5))


BASELINES: Mapping[str, Callable[[Situation], list[Place]]] = {
    "end_of_last_edit": end_of_last_edit,
    "nearest_changed_line_below": nearest_changed_line_below,
    "next_occurrence": next_occurrence_of_replaced_word,
}
