"""What the acceptance model looks at: one list of features, and the one function that computes them.

The same function serves live requests and the rows that the model is trained on. It reads a bounded stretch of text
before the cursor and never parses: well under a millisecond in a file of any size.
"""

import itertools
import keyword
import math
import re
from dataclasses import dataclass
from typing import Final, Literal

from inkling.core.ports import GateInput, PreviousSuggestion, RequestInput
from inkling.core.suggestion import Source
from inkling.core.text import line_prefix

NEAR_CHARS = 4000  # text before the cursor that is searched for names; the study's documents are shorter than this
MAX_LINE_CHARS = 500  # of the current line; longer ones are not written by hand
MAX_SUGGESTION_CHARS = 2000  # longer ones are judged by their beginning
MAX_MOVED_BACK = 80  # characters, about a line: what follows the cursor is not looked at, and farther is elsewhere
LOGPROB_FLOOR = -10.0  # natural log per token; below this a source only says "no"
TOTAL_LOGPROB_FLOOR = -30.0  # natural log of the whole text; the same
LEAST_CONFIDENCE = 0.0025  # evidence from a confidence stays within log-odds of 6
PRIOR_ACCEPTED, PRIOR_JUDGED = 1.0, 3.0  # the study's rate, about a third, counts like three earlier outcomes

_NAME = re.compile(r"[^\W\d]\w*")
_KEYWORDS = frozenset(keyword.kwlist)
_ASSIGNMENT = re.compile(r"[\w.\[\]]+\s*=(?!=)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One input of the acceptance model.

    Attributes:
        name: Its key in artifacts and event rows.
        unit: What its number counts.
        meaning: What it says, for a person.
        words_high: What is said of a suggestion where it is above average; follows "because".
        words_low: The same where it is below.
        known: From when on: before generation (request) or with a candidate in hand.
    """

    name: str
    unit: str
    meaning: str
    words_high: str
    words_low: str
    known: Literal["request", "candidate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCalibration:
    """From a source's log-probabilities to log-odds that its text is right.

    The evidence is `intercept + slope * mean_logprob + total_slope * n_tokens * mean_logprob + likelihood_slope *
    exp(mean_logprob)`. Which says more differs: for Copilot's texts it is the last, the geometric mean of the tokens'
    probabilities, for the embedded mind's the total.
    """

    slope: float = 0.0
    total_slope: float = 0.0
    likelihood_slope: float = 0.0
    intercept: float


Calibrations = dict[Source, SourceCalibration]

FEATURES: Final = (
    Feature(
        name="evidence",
        unit="log-odds",
        meaning="how sure the source is, on one scale",
        words_high="its source is sure of it",
        words_low="its source is not sure of it",
        known="candidate",
    ),
    Feature(
        name="log_chars",
        unit="ln(1 + characters)",
        meaning="length of the suggestion",
        words_high="it is long",
        words_low="it is short",
        known="candidate",
    ),
    Feature(
        name="log_lines",
        unit="ln(lines)",
        meaning="lines of the suggestion",
        words_high="it has several lines",
        words_low="it is a single line",
        known="candidate",
    ),
    Feature(
        name="share_seen",
        unit="share",
        meaning="its names that stand before the cursor",
        words_high="its names stand before the cursor",
        words_low="its names were not seen before",
        known="candidate",
    ),
    Feature(
        name="log_seen",
        unit="ln(1 + names)",
        meaning="names in it that stand before the cursor",
        words_high="it names many things that stand before the cursor",
        words_low="it names little that stands before the cursor",
        known="candidate",
    ),
    Feature(
        name="has_no_name",
        unit="0 or 1",
        meaning="it holds no name at all",
        words_high="it holds no name",
        words_low="it holds a name",
        known="candidate",
    ),
    Feature(
        name="brackets_open",
        unit="0 or 1",
        meaning="brackets of the line do not match with it",
        words_high="the brackets on the line do not match",
        words_low="the brackets on the line match",
        known="candidate",
    ),
    Feature(
        name="starts_with_keyword",
        unit="0 or 1",
        meaning="it begins with, or completes, a keyword",
        words_high="it begins with a keyword",
        words_low="it does not begin with a keyword",
        known="candidate",
    ),
    Feature(
        name="has_call",
        unit="0 or 1",
        meaning="it opens a parenthesis",
        words_high="it calls something",
        words_low="it calls nothing",
        known="candidate",
    ),
    Feature(
        name="is_assignment",
        unit="0 or 1",
        meaning="the line is an assignment with it",
        words_high="it is an assignment",
        words_low="it is no assignment",
        known="candidate",
    ),
    Feature(
        name="sure_and_long",
        unit="log-odds * ln(1 + characters)",
        meaning="evidence times length",
        words_high="its source is sure of it",
        words_low="its source is not sure of it",
        known="candidate",
    ),
    Feature(
        name="longer_than_before",
        unit="ln of a ratio",
        meaning="length compared with the suggestion shown before",
        words_high="it is longer than the suggestion before",
        words_low="it is shorter than the suggestion before",
        known="candidate",
    ),
    Feature(
        name="in_comment",
        unit="0 or 1",
        meaning="the cursor is in a comment",
        words_high="the cursor is in a comment",
        words_low="the cursor is not in a comment",
        known="request",
    ),
    Feature(
        name="log_typed",
        unit="ln(1 + characters)",
        meaning="typed on this line before it",
        words_high="much of the line is typed already",
        words_low="little of the line is typed yet",
        known="request",
    ),
    Feature(
        name="after_word",
        unit="0 or 1",
        meaning="the cursor stands after a word's character",
        words_high="the cursor is at the end of a word",
        words_low="the cursor is not at the end of a word",
        known="request",
    ),
    Feature(
        name="on_blank_line",
        unit="0 or 1",
        meaning="nothing is typed on this line",
        words_high="the line is blank",
        words_low="the line is begun",
        known="request",
    ),
    Feature(
        name="is_same_place",
        unit="0 or 1",
        meaning="the suggestion before was shown at this very place",
        words_high="another suggestion was shown at this place just before",
        words_low="no other suggestion was shown at this place just before",
        known="request",
    ),
    Feature(
        name="has_moved_back",
        unit="0 or 1",
        meaning="the cursor is at most a line before the last suggestion's place",
        words_high="the cursor moved back since the last suggestion",
        words_low="the cursor did not move back since the last suggestion",
        known="request",
    ),
    Feature(
        name="log_shown_on_line",
        unit="ln(1 + suggestions)",
        meaning="shown in a row on this line",
        words_high="several suggestions were shown on this line",
        words_low="few suggestions were shown on this line",
        known="request",
    ),
    Feature(
        name="accept_rate",
        unit="share",
        meaning="accepted of the latest ten suggestions",
        words_high="you accepted many of the last ten suggestions",
        words_low="you accepted few of the last ten suggestions",
        known="request",
    ),
    Feature(
        name="accept_rate_3",
        unit="share",
        meaning="accepted of the latest three",
        words_high="you accepted of the last three suggestions",
        words_low="you accepted few of the last three suggestions",
        known="request",
    ),
)
"""All features, in the order of the model's weights."""

FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES)
REQUEST_FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES if feature.known == "request")


