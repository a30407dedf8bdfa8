"""Words of names, and prose in which words are exchanged as names differ."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

Words = tuple[str, ...]
Exchange = tuple[Words, Words]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LEAST_EXCHANGED_CHARS = 2  # the word "a" of a name is hardly ever the "a" of a sentence


def words_of(name: str) -> Words:
    """Returns the words that a name is made of, in lower case."""
    return tuple(word.lower() for word in _WORD.findall(name))


def exchanges(old: Sequence[Words], new: Sequence[Words]) -> tuple[Exchange, ...]:
    """Returns which words stand for which, of names that are laid side by side; the first that says so counts."""
    found: dict[Words, Words] = {}
    for before, after in zip(old, new, strict=True):
        if before == after:
            continue
        for kind, first, last, new_first, new_last in SequenceMatcher(None, before, after, False).get_opcodes():
            if kind == "replace" and sum(map(len, before[first:last])) >= _LEAST_EXCHANGED_CHARS:
                found.setdefault(before[first:last], after[new_first:new_last])
    return tuple(found.items())


def exchange(text: str, pairs: Iterable[Exchange]) -> str:
    """Returns prose in which words are exchanged all at once, in the form that each has there."""
    by_words = dict(pairs)
    if not by_words:
        return text
    parts = list(_WORD.finditer(text))
    lower = [part.group().lower() for part in parts]
    pieces: list[str] = []
    end = number = 0
    while number < len(parts):
        known = _exchange_at(text, parts, lower, number, by_words)
        if known is None:
            number += 1
            continue
        n_parts, new = known
        start = parts[number].start()
        pieces += text[end:start], new
        number += n_parts
        end = parts[number - 1].end()
    return "".join(pieces) + text[end:]


def _exchange_at(
    text: str, parts: Sequence[re.Match[str]], lower: Sequence[str], number: int, by_words: Mapping[Words, Words]
) -> tuple[int, str] | None:
    """Returns how many words from one on are exchanged, and for what; None where they are not."""
    for old, new in by_words.items():
        n_parts = len(old)
        found = tuple(lower[number : number + n_parts])
        is_plural = found == (*old[:-1], old[-1] + "s")
        if found != old and not is_plural:
            continue
        first, last = parts[number], parts[number + n_parts - 1]
        between = {text[one.end() : two.start()] for one, two in pairwise(parts[number : number + n_parts])}
        if not between <= {"", "_", "-", " "}:
            continue
        words = (*new[:-1], new[-1] + "s") if is_plural else new
        around = text[first.start() - 1 : first.start()] + text[last.end() : last.end() + 1]
        return n_parts, _in_form_of(text[first.start() : last.end()], words, around)
    return None


def likeness(one: Words, other: Words) -> float:
    """Returns how much of two names is the same, in order, from 0 to 1; 1 where both are empty."""
    if one == other:
        return 1.0
    return SequenceMatcher(None, one, other, False).ratio()


def _in_form_of(old: str, words: Words, around: str) -> str:
    """Returns words joined and capitalised as the old ones are, between the characters `around` them."""
    joiner = next((char for char in "_-" if char in old or char in around), " ")
    if len(old) > 1 and old.isupper():
        return joiner.join(words).upper()
    is_in_camel_case = any(char.isalpha() for char in around) or re.search(r"[a-z][A-Z]", old) is not None
    if is_in_camel_case:
        first = words[0].capitalize() if old[0].isupper() else words[0]
        return first + "".join(word.capitalize() for word in words[1:])
    text = joiner.join(words)
    return text[:1].upper() + text[1:] if old[0].isupper() else text
