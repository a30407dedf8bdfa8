"""Parsing that several reviewers may do at once."""

import ast
import threading

_ALONE = threading.Lock()


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