def featurize(gate_input: GateInput, calibrations: Calibrations) -> dict[str, float]:
    """Returns the features by name, in the order of `FEATURES`; every one is finite, whatever the input."""
    near, line, offset = _before_cursor(gate_input)
    suggestion = gate_input.candidate.text[:MAX_SUGGESTION_CHARS]
    features = _evidence(gate_input, calibrations)
    features |= _shape(suggestion, line)
    features["sure_and_long"] = features["evidence"] * features["log_chars"]
    features |= _names(suggestion, line, near)
    features["longer_than_before"] = _growth(gate_input)
    features |= _known_before_asking(gate_input, near, line, offset)
    return {name: features[name] for name in FEATURE_NAMES}


def featurize_request(request_input: RequestInput) -> dict[str, float]:
    """Returns what is known before anything is generated, in the order of `REQUEST_FEATURE_NAMES`; all finite."""
    features = _known_before_asking(request_input, *_before_cursor(request_input))
    return {name: features[name] for name in REQUEST_FEATURE_NAMES}


def _before_cursor(request_input: RequestInput) -> tuple[str, str, int]:
    """Returns the text near the cursor, the current line's part of it, and the offset held within the text."""
    request = request_input.request
    text = request.snapshot.text
    offset = max(0, min(request.offset, len(text)))
    near = text[max(0, offset - NEAR_CHARS) : offset]
    return near, line_prefix(near, len(near))[-MAX_LINE_CHARS:], offset


def _known_before_asking(request_input: RequestInput, near: str, line: str, offset: int) -> dict[str, float]:
    features = _place(line, near)
    features |= _sequence(request_input, offset)
    return features | _habit(request_input.recent_outcomes)


def _evidence(gate_input: GateInput, calibrations: Calibrations) -> dict[str, float]:
    candidate = gate_input.candidate
    if candidate.confidence is not None:
        # It is calibrated already; log-probabilities have nothing to add.
        return {"evidence": _log_odds(candidate.confidence)}
    return {"evidence": evidence_of(calibrations[candidate.source], candidate.mean_logprob, candidate.n_tokens)}


def _log_odds(confidence: float) -> float:
    bounded = min(max(confidence, LEAST_CONFIDENCE), 1.0 - LEAST_CONFIDENCE)
    return math.log(bounded / (1.0 - bounded))


def evidence_of(calibration: SourceCalibration, mean_logprob: float, n_tokens: int) -> float:
    """Returns the log-odds that a text is right, from what its source says of it."""
    mean, total = bounded_logprobs(mean_logprob, n_tokens)
    evidence = calibration.intercept + calibration.slope * mean + calibration.total_slope * total
    return evidence + calibration.likelihood_slope * math.exp(mean)


