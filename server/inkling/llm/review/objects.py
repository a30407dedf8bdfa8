"""JSON in what a model wrote: the objects of one list, whatever stands around it and wherever it breaks off."""

import json
import math
import re
from typing import Any, Final

MAX_REPLY_CHARS: Final = 100_000
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


class BadAnswerError(Exception):
    """An answer that holds no such list; the words are for the user."""


def objects_in(answer: str, key: str) -> tuple[list[dict[str, Any]], bool]:
    """Returns the objects of the first list that stands under a key, and whether the list was whole.

    Of a list that breaks off the objects before are returned; what is no object is passed over.

    Raises:
        BadAnswerError: There is no such list.
    """
    answer = answer[:MAX_REPLY_CHARS]
    opened = re.search(rf'"{re.escape(key)}"\s*:\s*\[', answer)
    if opened is None:
        raise BadAnswerError("the answer was not the JSON that was asked for")
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    place = opened.end()
    while True:
        place = _after(answer, place, " \t\r\n,")
        if answer[place : place + 1] == "]":
            return found, True
        try:
            value, place = decoder.raw_decode(answer, place)
        except (ValueError, RecursionError):
            return found, False
        if isinstance(value, dict):
            found.append(value)


def text_of(said: dict[str, Any], key: str, max_chars: int) -> str:
    """Returns a text, white space at its ends included; empty for anything else, and for what must not be shown."""
    value = said.get(key)
    if not isinstance(value, str) or len(value) > max_chars or _FORBIDDEN.search(value.replace("\r\n", "\n")):
        return ""
    return value.replace("\r\n", "\n")


def share_of(said: dict[str, Any], key: str) -> float | None:
    """Returns a number in [0, 1]; None for anything else."""
    value = said.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if 0 <= value <= 1 else None


def _after(text: str, place: int, passed_over: str) -> int:
    while place < len(text) and text[place] in passed_over:
        place += 1
    return place
