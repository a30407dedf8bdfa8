"""One place of a name that was changed elsewhere."""

from dataclasses import dataclass

from inkling.engine.next_edit.file_view import FileView


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place where the old name is likely to give way to the new one.

    Attributes:
        view: The file.
        line: The line, from 0.
        column: Where the old name begins, in code points.
        certainty: How surely, in [0, 1].
    """

    view: FileView
    line: int
    column: int
    certainty: float
