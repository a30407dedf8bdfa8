"""Why the two versions cannot be told apart on an input, whatever they do."""

import re
from typing import Final

from inkling.engine.review.behaviour.exchange import NOT_REACHED, RAISED, TIMEOUT, WAITED, Input, Origin, Outcome

WAITS: Final = "It waits (for time, a process or the network) instead of computing, so that nothing can be compared."
NO_INPUT: Final = "No input was found that it takes; annotate its parameters, or write a test that calls it."
_HANGS: Final = "The old version does not end on the inputs that were made for it."
_OUTSIDE: Final = "It needs what a sandbox does not give ({error}); a test with a file or an answer of its own helps."
_OF_WRONG_KIND: Final = frozenset({"TypeError", "AttributeError"})
# Not permitted, denied, read-only, no network, no host: what a program meets in a sandbox and not outside of it.
_OF_SANDBOX: Final = re.compile(r"\[Errno (1|13|30|101|111|-2|-3|-5)\]")


def obstacle_of(given: Input, before: Outcome, after: Outcome) -> str:
    """Returns why an input tells nothing, in words for the user; empty where it tells the versions apart or alike.

    Args:
        given: What was run.
        before: What the old version did.
        after: What the new version did.
    """
    if WAITED in (before.kind, after.kind):
        return WAITS
    if NOT_REACHED in (before.kind, after.kind):
        return NO_INPUT
    if before.kind == TIMEOUT:
        return _HANGS
    for outcome in (before, after):
        if _is_of_sandbox(outcome):
            return _OUTSIDE.format(error=_in_words(outcome))
    if before.kind == RAISED == after.kind and before.value == after.value and not before.is_deliberate:
        if "OSError" in before.types:
            return _OUTSIDE.format(error=_in_words(before))
        if given.origin is Origin.GUESSED and before.value in _OF_WRONG_KIND:
            return NO_INPUT
    return ""


def _is_of_sandbox(outcome: Outcome) -> bool:
    is_of_system = outcome.kind == RAISED and "OSError" in outcome.types
    return is_of_system and not outcome.is_deliberate and _OF_SANDBOX.search(outcome.message) is not None


def _in_words(outcome: Outcome) -> str:
    return f"`{outcome.value}: {outcome.message}`".replace("\n", " ")
