"""The attributes and imports that a candidate introduces or completes, read from its line alone."""

import keyword
import re
from dataclasses import dataclass
from typing import Final

from inkling.core.text import line_prefix, line_suffix

MAX_MENTIONS: Final = 6  # a line that names more is not typical; the rest stays unchecked
MAX_LINE_CHARS: Final = 2000  # longer lines are not written by hand

_STRING: Final = (
    r"(?:[rbuRBU]{0,2}|[fF][rR]?|[rR][fF])"
    r"""(?:"{3}.*?(?:"{3}|$)|'{3}.*?(?:'{3}|$)|"(?:\\.|[^"\\])*(?:"|$)|'(?:\\.|[^'\\])*(?:'|$))"""
)
_TOKEN: Final = re.compile(
    rf"(?P<string>{_STRING})|(?P<comment>\#.*)|(?P<number>\d(?:[\w.]|(?<=[eE])[+-])*)|(?P<name>[^\W\d]\w*)"
    r"|(?P<operator>\.\.\.|:=|->|(?:\*\*|//|>>|<<|[-+*/%@&|^])=|[=!<>]=|\*\*|\S)",
)
_ASSIGNMENTS: Final = frozenset({"=", "+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**="})


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token of one line; `start` and `end` are columns in code points."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeMention:
    """An attribute that is read.

    Attributes:
        chain: The names before the last dot, as in `os.path` for `os.path.join`.
        name: The attribute.
        end: Column after the attribute on its line.
    """

    chain: tuple[str, ...]
    name: str
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMention:
    """A module, or a name of a module, that is imported.

    Attributes:
        level: Dots before the module's name; 0 for an absolute import.
        module: The module's dotted name in parts; empty in `from . import name`.
        name: What is imported from it; None for the module itself.
        end: Column after it on its line.
    """

    level: int
    module: tuple[str, ...]
    name: str | None
    end: int


