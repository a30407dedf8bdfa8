"""The language model: blends what the layers know about the next token, and searches for likely lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkling.engine.language import pure_core
from inkling.engine.language.compiled import in_use
from inkling.engine.language.evidence import LONGEST_MATCH, Expectation, Layer
from inkling.engine.language.lexer import LONG_STRING
from inkling.engine.language.pure_core import Limits, MatchLimits

if TYPE_CHECKING or in_use.is_compiled:
    from inkling.engine.language import _core

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
    compiled = _compiled(layers)
    if compiled is None:
        return pure_core.next_tokens(_pure(layers), context, expected, LEAST_MASS)
    return _core.next_tokens(compiled, context, expected, LEAST_MASS)


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
    limits = Limits(
        most_steps=most_steps,
        most_tokens=MOST_TOKENS,
        most_children=MOST_CHILDREN,
        most_finished=MOST_FINISHED,
        least_probability=LEAST_STEP_PROBABILITY,
        # A long string stands for many; the text of none of them is known.
        never_written=LONG_STRING,
    )
    compiled = _compiled(layers)
    if compiled is None:
        found, depths = pure_core.predict_lines(_pure(layers), context, expected, LEAST_MASS, is_cancelled, limits)
    else:
        found, depths = _core.predict_lines(compiled, context, expected, LEAST_MASS, is_cancelled, limits)
    return [
        Line(tokens=tokens, logprob=logprob, n_tokens=len(logprobs), token_logprobs=logprobs, depths=depths)
        for tokens, logprob, logprobs in found
    ]


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
    compiled = _compiled(layers)
    if compiled is None:
        return pure_core.score_lines(_pure(layers), context, expected, LEAST_MASS, list(lines), FLOOR_LOGPROB)
    return _core.score_lines(compiled, context, expected, LEAST_MASS, list(lines), FLOOR_LOGPROB)


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
    limits = MatchLimits(
        most=most,
        most_compared=MOST_MATCHES_COMPARED,
        most_tokens=MOST_TOKENS,
        longest=LONGEST_MATCH,
        never_written=LONG_STRING,
    )
    compiled = _compiled(layers)
    if compiled is None:
        by_layer = pure_core.matched_lines(_pure(layers), context, expected, limits)
    else:
        by_layer = _core.matched_lines(compiled, context, expected, limits)
    found: list[Match] = []
    for number, longest in enumerate(by_layer):
        # Sorting keeps the order of equally long ones.
        by_length = sorted(longest.items(), key=lambda item: -item[1])[:most]
        found.extend(Match(layer=number, n_agreeing=n_tokens, tokens=line) for line, n_tokens in by_length)
    found.sort(key=lambda match: -match.n_agreeing)
    return found


def _pure(layers: Sequence[WeightedLayer]) -> pure_core.Layers:
    return [(weighted.layer, weighted.discount, weighted.strength) for weighted in layers]


def _compiled(
    layers: Sequence[WeightedLayer],
) -> "list[tuple[_core.SegmentCore | _core.ScanCore, float, float]] | None":
    """Returns the layers as the compiled core takes them; None where one of them, or the core, is Python alone."""
    compiled = []
    for weighted in layers:
        core = weighted.layer.core
        if core is None:
            return None
        compiled.append((core, weighted.discount, weighted.strength))
    return compiled if in_use.is_compiled else None
