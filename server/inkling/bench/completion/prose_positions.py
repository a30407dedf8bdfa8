"""Cursors in docstrings and comments whose rest of the line is known."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from inkling.core.text import line_end, line_start, split_lines
from inkling.engine.completion.prose.comments import LEAST_TYPED_CHARS
from inkling.engine.completion.prose.styles import sections_of
from inkling.engine.completion.prose.symbols import Symbol, symbols_in
from inkling.engine.language.lexer import lex_line, raw_tokens

LEAST_REST_CHARS = 3
MOST_LETTERS_TYPED = 3  # of a comment, behind its sign, at half of the positions
QUOTES = ('"""', "'''")


class ProsePlaceKind(StrEnum):
    """What kind of line a cursor stands in."""

    SUMMARY = "summary"  # the first line of a docstring
    SECTION = "section"  # a heading of a docstring's section, or an entry
    WORDS = "words"  # any other line of a docstring
    COMMENT = "comment"


class ProseProtocol(StrEnum):
    """What is known of the file around a cursor."""

    LOO = "loo"  # the rest of one line is removed, everything else stays
    ABOVE = "above"  # the file ends at the cursor, but for quotes that an editor closes by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class ProsePosition:
    """A cursor, and what is to be written there.

    Attributes:
        project: Whose code it is.
        path: The file.
        kind: What kind of line it is in.
        protocol: What is known of the file.
        text: The file with the cursor in it.
        offset: The cursor, in code points.
        rest: The rest of its line, without spaces at its end.
    """

    project: str
    path: str
    kind: ProsePlaceKind
    protocol: ProseProtocol
    text: str
    offset: int
    rest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of prose.

    Attributes:
        path: Its file.
        kind: What it is.
        start: Offset of its words.
        end: Offset behind them.
        closing: The quotes behind them on the line; "" for none.
    """

    path: str
    kind: ProsePlaceKind
    start: int
    end: int
    closing: str


def prose_positions(project: str, texts: Mapping[str, str], *, seed: int, n_each: int) -> list[ProsePosition]:
    """Returns up to `n_each` positions of each kind and protocol in the files of a project, by path.

    Lines of docstrings below the first are drawn together, as many of sections and of other words as there are.

    Args:
        project: Its name; it takes part in the choice.
        texts: The text of each file, by its path.
        seed: For the choice.
        n_each: Most positions of a kind and protocol; of both kinds of lines below the first together.
    """
    chance = random.Random(f"prose {seed} {project}")  # noqa: S311 - a sample, no secret
    lines = [line for path, text in sorted(texts.items()) for line in _lines(path, text)]
    below = (ProsePlaceKind.SECTION, ProsePlaceKind.WORDS)
    positions: list[ProsePosition] = []
    for kinds in ((ProsePlaceKind.SUMMARY,), below, (ProsePlaceKind.COMMENT,)):
        of_kind = [line for line in lines if line.kind in kinds]
        for protocol in ProseProtocol:
            drawn = chance.sample(of_kind, min(n_each, len(of_kind)))
            for line in drawn:
                position = _position(project, line, texts[line.path], protocol, chance)
                if position is not None:
                    positions.append(position)
    return sorted(positions, key=lambda position: position.path)


def _position(
    project: str, line: _Line, text: str, protocol: ProseProtocol, chance: random.Random
) -> ProsePosition | None:
    words = text[line.start : line.end]
    cut = _cut(line.kind, words, chance)
    if cut is None or len(words) - cut < LEAST_REST_CHARS:
        return None
    offset = line.start + cut
    # An editor may close the quotes when they are opened.
    is_closed_by_editor = bool(line.closing) and chance.random() < 0.5
    behind = line.closing if is_closed_by_editor else ""
    position = ProsePosition(
        project=project,
        path=line.path,
        kind=line.kind,
        protocol=protocol,
        text=text[:offset] + behind + text[line_end(text, line.end) :],
        offset=offset,
        rest=words[cut:] + ("" if is_closed_by_editor else line.closing),
    )
    if protocol is ProseProtocol.ABOVE:
        position = replace(position, text=text[:offset] + behind + "\n")
    return position


def _cut(kind: ProsePlaceKind, words: str, chance: random.Random) -> int | None:
    """Returns how many characters of a line's words are typed."""
    spaces = [number + 1 for number, char in enumerate(words) if char == " "]
    if kind is ProsePlaceKind.COMMENT:
        letters = LEAST_TYPED_CHARS - 1 + chance.randint(1, MOST_LETTERS_TYPED)
        behind_words = [place for place in spaces if place >= LEAST_TYPED_CHARS]
        return chance.choice(behind_words) if behind_words and chance.random() < 0.5 else letters
    return chance.choice(spaces) if spaces and chance.random() < 0.5 else 0


def _lines(path: str, text: str) -> Iterator[_Line]:
    """Yields the lines of docstrings and the comments of a file."""
    for symbol in symbols_in(text):
        if symbol.docstring is not None:
            yield from _docstring_lines(path, text, symbol, symbol.docstring)
    yield from _comments(path, text)


def _docstring_lines(path: str, text: str, symbol: Symbol, docstring: str) -> Iterator[_Line]:
    opening = min(place for quotes in QUOTES if (place := text.find(quotes, symbol.header_end)) >= 0)
    quotes = text[opening : opening + 3]
    start = opening + 3
    counted = sections_of(docstring).lines
    is_first = True
    for number, line in enumerate(split_lines(docstring)):
        words = line.strip()
        if words:
            words_start = start + line.index(words)
            end = words_start + len(words)
            kind = ProsePlaceKind.SUMMARY if is_first else ProsePlaceKind.WORDS
            if not is_first and number in counted:
                kind = ProsePlaceKind.SECTION
            closing = quotes if text.startswith(quotes, end) else ""
            is_first = False
            yield _Line(path=path, kind=kind, start=words_start, end=end, closing=closing)
        start += len(line)


def _comments(path: str, text: str) -> Iterator[_Line]:
    start = 0
    open_string = ""
    for line in split_lines(text):
        lexed = lex_line(line, open_string)
        if "#" in line and not open_string and not lexed.open_string:
            code = line.rstrip()
            last = raw_tokens(code)[-1] if code else ""
            if last.startswith("#") and line_start(text, start + len(code)) == start:
                end = start + len(code)
                yield _Line(path=path, kind=ProsePlaceKind.COMMENT, start=end - len(last), end=end, closing="")
        open_string = lexed.open_string
        start += len(line)