Mention = AttributeMention | ImportMention
PackedMention = tuple[int | None, tuple[str, ...], str | None, int]
"""A mention as plain data for the pipe: level (None for an attribute), names, name, end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """What a candidate names.

    Attributes:
        line: The whole line with the candidate in it.
        mentions: What can be checked, from left to right.
        is_all: Whether nothing else would have to be checked.
    """

    line: str
    mentions: tuple[Mention, ...]
    is_all: bool


def pack(mentions: tuple[Mention, ...]) -> list[PackedMention]:
    """Returns mentions as plain data."""
    return [
        (None, mention.chain, mention.name, mention.end)
        if isinstance(mention, AttributeMention)
        else (mention.level, mention.module, mention.name, mention.end)
        for mention in mentions
    ]


def unpack(packed: list[PackedMention]) -> list[Mention]:
    """Returns the mentions that `pack` packed."""
    return [
        AttributeMention(chain=names, name=name or "", end=end)
        if level is None
        else ImportMention(level=level, module=names, name=name, end=end)
        for level, names, name, end in packed
    ]


def find_mentions(text: str, offset: int, candidate: str) -> Mentions:
    """Returns what the candidate's first line introduces or completes.

    Args:
        text: The document.
        offset: The cursor, in code points.
        candidate: What would be inserted there.
    """
    prefix = line_prefix(text, offset)
    first, *more = re.split(r"\r\n|\n|\r", candidate, maxsplit=1)
    line = prefix + first + ("" if more else line_suffix(text, offset))
    if len(line) > MAX_LINE_CHARS:
        return Mentions(line=line, mentions=(), is_all=False)
    begin, end = len(prefix), len(prefix) + len(first)
    tokens = _tokenize(line)
    is_import = bool(tokens) and tokens[0].text in ("import", "from")
    found, is_all = _imports(tokens) if is_import else _attributes(tokens)
    introduced = [mention for mention in found if mention.end > begin and mention.end - len(_last_name(mention)) < end]
    return Mentions(
        line=line,
        mentions=tuple(introduced[:MAX_MENTIONS]),
        is_all=is_all and not more and len(introduced) <= MAX_MENTIONS,
    )


def _last_name(mention: Mention) -> str:
    if mention.name is not None:
        return mention.name
    return mention.module[-1] if isinstance(mention, ImportMention) and mention.module else ""


def _tokenize(line: str) -> list[Token]:
    return [
        Token(kind=match.lastgroup or "", text=match.group(), start=match.start(), end=match.end())
        for match in _TOKEN.finditer(line)
        if match.lastgroup != "comment"
    ]


def _imports(tokens: list[Token]) -> tuple[list[Mention], bool]:
    """Returns what an import statement names, and whether it was understood to its end."""
    if tokens[0].text == "import":
        return _plain_imports(tokens[1:])
    index, level = 1, 0
    while index < len(tokens) and tokens[index].text in (".", "..."):
        level += len(tokens[index].text)
        index += 1
    module, index = _dotted(tokens, index)
    found: list[Mention] = [
        ImportMention(level=level, module=parts, name=None, end=token.end) for parts, token in module
    ]
    parts = module[-1][0] if module else ()
    if index >= len(tokens) or tokens[index].text != "import":
        return found, index >= len(tokens)
    is_name_next = True
    for token in tokens[index + 1 :]:
        if token.text == ",":
            is_name_next = True
        elif token.text == "*" or token.text in "()":
            continue
        elif token.kind == "name" and is_name_next:
            found.append(ImportMention(level=level, module=parts, name=token.text, end=token.end))
            is_name_next = False
        elif token.kind != "name":
            return found, False
    return found, True


def _plain_imports(tokens: list[Token]) -> tuple[list[Mention], bool]:
    found: list[Mention] = []
    index = 0
    while index < len(tokens):
        module, index = _dotted(tokens, index)
        if not module:
            return found, False
        found += [ImportMention(level=0, module=parts, name=None, end=token.end) for parts, token in module]
        while index < len(tokens) and tokens[index].text != ",":
            index += 1
        index += 1
    return found, True


def _dotted(tokens: list[Token], index: int) -> tuple[list[tuple[tuple[str, ...], Token]], int]:
    """Returns each prefix of the dotted name at `index` with its last token, and the index after the name."""
    found: list[tuple[tuple[str, ...], Token]] = []
    parts: tuple[str, ...] = ()
    while index < len(tokens) and tokens[index].kind == "name" and tokens[index].text not in keyword.kwlist:
        parts = (*parts, tokens[index].text)
        found.append((parts, tokens[index]))
        if index + 1 >= len(tokens) or tokens[index + 1].text != ".":
            return found, index + 1
        index += 2
    return found, index


def _attributes(tokens: list[Token]) -> tuple[list[Mention], bool]:
    """Returns the attributes that are read from a chain of names, and whether there are no others."""
    found: list[Mention] = []
    is_all = not any(token.kind == "string" and token.text[:2].lower().rstrip("'\"r") == "f" for token in tokens)
    for index in range(1, len(tokens)):
        token = tokens[index]
        if token.kind != "name" or tokens[index - 1].text != ".":
            continue
        if _is_stored(tokens, index):
            continue
        chain = _chain_before(tokens, index - 1)
        if chain:
            found.append(AttributeMention(chain=chain, name=token.text, end=token.end))
        else:
            is_all = False
    return found, is_all


def _chain_before(tokens: list[Token], dot: int) -> tuple[str, ...]:
    """Returns the names before the dot, or nothing where the expression is more than names."""
    parts: list[str] = []
    index = dot
    while index >= 1 and tokens[index].text == ".":
        name = tokens[index - 1]
        if name.kind != "name" or name.text in keyword.kwlist:
            return ()
        parts.append(name.text)
        index -= 2
    return tuple(reversed(parts))


def _is_stored(tokens: list[Token], index: int) -> bool:
    """Tells whether the attribute is, or may be, assigned, deleted or declared here."""
    follower = tokens[index + 1].text if index + 1 < len(tokens) else ""
    if follower in (".", "(", "[") or _is_argument(tokens, index):
        return False
    if tokens[0].text == "del":
        return True
    before = [token.text for token in tokens[:index]]
    if "as" in before or ("for" in before and "in" not in before[_last_index(before, "for") :]):
        return True
    is_declared = follower == ":" and tokens[0].text not in keyword.kwlist and _depth(before) == 0
    return is_declared or _is_assigned_later(tokens[index + 1 :], _depth(before))


def _is_argument(tokens: list[Token], index: int) -> bool:
    """Tells whether a token lies in the brackets of a call or subscript: nothing is assigned there."""
    depth = 0
    for opener in range(index - 1, 0, -1):
        text, previous = tokens[opener].text, tokens[opener - 1]
        depth += (text in ")]}") - (text in "([{")
        if depth < 0:
            return previous.text in ")]" or (previous.kind == "name" and previous.text not in keyword.kwlist)
    return False


def _last_index(texts: list[str], wanted: str) -> int:
    return len(texts) - 1 - texts[::-1].index(wanted)


def _is_assigned_later(tokens: list[Token], depth: int) -> bool:
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth <= 0 and token.text in _ASSIGNMENTS:
            return True
        if token.text == ";":
            return False
    return False


def _depth(texts: list[str]) -> int:
    return sum((text in ("(", "[", "{")) - (text in (")", "]", "}")) for text in texts)
