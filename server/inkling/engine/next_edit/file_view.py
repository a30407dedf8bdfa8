"""One file as proposers see it: its lines, and what is computed of them once for each text."""

import ast
import contextlib
import gc
import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path

from inkling.core.snapshot import DocumentUri

_WORD = re.compile(r"[^\W\d]\w*")
_INDENTED = re.compile(r"[ \t]*")
_NOT_A_BLOCK_LINE = frozenset(")]}\"'#")


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """Keeps the garbage collector from walking all trees that are kept, again and again, while another one grows."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@lru_cache(maxsize=16384)
def _distinct_words(line: str) -> tuple[str, ...]:
    """Returns the words of a line; remembered, because most lines stay as they are from one text to the next."""
    return tuple(map(sys.intern, dict.fromkeys(_WORD.findall(line))))


def indentation(line: str) -> str:
    """Returns the white space that a line begins with."""
    match = _INDENTED.match(line)
    return match.group() if match else ""


class FileView:
    """The text of a file at one moment. Everything beyond the lines is computed when it is first asked for.

    Attributes:
        uri: The file.
        path: Where it lies on disk; None for a document that was never saved.
        lines: Its lines without their ends.
    """

    def __init__(self, uri: DocumentUri, path: Path | None, lines: tuple[str, ...]) -> None:
        self.uri = uri
        self.path = path
        self.lines = lines

    @cached_property
    def text(self) -> str:
        """The lines joined by line feeds."""
        return "\n".join(self.lines)

    @cached_property
    def lines_with(self) -> Mapping[str, tuple[int, ...]]:
        """The lines on which each word stands, in order; words of comments and strings included."""
        lines: defaultdict[str, list[int]] = defaultdict(list)
        for number, line in enumerate(self.lines):
            for word in _distinct_words(line):
                lines[word].append(number)
        return {word: tuple(numbers) for word, numbers in lines.items()}

    @cached_property
    def lines_like(self) -> Mapping[str, tuple[int, ...]]:
        """The lines that are the same without surrounding white space, by that text; blank ones left out."""
        lines: defaultdict[str, list[int]] = defaultdict(list)
        for number, line in enumerate(self.lines):
            if stripped := line.strip():
                lines[stripped].append(number)
        return {stripped: tuple(numbers) for stripped, numbers in lines.items()}

    @cached_property
    def prose_lines(self) -> frozenset[int]:
        """The lines that are comments or parts of strings with triple quotes; those on which code begins are not."""
        prose: set[int] = set()
        quote = ""
        for number, line in enumerate(self.lines):
            if quote:
                prose.add(number)
                quote = "" if quote in line else quote
            elif '"""' in line or "'''" in line:
                first = min((line.find(mark) % len(line), mark) for mark in ('"""', "'''"))[1]
                if line.lstrip(" \trRbBuUfF").startswith(first):
                    prose.add(number)
                quote = first if line.count(first) % 2 else ""
            elif line.lstrip().startswith("#"):
                prose.add(number)
        return frozenset(prose)

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree; None where the file does not parse."""
        return self._parsed[0]

    @cached_property
    def broken_line(self) -> int | None:
        """The line at which the parser gives up; None where the file parses."""
        return self._parsed[1]

    @cached_property
    def _parsed(self) -> tuple[ast.Module | None, int | None]:
        try:
            with warnings.catch_warnings(), _without_collections():
                warnings.simplefilter("ignore")
                return ast.parse(self.text + "\n"), None
        except SyntaxError as error:
            return None, min(max(0, (error.lineno or 1) - 1), max(0, len(self.lines) - 1))
        except (ValueError, RecursionError, MemoryError):
            return None, None

    @cached_property
    def definition_of(self) -> tuple[int, ...]:
        """For each line the line of the innermost `def` or `class` around it, by indentation; -1 outside of all."""
        owners: list[int] = []
        around: list[tuple[int, int]] = []
        for number, line in enumerate(self.lines):
            stripped = line.lstrip()
            if stripped:
                width = len(line) - len(stripped)
                if stripped[0] not in _NOT_A_BLOCK_LINE:
                    while around and around[-1][0] >= width:
                        around.pop()
                if stripped.startswith(("def ", "class ", "async def ")):
                    around.append((width, number))
            owners.append(around[-1][1] if around else -1)
        return tuple(owners)

    @cached_property
    def import_lines(self) -> tuple[int, ...]:
        """The lines at the left margin on which an import begins."""
        return tuple(number for number, line in enumerate(self.lines) if line.startswith(("import ", "from ")))
