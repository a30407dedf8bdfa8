"""One character that a line which no longer parses lacks: a colon, a comma, closing brackets."""

import ast
import re
import warnings
from collections.abc import Iterator

from inkling.engine.next_edit.file_view import FileView

MOST_LINES = 4000  # each try costs a parse of the file

_BLOCK = re.compile(r"[ \t]*(?:async[ \t]+)?(?:if|elif|else|for|while|with|def|class|try|except|finally|match|case)\b")
_STRING_OR_COMMENT = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|#.*")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_UNFINISHED = re.compile(
    r"(?:[-+*/%=<>.,(\[{&|^~@:\\]|\b(?:and|or|not|in|is|if|else|lambda|return|yield|await|from|import))$"
)


def mended_lines(view: FileView, line: int) -> Iterator[tuple[int, str, str]]:
    """Yields lines with which a file parses that now breaks at one of them, with what was lacking."""
    if len(view.lines) > MOST_LINES:
        return
    for number, text, words in _tries(view, line):
        if _parses((*view.lines[:number], text, *view.lines[number + 1 :])):
            yield number, text, words
            return


def _tries(view: FileView, line: int) -> Iterator[tuple[int, str, str]]:
    for number in dict.fromkeys((line, max(0, line - 1))):
        text = view.lines[number].rstrip()
        code = _STRING_OR_COMMENT.sub('""', text).rstrip()
        if not code or text != view.lines[number] or "#" in text:
            continue
        missing, has_colon = _missing_brackets(code), code.endswith(":")
        if _UNFINISHED.search(code.removesuffix(":").rstrip()):
            continue
        if _BLOCK.match(text) and not has_colon:
            yield number, f"{text}{missing}:", "a colon is missing"
        elif missing and has_colon and _BLOCK.match(text):
            yield number, f"{text[:-1]}{missing}:", "a bracket is not closed"
        elif missing:
            yield number, text + missing, "a bracket is not closed"
        elif not has_colon:
            yield number, f"{text},", "a comma is missing"


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