def bounded_logprobs(mean_logprob: float, n_tokens: int) -> tuple[float, float]:
    """Returns mean and total log-probability, natural logarithm, each held between its floor and 0."""
    if not math.isfinite(mean_logprob):
        return LOGPROB_FLOOR, TOTAL_LOGPROB_FLOOR
    total = mean_logprob * max(1, n_tokens)
    return max(LOGPROB_FLOOR, min(mean_logprob, 0.0)), max(TOTAL_LOGPROB_FLOOR, min(total, 0.0))


def _shape(suggestion: str, line: str) -> dict[str, float]:
    n_lines = 1 + suggestion.strip("\r\n").count("\n")
    statement = (line + suggestion).split("\n", 1)[0]
    n_open = sum(map(statement.count, "([{")) - sum(map(statement.count, ")]}"))
    first_name = _NAME.match((_begun_name(line) + suggestion).lstrip())
    return {
        "log_chars": math.log1p(len(suggestion)),
        "log_lines": math.log(n_lines),
        "brackets_open": float(n_open != 0),
        "starts_with_keyword": float(first_name is not None and first_name.group() in _KEYWORDS),
        "has_call": float("(" in suggestion),
        "is_assignment": float(_ASSIGNMENT.match((line + suggestion).lstrip()) is not None),
    }


def _names(suggestion: str, line: str, near: str) -> dict[str, float]:
    """Compares names; one that the cursor cuts in two is put together first."""
    begun = _begun_name(line)
    names = set(_NAME.findall(begun + suggestion)) - _KEYWORDS
    seen = set(_NAME.findall(near[: len(near) - len(begun)]))
    return {
        "share_seen": len(names & seen) / len(names) if names else 0.0,
        "log_seen": math.log1p(len(names & seen)),
        "has_no_name": float(not names),
    }


def _place(line: str, near: str) -> dict[str, float]:
    is_comment = _is_in_comment(line)
    in_block = near.count('"""') % 2 == 1 or near.count("'''") % 2 == 1
    return {
        "in_comment": float(is_comment and not in_block),
        "log_typed": math.log1p(len(line.strip())),
        "after_word": float(bool(_begun_name(line))),
        "on_blank_line": float(not line.strip()),
    }


def _begun_name(line: str) -> str:
    """Returns the name, or number, that ends where the cursor stands."""
    start = len(line)
    while start > 0 and (line[start - 1].isalnum() or line[start - 1] == "_"):
        start -= 1
    return line[start:]


def _is_in_comment(line: str) -> bool:
    """Tells whether a comment began on the line, outside of its strings."""
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
            return True
    return False


def _sequence(request_input: RequestInput, offset: int) -> dict[str, float]:
    """Compares with what was shown before; all 0 where that was nothing, or was in another document."""
    snapshot, previous = request_input.request.snapshot, request_input.previous
    latest = _latest_here(request_input)
    if latest is None:
        return {"is_same_place": 0.0, "has_moved_back": 0.0, "log_shown_on_line": 0.0}

    def is_on_this_line(shown: PreviousSuggestion) -> bool:
        if shown.uri != snapshot.uri or shown.offset - offset > MAX_MOVED_BACK:
            return False
        return snapshot.text.find("\n", shown.offset, offset) == -1

    return {
        "is_same_place": float(latest.offset == offset),
        "has_moved_back": float(0 < latest.offset - offset <= MAX_MOVED_BACK),
        "log_shown_on_line": math.log1p(sum(1 for _ in itertools.takewhile(is_on_this_line, reversed(previous)))),
    }


def _growth(gate_input: GateInput) -> float:
    """Returns how much longer the candidate is than what was shown before it, on a logarithmic scale; 0 for a first."""
    latest = _latest_here(gate_input)
    if latest is None:
        return 0.0
    n_chars = min(len(gate_input.candidate.text), MAX_SUGGESTION_CHARS)
    return math.log1p(n_chars) - math.log1p(min(latest.n_chars, MAX_SUGGESTION_CHARS))


def _latest_here(request_input: RequestInput) -> PreviousSuggestion | None:
    """Returns the suggestion that was shown last; None where that was in another document."""
    latest = request_input.previous[-1] if request_input.previous else None
    return latest if latest is not None and latest.uri == request_input.request.snapshot.uri else None


def _habit(recent_outcomes: tuple[bool, ...]) -> dict[str, float]:
    return {
        "accept_rate": _smoothed_rate(recent_outcomes),
        "accept_rate_3": _smoothed_rate(recent_outcomes[-3:]),
    }


def _smoothed_rate(outcomes: tuple[bool, ...]) -> float:
    return (sum(outcomes) + PRIOR_ACCEPTED) / (len(outcomes) + PRIOR_JUDGED)
