"""Parsing that may be done on several threads at once."""

import ast
import contextlib
import threading
from collections.abc import Iterator

_ALONE = threading.RLock()


def parse(text: str) -> ast.Module:
    """Returns the tree of a module's text.

    Before Python 3.13 the depth of a tree in the making is counted for all threads together: where two make one at a
    time, a `SystemError` comes of it. So one waits for the other.

    Raises:
        SyntaxError: It does not parse.
        ValueError: It holds null bytes.
        RecursionError: It is nested too deeply.
    """
    with _ALONE:
        return ast.parse(text)


def parse_expression(text: str) -> ast.expr:
    """Returns the tree of an expression's text.

    Raises:
        SyntaxError: It does not parse.
        ValueError: It holds null bytes.
        RecursionError: It is nested too deeply.
    """
    with _ALONE:
        return ast.parse(text, mode="eval").body


@contextlib.contextmanager
def parsing_alone() -> Iterator[None]:
    """Lets nobody else parse meanwhile, for code that parses by itself; for threads, since others wait here."""
    with _ALONE:
        yield
