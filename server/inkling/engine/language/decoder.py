"""The language model: blends what the layers know about the next token, and searches for likely lines."""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.engine.language.evidence import END_OF_LINE, Expectation, Layer
from inkling.engine.language.lexer import LONG_STRING

MOST_TOKENS = 32  # longest line that is proposed
MOST_CHILDREN = 6  # continuations followed from one line begun
LEAST_STEP_PROBABILITY = 0.01  # of one token; what is less likely is not followed
LEAST_MASS = 0.02  # share of the probability that is left unexplained
MOST_FINISHED = 3
FLOOR_LOGPROB = -12.0  # of a token that no evidence speaks for
MOST_MATCHES_COMPARED = 64  # places of one depth that are looked at for the longest match


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedLayer:
    """A layer and how far it is trusted.

    Attributes:
        layer: The code.
        discount: How much of each count is given to shorter contexts, in [0, 1].
        strength: Occurrences that the shorter contexts are worth beside this layer's.
    """

    layer: Layer
    discount: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A predicted rest of a line.

    Attributes:
        tokens: Its tokens, without the line break.
        logprob: Natural logarithm of its probability, the line break included.
        n_tokens: Tokens that were predicted, the line break included.
        token_logprobs: Natural logarithm of the probability of each of them, the line break included.
        depths: For each layer how many tokens agreed before the first token predicted; 0 where none did.
    """

    tokens: tuple[str, ...]
    logprob: float
    n_tokens: int
    token_logprobs: tuple[float, ...]
    depths: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What followed in one place whose tokens before it agree with the context.

    Attributes:
        layer: The number of the layer that the place is in.
        n_agreeing: How many tokens agree, at most `LONGEST_MATCH`.
        tokens: What followed up to the line break; never empty.
    """

    layer: int
    n_agreeing: int
    tokens: tuple[str, ...]


def next_tokens(
    layers: Sequence[WeightedLayer], context: Sequence[str], expected: Expectation | None = None
) -> dict[str, float]:
    """Returns the probability of each token that may follow `context`; they sum to less than 1.

    Longer contexts speak first and leave to the shorter ones what they are unsure of (interpolated absolute
    discounting). Of equally long ones the first layer speaks first. A place that agrees in many tokens speaks
    once for each of these depths, so it counts for more the longer it agrees.

    Source: S. Chen and J. Goodman, "An empirical study of smoothing techniques for language modeling" (1998),
    section 2.7, with a strength added to the counts.
    """
    evidence = [
        (-places.depth, number, places)
        for number, weighted in enumerate(layers)
        for places in weighted.layer.places(context)
    ]
    evidence.sort(key=lambda item: item[:2])
    probabilities: dict[str, float] = {}
    mass = 1.0
    for _, number, places in evidence:
        weighted = layers[number]
        counts = weighted.layer.next_tokens(places, expected)
        if not counts:
            continue
        total = sum(counts.values())
        discount = weighted.discount
        kept = {token: count - discount * min(count, 1.0) for token, count in counts.items()}
        total_kept = sum(kept.values())
        left = (total - total_kept + weighted.strength) / (total + weighted.strength)
        left **= places.n_depths
        share = mass * (1.0 - left) / total_kept
        for token, count in kept.items():
            probabilities[token] = probabilities.get(token, 0.0) + share * count
        mass *= left
        if mass < LEAST_MASS:
            break
    return probabilities


