"""Which candidates say the same in other words."""

import ast
from collections.abc import Iterator, Sequence

from inkling.core.suggestion import Candidate, CompletionRequest
from inkling.core.text import line_prefix

MAX_CHARS = 2000  # longer texts are compared as they are: parsing them would hold the event loop


def without_duplicates(request: CompletionRequest, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yields the first of those candidates that mean the same: one syntax tree, or one text but for white space."""
    seen: set[str] = set()
    for candidate in candidates:
        meanings = set(_meanings(line_prefix(request.snapshot.text, request.offset), candidate.text))
        if not meanings & seen:
            yield candidate
        seen |= meanings


def _meanings(before: str, text: str) -> Iterator[str]:
    yield "".join(text.split())
    lines = (before + text).strip()
    if len(lines) > MAX_CHARS:
        return
    # A line that opens a block is whole only with something in it.
    for code in (lines, f"{lines} pass"):
        try:
            yield ast.dump(ast.parse(code))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return
