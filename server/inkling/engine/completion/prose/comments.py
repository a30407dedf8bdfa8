"""Rests of comments, from comments that begin so and from those whose neighbours are alike."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from inkling.engine.completion.prose.finds import ProseFind, ProseKind
from inkling.engine.completion.prose.places import CommentPlace
from inkling.engine.completion.prose.words import Exchange, exchange, exchanges, words_of
from inkling.engine.language.lexer import LexedLine, raw_tokens
from inkling.engine.language.open_files import OpenFile

MOST_NEAR = 300  # comments of the file whose neighbours are compared, the nearest ones
MOST_MODELS = 24  # comments that are looked at closely
LEAST_TYPED_CHARS = 3  # the sign, a space and a letter
MOST_CHARS = 120  # a longer comment is code that was switched off
LEAST_LIKENESS = 0.3  # of neighbours, from which on words are exchanged as they differ
LINES_LOOKED_AT = 4  # blank ones among them, for a neighbour
_DIRECTIVE = re.compile(r"#\s*(?:noqa|type:|pragma|pylint|fmt|isort|mypy|pyright|flake8|nosec|ruff)")

Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comment:
    """A comment with its neighbours.

    Attributes:
        text: From its sign on.
        code: The tokens before it on its line.
        above: The tokens of the next line above that is not blank; a comment there is one token.
        below: The same below.
        is_in_file: Whether it is in the file that is written in.
    """

    text: str
    code: Tokens
    above: Tokens
    below: Tokens
    is_in_file: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """A comment as it would stand at the cursor.

    Attributes:
        text: From its sign on.
        comment: Where it comes from.
        likeness_above: How much the lines above have in common, from 0 to 1.
        likeness_below: The same below, or of the code before it on its line.
    """

    text: str
    comment: _Comment
    likeness_above: float
    likeness_below: float

    @property
    def is_exchanged(self) -> bool:
        """Whether words were exchanged."""
        return self.text != self.comment.text

    @property
    def likeness(self) -> float:
        """How much the neighbours have in common, from 0 to 2."""
        return self.likeness_above + self.likeness_below


def find_comments(place: CommentPlace, file: OpenFile, others: Sequence[OpenFile]) -> list[ProseFind]:
    """Returns rests of a comment.

    Args:
        place: The cursor.
        file: The document.
        others: Other files.
    """
    if len(place.typed) < LEAST_TYPED_CHARS:
        return []
    asked = _Comment(
        text=place.typed,
        code=place.code,
        above=_neighbour(file, place.line_number, -1),
        below=_neighbour(file, place.line_number, 1),
        is_in_file=True,
    )
    models = [_compared(comment, asked) for comment in _comments(place, file, others)]
    models.sort(key=lambda model: -(2.0 * model.comment.text.startswith(place.typed) + model.likeness))
    by_text: dict[str, list[_Model]] = {}
    for model in models[:MOST_MODELS]:
        for text in dict.fromkeys((model.comment.text, _exchanged(model, asked))):
            if text.startswith(place.typed) and text != place.typed:
                found = _Model(
                    text=text,
                    comment=model.comment,
                    likeness_above=model.likeness_above,
                    likeness_below=model.likeness_below,
                )
                by_text.setdefault(text, []).append(found)
    n_found = sum(map(len, by_text.values()))
    return [_find(place, of_text, n_found) for of_text in by_text.values()]


def _comments(place: CommentPlace, file: OpenFile, others: Sequence[OpenFile]) -> Iterator[_Comment]:
    """Yields comments of the file, the nearest first, and those of other files that begin as the one asked about."""
    own = [number for number, line in enumerate(file.lines) if "#" in line and number != place.line_number]
    own.sort(key=lambda number: abs(number - place.line_number))
    n_near = 0
    for number in own:
        comment = _comment(file, number)
        if comment is None or (n_near >= MOST_NEAR and not comment[0].startswith(place.typed)):
            continue
        n_near += 1
        yield _placed(file, number, comment, is_in_file=True)
    for other in others:
        for number, line in enumerate(other.lines):
            if place.typed not in line:
                continue
            comment = _comment(other, number)
            if comment is not None and comment[0].startswith(place.typed):
                yield _placed(other, number, comment, is_in_file=False)


def _comment(file: OpenFile, number: int) -> tuple[str, Tokens] | None:
    """Returns the comment of a line with the tokens before it; None where there is none, or where it is too long."""
    line, lexed = file.lines[number].strip(), file.lexed[number]
    if lexed.open_string or lexed.indent < 0:
        return None
    if not lexed.tokens:
        return (line, ()) if line.startswith("#") and len(line) <= MOST_CHARS else None
    text = raw_tokens(line)[-1]
    return (text, lexed.tokens) if text.startswith("#") and len(text) <= MOST_CHARS else None


def _placed(file: OpenFile, number: int, comment: tuple[str, Tokens], *, is_in_file: bool) -> _Comment:
    text, code = comment
    return _Comment(
        text=text,
        code=code,
        above=_neighbour(file, number, -1),
        below=_neighbour(file, number, 1),
        is_in_file=is_in_file,
    )


def _neighbour(file: OpenFile, number: int, step: int) -> Tokens:
    for distance in range(1, LINES_LOOKED_AT + 1):
        other = number + step * distance
        if not 0 <= other < len(file.lines):
            break
        lexed: LexedLine = file.lexed[other]
        if lexed.tokens:
            return lexed.tokens
        text = file.lines[other].strip()
        if text:
            return (text,)
    return ()


def _compared(comment: _Comment, asked: _Comment) -> _Model:
    one, other = (comment.code, asked.code) if asked.code else (comment.below, asked.below)
    return _Model(
        text=comment.text,
        comment=comment,
        likeness_above=_share_common(comment.above, asked.above),
        likeness_below=_share_common(one, other),
    )


def _share_common(one: Tokens, other: Tokens) -> float:
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    first, second = frozenset(one), frozenset(other)
    n_common = len(first & second)
    return n_common / (len(first) + len(second) - n_common)


def _exchanged(model: _Model, asked: _Comment) -> str:
    """Returns the comment with the words exchanged as the names beside it differ."""
    if model.likeness < LEAST_LIKENESS:
        return model.comment.text
    comment = model.comment
    pairs: list[Exchange] = []
    for one, other in ((comment.code, asked.code), (comment.below, asked.below), (comment.above, asked.above)):
        pairs.extend(_differing(one, other))
    # What stands first is nearest to what the comment is about.
    return exchange(comment.text, dict(reversed(pairs)).items())


def _differing(one: Tokens, other: Tokens) -> Iterator[Exchange]:
    for kind, first, last, new_first, new_last in SequenceMatcher(None, one, other, False).get_opcodes():
        if kind == "replace" and last - first == new_last - new_first:
            for before, after in zip(one[first:last], other[new_first:new_last], strict=True):
                yield from exchanges((words_of(before),), (words_of(after),))


def _find(place: CommentPlace, agreeing: Sequence[_Model], n_found: int) -> ProseFind:
    best = max(agreeing, key=lambda model: model.likeness)
    text = best.text[len(place.typed) :]
    is_exchanged = float(all(model.is_exchanged for model in agreeing))
    return ProseFind(
        kind=ProseKind.COMMENT,
        text=text,
        is_beginning=False,
        features=(
            is_exchanged,
            math.log(len(agreeing)),
            len(agreeing) / n_found,
            math.log(len(place.typed)),
            math.log(len(text)),
            best.likeness_below,
            best.likeness_above,
            best.likeness * is_exchanged,
            float(bool(place.code)),
            float(_DIRECTIVE.match(best.text) is not None),
            float(any(model.comment.is_in_file for model in agreeing)),
            float(best.likeness_below == 1.0),
        ),
    )
