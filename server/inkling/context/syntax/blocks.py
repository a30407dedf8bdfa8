"""Parsing no more of a file than a change at one place can break.

A file is cut into blocks at the lines that begin a top-level statement. A text inserted into one block can
only break that block, unless it opens a string or bracket that stays open, in which case the block itself
stops parsing. So the block is enough, as long as it parses before the change.
"""

import re
import warnings

_TOP_LEVEL = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)
# A line that continues what the lines above began, although it is not indented.
_CONTINUATION = re.compile(r"(?:elif|else|except|finally|case)\b|[\"')\]}]")


def parses(source: str) -> bool:
    """Tells whether `source` is a module that CPython parses, in whatever state of indentation it begins."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(source, "<candidate>", "exec", flags=_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST; importing ast would cost the worker more memory than all else it does


def block_around(text: str, offset: int) -> tuple[int, int]:
    """Returns start and end of the top-level block that a text inserted at `offset` becomes part of.

    Decorators belong to what they decorate; at the very start of a block the one above belongs to it, too.
    """
    start, is_decorated = 0, False
    for match in _TOP_LEVEL.finditer(text):
        if _CONTINUATION.match(text, match.start()):
            continue
        if match.start() >= offset and match.start() > start and not is_decorated:
            return start, match.start()
        if match.start() < offset and not is_decorated:
            start = match.start()
        is_decorated = text.startswith("@", match.start())
    return start, len(text)


def still_parses(text: str, offset: int, insertion: str) -> bool:
    """Returns False only when `text` parses and would not with `insertion` at `offset`.

    Source: the invariant "no suggestion is shown that makes a file that parses stop parsing" in ARCHITECTURE.md.
    """
    start, end = block_around(text, offset)
    if parses(text[start:end]) and parses(text[start:offset] + insertion + text[offset:end]):
        return True
    # The block may be a piece of something larger, such as a string whose lines are not indented.
    return parses(text[:offset] + insertion + text[offset:]) or not parses(text)
