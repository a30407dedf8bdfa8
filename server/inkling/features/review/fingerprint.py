"""Names for comments that stay as long as what they are about stays, wherever it moves to."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from inkling.core.change import ChangedFile
from inkling.core.review import ReviewComment
from inkling.core.text import split_lines

N_DIGITS: Final = 16  # 64 bits: no two of a million comments have one by chance
N_LINES: Final = 3  # of a comment's, those that are not blank: a change further down is not what it is about


class CommentedLines:
    """The lines that comments are about, by file and side."""

    def __init__(self, files: Iterable[ChangedFile]) -> None:
        """Takes the files of a change."""
        self._texts: dict[tuple[PurePosixPath, bool], str] = {}
        for file in files:
            if file.after is not None:
                self._texts[file.path, False] = file.after
            if file.before is not None:
                self._texts[file.old_path or file.path, True] = file.before
                self._texts.setdefault((file.path, True), file.before)
        self._lines: dict[tuple[PurePosixPath, bool], Sequence[str]] = {}

    def of(self, comment: ReviewComment) -> list[str]:
        """Returns the lines without their ends; none where the file is not part of the change."""
        return self.between(comment.path, comment.line, comment.end_line, is_on_old_side=comment.is_on_old_side)

    def between(self, path: PurePosixPath, first: int, last: int, *, is_on_old_side: bool) -> list[str]:
        """Returns lines of a file, one-based, both ends included, as far as there are any."""
        key = (path, is_on_old_side)
        if key not in self._lines:
            self._lines[key] = [line.rstrip("\r\n") for line in split_lines(self._texts.get(key, ""))]
        return list(self._lines[key][max(0, first - 1) : max(0, last)])


def fingerprints(comments: Sequence[ReviewComment], lines: CommentedLines) -> list[str]:
    """Returns a name for each comment: the same for the same rule, file name, symbol and text of its lines.

    Numbers of lines, indentation, the folder and the words of the comment make no difference. Comments that have all in
    common are numbered from the top.
    """
    in_order = sorted(range(len(comments)), key=lambda number: _place(comments[number]))
    times: Counter[str] = Counter()
    named: dict[int, str] = {}
    for number in in_order:
        comment = comments[number]
        text = [" ".join(line.split()) for line in lines.of(comment)]
        about = [line for line in text if line][:N_LINES]
        key = "\0".join([comment.rule, comment.path.name, comment.symbol, *about])
        times[key] += 1
        named[number] = hashlib.sha256(f"{key}\0{times[key]}".encode("utf-8", "replace")).hexdigest()[:N_DIGITS]
    return [named[number] for number in range(len(comments))]


def _place(comment: ReviewComment) -> tuple[PurePosixPath, int, str]:
    return comment.path, comment.line, comment.message
