"""Texts with their secrets masked, and what has been masked in them."""

from collections.abc import Sequence
from functools import lru_cache

from inkling.core.edit import Span
from inkling.core.redact import MASK, secret_spans


@lru_cache(maxsize=256)
def masked(text: str) -> str:
    """Returns a small text with its secrets masked; remembered, as the texts of one keystroke are those of the last."""
    return masked_once(text)


def masked_once(text: str) -> str:
    """Returns a whole text with its secrets masked."""
    return masked_part(text, Span(start=0, end=len(text)), secret_spans(text))


def masked_part(text: str, part: Span, secrets: Sequence[Span]) -> str:
    """Returns a part of `text` with its secrets masked.

    Of a secret that reaches over the part's beginning nothing is left, not even a mask: what stands there goes on after
    it. So text before the cursor ends in the mask of a secret that the cursor stands in, and the text after it begins
    where the secret ends.
    """
    pieces = []
    place = part.start
    for secret in secrets:
        if secret.end <= part.start or secret.start >= part.end:
            continue
        if secret.start >= part.start:
            pieces += [text[place : secret.start], MASK]
        place = min(secret.end, part.end)
    pieces.append(text[place : part.end])
    return "".join(pieces)
