"""Unified diffs as runs of changed lines, top to bottom."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkling.bench.next_edit.episodes import Lines, RawChange
from inkling.core.snapshot import DocumentUri

_HUNK = re.compile(r"@@ -(?P<old>\d+)(?:,(?P<n_old>\d+))? \+(?P<new>\d+)(?:,(?P<n_new>\d+))? @@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One hunk of a diff.

    Attributes:
        first_line: Where it begins once the hunks before it are applied, zero-based.
        lines: Its lines, each with ` `, `-` or `+` before it.
    """

    first_line: int
    lines: Lines

    @property
    def before(self) -> Lines:
        """The lines that must stand there for it to apply."""
        return tuple(line[1:] for line in self.lines if line[0] != "+")


def parse_hunks(diff: str) -> Iterator[Hunk]:
    """Yields the hunks of the diff of one file.

    Source: GNU diffutils manual, "Detailed Description of Unified Format".
    """
    lines = iter(diff.split("\n"))
    for line in lines:
        match = _HUNK.match(line)
        if match is None:
            continue
        n_old, n_new = (int(match[name] or 1) for name in ("n_old", "n_new"))
        # An empty side is named by the line before it.
        first_line = int(match["new"]) - 1 if n_new else int(match["new"])
        body: list[str] = []
        while n_old > 0 or n_new > 0:
            text = next(lines, None)
            if text is None:
                break
            # Some tools cut the blank off an empty line of context.
            text = text or " "
            if text[0] not in " +-":
                continue
            n_old -= text[0] != "+"
            n_new -= text[0] != "-"
            body.append(text)
        yield Hunk(first_line=first_line, lines=tuple(body))


def changes_of(hunk: Hunk, uri: DocumentUri, lines: Sequence[str]) -> list[RawChange]:
    """Returns the runs of a hunk in a file, each in lines as those before it leave them.

    Like `patch`, it looks for the nearest place where the hunk's lines stand; nothing where there is none.
    """
    start = _nearest(hunk.before, lines, hunk.first_line)
    if start is None:
        return []
    changes: list[RawChange] = []
    removed: list[str] = []
    inserted: list[str] = []
    at = start
    for line in (*hunk.lines, " "):
        if line[0] == "-":
            removed.append(line[1:])
        elif line[0] == "+":
            inserted.append(line[1:])
        else:
            if removed or inserted:
                changes.append(RawChange(uri=uri, first_line=at, removed=tuple(removed), inserted=tuple(inserted)))
                at += len(inserted)
                removed, inserted = [], []
            at += 1
    return changes


def _nearest(wanted: Lines, lines: Sequence[str], first_line: int) -> int | None:
    for distance in range(len(lines) + 1):
        for start in {first_line + distance, first_line - distance}:
            if 0 <= start <= len(lines) - len(wanted) and tuple(lines[start : start + len(wanted)]) == wanted:
                return start
    return None
