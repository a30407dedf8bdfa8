"""The beginning of a definition: what somebody who uses it has to know."""

import re
from collections.abc import Sequence
from typing import Final

MAX_LINES: Final = 12  # a signature with its docstring's beginning, or the fields and methods of a class
MAX_SEARCHED: Final = 200  # lines of a class in which its members are looked for
_CLASS: Final = re.compile(r"class\b")
_MEMBER: Final = re.compile(r"(?:async[ \t]+def|def|class)\b|\w+[ \t]*[:=]|@")
_IS_OPEN: Final = re.compile(r"[(\[{,][ \t]*$")


def outline(lines: Sequence[str], first: int) -> str:
    """Returns how the definition at line `first` begins; of a long class its fields and signatures.

    Args:
        lines: Of the file, without line ends.
        first: From 0; the line with the name.
    """
    body = _body(lines, first)
    indent = _indent(body[0])
    if _CLASS.match(body[0].lstrip()) and len(body) > MAX_LINES:
        body = _members(body)
    shown = body[:MAX_LINES]
    while shown and not shown[-1].strip():
        shown.pop()
    return "\n".join(line[indent:] for line in shown)


def _body(lines: Sequence[str], first: int) -> list[str]:
    """Returns the lines of a definition, up to the first that is indented no deeper and no closing bracket."""
    indent = _indent(lines[first])
    body = [lines[first]]
    for line in lines[first + 1 : first + MAX_SEARCHED]:
        if line.strip() and _indent(line) <= indent and not line.lstrip().startswith((")", "]", "}")):
            break
        body.append(line)
    return body


def _members(body: Sequence[str]) -> list[str]:
    """Returns the head of a class, its fields, and the signatures of its methods."""
    inner = next((_indent(line) for line in body[1:] if line.strip()), 0)
    kept, is_open = [], True
    for line in body:
        is_member = _indent(line) == inner and _MEMBER.match(line.lstrip()) is not None
        if line.strip() and (is_open or is_member):
            kept.append(line)
            # A signature goes on for as long as a bracket or a comma is last on its lines.
            is_open = _IS_OPEN.search(line) is not None
    return kept


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
