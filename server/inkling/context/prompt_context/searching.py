"""Documents prepared for search: windows of lines that resemble the place of the cursor, and what names stand for."""

import re
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from typing import Final, Self

from inkling.context.prompt_context.masking import masked_once
from inkling.context.prompt_context.outlining import outline
from inkling.core.text import split_lines

WINDOW_LINES: Final = 20  # a function of usual length with what stands beside it
STEP_LINES: Final = 10
MAX_LINES: Final = 5000  # of one document; what stands below is not searched
_WORD: Final = re.compile(r"[^\W\d]\w{2,}")
_SAYS_NOTHING: Final = frozenset(
    {
        "and", "assert", "class", "def", "elif", "else", "except", "False", "finally", "for", "from", "import", "int",
        "None", "not", "pass", "raise", "return", "self", "str", "the", "True", "try", "while", "with", "yield",
    }
)  # fmt: skip
_DEFINES: Final = re.compile(r"[ \t]*(?:async[ \t]+def|def|class)[ \t]+(\w+)|(\w+)(?:[ \t]*:[^=\n]+)?[ \t]*=[^=]")


def identifiers(text: str) -> frozenset[str]:
    """Returns the words of a text that tell what it is about: three characters or more, no keywords."""
    return frozenset(_WORD.findall(text)) - _SAYS_NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Some lines of a document that resemble another place.

    Attributes:
        first_line: Its first line, from 0.
        text: The lines.
        similarity: Jaccard similarity of the identifiers, in [0, 1].
    """

    first_line: int
    text: str
    similarity: float


class SearchedDocument:
    """A document with its secrets masked, ready to be searched. Preparing costs milliseconds, searching does not."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self.path = path
        self._lines = lines
        self._n_words: list[int] = []
        self._windows_of: dict[str, list[int]] = {}
        self._defined_at: dict[str, int] = {}

    @classmethod
    def prepare(cls, path: str, text: str) -> Self:
        """Returns the document ready to be searched.

        Args:
            path: What the model is told.
            text: The whole text, secrets included.
        """
        searched = "".join(split_lines(text)[:MAX_LINES])
        lines = [line.rstrip("\r\n") for line in split_lines(masked_once(searched))]
        document = cls(path, lines)
        words_by_line = [_WORD.findall(line) for line in lines]
        for number, first in enumerate(range(0, max(1, len(lines) - STEP_LINES), STEP_LINES)):
            words = {word for line in words_by_line[first : first + WINDOW_LINES] for word in line} - _SAYS_NOTHING
            document._n_words.append(len(words))
            for word in words:
                document._windows_of.setdefault(word, []).append(number)
        for number, line in enumerate(lines):
            match = _DEFINES.match(line)
            if match is not None:
                document._defined_at.setdefault(match[1] or match[2], number)
        return document

    def similar(self, wanted: Set[str], at_least: float) -> list[Window]:
        """Returns windows whose identifiers resemble `wanted`, the most similar first, none overlapping another."""
        n_shared: Counter[int] = Counter()
        for word in wanted:
            n_shared.update(self._windows_of.get(word, ()))
        scored = sorted(
            (
                (shared / (len(wanted) + self._n_words[number] - shared), -number)
                for number, shared in n_shared.items()
                if shared >= at_least * len(wanted)
            ),
            reverse=True,
        )
        chosen: list[Window] = []
        taken: set[int] = set()
        for similarity, negative in scored:
            number = -negative
            if similarity < at_least:
                break
            if not taken & {number - 1, number, number + 1}:
                taken.add(number)
                first = number * STEP_LINES
                text = "\n".join(self._lines[first : first + WINDOW_LINES])
                chosen.append(Window(first_line=first, text=text, similarity=similarity))
        return chosen

    def definition(self, name: str) -> str | None:
        """Returns the beginning of the class, function or assignment that gives `name` its meaning here."""
        first = self._defined_at.get(name)
        if first is None:
            return None
        return outline(self._lines, first)
