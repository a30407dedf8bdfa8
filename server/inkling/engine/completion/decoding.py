"""Candidates from the language model: a search over all layers, its greedy path, the file's layer alone."""

from collections.abc import Iterable

from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.finds import Find
from inkling.engine.language.decoder import longest_matches, predict_lines

BEAM = "beam"
GREEDY = "greedy"
FILE = "file"
COPIES = "copies"
MOST_STEPS = 24  # tokens looked at for one search; sets its time
MOST_STEPS_OF_FILE = 8
MOST_COPIES = 3  # of each layer


def find_by_beam(place: AskedPlace) -> Iterable[Find]:
    """Yields the likeliest lines over all layers."""
    found = predict_lines(
        place.layers, place.context, place.cursor.expected, most_steps=MOST_STEPS, is_cancelled=place.is_cancelled
    )
    return [Find(tokens=line.tokens, source=BEAM, strength=-float(rank)) for rank, line in enumerate(found)]


def find_greedily(place: AskedPlace) -> Iterable[Find]:
    """Yields the line that is made by taking the likeliest token again and again."""
    found = predict_lines(
        place.layers, place.context, place.cursor.expected, most_steps=0, is_cancelled=place.is_cancelled
    )
    return [Find(tokens=line.tokens, source=GREEDY) for line in found]


def find_in_file(place: AskedPlace) -> Iterable[Find]:
    """Yields the likeliest lines in the eyes of the file alone."""
    found = predict_lines(
        place.layers[:1],
        place.context,
        place.cursor.expected,
        most_steps=MOST_STEPS_OF_FILE,
        is_cancelled=place.is_cancelled,
    )
    return [Find(tokens=line.tokens, source=FILE, strength=line.logprob) for line in found]


def find_copies(place: AskedPlace) -> Iterable[Find]:
    """Yields what followed where the most tokens before it agree with the context, of each layer."""
    matches = longest_matches(place.layers, place.context, place.cursor.expected, most=MOST_COPIES)
    return [
        Find(tokens=match.tokens, source=COPIES, strength=float(match.n_agreeing), layer=match.layer)
        for match in matches
    ]
