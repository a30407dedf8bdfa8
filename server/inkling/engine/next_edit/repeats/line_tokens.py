"""Lines as words and signs, each with the white space before it: what changes are compared and repeated by."""

import re
from collections.abc import Sequence
from functools import lru_cache
from keyword import kwlist
from typing import NamedTuple

_TOKEN = re.compile(r"(\s*)(\w+|[=!<>:]=|->|\*\*|//|[^\w\s])")
_WORD = re.compile(r"[^\W\d]\w*")
_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(_OPENING.values())

SHORTEST_TELLING_WORD = 3  # characters; a pattern of a shorter word alone would apply nearly everywhere
_TELLS_NOTHING = frozenset((*kwlist, "self", "cls", "the", "and", "for", "with", "int", "str", "None", "match", "case"))


class Token(NamedTuple):
    """A word, number or sign.

    Attributes:
        gap: The white space before it, line breaks included.
        text: The word or sign.
    """

    gap: str
    text: str


@lru_cache(maxsize=8192)
def tokens_of(text: str) -> tuple[Token, ...]:
    """Returns the words and signs of a text; white space at its end is left out."""
    return tuple(Token(gap, word) for gap, word in _TOKEN.findall(text))


def is_word(text: str) -> bool:
    """Tells whether a token is a word: not a number, not a sign."""
    return _WORD.fullmatch(text) is not None


def is_sign(element: object) -> bool:
    """Tells whether an element of a pattern is neither a word nor a number nor a hole."""
    return isinstance(element, str) and not (element[0].isalnum() or element[0] == "_")


def is_telling(text: str) -> bool:
    """Tells whether a token is a word that says something about the line it stands on."""
    return len(text) >= SHORTEST_TELLING_WORD and is_word(text) and text not in _TELLS_NOTHING


def depth_change(text: str) -> int:
    """Returns 1 for an opening bracket, -1 for a closing one, 0 for everything else."""
    return (text in _OPENING) - (text in _CLOSING)


def is_balanced(texts: Sequence[str]) -> bool:
    """Tells whether all brackets that are opened or closed in the tokens are closed and opened there, too."""
    open_brackets: list[str] = []
    for text in texts:
        if text in _OPENING:
            open_brackets.append(_OPENING[text])
        elif text in _CLOSING and (not open_brackets or open_brackets.pop() != text):
            return False
    return not open_brackets


def is_whole(texts: Sequence[str]) -> bool:
    """Tells whether brackets and strings that begin in the tokens end there, too."""
    return is_balanced(texts) and all(texts.count(quote) % 2 == 0 for quote in ('"', "'"))
