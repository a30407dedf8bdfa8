"""The search in Python and NumPy: what `_core` offers, for where it was not built, with the same answers.

Sums are made one by one in the order of the evidence, as the compiled core makes them, and not with `sum`, which is
more exact since Python 3.12: tokens that are equally likely must stay so, because the first of them is taken.
"""

import heapq
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from inkling.engine.language.evidence import END_OF_LINE, Expectation, Layer

Layers = list[tuple[Layer, float, float]]  # each with its discount and strength
FoundLine = tuple[tuple[str, ...], float, tuple[float, ...]]  # tokens, logprob, token_logprobs


class Limits(NamedTuple):
    """What bounds a search for lines; the constants of the decoder."""

    most_steps: int
    most_tokens: int
    most_children: int
    most_finished: int
    least_probability: float
    never_written: str


class MatchLimits(NamedTuple):
    """What bounds a search for places that agree with a context."""

    most: int
    most_compared: int
    most_tokens: int
    longest: int
    never_written: str


def next_tokens(
    layers: Layers, context: Sequence[str], expected: Expectation | None, least_mass: float
) -> dict[str, float]:
    """Returns the probability of each token that may follow `context`; see `decoder.next_tokens`."""
    evidence = [
        (-places.depth, number, places)
        for number, (layer, _, _) in enumerate(layers)
        for places in layer.places(context)
    ]
    evidence.sort(key=lambda item: item[:2])
    probabilities: dict[str, float] = {}
    mass = 1.0
    for _, number, places in evidence:
        layer, discount, strength = layers[number]
        kept = layer.next_tokens(places, expected)
        total = total_kept = 0.0
        for token, count in kept.items():
            total += count
            kept[token] = count - discount * min(count, 1.0)
            total_kept += kept[token]
        if not total_kept > 0:
            continue
        left: float = ((total - total_kept + strength) / (total + strength)) ** places.n_depths
        share = mass * (1.0 - left) / total_kept
        for token, count in kept.items():
            probabilities[token] = probabilities.get(token, 0.0) + share * count
        mass *= left
        if mass < least_mass:
            break
    return probabilities


def predict_lines(
    layers: Layers,
    context: Sequence[str],
    expected: Expectation | None,
    least_mass: float,
    is_cancelled: Callable[[], bool],
    limits: Limits,
) -> tuple[list[FoundLine], tuple[int, ...]]:
    """Returns the likeliest lines, and for each layer how many tokens agreed; see `decoder.predict_lines`."""
    depths = _depths(layers, context, expected)
    begun: list[tuple[float, int, tuple[str, ...], tuple[float, ...]]] = [(0.0, 0, (), ())]
    finished: list[FoundLine] = []
    n_pushed = 0
    n_steps = 0
    while begun and len(finished) < limits.most_finished and not is_cancelled():
        cost, _, tokens, logprobs = heapq.heappop(begun)
        if tokens and tokens[-1] == END_OF_LINE:
            finished.append((tokens[:-1], -cost, logprobs))
            continue
        if len(tokens) >= limits.most_tokens:
            continue
        if n_steps >= limits.most_steps and finished:
            break
        n_steps += 1
        probabilities = next_tokens(layers, (*context, *tokens), None if tokens else expected, least_mass)
        n_children = 1 if n_steps > limits.most_steps else limits.most_children
        children = heapq.nlargest(n_children, probabilities.items(), key=lambda item: item[1])
        if n_steps > limits.most_steps:
            begun.clear()
        for token, probability in children:
            if probability >= limits.least_probability and token != limits.never_written:
                n_pushed += 1
                logprob = math.log(min(probability, 1.0))
                heapq.heappush(begun, (cost - logprob, n_pushed, (*tokens, token), (*logprobs, logprob)))
    return finished, depths


def score_lines(
    layers: Layers,
    context: Sequence[str],
    expected: Expectation | None,
    least_mass: float,
    lines: list[tuple[str, ...]],
    floor: float,
) -> list[tuple[float, ...]]:
    """Returns the logarithm of the probability of each token of `lines`; see `decoder.score_lines`."""
    known: dict[tuple[str, ...], dict[str, float]] = {}
    scores: list[tuple[float, ...]] = []
    for line in lines:
        logprobs: list[float] = []
        for place, token in enumerate(line):
            before = line[:place]
            if before not in known:
                known[before] = next_tokens(layers, (*context, *before), None if before else expected, least_mass)
            probability = known[before].get(token, 0.0)
            logprobs.append(max(floor, math.log(min(probability, 1.0))) if probability > 0 else floor)
        scores.append(tuple(logprobs))
    return scores


def matched_lines(
    layers: Layers, context: Sequence[str], expected: Expectation | None, limits: MatchLimits
) -> list[dict[tuple[str, ...], int]]:
    """Returns for each layer lines that followed, and how many tokens before them agreed; see `longest_matches`."""
    matches: list[dict[tuple[str, ...], int]] = []
    for layer, _, _ in layers:
        longest: dict[tuple[str, ...], int] = {}
        for places in layer.places(context):
            for n_tokens, position in layer.matches(places, context, most=limits.most_compared):
                line = layer.line_at(position, most_tokens=limits.most_tokens)
                if line and limits.never_written not in line and (expected is None or expected.accepts(line[0])):
                    longest[line] = max(n_tokens, longest.get(line, 0))
            if len(longest) >= limits.most:
                break
        matches.append(longest)
    return matches


def _depths(layers: Layers, context: Sequence[str], expected: Expectation | None) -> tuple[int, ...]:
    """Returns for each layer in how many tokens the places agree that have something to say."""
    return tuple(
        next((places.depth for places in layer.places(context) if layer.next_tokens(places, expected)), 0)
        for layer, _, _ in layers
    )
