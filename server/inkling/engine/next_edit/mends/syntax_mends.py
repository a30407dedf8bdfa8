"""One character that a line which no longer parses lacks: a colon, a comma, closing brackets."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from inkling.engine.next_edit.file_view import FileView

MOST_LINES = 4000  # each try costs a parse of the file

_BLOCK = re.compile(r"[ \t]*(?:async[ \t]+)?(?:if|elif|else|for|while|with|def|class|try|except|finally|match|case)\b")
_STRING_OR_COMMENT = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|#.*")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_UNFINISHED = re.compile(
    r"(?:[-+*/%=<>.,(\[{&|^~@:\\]|\b(?:and|or|not|in|is|if|else|lambda|return|yield|await|from|import))$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedLine:
    """A line with which a file parses again.

    Attributes:
        line: Where.
        text: What it says then.
        words: What was lacking, for a person.
        certainty: How surely that is meant: a header without its colon says what it lacks, a comma may as well be an
            operator.
    """

    line: int
    text: str
    words: str
    certainty: float


def mended_lines(view: FileView, line: int) -> Iterator[MendedLine]:
    """Yields lines with which a file parses that now breaks at one of them."""
    if len(view.lines) > MOST_LINES:
        return
    for each in _tries(view, line):
        if _parses((*view.lines[: each.line], each.text, *view.lines[each.line + 1 :])):
            yield each
            return


def _tries(view: FileView, line: int) -> Iterator[MendedLine]:
    for number in dict.fromkeys((line, max(0, line - 1))):
        text = view.lines[number].rstrip()
        code = _STRING_OR_COMMENT.sub('""', text).rstrip()
        if not code or text != view.lines[number] or "#" in text:
            continue
        missing, has_colon = _missing_brackets(code), code.endswith(":")
        if _UNFINISHED.search(code.removesuffix(":").rstrip()):
            continue
        if _BLOCK.match(text) and not has_colon:
            yield MendedLine(line=number, text=f"{text}{missing}:", words="a colon is missing", certainty=0.9)
        elif missing and has_colon and _BLOCK.match(text):
            whole = f"{text[:-1]}{missing}:"
            yield MendedLine(line=number, text=whole, words="a bracket is not closed", certainty=0.8)
        elif missing:
            yield MendedLine(line=number, text=text + missing, words="a bracket is not closed", certainty=0.7)
        elif not has_colon:
            yield MendedLine(line=number, text=f"{text},", words="a comma is missing", certainty=0.5)


def _missing_brackets(code: str) -> str:
    """Returns what closes the brackets that a line opens; nothing where it closes others than it opened."""
    open_ones: list[str] = []
    for character in code:
        if character in _CLOSING:
            open_ones.append(_CLOSING[character])
        elif character in ")]}" and (not open_ones or open_ones.pop() != character):
            return ""
    return "".join(reversed(open_ones))


def _parses(lines: tuple[str, ...]) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse("\n".join(lines) + "\n")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
