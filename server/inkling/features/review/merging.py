"""One comment for one cause, whoever noticed it and however often."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import PurePosixPath
from typing import Final

from inkling.core.review import Confirmation, ReviewComment, Severity, Topic

WEIGHTS: Final = {Severity.ERROR: 1.0, Severity.WARNING: 0.5, Severity.NOTE: 0.2}  # what being right is worth
SAME_WORDS: Final = 0.5  # of the shorter message's, from which on two comments on one line say the same
_READING: Final = frozenset({Topic.LINT, Topic.RISK, Topic.TEAM_RULE, Topic.MODEL})  # they judge what is written
_ONE_EACH: Final = frozenset({"risk.secret"})  # rules of which each finding is a cause of its own
_WORD: Final = re.compile(r"[a-z]{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedComment:
    """A comment with its fingerprints.

    Attributes:
        comment: What is said.
        fingerprints: Its own, then those of comments that were merged into it.
    """

    comment: ReviewComment
    fingerprints: tuple[str, ...]


def weight(comment: ReviewComment) -> float:
    """Returns how much a comment is expected to be worth: severity times confidence, in [0, 1]."""
    return WEIGHTS[comment.severity] * comment.confidence


def merge(comments: Sequence[NamedComment]) -> list[NamedComment]:
    """Returns one comment for each cause, worth most first."""
    groups = _Groups(len(comments))
    by_words: dict[tuple[str, str, bool, PurePosixPath | None, int], int] = {}
    by_file: dict[tuple[PurePosixPath, bool], list[int]] = defaultdict(list)
    for number, named in enumerate(comments):
        comment = named.comment
        # A thought is said once, whatever the names in it; what may go wrong is said of each place that differs, and
        # what a function does now, or a model thinks of it, is another thing for each function.
        is_thought = comment.severity is Severity.NOTE and comment.topic not in (Topic.BEHAVIOUR, Topic.MODEL)
        words = "" if is_thought else comment.message
        where = (comment.path, comment.line) if comment.rule in _ONE_EACH else (None, 0)
        groups.join(number, by_words.setdefault((comment.rule, words, comment.is_on_old_side, *where), number))
        by_file[comment.path, comment.is_on_old_side].append(number)
    for one, other in _neighbours(by_file, comments):
        if _have_one_cause(comments[one].comment, comments[other].comment):
            groups.join(one, other)
    merged = [_merged([comments[number] for number in group]) for group in groups.all()]
    return sorted(merged, key=lambda each: (-weight(each.comment), each.comment.path, each.comment.line))


class _Groups:
    """Numbers that belong together."""

    def __init__(self, n: int) -> None:
        self._leader = list(range(n))

    def join(self, one: int, other: int) -> None:
        self._leader[self._find(one)] = self._find(other)

    def all(self) -> list[list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self._leader)):
            found[self._find(number)].append(number)
        return list(found.values())

    def _find(self, number: int) -> int:
        while self._leader[number] != number:
            self._leader[number] = self._leader[self._leader[number]]
            number = self._leader[number]
        return number


def _neighbours(
    by_file: dict[tuple[PurePosixPath, bool], list[int]], comments: Sequence[NamedComment]
) -> Iterator[tuple[int, int]]:
    """Yields comments of one file that are on the same lines, or in the same symbol."""
    for numbers in by_file.values():
        by_symbol: dict[str, list[int]] = defaultdict(list)
        by_line: dict[int, list[int]] = defaultdict(list)
        for number in numbers:
            comment = comments[number].comment
            by_line[comment.line].append(number)
            if comment.symbol and comment.claims_failure:
                by_symbol[comment.symbol].append(number)
        for near in (*by_symbol.values(), *by_line.values()):
            yield from combinations(near, 2)


def _have_one_cause(one: ReviewComment, other: ReviewComment) -> bool:
    if one.claims_failure and other.claims_failure:
        # Whether it was seen by calling it, in a test or by reading: what fails there fails for one reason.
        return one.symbol == other.symbol if one.symbol and other.symbol else one.topic is not other.topic
    if one.rule == other.rule or not {one.topic, other.topic} <= _READING:
        return False
    words, others = (set(_WORD.findall(f"{each.rule} {each.message}".lower())) for each in (one, other))
    return len(words & others) >= SAME_WORDS * max(1, min(len(words), len(others)))


def _merged(group: Sequence[NamedComment]) -> NamedComment:
    best, *others = sorted(group, key=_rank)
    comment = best.comment
    places = {(each.comment.path, each.comment.line) for each in others} | {
        place for each in group for place in each.comment.also_at
    }
    suggestion = next(
        (each.comment.suggestion for each in (best, *others) if each.comment.suggestion and _is_beside(each, best)), ()
    )
    return NamedComment(
        comment=replace(
            comment,
            severity=max((each.comment.severity for each in group), key=WEIGHTS.__getitem__),
            confidence=max(each.comment.confidence for each in group),
            suggestion=suggestion,
            also_at=tuple(sorted(places - {(comment.path, comment.line)})),
        ),
        fingerprints=(*best.fingerprints, *(name for each in others for name in each.fingerprints)),
    )


def _rank(named: NamedComment) -> tuple[bool, bool, float, PurePosixPath, int]:
    comment = named.comment
    is_confirmed = comment.confirmation is Confirmation.CONFIRMED
    return not is_confirmed, comment.reproduction is None, -weight(comment), comment.path, comment.line


def _is_beside(named: NamedComment, best: NamedComment) -> bool:
    return named.comment.path == best.comment.path and named.comment.line == best.comment.line