def predict_lines(
    layers: Sequence[WeightedLayer],
    context: Sequence[str],
    expected: Expectation | None,
    *,
    most_steps: int,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> list[Line]:
    """Returns the most likely rests of the line after `context`, the most likely first.

    The likeliest line begun is continued first, so the first one to end is the likeliest of all. When
    `most_steps` are used up before any ended, the likeliest one is followed greedily to its end.
    """
    depths = _depths(layers, context, expected)
    begun: list[tuple[float, int, tuple[str, ...], tuple[float, ...]]] = [(0.0, 0, (), ())]
    finished: list[Line] = []
    n_pushed = 0
    n_steps = 0
    while begun and len(finished) < MOST_FINISHED and not is_cancelled():
        cost, _, tokens, logprobs = heapq.heappop(begun)
        if tokens and tokens[-1] == END_OF_LINE:
            line = Line(tokens=tokens[:-1], logprob=-cost, n_tokens=len(tokens), token_logprobs=logprobs, depths=depths)
            finished.append(line)
            continue
        if len(tokens) >= MOST_TOKENS:
            continue
        if n_steps >= most_steps and finished:
            break
        n_steps += 1
        probabilities = next_tokens(layers, (*context, *tokens), None if tokens else expected)
        children = heapq.nlargest(
            1 if n_steps > most_steps else MOST_CHILDREN, probabilities.items(), key=lambda item: item[1]
        )
        if n_steps > most_steps:
            begun.clear()
        for token, probability in children:
            # A long string stands for many; the text of none of them is known.
            if probability >= LEAST_STEP_PROBABILITY and token != LONG_STRING:
                n_pushed += 1
                logprob = math.log(min(probability, 1.0))
                heapq.heappush(begun, (cost - logprob, n_pushed, (*tokens, token), (*logprobs, logprob)))
    return finished


def score_lines(
    layers: Sequence[WeightedLayer],
    context: Sequence[str],
    lines: Sequence[tuple[str, ...]],
    expected: Expectation | None = None,
) -> list[tuple[float, ...]]:
    """Returns the natural logarithm of the probability of each token of each of `lines` after `context`.

    A line may end with `END_OF_LINE`, which is scored like any token. `expected` limits what the first token
    of each line competes with. A token that nothing speaks for has `FLOOR_LOGPROB`.
    """
    known: dict[tuple[str, ...], dict[str, float]] = {}
    scores: list[tuple[float, ...]] = []
    for line in lines:
        logprobs: list[float] = []
        for place, token in enumerate(line):
            before = line[:place]
            if before not in known:
                known[before] = next_tokens(layers, (*context, *before), None if before else expected)
            probability = known[before].get(token, 0.0)
            logprobs.append(max(FLOOR_LOGPROB, math.log(min(probability, 1.0))) if probability > 0 else FLOOR_LOGPROB)
        scores.append(tuple(logprobs))
    return scores


def longest_matches(
    layers: Sequence[WeightedLayer],
    context: Sequence[str],
    expected: Expectation | None = None,
    *,
    most: int,
) -> list[Match]:
    """Returns up to `most` different lines of each layer that followed the longest agreeing contexts.

    Those with the most agreeing tokens come first, of equal ones those of the first layer. Lines that end
    at once, are longer than `MOST_TOKENS`, hold a long string or begin with no expected token are left out.
    """
    found: list[Match] = []
    for number, weighted in enumerate(layers):
        layer = weighted.layer
        longest: dict[tuple[str, ...], int] = {}
        for places in layer.places(context):
            for n_tokens, position in layer.matches(places, context, most=MOST_MATCHES_COMPARED):
                line = layer.line_at(position, most_tokens=MOST_TOKENS)
                if line and LONG_STRING not in line and (expected is None or expected.accepts(line[0])):
                    longest[line] = max(n_tokens, longest.get(line, 0))
            if len(longest) >= most:
                break
        # Sorting keeps the order of equally long ones.
        by_length = sorted(longest.items(), key=lambda item: -item[1])[:most]
        found.extend(Match(layer=number, n_agreeing=n_tokens, tokens=line) for line, n_tokens in by_length)
    found.sort(key=lambda match: -match.n_agreeing)
    return found


def _depths(layers: Sequence[WeightedLayer], context: Sequence[str], expected: Expectation | None) -> tuple[int, ...]:
    """Returns for each layer in how many tokens the places agree that have something to say."""
    return tuple(
        next((places.depth for places in layer.places(context) if layer.next_tokens(places, expected)), 0)
        for layer in (weighted.layer for weighted in layers)
    )
