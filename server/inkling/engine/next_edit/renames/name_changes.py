"""Names that the developer replaced by others, read from the history."""

import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from inkling.core.next_edit import ChangeOrigin, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.meanings import Past, Renamed
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 10  # Changes; what was renamed before that is done or given up.
_MOST_TOKENS = 300  # Of a line before and after; what is longer was generated.
_MOST_PAIRS = 900  # Of lines that are compared; a larger change is a rewrite, in which pairs of names say little.
_LEAST_ALIKE = 0.7  # Share of letters that two names must have in common, in order, to be alike.
_LEAST_LIKENESS = 0.4  # Share of tokens that two lines must have in common to be the same line before and after.
_TOKEN = re.compile(r"\w+|[^\w\s]")
_NAME = re.compile(r"[^\W\d]\w*")
_ALIAS = re.compile(r"(?P<import>\s*(?:import|from\s+[\w.]+\s+import)\s+(?P<old>\w+))\s+as\s+(?P<new>\w+)\s*")
_NEVER_RENAMED = frozenset({*keyword.kwlist, "self", "cls", "_"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChange:
    """A name that took the place of another one.

    Attributes:
        uri: The file.
        old: The name that stood there.
        new: The name that stands there now.
        places: Line and column in code points of each place where that was done.
        age: Changes since the latest of them.
        support: Changes in which it was done.
        is_plain: Whether little else was changed with it, or the names are alike; else the one may not stand for the
            other.
        kept: Lines on which the developer left the old name, or wrote it, then or later.
    """

    uri: DocumentUri
    old: str
    new: str
    places: tuple[tuple[int, int], ...]
    age: int
    support: int
    is_plain: bool
    kept: frozenset[int]


def name_changes(situation: Situation) -> list[NameChange]:
    """Returns the names that were lately replaced by others, the latest first, one for each file and pair of names.

    A pair that was also replaced the other way round later, as in an undo or a swap, is left out.
    """
    found: dict[tuple[DocumentUri, str, str], list[tuple[int, LineChange, _Replaced]]] = {}
    for age, change in latest_changes(situation):
        for replaced in _replaced_names(change.removed, change.inserted):
            found.setdefault((change.uri, replaced.old, replaced.new), []).append((age, change, replaced))
    pairs = {(old, new) for _, old, new in found}
    return [
        NameChange(
            uri=uri,
            old=old,
            new=new,
            places=tuple(sorted((change.first_line + word.line, word.column) for _, change, word in words)),
            age=words[0][0],
            support=len({age for age, _, _ in words}),
            is_plain=_are_alike(old, new) or any(word.is_plain for _, _, word in words),
            kept=_lines_that_keep(situation, uri, old, since=words[-1][0]),
        )
        for (uri, old, new), words in found.items()
        if (new, old) not in pairs
    ]


def past_of(situation: Situation, change: NameChange, defining: Sequence[FileView]) -> Past:
    """Returns the files as they were before a name was changed in any of them; see `Past`."""
    renamed = [
        Renamed(uri=each.uri, old=each.old, new=each.new, places=each.places)
        for each in name_changes(situation)
        if (each.old, each.new) == (change.old, change.new)
    ]
    return Past(situation.files, defining, renamed)


def latest_changes(situation: Situation) -> Iterator[tuple[int, LineChange]]:
    """Yields age and change of what the developer lately meant and what still stands there, the latest first."""
    for age, change in enumerate(reversed(situation.history[-MOST_CHANGES:])):
        view = situation.files.get(change.uri)
        is_meant = change.origin in (ChangeOrigin.TYPED, ChangeOrigin.APPLIED)
        if is_meant and view is not None and view.lines[change.first_line : change.end_line] == change.inserted:
            yield age, change


def _lines_that_keep(situation: Situation, uri: DocumentUri, name: str, since: int) -> frozenset[int]:
    lines = situation.files[uri].lines_with.get(name, ())
    written = [
        range(change.first_line, change.end_line)
        for age, change in latest_changes(situation)
        if age <= since and change.uri == uri
    ]
    return frozenset(line for line in lines if any(line in stretch for stretch in written))


def _are_alike(old: str, new: str) -> bool:
    """Returns whether two names share a word, or one begins or ends with the other."""
    short, long = sorted((old.lower().strip("_"), new.lower().strip("_")), key=len)
    if short and (long.startswith(short) or long.endswith(short)):
        return True
    return not _parts(old).isdisjoint(_parts(new)) or SequenceMatcher(None, old, new).ratio() >= _LEAST_ALIKE


def _parts(name: str) -> set[str]:
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}", name)}


@dataclass(frozen=True, slots=True)
class _Replaced:
    """A name in the place of another, at a line and column of the inserted lines."""

    old: str
    new: str
    line: int
    column: int
    is_plain: bool


@lru_cache(maxsize=256)
def _replaced_names(removed: tuple[str, ...], inserted: tuple[str, ...]) -> tuple[_Replaced, ...]:
    if not removed or not inserted or removed == inserted:
        return ()
    words: list[_Replaced] = []
    n_plain = 0
    for number, before, after in _paired_lines(removed, inserted):
        in_line = list(_replaced_in_line(before, after))
        renamed = _TOKEN.findall(before)
        for old, new, _ in in_line:
            renamed = [new if token == old else token for token in renamed]
        n_plain += renamed == _TOKEN.findall(after) or (bool(in_line) and _ALIAS.fullmatch(after) is not None)
        words += [_Replaced(old, new, number, column, is_plain=False) for old, new, column in in_line]
    is_plain = 2 * n_plain >= max(len(removed), len(inserted))
    return tuple(replace(word, is_plain=is_plain) for word in words)


def _paired_lines(removed: Sequence[str], inserted: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Yields number, old and new text of the inserted lines that took the place of a removed one."""
    if len(removed) == len(inserted):
        yield from ((number, before, inserted[number]) for number, before in enumerate(removed))
        return
    if len(removed) * len(inserted) > _MOST_PAIRS:
        return
    words = [frozenset(_TOKEN.findall(line)) for line in inserted]
    start = 0
    for before in removed:
        own = frozenset(_TOKEN.findall(before))
        likeness = [
            (2 * len(own & words[number]) / max(1, len(own) + len(words[number])), -number)
            for number in range(start, len(inserted))
        ]
        best, number = max(likeness, default=(0.0, 0))
        if best >= _LEAST_LIKENESS:
            yield -number, before, inserted[-number]
            start = 1 - number


def _replaced_in_line(before: str, after: str) -> Iterator[tuple[str, str, int]]:
    """Yields old name, new name and column."""
    old_tokens = _TOKEN.findall(before)
    new_tokens = list(_TOKEN.finditer(after))
    if before == after or len(old_tokens) + len(new_tokens) > _MOST_TOKENS:
        return
    alias = _ALIAS.fullmatch(after)
    if alias and alias["import"] == before.rstrip():
        yield alias["old"], alias["new"], alias.start("new")
        return
    matcher = SequenceMatcher(None, old_tokens, [token.group() for token in new_tokens], autojunk=False)
    if matcher.ratio() < _LEAST_LIKENESS:
        return
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag != "replace" or last - first != new_last - new_first:
            continue
        for old, token in zip(old_tokens[first:last], new_tokens[new_first:new_last], strict=True):
            new = token.group()
            if old != new and _can_be_renamed(old) and _can_be_renamed(new):
                yield old, new, token.start()


def _can_be_renamed(word: str) -> bool:
    return _NAME.fullmatch(word) is not None and word not in _NEVER_RENAMED and not word.startswith("__")
