"""Checks on a candidate that need nothing but the text around the cursor."""

from inkling.core.suggestion import Candidate, CompletionRequest
from inkling.core.text import line_end, line_prefix, line_suffix

_N_LINES_BELOW = 3  # a suggestion is compared with this many lines that follow the cursor's line
_CLOSERS = ")]}'\",:"  # what editors put in by themselves; repeating only these repeats no code


def repeats_suffix(request: CompletionRequest, candidate: Candidate) -> bool:
    """Tells whether the candidate says again what already follows the cursor.

    That is so when the rest of the line begins with the candidate, when the candidate ends with a rest of the
    line that holds code, or when the line it would complete stands directly below.
    """
    text, offset = request.snapshot.text, request.offset
    proposed = candidate.text.strip()
    rest = line_suffix(text, offset).strip()
    if rest and (rest.startswith(proposed) or (proposed.endswith(rest) and rest.strip(_CLOSERS + " "))):
        return True
    if rest:
        return False
    completed = (line_prefix(text, offset) + candidate.text).strip()
    return _next_code_line(text, offset) == completed.splitlines()[0].strip() if completed else True


def _next_code_line(text: str, offset: int) -> str | None:
    """Returns the first line below the cursor that is not blank, stripped; None if there is none close by."""
    position = line_end(text, offset)
    for _ in range(_N_LINES_BELOW):
        if position >= len(text):
            return None
        start = position + (2 if text.startswith("\r\n", position) else 1)
        position = line_end(text, start)
        line = text[start:position].strip()
        if line:
            return line
    return None


def is_place_to_complete(request: CompletionRequest) -> bool:
    """Tells whether the cursor is not in the middle of a word."""
    after = request.snapshot.text[request.offset : request.offset + 1]
    return not (after.isalnum() or after == "_")
