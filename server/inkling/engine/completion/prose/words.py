"""Words of names, and prose in which words are exchanged as names differ."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

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
    by_words = {words: other for words, other in pairs if words != other}
    if not by_words:
        return text
    ways = sorted(by_words, key=lambda words: -len(words))
    pattern = "|".join(r"[ _-]?".join(map(re.escape, words)) for words in ways)
    # A word of an identifier counts as one, a part of a longer word does not.
    whole = re.compile(rf"(?<![^\W_])({pattern})(s?)(?![^\W_A-Z])|(?<=[a-z])({pattern})(s?)(?![a-z])", re.IGNORECASE)

    def exchanged(match: re.Match[str]) -> str:
        old = match.group(1) or match.group(3)
        plural = match.group(2) or match.group(4) or ""
        known = by_words.get(words_of(old)) or by_words.get(words_of(old.lower()))
        return match.group() if known is None else _in_form_of(old, known) + plural

    return whole.sub(exchanged, text)


def likeness(one: Words, other: Words) -> float:
    """Returns how much of two names is the same, in order, from 0 to 1; 1 where both are empty."""
    if one == other:
        return 1.0
    return SequenceMatcher(None, one, other, False).ratio()


def _in_form_of(old: str, words: Words) -> str:
    """Returns words joined and capitalised as the old ones are."""
    if "_" in old or "-" in old or " " in old:
        joiner = next(char for char in old if char in "_- ")
    else:
        joiner = "" if re.search(r"[a-z][A-Z]", old) else " "
    if len(old) > 1 and old.isupper():
        return joiner.join(words).upper()
    if joiner == "" or (len(words_of(old)) > 1 and all(part[:1].isupper() for part in _WORD.findall(old))):
        return joiner.join(word.capitalize() for word in words)
    text = joiner.join(words)
    return text[:1].upper() + text[1:] if old[:1].isupper() else text
