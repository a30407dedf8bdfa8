r"""Splits Python into tokens that carry their spacing, so that a predicted line can be written out again.

Words, numbers and strings carry no spaces; an operator carries the spaces around it (`" = "`, `"="`,
`", "`). A line break and the change of indentation after it are one token (`"\n+4"`). Comments and blank
lines are left out; a string that is too long to be predicted becomes `LONG_STRING`.

The lexer works line by line and never fails: what is no Python becomes operators of one character. Where the core is
compiled, whole files go through `core/lexer.c`, which follows the rules written here.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from inkling.core.text import split_lines
from inkling.engine.language.compiled import in_use

if TYPE_CHECKING or in_use.is_compiled:
    from inkling.engine.language import _core

LONG_STRING = '"…"'
MAX_STRING_CHARS = 60  # a longer string is hardly ever written twice
TAB_COLUMNS = 8  # as the language reference has it: "Indentation"

_STRING_PREFIX = r"[bBfFrRtTuU]{0,2}"
_TOKEN = re.compile(
    # Names come first because most tokens are names; the look-ahead leaves string prefixes to the strings.
    rf"(?!{_STRING_PREFIX}[\"'])[^\W\d]\w*"
    rf'|{_STRING_PREFIX}"""(?:[^\\]|\\.)*?(?:"""|\\?\Z)'
    rf"|{_STRING_PREFIX}'''(?:[^\\]|\\.)*?(?:'''|\\?\Z)"
    rf'|{_STRING_PREFIX}"(?:[^"\\]|\\.)*(?:"|\Z|\\\Z)'
    rf"|{_STRING_PREFIX}'(?:[^'\\]|\\.)*(?:'|\Z|\\\Z)"
    r"|\d(?:[eE][+-]|[\w.])*"
    r"|#.*"
    r"|\ *(?:\*\*=?|//=?|>>=?|<<=?|\.\.\.|->|:=|[-!=<>+*/%&|^@]=|[^\w\s\"'#])\ *",
    re.DOTALL,
)
_CLOSINGS = {quote * 3: re.compile(rf"(?:[^\\]|\\.)*?{quote * 3}", re.DOTALL) for quote in "\"'"}
_TRIPLE_START = re.compile(rf"{_STRING_PREFIX}(\"\"\"|''')")


class LexedLine(NamedTuple):
    """One line.

    Attributes:
        tokens: Its tokens, without the line break before it; empty for blank lines and comments.
        indent: Columns before the first token; -1 where the line goes on with a string of the line before.
        open_string: The quotes of a triple-quoted string that is still open at the end, or "".
    """

    tokens: tuple[str, ...]
    indent: int
    open_string: str


def raw_tokens(code: str) -> list[str]:
    """Returns the tokens of a piece of one line as they stand, comments and long strings included."""
    return _TOKEN.findall(code)


def opens_long_string(token: str) -> str:
    """Returns the quotes of the triple-quoted string that `token` leaves open, or ""."""
    start = _TRIPLE_START.match(token)
    if start is None:
        return ""
    quotes = start.group(1)
    return "" if _CLOSINGS[quotes].match(token, start.end()) else quotes


def lex_line(line: str, open_string: str = "") -> LexedLine:
    """Returns the tokens of a line that begins inside the triple-quoted string `open_string`, or "" for none."""
    indent = -1
    code = line.rstrip()
    if open_string:
        closing = _CLOSINGS[open_string].match(code)
        if closing is None:
            return LexedLine((), -1, open_string)
        code = code[closing.end() :]
    else:
        stripped = code.lstrip()
        margin = code[: len(code) - len(stripped)]
        indent = len(margin.expandtabs(TAB_COLUMNS)) if "\t" in margin else len(margin)
        code = stripped
    if not code:
        return LexedLine((), indent, "")
    if "\t" in code:
        code = code.replace("\t", " ")
    tokens = _TOKEN.findall(code)
    still_open = ""
    if "#" in code and tokens[-1][0] == "#":
        tokens.pop()
        if tokens:
            tokens[-1] = tokens[-1].rstrip(" ")
    if '"' in code or "'" in code:
        still_open = opens_long_string(tokens[-1]) if tokens else ""
        tokens = [_shorten(token) for token in tokens]
    return LexedLine(tuple(tokens), indent, still_open)


def _shorten(token: str) -> str:
    if token[-1] not in "\"'" and not opens_long_string(token):
        return token
    if len(token) > MAX_STRING_CHARS or "'''" in token or '"""' in token:
        return LONG_STRING
    return token


def line_break(indent: int, indent_before: int) -> str:
    """Returns the token of a line break that changes the indentation, both in columns."""
    return f"\n{indent - indent_before:+d}"


def is_line_break(token: str) -> bool:
    """Tells whether `token` ends a line."""
    return token.startswith("\n")


def lex_lines(lines: Iterable[str]) -> list[str]:
    """Returns all tokens of a file, line breaks among them; the first token is a line break."""
    tokens: list[str] = []
    open_string = ""
    indent_before = 0
    for line in lines:
        lexed = lex_line(line, open_string)
        open_string = lexed.open_string
        if not lexed.tokens:
            continue
        if lexed.indent >= 0:
            tokens.append(line_break(lexed.indent, indent_before))
            indent_before = lexed.indent
        tokens.extend(lexed.tokens)
    return tokens


def lex(text: str) -> list[str]:
    """Returns all tokens of a text, line breaks among them."""
    lines = split_lines(text)
    return _core.lex_lines(lines, lex_line, LONG_STRING) if in_use.is_compiled else lex_lines(lines)


def is_word(token: str) -> bool:
    """Tells whether `token` needs a space between itself and another word: a name, number or string."""
    return token[:1].isalnum() or token[:1] in ("_", '"', "'")


def join(tokens: Sequence[str]) -> str:
    """Returns the text of a line from its tokens; the line breaks among them are left out."""
    pieces: list[str] = []
    was_word = False
    for token in tokens:
        if is_line_break(token):
            continue
        word = is_word(token)
        if word and was_word:
            pieces.append(" ")
        pieces.append(token)
        was_word = word
    return "".join(pieces)
