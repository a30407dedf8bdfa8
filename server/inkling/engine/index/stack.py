"""The segments of a workspace, one above the other: a newer version of a file hides the older ones.

A segment is never changed. What was written since lies in a smaller one above it, in which an empty entry under
another key says that a file is gone. Few segments are kept: when one is added, those above that are no larger than
twice what they would become together are made one with it, so each file is written again a few times only.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from inkling.context.sources import SourceFile
from inkling.engine.index.segment import Segment

MOST_SEGMENTS = 4  # each of them is asked in every answer
FOLD_FACTOR = 2  # a segment at most so many times larger than those above it is made one with them
MOST_HIDDEN_SHARE = 0.5  # of a segment's bytes; then it is written again without them
_GONE = "-:-"


def file_key(file: SourceFile) -> str:
    """Returns what a file is called in a segment: another version of it has another key."""
    return f"{file.size_bytes}:{file.modified_ns}:{file.path}"


def key_on_disk(path: str) -> str:
    """Returns the key of a file as it is now; that of a file that is gone where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - paths come as text, hundreds at a time
    except OSError:
        return gone_key(path)
    return file_key(SourceFile(path, status.st_size, status.st_mtime_ns))


def gone_key(path: str) -> str:
    """Returns the key that says that a file is gone."""
    return f"{_GONE}:{path}"


def is_gone(key: str) -> bool:
    """Tells whether a key says that its file is gone."""
    return key.startswith(_GONE)


def path_of(key: str) -> str:
    """Returns the path of a file from its key."""
    return key.split(":", 2)[2]


def _size_bytes(key: str) -> int:
    return 0 if is_gone(key) else int(key.partition(":")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """What a new segment takes from those that are there.

    Attributes:
        n_kept: Segments that stay below the new one.
        taken: Segments and keys of the files that move into the new one.
        gone: Files that the kept segments have and that are gone.
    """

    n_kept: int
    taken: Sequence[tuple[Segment, str]]
    gone: Sequence[str]


class SegmentStack:
    """The segments of a workspace, the oldest first."""

    def __init__(self, segments: Sequence[Segment] = ()) -> None:
        self.segments = tuple(segments)
        self._newest = {path_of(key): (number, key) for number, key in self._all_keys()}
        self._left_out: frozenset[str] | None = None

    def keys(self) -> dict[str, str]:
        """Returns the keys of the files that are there, by path."""
        return {path: key for path, (_, key) in self._newest.items() if not is_gone(key)}

    def leave_out(self, paths: frozenset[str]) -> None:
        """Counts nothing from older versions of files from now on, and nothing at all from those with these paths."""
        if paths == self._left_out:
            return
        self._left_out = paths
        for number, segment in enumerate(self.segments):
            segment.leave_out(key for key in segment.files if path_of(key) in paths or not self._is_newest(number, key))

    def fold(self, wanted: Collection[str], new_bytes: int) -> Folding:
        """Returns what a segment for new files should take over.

        Args:
            wanted: Keys of all files that are there now.
            new_bytes: Size of the source of those that are not in any segment.
        """
        numbered = list(enumerate(self.segments))
        live = [[key for key in segment.files if key in wanted and self._is_newest(n, key)] for n, segment in numbered]
        sizes = [sum(map(_size_bytes, keys)) for keys in live]
        n_kept, folded_bytes = len(self.segments), new_bytes
        while n_kept and (n_kept >= MOST_SEGMENTS or sizes[n_kept - 1] <= FOLD_FACTOR * folded_bytes):
            n_kept -= 1
            folded_bytes += sizes[n_kept]
        for number, segment in numbered[:n_kept]:
            if sizes[number] < (1.0 - MOST_HIDDEN_SHARE) * sum(map(_size_bytes, segment.files)):
                n_kept = number
                break
        kept_paths = {path_of(key) for segment in self.segments[:n_kept] for key in segment.files if not is_gone(key)}
        return Folding(
            n_kept=n_kept,
            taken=[(segment, key) for number, segment in numbered[n_kept:] for key in live[number]],
            gone=sorted(kept_paths - {path_of(key) for key in wanted}),
        )

    def _all_keys(self) -> Iterator[tuple[int, str]]:
        for number, segment in enumerate(self.segments):
            for key in segment.files:
                yield number, key

    def _is_newest(self, number: int, key: str) -> bool:
        return self._newest[path_of(key)] == (number, key)
