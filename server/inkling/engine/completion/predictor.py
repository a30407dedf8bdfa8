"""Answers one question: what goes on at this cursor, given these layers."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.engine.completion.asked_place import Surroundings, look_at
from inkling.engine.completion.continuations import SOURCES, gather
from inkling.engine.completion.features import features_of
from inkling.engine.completion.further_lines import FurtherLine, find_further_lines
from inkling.engine.completion.partial_lines import Beginning, beginnings, shipped_partial_lines
from inkling.engine.completion.prose.answers import answer_in_prose
from inkling.engine.completion.ranker import Ranker, shipped_ranker
from inkling.engine.language.open_files import OpenFile, TokenNumbers

MOST_CANDIDATES = 3  # lines; the likeliest is offered with those that follow it, too, where they are certain


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A text for the cursor.

    Attributes:
        text: What to insert; never empty; a line feed stands between lines.
        mean_logprob: Mean natural logarithm of the probability per token, as the language model sees it.
        n_tokens: Tokens that were predicted, the line breaks included.
        confidence: Probability that it is exactly the rest of the line, and the lines that follow, in [0, 1].
        is_partial: Whether it ends before its line does; `confidence` is then that of the line to begin with it.
    """

    text: str
    mean_logprob: float
    n_tokens: int
    confidence: float
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How candidates are found and ordered.

    Attributes:
        sources: The sources that are asked, of `SOURCES`.
        ranker: What orders them.
    """

    sources: Collection[str]
    ranker: Ranker


def shipped_ways() -> Ways:
    """Returns all sources with the ranker that ships with Inkling."""
    return Ways(sources=SOURCES, ranker=shipped_ranker())


def propose(
    file: OpenFile,
    numbers: TokenNumbers,
    text: str,
    offset: int,
    surroundings: Surroundings,
    ways: Ways | None = None,
) -> list[Proposal] | None:
    """Returns up to three lines for the cursor, the likeliest first, or None where nothing is to be completed.

    Before them stands the likeliest with the lines that follow it, where these are certain enough. Behind them stands
    the beginning of a line, where that is much likelier to be right than any whole one.

    Args:
        file: The tokens of the document; brought up to date with `text`.
        numbers: The numbers that the file's tokens have.
        text: The document.
        offset: The cursor, in code points.
        surroundings: The other code that is asked.
        ways: How candidates are found and ordered; None for the shipped ways.
    """
    ways = ways or shipped_ways()
    place = look_at(file, numbers, text, offset, surroundings)
    if place is None:
        return _propose_prose(file, text, offset, surroundings)
    found = gather(place, ways.sources)
    if not found:
        return []
    rows, logprobs = features_of(place, found)
    confidences = ways.ranker.confidences(rows)
    order = np.argsort(-confidences, kind="stable").tolist()
    proposals = [
        Proposal(
            text=found[number].text,
            mean_logprob=sum(logprobs[number]) / len(logprobs[number]),
            n_tokens=len(logprobs[number]),
            confidence=float(confidences[number]),
        )
        for number in order[:MOST_CANDIDATES]
    ]
    best_whole = proposals[0].confidence
    further = find_further_lines(place, found[order[0]], best_whole)
    if further:
        proposals.insert(0, _with_further(proposals[0], further))
    begun = beginnings(place.cursor, found, confidences.tolist(), logprobs)
    chosen = shipped_partial_lines().choose(begun, best_whole)
    return proposals if chosen is None else [*proposals, _partial(*chosen)]


def _partial(beginning: Beginning, probability: float) -> Proposal:
    return Proposal(
        text=beginning.text,
        mean_logprob=sum(beginning.logprobs) / len(beginning.logprobs),
        n_tokens=len(beginning.logprobs),
        confidence=probability,
        is_partial=True,
    )


def _with_further(line: Proposal, further: Sequence[FurtherLine]) -> Proposal:
    """Returns a block: a line with those that follow it."""
    logprobs = [logprob for one in further for logprob in one.logprobs]
    n_tokens = line.n_tokens + len(logprobs)
    return Proposal(
        text="\n".join((line.text, *(one.text for one in further))),
        mean_logprob=(line.mean_logprob * line.n_tokens + sum(logprobs)) / n_tokens,
        n_tokens=n_tokens,
        confidence=line.confidence * further[-1].probability,
    )


def _propose_prose(file: OpenFile, text: str, offset: int, surroundings: Surroundings) -> list[Proposal] | None:
    """Returns texts for a cursor in a docstring or comment; None where nothing is worth saying there."""
    answers = answer_in_prose(file, text, offset, surroundings.open_files, surroundings.is_cancelled)
    return [
        Proposal(
            text=answer.text,
            mean_logprob=math.log(answer.confidence) / answer.n_words,
            n_tokens=answer.n_words,
            confidence=answer.confidence,
            is_partial=answer.is_beginning,
        )
        for answer in answers[:MOST_CANDIDATES]
    ] or None
