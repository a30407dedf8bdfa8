"""What the acceptance model looks at: one list of features, and the one function that computes them.

The same function serves live requests and the rows that the model is trained on. It reads a bounded stretch of text
before the cursor and never parses: well under a millisecond in a file of any size.
"""

import keyword
import math
import re
from dataclasses import dataclass
from typing import Final, Literal

from inkling.core.ports import GateInput
from inkling.core.suggestion import Source
from inkling.core.text import line_prefix

NEAR_CHARS = 4000  # text before the cursor that is searched for names; the study's documents are shorter than this
MAX_LINE_CHARS = 500  # of the current line; longer ones are not written by hand
MAX_SUGGESTION_CHARS = 2000  # longer ones are judged by their beginning
MAX_CHARS_BEFORE = 2000  # farther down a file the study has seen nothing, so nothing is claimed
LOGPROB_FLOOR = -10.0  # natural log per token; below this a source only says "no"
TOTAL_LOGPROB_FLOOR = -30.0  # natural log of the whole text; the same
PRIOR_ACCEPTED, PRIOR_JUDGED = 1.0, 3.0  # the study's rate, about a third, counts like three earlier outcomes

_NAME = re.compile(r"[^\W\d]\w*")
_KEYWORDS = frozenset(keyword.kwlist)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One input of the acceptance model.

    Attributes:
        name: Its key in artifacts and event rows.
        unit: What its number counts.
        meaning: What it says, for a person.
        known: From when on: before generation (request) or with a candidate in hand.
    """

    name: str
    unit: str
    meaning: str
    known: Literal["request", "candidate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCalibration:
    """From a source's log-probabilities to log-odds that its text is right.

    The evidence is `intercept + slope * mean_logprob + total_slope * n_tokens * mean_logprob`. Which of the two says
    more differs: for Copilot's texts it is the mean, for the embedded mind's the total.
    """

    slope: float
    total_slope: float
    intercept: float


Calibrations = dict[Source, SourceCalibration]

FEATURES: Final = (
    Feature(name="evidence", unit="log-odds", meaning="how sure the source is, on one scale", known="candidate"),
    Feature(name="log_chars", unit="ln(1 + characters)", meaning="length of the suggestion", known="candidate"),
    Feature(name="log_lines", unit="ln(lines)", meaning="lines of the suggestion", known="candidate"),
    Feature(name="share_seen", unit="share", meaning="its names that stand before the cursor", known="candidate"),
    Feature(name="has_no_name", unit="0 or 1", meaning="it holds no name at all", known="candidate"),
    Feature(name="in_comment", unit="0 or 1", meaning="the cursor is in a comment", known="request"),
    Feature(name="in_string", unit="0 or 1", meaning="the cursor is in a string", known="request"),
    Feature(name="log_typed", unit="ln(1 + characters)", meaning="typed on this line before it", known="request"),
    Feature(name="after_word", unit="0 or 1", meaning="the cursor stands after a word's character", known="request"),
    Feature(name="log_before", unit="ln(1 + characters)", meaning="text before the cursor", known="request"),
    Feature(name="accept_rate", unit="share", meaning="accepted of the latest ten suggestions", known="request"),
    Feature(name="accept_rate_3", unit="share", meaning="accepted of the latest three", known="request"),
)
"""All features, in the order of the model's weights."""

FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES)


def featurize(gate_input: GateInput, calibrations: Calibrations) -> dict[str, float]:
    """Returns the features by name, in the order of `FEATURES`; every one is finite, whatever the input."""
    request = gate_input.request
    text = request.snapshot.text
    offset = max(0, min(request.offset, len(text)))
    near = text[max(0, offset - NEAR_CHARS) : offset]
    line = line_prefix(near, len(near))[-MAX_LINE_CHARS:]
    suggestion = gate_input.candidate.text[:MAX_SUGGESTION_CHARS]
    features = _evidence(gate_input, calibrations)
    features |= _shape(suggestion)
    features |= _names(suggestion, line, near)
    features |= _place(line, near, offset)
    features |= _habit(gate_input.recent_outcomes)
    return {name: features[name] for name in FEATURE_NAMES}


def _evidence(gate_input: GateInput, calibrations: Calibrations) -> dict[str, float]:
    candidate = gate_input.candidate
    calibration = calibrations[candidate.source]
    mean, total = bounded_logprobs(candidate.mean_logprob, candidate.n_tokens)
    return {"evidence": calibration.intercept + calibration.slope * mean + calibration.total_slope * total}


def bounded_logprobs(mean_logprob: float, n_tokens: int) -> tuple[float, float]:
    """Returns mean and total log-probability, natural logarithm, each held between its floor and 0."""
    if not math.isfinite(mean_logprob):
        return LOGPROB_FLOOR, TOTAL_LOGPROB_FLOOR
    total = mean_logprob * max(1, n_tokens)
    return max(LOGPROB_FLOOR, min(mean_logprob, 0.0)), max(TOTAL_LOGPROB_FLOOR, min(total, 0.0))


def _shape(suggestion: str) -> dict[str, float]:
    n_lines = 1 + suggestion.strip("\r\n").count("\n")
    return {"log_chars": math.log1p(len(suggestion)), "log_lines": math.log(n_lines)}


def _names(suggestion: str, line: str, near: str) -> dict[str, float]:
    """Compares names; one that the cursor cuts in two is put together first."""
    begun = _begun_name(line)
    names = set(_NAME.findall(begun + suggestion)) - _KEYWORDS
    seen = set(_NAME.findall(near[: len(near) - len(begun)]))
    return {
        "share_seen": len(names & seen) / len(names) if names else 0.0,
        "has_no_name": float(not names),
    }


def _place(line: str, near: str, offset: int) -> dict[str, float]:
    quote, is_comment = _open_quote(line)
    in_block = near.count('"""') % 2 == 1 or near.count("'''") % 2 == 1
    return {
        "in_comment": float(is_comment and not in_block),
        "in_string": float(in_block or quote is not None),
        "log_typed": math.log1p(len(line.strip())),
        "after_word": float(bool(_begun_name(line))),
        "log_before": math.log1p(min(offset, MAX_CHARS_BEFORE)),
    }


def _begun_name(line: str) -> str:
    """Returns the name, or number, that ends where the cursor stands."""
    start = len(line)
    while start > 0 and (line[start - 1].isalnum() or line[start - 1] == "_"):
        start -= 1
    return line[start:]


def _open_quote(line: str) -> tuple[str | None, bool]:
    """Returns the quote that is open at the end of a line, and whether a comment began before."""
    quote: str | None = None
    is_escaped = False
    for sign in line:
        if is_escaped:
            is_escaped = False
        elif quote is not None:
            is_escaped = sign == "\\"
            quote = None if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "#":
            return None, True
    return quote, False


def _habit(recent_outcomes: tuple[bool, ...]) -> dict[str, float]:
    return {
        "accept_rate": _smoothed_rate(recent_outcomes),
        "accept_rate_3": _smoothed_rate(recent_outcomes[-3:]),
    }


def _smoothed_rate(outcomes: tuple[bool, ...]) -> float:
    return (sum(outcomes) + PRIOR_ACCEPTED) / (len(outcomes) + PRIOR_JUDGED)
