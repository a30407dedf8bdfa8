"""Parsing no more of a file than a change at one place can break.

A file is cut into blocks at the lines that begin a top-level statement. A text inserted into one block can
only break that block, unless it opens a string or bracket that stays open, in which case the block itself
stops parsing. So the block is enough, as long as it parses before the change: one that does not, such as the
first line of a long string, may come to parse by closing early what the rest of the file needs open.
"""

import io
import re
import tokenize
import warnings
from collections.abc import Iterator

from inkling.core.text import line_end, line_start

_TOP_LEVEL = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)
# A line that continues what the lines above began, although it is not indented.
_CONTINUATION = re.compile(r"(?:elif|else|except|finally|case)\b|[\"')\]}]")

_CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
_HEADS = ("", "if _:\n    pass\n", "try:\n    pass\n", "match _:\n ")  # above `else`, `except`, `case`
_LEADING_CLOSERS = re.compile(r"\s*[)\]}]+")
_USUAL_ENDS = ("", "_", " in _", " else _", " import _", ": _", "()")  # of a line that stops behind a name or bracket


def parses(source: str) -> bool:
    """Tells whether `source` is a module that CPython parses, in whatever state of indentation it begins."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(source, "<candidate>", "exec", flags=_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST; importing ast would cost the worker more memory than all else it does


def block_around(text: str, offset: int) -> tuple[int, int]:
    """Returns start and end of the top-level block that a text inserted at `offset` becomes part of.

    Decorators belong to what they decorate; at the very start of a block the one above belongs to it, too.
    """
    start, is_decorated = 0, False
    for match in _TOP_LEVEL.finditer(text):
        if _CONTINUATION.match(text, match.start()):
            continue
        if match.start() >= offset and match.start() > start and not is_decorated:
            return start, match.start()
        if match.start() < offset and not is_decorated:
            start = match.start()
        is_decorated = text.startswith("@", match.start())
    return start, len(text)


def judge(text: str, offset: int, insertion: str) -> str:
    """Returns what `insertion` at `offset` does to the syntax: a value of `core.ports.SyntaxVerdict`.

    While a line is being written the file seldom parses. Then the line itself is judged, as it would be complete: if
    all parses without it and nothing parses with it, then it is the line that cannot be.

    Source: the invariant "no suggestion is shown that makes a file that parses stop parsing" in ARCHITECTURE.md.
    """
    # Of the text with the insertion: what is written may be the `else` that makes its line part of the block above.
    start, end = block_around(text[:offset] + insertion + text[offset:], offset)
    end -= len(insertion)
    line_begin, line_finish = line_start(text, offset), line_end(text, offset)
    line = text[line_begin:offset] + insertion + text[offset:line_finish]
    below = _least_body(line)
    head, tail = text[start:line_begin], text[line_finish:end]
    block_parses = parses(head + line + tail) or (below != "" and parses(head + line + below + tail))
    if block_parses and parses(text[start:end]):
        return "parses"
    # The block may be a piece of something larger, such as a string whose lines are not indented.
    if parses(text[:line_begin] + line + text[line_finish:]):
        return "parses"
    if parses(text):
        return "breaks"
    if block_parses:
        return "parses"
    indentation = line[: len(line) - len(line.lstrip())]
    if not _goes_on_below(line) and parses(head + indentation + "pass" + tail):
        return "breaks"
    return "not_decided"


def judge_beginning(text: str, offset: int, insertion: str) -> str:
    """Returns what the beginning of a line does to the syntax: a value of `core.ports.SyntaxVerdict`, never "parses".

    That a file does not parse for a line that is not over says nothing. So it is asked whether the line can go on to
    be one, by itself or within brackets; where no usual end makes it one, it is judged as if it were whole.
    """
    before = text[line_start(text, offset) : offset] + insertion
    suffix = text[offset : line_end(text, offset)]
    if any(_is_line(whole.strip()) for whole in _whole_lines(before, suffix)):
        return "not_decided"
    return judge(text, offset, insertion)


def judge_edit(text: str, offset: int, n_removed: int, inserted: str) -> str:
    """Returns what a replacement does to the syntax of a file: a value of `core.ports.SyntaxVerdict`.

    As with an insertion the blocks around the place are enough, as long as they parse before and after.
    """
    after = text[:offset] + inserted + text[offset + n_removed :]
    start = min(block_around(text, offset)[0], block_around(after, offset)[0])
    n_tail = min(len(text) - block_around(text, offset + n_removed)[1], len(after) - _end(after, offset, inserted))
    if parses(text[start : len(text) - n_tail]) and parses(after[start : len(after) - n_tail]):
        return "parses"
    if parses(after):
        return "parses"
    return "breaks" if parses(text) else "not_decided"


def _end(text: str, offset: int, inserted: str) -> int:
    """Returns the end of the block that the end of an inserted text is part of."""
    return block_around(text, offset + len(inserted))[1]


def _least_body(line: str) -> str:
    """Returns the least that must follow a line that opens something, so that it can be parsed by itself."""
    code = _without_comment(line).strip()
    indentation = "\n" + line[: len(line) - len(line.lstrip())]
    if code.startswith("@"):
        return f"{indentation}def _(): pass"
    if not code.endswith(":"):
        return ""
    if code == "try:":
        return f"{indentation}    pass{indentation}finally:{indentation}    pass"
    if code.startswith("match "):
        return f"{indentation}    case _: pass"
    return f"{indentation}    pass"


def _whole_lines(before: str, suffix: str) -> Iterator[str]:
    """Yields ends of a line that is written up to `before`, with what follows the cursor."""
    # What the editor has closed by itself stands behind the cursor already.
    closed = _LEADING_CLOSERS.match(suffix)
    closers = _closers(before).removesuffix(closed.group().strip() if closed else "")
    for end in _USUAL_ENDS:
        whole = before + end + closers + suffix
        yield from (whole, whole + ":")


def _is_line(line: str) -> bool:
    """Tells whether a line can stand somewhere: by itself, behind what it continues, or in brackets of lines above."""
    body = _least_body(line)
    wholes = (*(head + line + body for head in _HEADS), f"_({line}\n)", "{" + line + "\n}")
    return any(map(parses, wholes))


def _closers(line: str) -> str:
    """Returns the brackets that close what a line leaves open."""
    opened: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.strip()).readline):
            if token.string in _CLOSER_OF:
                opened.append(_CLOSER_OF[token.string])
            elif opened and token.string == opened[-1]:
                opened.pop()
    except (tokenize.TokenError, SyntaxError):
        # Brackets that stay open are found at the very end.
        pass
    return "".join(reversed(opened))


def _without_comment(line: str) -> str:
    """Returns a line up to its comment; one that cannot be read to its end, as it is."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.strip()).readline):
            if token.type == tokenize.COMMENT:
                return line.strip()[: token.start[1]]
    except (tokenize.TokenError, SyntaxError):
        pass
    return line


def _goes_on_below(line: str) -> bool:
    """Tells whether a line leaves a bracket, a string or itself open, so that it cannot be judged alone."""
    opened = sum(line.count(sign) for sign in "([{") - sum(line.count(sign) for sign in ")]}")
    return opened > 0 or line.rstrip().endswith("\\") or "'''" in line or '"""' in line
