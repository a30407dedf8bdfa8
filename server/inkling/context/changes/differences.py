"""What differs between two trees, and the runs of changed lines, as git finds them."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from inkling.context.changes.workbench import Workbench
from inkling.core.change import FileChange, Hunk, LineSpan
from inkling.core.text import split_lines

_HUNK: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_SECTION: Final = re.compile(rb"diff --git a/(\d+) b/\d+$")
_LONE_RETURN: Final = re.compile(r"\r(?!\n)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSide:
    """A file on one side.

    Attributes:
        path: Within the tree.
        mode: Git's, such as `100644`.
        blob: The id of what it holds.
    """

    path: PurePosixPath
    mode: str
    blob: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A file that differs.

    Attributes:
        change: What became of it.
        before: How it was; None for an added one.
        after: How it is; None for a deleted one.
    """

    change: FileChange
    before: TreeSide | None
    after: TreeSide | None

    @property
    def path(self) -> PurePosixPath:
        """Where it is after the change; of a deleted file, where it was."""
        side = self.after or self.before
        assert side is not None  # noqa: S101 - one of both there is
        return side.path

    @property
    def sides(self) -> tuple[TreeSide, ...]:
        """Those that there are, the one before first."""
        return tuple(side for side in (self.before, self.after) if side is not None)


def differences(bench: Workbench, before: str, after: str, *, has_renames: bool = True) -> list[Difference]:
    """Returns the files that differ between two trees.

    Args:
        bench: Where the trees are.
        before: One of them.
        after: The other.
        has_renames: Whether files that hold nearly the same are one file that was renamed.

    Source: git-diff-tree(1), "RAW OUTPUT FORMAT".
    """
    renames = "--find-renames" if has_renames else "--no-renames"
    said = bench.git.run("diff-tree", "-r", "-z", "--raw", "--no-abbrev", renames, before, after)
    fields = iter(said.split(b"\0"))
    found = []
    for head in fields:
        if not head:
            continue
        old_mode, new_mode, old_blob, new_blob, status = head.decode().removeprefix(":").split(" ")
        first = _path(next(fields))
        second = _path(next(fields)) if status[0] in "RC" else first
        has_before, has_after = status[0] not in "AC", status[0] != "D"
        found.append(
            Difference(
                change=_CHANGES.get(status[0], FileChange.MODIFIED),
                before=TreeSide(path=first, mode=old_mode, blob=old_blob) if has_before else None,
                after=TreeSide(path=second, mode=new_mode, blob=new_blob) if has_after else None,
            )
        )
    return found


_CHANGES: Final = {
    "A": FileChange.ADDED,
    "C": FileChange.ADDED,
    "D": FileChange.DELETED,
    "R": FileChange.RENAMED,
}


def _path(name: bytes) -> PurePosixPath:
    return PurePosixPath(os.fsdecode(name))


def hunks_of_pairs(bench: Workbench, pairs: Mapping[int, tuple[str, str]]) -> dict[int, tuple[Hunk, ...]]:
    """Returns the changed lines between pairs of blobs; a changed line end alone changes no line.

    The blobs get their numbers for names, so that no path has to be read out of a patch.

    Args:
        bench: Where they are compared.
        pairs: By number, the ids of what was before and of what is after.

    Source: git-diff-tree(1); GNU diffutils manual, "Detailed Description of Unified Format".
    """
    if not pairs:
        return {}
    before, after = (bench.tree_of((str(number), pair[side]) for number, pair in pairs.items()) for side in (0, 1))
    said = bench.git.run(
        "diff-tree", "-p", "--unified=0", "--no-renames", "--text", "--no-ext-diff", "--no-textconv", "--no-color",
        "--diff-algorithm=histogram", "--indent-heuristic", "--ignore-cr-at-eol", "--src-prefix=a/", "--dst-prefix=b/",
        before, after,
    )  # fmt: skip
    return {number: tuple(hunks) for number, hunks in _sections(said)}


def _sections(said: bytes) -> Iterator[tuple[int, list[Hunk]]]:
    number, hunks = -1, list[Hunk]()
    for line in said.split(b"\n"):
        # Lines of the files begin with a sign, so these can be nothing else.
        if section := _SECTION.match(line):
            if hunks:
                yield number, hunks
            number, hunks = int(section[1]), []
        elif hunk := _HUNK.match(line):
            hunks.append(Hunk(before=_span(hunk[1], hunk[2]), after=_span(hunk[3], hunk[4])))
    if hunks:
        yield number, hunks


def _span(first: bytes, n_lines: bytes | None) -> LineSpan:
    n = 1 if n_lines is None else int(n_lines)
    # An empty side is named by the line before it.
    return LineSpan(first=int(first) + (n == 0), n_lines=n)


def whole_file(before: str | None, after: str | None) -> tuple[Hunk, ...]:
    """Returns an added or deleted file as one run of changed lines; none for an empty one."""
    n_before, n_after = len(split_lines(before or "")), len(split_lines(after or ""))
    if n_before == n_after == 0:
        return ()
    return (Hunk(before=LineSpan(first=1, n_lines=n_before), after=LineSpan(first=1, n_lines=n_after)),)


def counts_lines_otherwise(text: str) -> bool:
    """Tells whether git sees fewer lines in a text than editors do, which end lines at a carriage return, too."""
    return _LONE_RETURN.search(text) is not None


def between_common_ends(before: Sequence[str], after: Sequence[str]) -> tuple[Hunk, ...]:
    """Returns what differs as one run of lines: between what both begin with and what both end with."""
    shorter = min(len(before), len(after))
    n_first = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    n_last = next((n for n in range(shorter - n_first) if before[-1 - n] != after[-1 - n]), shorter - n_first)
    n_before, n_after = len(before) - n_first - n_last, len(after) - n_first - n_last
    if n_before == n_after == 0:
        return ()
    return (
        Hunk(before=LineSpan(first=n_first + 1, n_lines=n_before), after=LineSpan(first=n_first + 1, n_lines=n_after)),
    )
