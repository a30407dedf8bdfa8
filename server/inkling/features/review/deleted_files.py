"""Deleted files that are still used: one comment for a file or folder, whatever was in it."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from inkling.core.change import ChangedFile, FileChange
from inkling.core.counted import counted
from inkling.features.review.merging import NamedComment

GONE: Final = "contract.gone"
MAX_NAMED: Final = 5  # functions; the others are counted


def as_one_each(comments: Sequence[NamedComment], files: Iterable[ChangedFile]) -> list[NamedComment]:
    """Returns the comments with those on what went with a deleted file or folder as one."""
    deleted = {file.path for file in files if file.change is FileChange.DELETED}
    kept: list[NamedComment] = []
    by_folder: dict[str, list[NamedComment]] = defaultdict(list)
    for named in comments:
        if named.comment.rule == GONE and named.comment.path in deleted:
            by_folder[named.comment.path.parts[0]].append(named)
        else:
            kept.append(named)
    return [*kept, *(_one(group) if len(group) > 1 else group[0] for group in by_folder.values())]


def _one(group: Sequence[NamedComment]) -> NamedComment:
    first = min(group, key=lambda named: (named.comment.path, named.comment.line))
    others = [named for named in group if named is not first]
    places = dict.fromkeys(place for named in (first, *others) for place in named.comment.also_at)
    names = list(dict.fromkeys(f"`{named.comment.symbol}`" for named in (first, *others)))
    more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    used = f"{counted(len(places), 'place')} still {'uses' if len(places) == 1 else 'use'}"
    return NamedComment(
        comment=replace(
            first.comment,
            symbol="",
            message=f"{_what({named.comment.path for named in group})} gone with {', '.join(names[:MAX_NAMED])}{more}, "
            f"and {used} {'it' if len(names) == 1 else 'them'}.",
            also_at=tuple(places),
        ),
        fingerprints=tuple(name for named in (first, *others) for name in named.fingerprints),
    )


def _what(paths: set[PurePosixPath]) -> str:
    if len(paths) == 1:
        return f"{min(paths)} is"
    return f"{len(paths):,} files of {os.path.commonpath(paths)}/ are"
