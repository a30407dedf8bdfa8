"""What a single line looks like: the ranking's features of lines, remembered for each text of a line."""

import re
import sys
from functools import lru_cache

from inkling.engine.next_edit.file_view import FileView, indentation

_WORD = re.compile(r"[^\W\d]\w*")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_DEFINITION = re.compile(r"\s*(?:async\s+)?(?:def|class)\s")
_IMPORT = re.compile(r"\s*(?:from|import)\s")
_DEFINED = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+(\w+)")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LEAVES = re.compile(r"\s*(?:return|raise|yield)\b")
_SECTION = re.compile(
    r"\s*(?:Parameters|Returns|Raises|Yields|Notes|See Also|Examples|References|Attributes|Args:|Returns:|Raises:)\s*$"
)
_STRING = ('"""', "'''", '"', "'", 'r"""', "#")

_LINES_KEPT = 8192  # that are remembered; of those that one question is about, most are

TRAITS = (
    "is_blank",
    "indentation",
    "is_definition",
    "is_import",
    "is_comment_or_string",
    "leaves_function",
    "n_chars",
    "ends_with_colon",
    "ends_open",
    "begins_closing",
    "is_decorator",
    "is_assignment",
    "is_section",
)


@lru_cache(maxsize=_LINES_KEPT)
def words_of(line: str) -> tuple[str, ...]:
    """Returns the words of a line in order."""
    return tuple(map(sys.intern, _WORD.findall(line)))


@lru_cache(maxsize=_LINES_KEPT)
def tokens_of(line: str) -> frozenset[str]:
    """Returns the distinct words and signs of a line."""
    return frozenset(map(sys.intern, _TOKEN.findall(line)))


@lru_cache(maxsize=_LINES_KEPT)
def traits_of(line: str) -> tuple[float, ...]:
    """Returns the features of a line, in the order of `TRAITS`."""
    stripped = line.strip()
    if not stripped:
        return (1.0,) + (0.0,) * (len(TRAITS) - 1)
    return (
        0.0,
        float(len(indentation(line))),
        float(_DEFINITION.match(line) is not None),
        float(_IMPORT.match(line) is not None),
        float(stripped.startswith(_STRING)),
        float(_LEAVES.match(line) is not None),
        float(len(stripped)),
        float(stripped[-1] == ":"),
        float(stripped[-1] in "([{,"),
        float(stripped[0] in ")]}"),
        float(stripped[0] == "@"),
        float(" = " in stripped),
        float(_SECTION.match(line) is not None),
    )


def is_definition(line: str) -> bool:
    """Tells whether a `def` or `class` begins on the line."""
    return _DEFINITION.match(line) is not None


def is_section(line: str) -> bool:
    """Tells whether the line is the heading of a section of a docstring."""
    return _SECTION.match(line) is not None


def leaves_function(line: str) -> bool:
    """Tells whether the line begins with `return`, `raise` or `yield`."""
    return _LEAVES.match(line) is not None


def likeness(one: str, other: str) -> float:
    """Returns how many of the tokens of two lines they share, in [0, 1].

    Source: Dice, Measures of the amount of ecologic association between species, 1945.
    """
    left, right = tokens_of(one), tokens_of(other)
    total = len(left) + len(right)
    return 2 * len(left & right) / total if total else 0.0


def alike(view: FileView, line: str, *, least: float, most: int) -> list[tuple[int, float]]:
    """Returns the lines of a file that are most like a line, with their likeness, the likest first.

    Args:
        view: The file.
        line: The line that they are compared with.
        least: The least likeness.
        most: The most lines.
    """
    n_shared: dict[int, float] = {}
    for word in set(words_of(line)):
        numbers = view.lines_with.get(word, ())
        if 0 < len(numbers) <= _MOST_OCCURRENCES:
            weight = 1.0 / (1.0 + len(numbers))
            for number in numbers:
                n_shared[number] = n_shared.get(number, 0.0) + weight
    nearest = sorted(n_shared, key=lambda number: -n_shared[number])[: 2 * most]
    compared = [(number, likeness(line, view.lines[number])) for number in nearest]
    return sorted((pair for pair in compared if pair[1] >= least), key=lambda pair: -pair[1])[:most]


@lru_cache(maxsize=_LINES_KEPT)
def name_parts(line: str) -> frozenset[str]:
    """Returns the parts of the name that a `def` or `class` line defines, in lower case; empty for other lines."""
    match = _DEFINED.match(line)
    return frozenset(part.lower() for part in _PART.findall(match[1])) if match else frozenset()


def name_likeness(one: str, other: str) -> float:
    """Returns how many parts the names on two `def` or `class` lines share, in [0, 1]."""
    left, right = name_parts(one), name_parts(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


_MOST_OCCURRENCES = 120  # a word on more lines says nothing about which of them is meant
