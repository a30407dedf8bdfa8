"""The rows of the latest completion popup, as jedi found them, and what can be told about them.

Names are found at once. Their kinds may take seconds, since jedi then reads what they were imported from; so kinds are
told for the likely names, as far as there is time, and documentation for the one that the user looks at.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import jedi

from inkling.core.text import position_at

MOST_NAMES: Final = 2000  # numpy has 600; more are a mistake, and their order would be worth little
KINDS_BUDGET_S: Final = 0.03  # of telling kinds; the popup waits that long
MOST_DOCUMENTATION_CHARS: Final = 8000

Question = tuple[str | None, str, int]
"""Path or None, text, and offset in code points."""
OpenScript = Callable[[str, Path | None], jedi.Script]
Row = tuple[str, str, str, str]
"""Name, what is written, kind, detail."""


class NamePopup:
    """The names of one question after the other; each question forgets the one before."""

    def __init__(self, open_script: OpenScript) -> None:
        """Knows no question yet.

        Args:
            open_script: Makes a script of a text and its path.
        """
        self._open_script = open_script
        # Another process after a restart must not answer for this one's tickets.
        self._tickets: Iterator[str] = (f"{os.getpid()}.{number}" for number in itertools.count(1))
        self._ticket = ""
        self._question: Question = (None, "", 0)
        self._rows: Sequence[jedi.api.classes.Completion] = ()
        self._is_stale = False

    def text_opened(self) -> None:
        """Takes that another text is analysed: jedi may have changed the trees that the rows stand for."""
        self._is_stale = True

    def complete(self, question: Question) -> tuple[str, list[str], bool]:
        """Returns a ticket, the names, and whether these are all."""
        self._question, self._ticket = question, next(self._tickets)
        rows = self._find()
        self._rows = rows[:MOST_NAMES]
        return self._ticket, [_name(row) for row in self._rows], len(rows) == len(self._rows)

    def describe(self, ticket: str, indexes: Sequence[int]) -> list[Row]:
        """Returns rows; kinds that are not found within the budget are guessed from the name.

        All are guessed where something else was analysed since: to find the names anew would take too long.
        """
        if ticket != self._ticket:
            return []
        end_s = 0.0 if self._is_stale else time.monotonic() + KINDS_BUDGET_S
        described: list[Row] = []
        for row in (self._rows[index] for index in indexes if index < len(self._rows)):
            is_time_left = time.monotonic() < end_s
            kind, detail = (row.type, row.description) if is_time_left else (_likely_kind(row.name), "")
            described.append((_name(row), row.name, kind, detail))
        return described

    def document(self, ticket: str, index: int) -> tuple[str, str] | None:
        """Returns the signatures, one a line, and the docstring of a row."""
        if ticket != self._ticket:
            return None
        if self._is_stale:
            self._rows = self._find()[:MOST_NAMES]
        if index >= len(self._rows):
            return None
        row = self._rows[index]
        signatures = [signature.to_string() for signature in row.get_signatures()]
        documentation = row.docstring(raw=True, fast=False).strip()
        return "\n".join(dict.fromkeys(signatures)), documentation[:MOST_DOCUMENTATION_CHARS]

    def _find(self) -> Sequence[jedi.api.classes.Completion]:
        path, text, offset = self._question
        position = position_at(text, offset)
        script = self._open_script(text, Path(path) if path else None)
        self._is_stale = False
        found: Sequence[jedi.api.classes.Completion] = script.complete(position.line + 1, position.column)
        return found


def _name(row: jedi.api.classes.Completion) -> str:
    """Returns the name alone: jedi puts `=` behind that of an argument."""
    name: str = row.name
    return name.removesuffix("=")


def _likely_kind(name: str) -> str:
    """Returns the kind that a name's spelling has as a rule (PEP 8, "Naming Conventions")."""
    return "class" if name[:1].isupper() and not name.isupper() else "statement"
