"""Which names are likely at the cursor: the order of the completion popup."""

import keyword

import numpy as np

from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.continuations import gather
from inkling.engine.completion.features import features_of
from inkling.engine.completion.ranker import shipped_ranker
from inkling.engine.language.decoder import next_tokens
from inkling.engine.language.evidence import Expectation
from inkling.engine.language.open_files import OpenFile, TokenNumbers

MOST_NAMES = 200  # as many rows as the popup gets
SEEN_SHARE = 1e-4  # of the probability, for all names that only stand elsewhere in the file: they come after the others
HALF_WEIGHT_TOKENS = 300.0  # distance from the cursor at which such a name counts half
ATTRIBUTE_FACTOR = 20.0  # how much likelier a name is behind a dot that stands behind a dot elsewhere, and the reverse


def likely_names(place: AskedPlace, file: OpenFile, numbers: TokenNumbers) -> dict[str, float]:
    """Returns the probability of the likely names at a place, the likeliest first.

    Args:
        place: What is typed there, and the layers that are asked.
        file: The document; it is up to date.
        numbers: The numbers that the file's tokens have.
    """
    cursor = place.cursor
    prefix = cursor.typed
    if prefix and not prefix.isidentifier():
        return {}
    expected = Expectation(prefix, cursor.is_after_space) if prefix or cursor.is_after_space else None
    begun = _names_of_lines(place)
    left = max(0.0, 1.0 - sum(begun.values()))
    found = next_tokens(place.layers, place.context, expected)
    names = {token: left * probability for token, probability in found.items() if token.isidentifier()}
    for name, probability in begun.items():
        names[name] = names.get(name, 0.0) + probability
    for name, share in _seen_names(place, file, numbers).items():
        if name.startswith(prefix):
            names[name] = names.get(name, 0.0) + SEEN_SHARE * share
    best = sorted(names.items(), key=lambda item: -item[1])[:MOST_NAMES]
    return dict(best)


def _names_of_lines(place: AskedPlace) -> dict[str, float]:
    """Returns the names that whole lines begin with, and the probability that one of these lines is right."""
    found = gather(place)
    if not found or place.is_cancelled():
        return {}
    rows, _ = features_of(place, found)
    names: dict[str, float] = {}
    for one, confidence in zip(found, shipped_ranker().confidences(rows).tolist(), strict=True):
        name = one.tokens[0].strip()
        if name.isidentifier():
            names[name] = names.get(name, 0.0) + confidence
    return names


def _seen_names(place: AskedPlace, file: OpenFile, numbers: TokenNumbers) -> dict[str, float]:
    """Returns the share that each name of the file gets for standing there, more for standing near."""
    tokens = file.tokens
    start, end = file.line_start[place.line_number], file.line_start[place.line_number + 1]
    weights = 1.0 / (1.0 + np.abs(np.arange(len(tokens)) - start) / HALF_WEIGHT_TOKENS)
    weights[start:end] = 0.0
    dot = numbers.known(".")
    is_attribute = np.zeros(len(tokens), np.bool_)
    if dot is not None:
        is_attribute[1:] = tokens[:-1] == dot
    is_after_dot = place.cursor.tokens[-1:] == (".",)
    weights[is_attribute != is_after_dot] /= ATTRIBUTE_FACTOR
    sums = np.bincount(tokens, weights)
    shares: dict[str, float] = {}
    total = 0.0
    for number in np.flatnonzero(sums).tolist():
        text = numbers.text(number)
        if text.isidentifier() and not keyword.iskeyword(text):
            shares[text] = float(sums[number])
            total += shares[text]
    return {text: share / total for text, share in shares.items()}
