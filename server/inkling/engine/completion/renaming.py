"""Which names of one piece of code stand for which of another that is alike."""

import keyword
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

_FIXED = frozenset({*keyword.kwlist, "self", "cls", "print", "len", "str", "int"})
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]+")

Pair = tuple[Sequence[str], Sequence[str]]


def is_name(token: str) -> bool:
    """Tells whether `token` is a name that can be exchanged for another."""
    return (token[0].isalpha() or token[0] == "_") and token[-1] not in "\"'" and token not in _FIXED


def is_string(token: str) -> bool:
    """Tells whether `token` is a string."""
    return token[-1] in "\"'"


class Renaming:
    """What stands for what, learned from pieces of code that are laid side by side."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        """Learns from pairs of lines, the old one first; of names that went two ways the more frequent counts."""
        votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for old, new in pairs:
            for before, after in _aligned(old, new):
                if _are_of_one_kind(before, after):
                    votes[before][after] += 1
        self._names = {before: after.most_common(1)[0][0] for before, after in votes.items()}
        self._parts = _part_names(self._names)

    def renamed(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """Returns `tokens` with the names exchanged, parts of names that were never aligned among them."""
        return tuple(self._renamed(token) for token in tokens)

    def _renamed(self, token: str) -> str:
        known = self._names.get(token)
        if known is not None:
            return known
        if not self._parts or not (is_name(token) or is_string(token)):
            return token
        return "".join(self._parts.get(part, part) for part in _PARTS.findall(token))


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterable[tuple[str, str]]:
    if len(old) == len(new):
        return zip(old, new, strict=True)
    pairs: list[tuple[str, str]] = []
    for kind, first, last, new_first, new_last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal" or (kind == "replace" and last - first == new_last - new_first):
            pairs.extend(zip(old[first:last], new[new_first:new_last], strict=True))
    return pairs


def _are_of_one_kind(before: str, after: str) -> bool:
    return (is_name(before) and is_name(after)) or (is_string(before) and is_string(after))


def _part_names(names: dict[str, str]) -> dict[str, str]:
    """Returns which word stands for which, where two names differ in one word only."""
    parts: dict[str, str] = {}
    for before, after in names.items():
        if before == after:
            continue
        old, new = _PARTS.findall(before), _PARTS.findall(after)
        if len(old) != len(new):
            continue
        differing = [(one, other) for one, other in zip(old, new, strict=True) if one != other]
        if len(differing) == 1 and (len(old) > 1 or is_name(before)):
            (one, other) = differing[0]
            for form in (str, str.lower, str.capitalize, str.upper):
                parts.setdefault(form(one), form(other))
    return parts
