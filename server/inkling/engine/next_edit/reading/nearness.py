"""Which of many places a developer reaches first: the same function, then downwards, then upwards, then other files."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.situation import Situation


@dataclass(frozen=True)
class Nearness:
    """The order of places as seen from the latest change."""

    situation: Situation

    @cached_property
    def _turn_of_file(self) -> dict[DocumentUri, int]:
        return {uri: turn for turn, uri in enumerate(self.situation.nearest_first)}

    @cached_property
    def _own_definition(self) -> int:
        latest = self.situation.latest
        owners = self.situation.files[latest.uri].definition_of
        return owners[min(latest.first_line, len(owners) - 1)] if owners else -1

    def key(self, uri: DocumentUri, line: int) -> tuple[int, bool, bool, int]:
        """Returns what places are sorted by: file, other function, above, lines between."""
        latest = self.situation.latest
        if uri != latest.uri:
            return self._turn_of_file.get(uri, len(self._turn_of_file)), True, False, line
        owners = self.situation.files[uri].definition_of
        is_elsewhere = self._own_definition < 0 or line >= len(owners) or owners[line] != self._own_definition
        is_above = line < latest.first_line
        distance = latest.first_line - line if is_above else line - latest.end_line
        return 0, is_elsewhere, is_above, distance

    def nearest(self, lines_of: Callable[[FileView], Sequence[int]], most: int) -> list[tuple[DocumentUri, int]]:
        """Returns the nearest of the lines that files have, the nearest first.

        Args:
            lines_of: Gives the lines of a file, in order.
            most: How many are returned at most; those in the file of the latest change come first.
        """
        latest = self.situation.latest
        found: list[tuple[DocumentUri, int]] = []
        for uri in self.situation.nearest_first:
            lines = lines_of(self.situation.files[uri])
            start = 0
            if uri == latest.uri and len(lines) > most:
                start = max(0, bisect_left(lines, latest.first_line) - most // 2)
            found += [(uri, line) for line in lines[start : start + most - len(found)]]
            if len(found) >= most:
                break
        return sorted(found, key=lambda place: self.key(*place))
