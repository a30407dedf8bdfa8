"""Whether a difference is a failure, an intended change, or one that nothing tells the sense of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inkling.core.review import Severity
from inkling.engine.review.behaviour.exchange import ORDINARY, RAISED, TIMEOUT, VALUE, Origin, Pair
from inkling.engine.review.behaviour.targets import Cause
from inkling.engine.review.promised_values import broken_promise

CRASHES = frozenset(
    {
        "IndexError",
        "KeyError",
        "TypeError",
        "AttributeError",
        "ZeroDivisionError",
        "RecursionError",
        "NameError",
        "UnboundLocalError",
        "ImportError",
        "ModuleNotFoundError",
        "ValueError",
        "StopIteration",
        "UnicodeDecodeError",
        "OverflowError",
        "RuntimeError",
    }
)
"""What nobody raises on purpose, unless a `raise` says so."""
_OF_WRONG_KIND = frozenset({"TypeError", "AttributeError"})  # mostly the fault of a guessed argument
_FIXES = re.compile(r"\b(fix(es|ed)?|bug|correct(s|ed)?|repair|wrong|regression)\b", re.IGNORECASE)
_KEEPS = re.compile(
    r"\b(refactor\w*|clean ?up|no functional change|rename[ds]?|simplif\w+|tidy|reformat)\b", re.IGNORECASE
)
_CRASHES = "The old version answered; if the input is not meant to be valid, say so with an exception of its own."
_HANGS = "The old version answered; the new one was still computing, not waiting, when it was stopped."
_MOSTLY = 0.5  # share of the differences of one cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known beside the differences themselves.

    Attributes:
        message: What the author said of the change.
        broken_tests: Tests that passed before, fail now, and reach the cause.
        mended_tests: Tests that failed before, pass now, and reach the cause.
        n_promises_broken: Examples in its docstring that held and do not any more.
        n_promises_mended: The other way round.
    """

    message: str = ""
    broken_tests: tuple[str, ...] = ()
    mended_tests: tuple[str, ...] = ()
    n_promises_broken: int = 0
    n_promises_mended: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be said of a difference.

    Attributes:
        rule: What it is an instance of.
        severity: How bad it is.
        confidence: Probability that it is worth saying.
        claims_failure: Whether it is said to be wrong.
        reason: Why, for the user.
    """

    rule: str
    severity: Severity
    confidence: float
    claims_failure: bool
    reason: str


def is_crash(pair: Pair) -> bool:
    """Tells whether the new version fails by accident on what the old one answered."""
    return pair.before.kind == VALUE and (
        pair.after.kind == TIMEOUT
        or (pair.after.kind == RAISED and pair.after.value in CRASHES and not pair.after.is_deliberate)
    )


def is_recovery(pair: Pair) -> bool:
    """Tells whether the old version failed by accident on what the new one answers."""
    return pair.after.kind == VALUE and (
        pair.before.kind == RAISED and pair.before.value in CRASHES and not pair.before.is_deliberate
    )


def is_of_wrong_kind(pair: Pair) -> bool:
    """Tells whether only arguments that were guessed may be at fault."""
    return pair.input.origin is Origin.GUESSED and pair.after.value in _OF_WRONG_KIND


def judge(pair: Pair, others: Sequence[Pair], cause: Cause, signs: Signs) -> Verdict:
    """Returns what is to be said.

    Args:
        pair: The difference that is shown.
        others: All differences of the same cause, this one among them.
        cause: The code that changed.
        signs: What else is known.
    """
    rule = _rule(pair)
    if signs.broken_tests:
        reason = f"The test `{signs.broken_tests[0]}` passed before and fails now."
        return Verdict(rule=rule, severity=Severity.ERROR, confidence=0.95, claims_failure=True, reason=reason)
    if signs.n_promises_broken > signs.n_promises_mended:
        reason = "An example in the docstring held before and does not any more."
        return Verdict(rule=rule, severity=Severity.ERROR, confidence=0.95, claims_failure=True, reason=reason)
    intended = _intended(pair, others, cause, signs)
    if intended:
        return Verdict(rule=rule, severity=Severity.NOTE, confidence=0.2, claims_failure=False, reason=intended)
    docstring = cause.pair.after.docstring if cause.pair is not None and cause.pair.after is not None else ""
    if pair.before.kind == RAISED and pair.before.is_deliberate and re.search(rf"\b{pair.before.value}\b", docstring):
        reason = f"The docstring promises `{pair.before.value}`."
        return Verdict(rule=rule, severity=Severity.ERROR, confidence=0.8, claims_failure=True, reason=reason)
    crashes = [item for item in others if is_crash(item) and not is_of_wrong_kind(item)]
    answered = [item for item in others if item.before.kind == VALUE]
    if is_crash(pair) and not is_of_wrong_kind(pair) and len(crashes) >= _MOSTLY * len(answered):
        is_usual = any(item.input.origin is not Origin.GUESSED for item in crashes)
        reason = _HANGS if pair.after.kind == TIMEOUT else _CRASHES
        return Verdict(
            rule=rule,
            severity=Severity.ERROR,
            confidence=0.85 if is_usual else 0.6,
            claims_failure=True,
            reason=reason,
        )
    if _KEEPS.search(signs.message) and not _FIXES.search(signs.message):
        reason = "The change is said to keep the behaviour."
        return Verdict(rule=rule, severity=Severity.WARNING, confidence=0.75, claims_failure=True, reason=reason)
    promise = broken_promise(cause.pair) if cause.pair is not None else None
    if promise is not None:
        reason = f'The docstring says "{promise.sentence}", which the change makes untrue.'
        return Verdict(rule=rule, severity=Severity.WARNING, confidence=0.75, claims_failure=False, reason=reason)
    return Verdict(
        rule=rule,
        severity=Severity.NOTE,
        confidence=_confidence_of_note(pair, others),
        claims_failure=False,
        reason="Nothing in the change says which of the two is right; a test that covers it would.",
    )


def _intended(pair: Pair, others: Sequence[Pair], cause: Cause, signs: Signs) -> str:
    """Returns why a difference is meant to be; empty where nothing says so."""
    if signs.mended_tests:
        return f"The test `{signs.mended_tests[0]}` asks for it."
    if signs.n_promises_mended:
        return "An example in the docstring asks for it."
    if is_recovery(pair) or sum(map(is_recovery, others)) > sum(map(is_crash, others)):
        return "The old version failed on such inputs."
    if pair.before.kind == TIMEOUT:
        return "The old version did not end."
    is_refused = pair.before.kind == VALUE and pair.after.kind == RAISED and pair.after.is_deliberate
    if is_refused and pair.after.message and pair.input.origin not in ORDINARY:
        return "Such inputs are refused on purpose."
    if _FIXES.search(signs.message):
        return "The change is said to correct something."
    found = cause.pair
    docstrings = {part.docstring for part in (found.before, found.after) if part} if found is not None else set()
    if len(docstrings) > 1:
        return "The docstring changed with it."
    return ""


def _confidence_of_note(pair: Pair, others: Sequence[Pair]) -> float:
    if any(item.input.origin in ORDINARY for item in others):
        return 0.7
    if any(item.input.origin is not Origin.GUESSED for item in others):
        return 0.6
    return 0.3 if is_of_wrong_kind(pair) else 0.5


def _rule(pair: Pair) -> str:
    if pair.after.kind == TIMEOUT:
        return "behaviour.hangs"
    if pair.after.kind == RAISED:
        return "behaviour.raises"
    if pair.before.kind == RAISED:
        return "behaviour.no-longer-raises"
    if pair.before.value != pair.after.value:
        return "behaviour.returns"
    return "behaviour.changes-arguments" if pair.before.changed != pair.after.changed else "behaviour.prints"
