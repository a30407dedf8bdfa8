"""The beginning of a line that is worth showing where the whole line is unsure: texts that begin alike vouch for it."""

import keyword
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from inkling.engine.artifacts import as_text, check_features, content_of, damage_is_told, shipped_text
from inkling.engine.completion.continuations import Continuation
from inkling.engine.completion.cursor import Cursor, text_to_insert

FORMAT = 1
ARTIFACT = "partial_lines.json"
WHOLE_LINE_IS_SURE = 0.5  # confidence of a whole line from which on nobody needs a part of it
LEAST_PROBABILITY = 0.6  # of a beginning that is shown
LEAST_LEAD = 0.15  # how much likelier than the best whole line it must be
LEAST_AGREEING = 0.05  # confidence of all texts that begin so; with less it is hardly ever likely enough
LEAST_TOKENS = 2  # that need typing, or else
LEAST_CHARS = 4
_OPENERS, _CLOSERS = "([{", ")]}"
_CONSTANTS = frozenset({"None", "True", "False"})
_LEAST_SHARE = 0.001  # log-odds of shares stay within 7

FEATURES: Final = (
    "agreeing",  # log-odds of the confidence of all texts that begin so
    "share_agreeing",  # log-odds of their share of the confidence of all texts
    "uncovered",  # probability that no text has
    "best_whole",  # log-odds of the best whole line
    "logprob",  # of its tokens, as the language model sees them
    "log_texts",  # that begin so
    "is_behind_opener",
    "is_behind_closer",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A beginning of the rest of a line.

    Attributes:
        text: What is inserted; never empty.
        logprobs: Natural logarithm of the probability of each of its tokens.
        features: In the order of `FEATURES`.
    """

    text: str
    logprobs: tuple[float, ...]
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialLines:
    """How likely beginnings are right: a logistic regression, learned from projects that the ranker never saw.

    Attributes:
        weights: Of each of `FEATURES`.
        intercept: Added to the log-odds.
        training: Where it comes from: projects, seed, figures; for people to read.
    """

    weights: tuple[float, ...]
    intercept: float
    training: Mapping[str, object] = field(default_factory=dict)

    def probability(self, beginning: Beginning) -> float:
        """Returns the probability that the rest of the line begins with it."""
        pairs = zip(self.weights, beginning.features, strict=True)
        return 1.0 / (1.0 + math.exp(-self.intercept - sum(weight * value for weight, value in pairs)))

    def choose(self, found: Iterable[Beginning], best_whole: float) -> tuple[Beginning, float] | None:
        """Returns the beginning that is expected to save the most characters, with its probability.

        None where a whole line is sure enough, or no beginning is much likelier to be right than the best one.

        Args:
            found: Beginnings of one place.
            best_whole: Confidence of the best whole line there.
        """
        if best_whole >= WHOLE_LINE_IS_SURE:
            return None
        least = max(LEAST_PROBABILITY, best_whole + LEAST_LEAD)
        likely = [(one, sureness) for one in found if (sureness := self.probability(one)) >= least]
        return max(likely, key=lambda each: each[1] * len(each[0].text), default=None)


def beginnings(
    cursor: Cursor,
    continuations: Sequence[Continuation],
    confidences: Sequence[float],
    logprobs: Sequence[tuple[float, ...]],
) -> Iterator[Beginning]:
    """Yields the beginnings of the likely texts that end at a sensible place, with words to come.

    Args:
        cursor: Where they are to be inserted.
        continuations: The texts for that place.
        confidences: The probability of each to be exactly the rest of the line.
        logprobs: Natural logarithm of the probability of each token of each text, the line break included.
    """
    covered = sum(confidences)
    best_whole, uncovered = _log_odds(max(confidences)), max(0.0, 1.0 - covered)
    for n_tokens, members in _agreeing(continuations, confidences):
        likeliest = continuations[members[0]].tokens
        tokens, left = likeliest[:n_tokens], likeliest[n_tokens:]
        # To leave out nothing but closing brackets helps nobody.
        if not _may_end_with(tokens[-1]) or not _holds_word("".join(left)):
            continue
        text = text_to_insert(cursor, tokens)
        if not _holds_word(text) or (n_tokens < LEAST_TOKENS and len(text) < LEAST_CHARS):
            continue
        last = tokens[-1].strip()[-1]
        # A bracket that stands behind the cursor closes what a whole text leaves open, and not what a part of it does.
        if text == continuations[members[0]].text or (cursor.suffix and last in _CLOSERS):
            continue
        agreeing = sum(confidences[number] for number in members)
        own = logprobs[members[0]][:n_tokens]
        yield Beginning(
            text=text,
            logprobs=own,
            features=(
                _log_odds(agreeing),
                _log_odds(agreeing / covered),
                uncovered,
                best_whole,
                sum(own),
                math.log(len(members)),
                float(last in _OPENERS),
                float(last in _CLOSERS),
            ),
        )


def is_beginning(text: str, rest: str) -> bool:
    """Tells whether `rest` begins with `text` and no word goes on behind it."""
    return rest.startswith(text) and not (_is_of_word(text[-1]) and _is_of_word(rest[len(text) : len(text) + 1]))


def encode_partial_lines(partial_lines: PartialLines) -> str:
    """Returns the regression as text for a file."""
    content = {
        "format": FORMAT,
        "training": dict(partial_lines.training),
        "weights": dict(zip(FEATURES, partial_lines.weights, strict=True)),
        "intercept": partial_lines.intercept,
    }
    return as_text(content, indent=2)


def decode_partial_lines(text: str) -> PartialLines:
    """Returns the regression that a text holds.

    Raises:
        ModelArtifactError: It is damaged, of another format, or made for other features.
    """
    with damage_is_told():
        content = content_of(text, FORMAT)
        check_features(tuple(content["weights"]), FEATURES, "inkling.bench.completion.train_partial_lines")
        return PartialLines(
            weights=tuple(float(weight) for weight in content["weights"].values()),
            intercept=float(content["intercept"]),
            training=content["training"],
        )


@cache
def shipped_partial_lines() -> PartialLines:
    """Returns the regression that ships with Inkling.

    Raises:
        ModelArtifactError: The installation is damaged.
    """
    return decode_partial_lines(shipped_text("inkling.engine.completion", ARTIFACT, "The model of lines' beginnings"))


def shipped_path() -> Path:
    """Returns where the shipped regression lies in a checkout, for training to write it."""
    return Path(__file__).with_name(ARTIFACT)


def _agreeing(continuations: Sequence[Continuation], confidences: Sequence[float]) -> Iterator[tuple[int, list[int]]]:
    """Yields of how many first tokens texts agree that are likely enough together, and their numbers, likeliest first.

    Groups are followed token by token, so that hardly anything is looked at of what is unlikely.
    """
    groups = [sorted(range(len(continuations)), key=lambda number: -confidences[number])]
    n_tokens = 0
    while groups:
        longer: list[list[int]] = []
        for group in groups:
            by_token: dict[str, list[int]] = {}
            for number in group:
                tokens = continuations[number].tokens
                if len(tokens) > n_tokens:
                    by_token.setdefault(tokens[n_tokens], []).append(number)
            longer.extend(
                members
                for members in by_token.values()
                if sum(confidences[number] for number in members) >= LEAST_AGREEING
            )
        n_tokens += 1
        groups = longer
        yield from ((n_tokens, members) for members in groups)


def _may_end_with(token: str) -> bool:
    """Tells whether a reader takes in what ends so: behind a name, a literal or a bracket, and not within a phrase."""
    code = token.strip()
    if code[-1] in _OPENERS or code[-1] in _CLOSERS:
        return True
    is_word = _is_of_word(code[0]) or code[0] in "\"'"
    return is_word and (not keyword.iskeyword(code) or code in _CONSTANTS)


def _holds_word(code: str) -> bool:
    return any(map(_is_of_word, code))


def _is_of_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _log_odds(share: float) -> float:
    bounded = min(max(share, _LEAST_SHARE), 1.0 - _LEAST_SHARE)
    return math.log(bounded / (1.0 - bounded))
