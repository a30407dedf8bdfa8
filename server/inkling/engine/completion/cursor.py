"""What is typed around the cursor, and how a predicted line fits in there."""

from dataclasses import dataclass

from inkling.core.text import line_end, line_start
from inkling.engine.language.evidence import Expectation
from inkling.engine.language.lexer import TAB_COLUMNS, is_word, join, opens_long_string, raw_tokens

_OPENERS = "([{"
_CLOSERS = ")]}"
_QUOTES = "\"'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place where code can go on.

    Attributes:
        line_number: Its line, from 0.
        tokens: Whole tokens before it on its line.
        typed: The piece of a token that it touches; may turn out to be the whole token.
        is_after_space: Whether spaces stand between it and a word.
        indent: Columns before the line's first token, or before the cursor where there is none.
        suffix: What follows on the line, without the spaces around it.
    """

    line_number: int
    tokens: tuple[str, ...]
    typed: str
    is_after_space: bool
    indent: int
    suffix: str

    @property
    def expected(self) -> Expectation | None:
        """Which tokens may come next; None when anything goes."""
        if self.typed or self.is_after_space:
            return Expectation(self.typed, self.is_after_space)
        return None


def find_cursor(text: str, offset: int, line_number: int, open_string: str) -> Cursor | None:
    """Returns what is typed at `offset`, or None in comments, in long strings and inside of words.

    Args:
        text: The document.
        offset: The cursor, in code points.
        line_number: The line it is on, from 0.
        open_string: The quotes of a triple-quoted string in which that line begins, or "".
    """
    if open_string:
        return None
    after = text[offset : line_end(text, offset)]
    if after[:1].isalnum() or after.startswith("_"):
        return None
    before = text[line_start(text, offset) : offset]
    code = before.lstrip()
    margin = before[: len(before) - len(code)]
    suffix, _, _ = after.partition("#")
    tokens = raw_tokens(code.replace("\t", " "))
    if tokens and (tokens[-1].startswith("#") or opens_long_string(tokens[-1])):
        return None
    typed = ""
    is_after_space = False
    if tokens:
        last = tokens[-1]
        if is_word(last) and code[-1:].isspace() and not last.endswith(" "):
            is_after_space = True
        elif not last.endswith(" ") and last not in _OPENERS and last != ".":
            typed = tokens.pop()
    return Cursor(
        line_number=line_number,
        tokens=tuple(tokens),
        typed=typed,
        is_after_space=is_after_space,
        indent=len(margin.expandtabs(TAB_COLUMNS)),
        suffix=suffix.strip(),
    )


def text_to_insert(cursor: Cursor, tokens: tuple[str, ...]) -> str:
    """Returns the text that makes `tokens` follow the cursor, or "" when they do not fit before its suffix."""
    anchor = cursor.tokens[-1:]
    typed = join((*anchor, cursor.typed)) if cursor.typed else join(anchor) + " " * cursor.is_after_space
    text = join((*anchor, *tokens))
    if not text.startswith(typed):
        return ""
    return _fit_before(text[len(typed) :].rstrip(), cursor.suffix)


def _fit_before(text: str, suffix: str) -> str:
    """Returns the part of `text` that does not repeat `suffix`, or "" when the two cannot stand together."""
    if not suffix:
        return text
    if text.endswith(suffix):
        return text[: -len(suffix)].rstrip(" ")
    if suffix[0] in _QUOTES:
        return text.partition(suffix[0])[0]
    if suffix[0] not in _CLOSERS:
        return ""
    depth = 0
    for place, char in enumerate(text):
        depth += (char in _OPENERS) - (char in _CLOSERS)
        if depth < 0:
            return text[:place] if char == suffix[0] else ""
    return text if depth == 0 else ""
