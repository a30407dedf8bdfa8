"""What the user reads about a review as a whole."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from inkling.core.change import ChangedFile, Unreadable
from inkling.core.review import Unchecked

N_NAMED: Final = 3  # files; the others are counted
_WHY: Final = {
    Unreadable.BINARY: "not text",
    Unreadable.SUBMODULE: "a submodule; review it in its own repository",
    Unreadable.SYMLINK: "a symbolic link",
    Unreadable.NOTEBOOK: "a notebook; those are not looked at yet",
    Unreadable.NOT_UTF8: "not UTF-8, or its name is not",
    Unreadable.TOO_LARGE: "larger than is read",
    Unreadable.GENERATED: "generated, as its name, its first lines or .gitattributes say",
    Unreadable.CONFLICT_MARKERS: "conflict markers of a merge; resolve it first",
    Unreadable.BEYOND_LIMIT: "beyond what is read of one change; review it in parts",
    Unreadable.NOT_FETCHED: "not in this partial clone; `git fetch --refetch` gets it",
}


def unread_files(files: Iterable[ChangedFile]) -> list[Unchecked]:
    """Returns what was not read, one entry for each reason."""
    by_reason: dict[Unreadable, list[PurePosixPath]] = defaultdict(list)
    for file in files:
        if file.unreadable is not None:
            by_reason[file.unreadable].append(file.path)
    return [Unchecked(what=_named(sorted(paths)), why=_WHY[reason]) for reason, paths in sorted(by_reason.items())]


def _named(paths: list[PurePosixPath]) -> str:
    names = ", ".join(map(str, paths[:N_NAMED]))
    n_more = len(paths) - N_NAMED
    return names if n_more <= 0 else f"{names} and {n_more:,} more {'file' if n_more == 1 else 'files'}"
