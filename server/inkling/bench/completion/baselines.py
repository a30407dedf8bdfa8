"""Simpler completers, asked at the same positions."""

import bisect
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import jedi

from inkling.bench.completion.completers import Answer
from inkling.bench.completion.positions import Position
from inkling.core.text import line_prefix, position_at, split_lines

SILENCE = Answer(texts=(), confidence=0.0)
_WORD = re.compile(r"[^\W\d]\w*")
_WORD_END = re.compile(r"(?:[^\W\d]\w*)?\Z")


class JediCompleter:
    """The first name that jedi offers; it reads the rest of the project from a folder."""

    def __init__(self, folder: Path) -> None:
        """Takes a folder for the projects that it reads."""
        self._folder = folder
        self._environment = jedi.InterpreterEnvironment()
        self._root = folder
        self._n_read = 0

    def read(self, texts: Mapping[str, str]) -> None:
        """Writes a project to where jedi can read it."""
        # A folder of its own for each, because jedi keeps what it read of a path.
        self._n_read += 1
        self._root = self._folder / f"project_{self._n_read}"
        for path, text in texts.items():
            file = self._root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        self._project = jedi.Project(self._root, load_unsafe_extensions=False)

    def open(self, position: Position) -> None:
        """Has nothing to prepare: jedi is given the text when it is asked."""

    def answer(self, position: Position) -> Answer:
        """Returns the rest of the first name."""
        at = position_at(position.text, position.offset)
        script = jedi.Script(
            position.text, path=self._root / position.path, project=self._project, environment=self._environment
        )
        try:
            names = script.complete(at.line + 1, at.column)
        except Exception:  # noqa: BLE001 - what jedi cannot read it fails at in many ways; to the user it is silent
            return SILENCE
        rest = names[0].complete if names else None
        return Answer(texts=(rest,), confidence=1.0) if rest else SILENCE


class RecentWord:
    """The word nearest above the cursor that begins as the word at the cursor does."""

    def read(self, texts: Mapping[str, str]) -> None:
        """Knows the open file alone, as word-based completion does."""

    def open(self, position: Position) -> None:
        """Has nothing to prepare."""

    def answer(self, position: Position) -> Answer:
        """Returns the rest of that word."""
        before = position.text[: position.offset]
        found = _WORD_END.search(line_prefix(position.text, position.offset))
        prefix = found.group() if found else ""
        words = _WORD.findall(before[: len(before) - len(prefix)])
        word = next((word for word in reversed(words) if word.startswith(prefix) and word != prefix), None)
        return Answer(texts=(word[len(prefix) :],), confidence=1.0) if word else SILENCE


class FrequentLine:
    """The most frequent line of project and file, of those that begin as the line at the cursor does."""

    def __init__(self) -> None:
        self._by_file: dict[str, Counter[str]] = {}
        self._n_lines: Counter[str] = Counter()
        self._sorted: list[str] = []

    def read(self, texts: Mapping[str, str]) -> None:
        """Counts the lines of a project."""
        self._by_file = {path: _lines(text) for path, text in texts.items()}
        self._n_lines = Counter()
        for counts in self._by_file.values():
            self._n_lines.update(counts)
        self._sorted = sorted(self._n_lines)

    def open(self, position: Position) -> None:
        """Has nothing to prepare."""

    def answer(self, position: Position) -> Answer:
        """Returns the rest of that line; the file counts as it is now, without the line itself."""
        prefix = line_prefix(position.text, position.offset)
        typed = prefix.lstrip()
        on_disk = self._by_file.get(position.path, Counter())
        start = position.offset - len(prefix)
        now = _lines(position.text[:start] + position.text[position.offset :])
        first = bisect.bisect_left(self._sorted, typed)
        last = bisect.bisect_left(self._sorted, typed + "\U0010ffff")
        candidates = {*self._sorted[first:last], *(line for line in now if line.startswith(typed))} - {typed}

        def weight(line: str) -> tuple[int, int, str]:
            return self._n_lines[line] - on_disk[line] + now[line], now[line], line

        best = max(candidates, key=weight, default=None)
        if best is None or not weight(best)[0]:
            return SILENCE
        return Answer(texts=(best[len(typed) :],), confidence=1.0)


def _lines(text: str) -> Counter[str]:
    """Returns how often each line stands in a text, without its indentation, blank lines and comments."""
    return Counter(code for line in split_lines(text) if (code := line.strip()) and not code.startswith("#"))
