from pathlib import Path

import pytest

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.doubles import stands_already
from inkling.engine.next_edit.file_view import FileView

MATCH = """import os
import re

TABLE = {
    Status.OPEN: "Open",
    Status.LOST: "Gone",
}


def text(status):
    match status:
        case Status.OPEN:
            return "open"
        case Status.LOST:
            return "lost"
    if status == "a":
        return 1
    elif status == "b":
        return 2


def other(status):
    match status:
        case Status.OPEN:
            return "open"
"""


@pytest.mark.parametrize(
    ("line", "inserted", "expected"),
    [
        (13, ("        case Status.LOST:", '            return "x"'), True),
        (25, ("        case Status.LOST:", '            return "x"'), False),
        (5, ('    Status.LOST: "Lost",',), True),
        (5, ('    Status.PAID: "Paid",',), False),
        (18, ('    elif status == "b":', "        return 3"), True),
        (18, ('    elif status == "c":', "        return 3"), False),
        (25, ("", "def text(status):", "    pass"), True),
        (25, ("", "def third(status):", "    pass"), False),
        (2, ("import re",), True),
        (2, ("import json",), False),
        (12, ('            print("said often")',), False),
        (12, ('            return "open"',), False),
        (0, (), False),
    ],
)
def test_what_is_written_once_does_not_come_twice_in_a_block(
    line: int, inserted: tuple[str, ...], expected: bool
) -> None:
    view = FileView(DocumentUri("file:///a.py"), Path("/a.py"), tuple(MATCH.split("\n")))
    assert stands_already(view, line, inserted) is expected
