"""The one input whose right answer would tell most about which patch is right."""

import ast
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from inkling.core.repair import Question
from inkling.engine.judging.behaviour import Place, answer
from inkling.engine.judging.exchange import Compared
from inkling.engine.judging.values import MAX_DESCRIPTION

MAX_CALL = 160  # characters that a person reads at a glance
MAX_ANSWERS = 4
_COST_OF_LENGTH = 0.004  # bits that a character is worth: of two inputs that tell about the same the shorter is asked
_COST_OF_ERROR = 0.1  # bits; whether an input is an error is harder to say than what its answer is
_COST_OF_NO_ANSWER = 0.5  # bits; that a patch does not end tells of the patch and asks nothing of the user
_LEAST_GAIN = 0.02  # bits; below, the answer would change nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with where it comes from.

    Attributes:
        question: What the user reads.
        place: The observation that it is about.
        outcomes: For each of its answers the outcome that it stands for.
    """

    question: Question
    place: Place
    outcomes: tuple[str, ...]


def best_question(
    compared: Compared, places: Iterable[Place], probabilities: Sequence[float], names: Sequence[str]
) -> Asked | None:
    """Returns the input that splits the probability best, if any does.

    Args:
        compared: What each patch does.
        places: Observations that may be asked about.
        probabilities: For each patch that it is right.
        names: For each patch its behaviour.
    """
    best: tuple[float, Asked] | None = None
    for place in places:
        call = compared.shown[place[0]][place[1]]
        if not call or len(call) > MAX_CALL:
            continue
        weights: dict[str, float] = defaultdict(float)
        behaviours: dict[str, list[str]] = defaultdict(list)
        words: dict[str, str] = {}
        for observed, probability, name in zip(compared.patches, probabilities, names, strict=True):
            if observed is not None:
                words.setdefault(same_for_user(answer(observed, place)), answer(observed, place))
                given = words[same_for_user(answer(observed, place))]
                weights[given] += probability
                if name not in behaviours[given]:
                    behaviours[given].append(name)
        if not len(weights) >= 2 or any(len(given) > MAX_DESCRIPTION for given in weights):
            continue
        answers = sorted(weights, key=lambda given: -weights[given])[:MAX_ANSWERS]
        told = _entropy(list(weights.values()))
        gain = told - _COST_OF_LENGTH * len(call) - sum(_cost(given) for given in answers)
        if told >= _LEAST_GAIN and (best is None or gain > best[0]):
            question = Question(
                call=call,
                answers=tuple(in_words(given) for given in answers),
                behaviours=tuple(tuple(behaviours[given]) for given in answers),
            )
            best = (gain, Asked(question=question, place=place, outcomes=tuple(answers)))
    return best[1] if best else None


@lru_cache(maxsize=4096)
def same_for_user(given: str) -> str:
    """Returns a text that outcomes share which a test would take for equal: `1`, `1.0` and `True`."""
    try:
        value = ast.literal_eval(given[1:]) if given.startswith("V") else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return given
    return given if value is None else f"V{_plain(value)!r}"


def _plain(value: object) -> object:
    match value:
        case bool() | int() | float():
            return int(value) if float(value).is_integer() else value
        case list():
            return [_plain(item) for item in value]
        case tuple():
            return tuple(_plain(item) for item in value)
        case _:
            return value


def in_words(given: str) -> str:
    """Returns an outcome as a person reads it: a value as code, an exception or an endless loop in words."""
    match given[:1]:
        case "V":
            return given[1:]
        case "E":
            return f"raises {given[1:]}"
        case "T":
            return "does not end"
        case _:
            return "is never reached"


def _cost(given: str) -> float:
    if given.startswith("V"):
        return 0.0
    return _COST_OF_ERROR if given.startswith("E") else _COST_OF_NO_ANSWER


def _entropy(weights: Sequence[float]) -> float:
    """Returns how much an answer would tell, in bits."""
    total = sum(weights)
    if total <= 0:
        return 0.0
    return -sum(weight / total * math.log2(weight / total) for weight in weights if weight > 0)
