"""Where in a docstring or comment the cursor stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inkling.core.text import line_end, line_prefix, line_start, position_at
from inkling.engine.completion.prose.symbols import Symbol, symbol_before, symbols_in
from inkling.engine.language.lexer import raw_tokens
from inkling.engine.language.open_files import OpenFile

_OPENING = re.compile(r"[ \t]*[rRuU]?(\"\"\"|''')")
_CODE = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+\w+[^\n]*:[ \t]*\r?$|^[ \t]*@\w", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocstringPlace:
    """A cursor in the docstring of a function or class.

    Attributes:
        symbol: What is described.
        others: The other symbols of the file.
        above: The docstring's lines above the cursor's, the quotes left out.
        typed: What stands before the cursor on its line, without quotes and indentation.
        margin: The indentation of the docstring.
        indent: The indentation of the cursor's line.
        below: The docstring's lines below; none where it is not closed.
        quotes: What closes it.
        is_closed: Whether it is closed, on the cursor's line or below.
        body: The code of the symbol below the docstring, as far as it is written.
    """

    symbol: Symbol
    others: Sequence[Symbol]
    above: tuple[str, ...]
    typed: str
    margin: str
    indent: str
    below: tuple[str, ...]
    quotes: str
    is_closed: bool
    body: str

    @property
    def is_on_first_line(self) -> bool:
        """Whether the docstring opens on the cursor's line."""
        return not self.above

    @property
    def is_in_summary(self) -> bool:
        """Whether the cursor's line is the first of the docstring that says anything."""
        return not any(line.strip() for line in self.above)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPlace:
    """A cursor in a comment.

    Attributes:
        typed: The comment as far as it is typed, the sign included.
        line_number: Its line, from 0.
        code: The tokens before it on its line; none where the line is all comment.
    """

    typed: str
    line_number: int
    code: tuple[str, ...]


def find_prose(file: OpenFile, text: str, offset: int) -> DocstringPlace | CommentPlace | None:
    """Returns where in a docstring or at the end of a comment the cursor stands, or None where it is in neither.

    Args:
        file: The document's tokens, up to date with `text`.
        text: The document.
        offset: The cursor, in code points.
    """
    after = text[offset : line_end(text, offset)].strip()
    number = position_at(text, offset).line
    open_string = file.lexed[number - 1].open_string if number else ""
    before = line_prefix(text, offset)
    if not open_string:
        opening = _OPENING.match(before)
        if opening is None:
            return _find_comment(before, number) if not after else None
        open_string = opening.group(1)
        if open_string in before[opening.end() :]:
            return None
        return (
            _find_docstring(text, offset, line_start(text, offset), open_string) if after in ("", open_string) else None
        )
    if after not in ("", open_string) or open_string in before:
        return None
    first = number - 1
    while first and file.lexed[first - 1].open_string:
        first -= 1
    start = line_start(text, offset) - sum(map(len, file.lines[first:number]))
    return _find_docstring(text, offset, start, open_string)


def _find_comment(before: str, number: int) -> CommentPlace | None:
    tokens = raw_tokens(before.strip().replace("\t", " "))
    if not tokens or not tokens[-1].startswith("#"):
        return None
    typed = before[before.rindex(tokens[-1].rstrip()) :] if tokens[-1].rstrip() in before else ""
    return CommentPlace(typed=typed, line_number=number, code=tuple(tokens[:-1])) if typed else None


def _find_docstring(text: str, offset: int, opening_line: int, quotes: str) -> DocstringPlace | None:
    """Returns the place in the docstring that opens on a line; None where the string there is no docstring."""
    opening = _OPENING.match(text, opening_line)
    if opening is None or opening.group(1) != quotes:
        return None
    end = line_end(text, offset)
    is_closed_here = quotes in text[offset:end]
    margin = text[opening_line : opening_line + len(opening.group()) - len(opening.group().lstrip())]
    closing = end if is_closed_here else _closing(text, end, quotes, len(margin.expandtabs()))
    tail = end if closing is None else closing
    # Without the docstring itself, which may not end yet, the quotes below mean again what they say.
    code = text[:opening_line] + text[tail:]
    symbols = symbols_in(code)
    symbol = symbol_before([one for one in symbols if one.header_end <= opening_line], code, opening_line)
    if symbol is None:
        return None
    own = text[opening.end() : line_start(text, offset)] if opening.end() <= line_start(text, offset) else ""
    before = line_prefix(text, offset)
    typed = text[opening.end() : offset] if not own else before
    stripped = typed.lstrip() if own else typed
    below = "" if closing is None or is_closed_here else text[end : closing - len(quotes)]
    following = next((one.start for one in symbols if one.start > symbol.start), len(code))
    return DocstringPlace(
        symbol=symbol,
        others=[one for one in symbols if one is not symbol],
        above=tuple(own.splitlines()),
        typed=stripped,
        margin=margin,
        indent=before[: len(before) - len(before.lstrip())],
        below=tuple(below.splitlines()[1:]),
        quotes=quotes,
        is_closed=closing is not None,
        body=code[opening_line:following],
    )


def _closing(text: str, start: int, quotes: str, indent: int) -> int | None:
    """Returns the offset behind the quotes that close a docstring below `start`; None where none do.

    Quotes behind code, or behind a line that is indented less than the docstring, open another one.
    """
    found = text.find(quotes, start)
    if found < 0 or _CODE.search(text, start, found) is not None:
        return None
    for line in text[start : line_start(text, found)].splitlines():
        if line.strip() and len(line.expandtabs()) - len(line.expandtabs().lstrip()) < indent:
            return None
    line = text[line_start(text, found) : found]
    is_dedented = len(line.expandtabs()) - len(line.expandtabs().lstrip()) < indent
    return None if is_dedented else found + len(quotes)
