"""Functions and classes of a text with their parameters and docstrings, found without parsing it.

The text of a file that is being edited seldom parses; headers and docstrings can be found all the same.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from inkling.engine.completion.prose.words import Words, words_of

MOST_HEADER_CHARS = 4000  # a longer signature is not written by hand
_HEADER = re.compile(r"^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+([^\W\d]\w*)", re.MULTILINE)
_DOCSTRING_START = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*[rRuU]?(\"\"\"|''')")
_SIGNIFICANT = re.compile(r"[()\[\]{}:,=]|\"[^\"\n]*\"|'[^'\n]*'|#[^\n]*")
_NAME = re.compile(r"[^\W\d]\w*")
_NO_PARAMETERS = frozenset({"self", "cls", "mcs", "mcls", "*", "/", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a function.

    Attributes:
        name: Without stars.
        annotation: Its type as it is written; "" for none.
    """

    name: str
    annotation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A function or class.

    Attributes:
        is_class: Whether it is a class.
        name: Its name.
        owner: The name of the class that it is in; "" for none.
        words: The words of its name.
        owner_words: The words of its class's name.
        owner_bases: The names that stand behind its class's name, between parentheses.
        parameters: Its parameters without `self` and `cls`.
        returns: What is annotated to be returned; "" for nothing.
        start: Offset of its header's line.
        header_end: Offset behind the colon of its header.
        docstring: The text between the quotes; None where there is none.
    """

    is_class: bool
    name: str
    owner: str
    words: Words
    owner_words: Words
    owner_bases: frozenset[str]
    parameters: tuple[Parameter, ...]
    returns: str
    start: int
    header_end: int
    docstring: str | None

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)


def symbols_in(text: str) -> list[Symbol]:
    """Returns the functions and classes of a text in their order; those in docstrings do not count."""
    found: list[Symbol] = []
    owners: list[tuple[int, str, frozenset[str]]] = []
    free_from = 0
    for match in _HEADER.finditer(text):
        if match.start() < free_from:
            continue
        indent, what, name = len(match.group(1).expandtabs()), match.group(2), match.group(3)
        header = _read_header(text, match.end())
        if header is None:
            continue
        header_end, parameters, returns = header
        while owners and owners[-1][0] >= indent:
            owners.pop()
        owner, owner_bases = owners[-1][1:] if owners else ("", frozenset())
        is_class = what == "class"
        bases = frozenset(_NAME.findall(text, match.end(), header_end)) - {"object"} if is_class else frozenset()
        owners.append((indent, name if is_class else "", bases))
        docstring, free_from = _docstring_after(text, header_end)
        found.append(
            Symbol(
                is_class=is_class,
                name=name,
                owner=owner,
                words=words_of(name),
                owner_words=words_of(owner),
                owner_bases=owner_bases,
                parameters=() if is_class else parameters,
                returns=returns,
                start=match.start(),
                header_end=header_end,
                docstring=docstring,
            )
        )
    return found


@lru_cache(maxsize=32)  # of other open files, which hardly change while one is written in
def known_symbols(text: str) -> Sequence[Symbol]:
    """Returns the same as `symbols_in`, remembered for the texts asked about last."""
    return tuple(symbols_in(text))


def symbol_before(symbols: Sequence[Symbol], text: str, offset: int) -> Symbol | None:
    """Returns the symbol between whose header and `offset` stands nothing but space and comments."""
    number = bisect_right([symbol.header_end for symbol in symbols], offset) - 1
    if number < 0:
        return None
    symbol = symbols[number]
    between = text[symbol.header_end : offset].splitlines()
    return symbol if all(not line.strip() or line.lstrip().startswith("#") for line in between) else None


def _docstring_after(text: str, header_end: int) -> tuple[str | None, int]:
    """Returns the docstring behind a header, and where code begins again."""
    start = _DOCSTRING_START.match(text, header_end)
    if start is None:
        return None, header_end
    end = text.find(start.group(1), start.end())
    if end < 0:
        return None, header_end
    return text[start.end() : end], end + 3


def _read_header(text: str, start: int) -> tuple[int, tuple[Parameter, ...], str] | None:
    """Returns the end of a header with its parameters and its return type; None where it does not end."""
    depth = 0
    parameters: list[Parameter] = []
    part_start = start
    colon = default = returns_from = -1
    for match in _SIGNIFICANT.finditer(text, start, start + MOST_HEADER_CHARS):
        sign, place = match.group(), match.start()
        if sign in "([{":
            depth += 1
            if depth == 1:
                part_start, colon, default = place + 1, -1, -1
        elif sign in ")]}" or (sign == "," and depth == 1):
            if depth == 1 and returns_from < 0:
                parameters.append(_parameter(text, part_start, place, colon, default))
                part_start, colon, default = place + 1, -1, -1
            if sign != ",":
                depth -= 1
                if depth == 0 and sign == ")" and returns_from < 0:
                    returns_from = place + 1
        elif sign == ":" and depth == 0:
            returns = text[returns_from:place].strip().removeprefix("->").strip() if returns_from >= 0 else ""
            named = tuple(each for each in parameters if each.name not in _NO_PARAMETERS)
            return place + 1, named, returns
        elif sign == ":" and depth == 1 and colon < 0 and default < 0:
            colon = place
        elif sign == "=" and depth == 1 and default < 0:
            default = place
    return None


def _parameter(text: str, start: int, end: int, colon: int, default: int) -> Parameter:
    typed_end = default if default >= 0 else end
    name = text[start : colon if colon >= 0 else typed_end].strip().lstrip("*")
    annotation = text[colon + 1 : typed_end].strip() if colon >= 0 else ""
    return Parameter(name=name if name.isidentifier() else "", annotation=" ".join(annotation.split()))
