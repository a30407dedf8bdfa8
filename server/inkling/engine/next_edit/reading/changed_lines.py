"""Which lines of a file the latest changes brought, and how long ago."""

from collections.abc import Sequence

from inkling.core.next_edit import LineChange
from inkling.engine.next_edit.file_view import FileView


def ages_of_lines(view: FileView, changes: Sequence[LineChange], most_lines: int | None = None) -> dict[int, int]:
    """Returns the lines that changes brought into a file, each with the number of changes since.

    Args:
        view: The file as it is now.
        changes: The changes, oldest first.
        most_lines: Changes that brought more lines than this are left out; None: none is.
    """
    ages: dict[int, int] = {}
    for age, change in enumerate(reversed(changes)):
        if change.uri == view.uri and (most_lines is None or len(change.inserted) <= most_lines):
            for line in range(change.first_line, min(change.end_line, len(view.lines))):
                ages.setdefault(line, age)
    return ages
