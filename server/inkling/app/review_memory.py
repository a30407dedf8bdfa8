"""What is kept of reviews: which comments were dismissed, and what the last review of a branch showed."""

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, assert_never

from inkling.app.review_records import (
    VERSION,
    ClosedEntry,
    as_of_now,
    closed_entries,
    nothing_known,
    put_closed,
    put_silenced,
    stored,
    the_one,
)
from inkling.context.changes import Branch, PatchText, Repository, Revisions, Staged, Wanted, WorkingTree
from inkling.core.errors import UserError
from inkling.features.review import Closing, RememberedComment
from inkling.models.regular_file import read_regular, set_aside, write_whole

logger = logging.getLogger(__name__)

_FOLDER: Final = "reviews"  # in the folder of the user's data
MAX_FILE_BYTES: Final = 8 * 1024 * 1024  # some 20,000 comments
MAX_SCOPES: Final = 100  # branches whose last review is known; the oldest is forgotten first
MAX_CLOSED: Final = 5000  # dismissed comments; the oldest is forgotten first


class ReviewFile:
    """The memory of one repository's reviews, a JSON file of the user's. Implements `features.review.ReviewClosings`.

    Shell and editor share it, and several of them may be at it at once.
    """

    def __init__(self, data_dir: Path, common_dir: Path) -> None:
        """Takes the folder of the user's data, and what all working trees of the repository have in common."""
        name = hashlib.sha256(os.fsencode(common_dir.resolve())).hexdigest()[:24]
        self.path = data_dir / _FOLDER / f"{name}.json"

    async def closed(self) -> frozenset[str]:
        """Returns the fingerprints of comments that were dismissed or resolved."""
        return frozenset((await asyncio.to_thread(self._read))["closed"])

    async def silenced(self) -> frozenset[str]:
        """Returns the rules of which no comment is wanted in this repository."""
        return frozenset((await asyncio.to_thread(self._read))["silenced"])

    async def close(self, comment: RememberedComment, closing: Closing, reason: str) -> None:
        """Makes a comment not come back, with `RULE_SILENCED` none of its rule.

        Raises:
            UserError: It cannot be kept.
        """
        await asyncio.to_thread(self._close_one, comment, closing, reason)

    async def reopen(self, comment: RememberedComment) -> None:
        """Takes back that a comment was closed, or its rule silenced.

        Raises:
            UserError: It cannot be kept.
        """
        await asyncio.to_thread(self._reopen_one, comment)

    async def seen(self, scope: str) -> frozenset[str]:
        """Returns the fingerprints that the last review of a scope showed, or would have shown again."""
        last = (await asyncio.to_thread(self._read))["scopes"].get(scope)
        if last is None:
            return frozenset()
        shown = [name for comment in last["shown"] for name in comment["fingerprints"]]
        return frozenset([*shown, *last["still_there"]])

    async def remember(self, scope: str, shown: Sequence[RememberedComment], still_there: frozenset[str]) -> None:
        """Keeps what a review found; a disk that takes nothing does not spoil the review."""
        try:
            await asyncio.to_thread(self._remember, scope, shown, still_there)
        except UserError as error:
            logger.warning("what this review showed is not remembered: %s", error)

    def close_named(self, fingerprint: str, closing: Closing, reason: str) -> ClosedEntry:
        """Makes a comment of a past review not come back; returns what is kept of it.

        Args:
            fingerprint: Its name, or the first digits.
            closing: How.
            reason: Why, in the user's words; may be empty.

        Raises:
            UserError: No comment that was shown has this name, several have, or it cannot be written.
        """
        with self._changed() as data:
            shown = {
                comment["fingerprints"][0]: comment for last in data["scopes"].values() for comment in last["shown"]
            }
            name = the_one(
                fingerprint, shown, "no comment that was shown here", "`inkling review` prints one with each comment"
            )
            put_closed(data, shown[name], closing, reason)
            return next(entry for entry in closed_entries(data) if entry.name == name)

    def closed_entries(self) -> list[ClosedEntry]:
        """Returns all that does not come back: silenced rules, then comments, the latest first."""
        return closed_entries(self._read())

    def reopen_named(self, name: str) -> ClosedEntry:
        """Takes back that a comment was closed or a rule silenced; returns what was kept of it.

        Args:
            name: The comment's fingerprint or its first digits, or the rule.

        Raises:
            UserError: Nothing of this name is closed, several are, or it cannot be written.
        """
        with self._changed() as data:
            entries = {entry.name: entry for entry in closed_entries(data)}
            if name in data["silenced"]:
                del data["silenced"][name]
                return entries[name]
            closed = the_one(name, data["closed"], "nothing that is closed here", "--list-closed names what is")
            kept = data["closed"][closed]
            # What was closed as one comment is opened as one.
            data["closed"] = {other: each for other, each in data["closed"].items() if each != kept}
            return entries[closed]

    def _close_one(self, comment: RememberedComment, closing: Closing, reason: str) -> None:
        with self._changed() as data:
            if closing is Closing.RULE_SILENCED:
                put_silenced(data, comment.rule, reason)
            else:
                put_closed(data, stored(comment), closing, reason)

    def _reopen_one(self, comment: RememberedComment) -> None:
        with self._changed() as data:
            data["silenced"].pop(comment.rule, None)
            for name in comment.fingerprints:
                data["closed"].pop(name, None)

    def _remember(self, scope: str, shown: Sequence[RememberedComment], still_there: frozenset[str]) -> None:
        with self._changed() as data:
            # What a review shows that leaves out the known is added to what was shown before and still is there.
            before = data["scopes"].pop(scope, {"shown": []})["shown"]
            kept = [comment for comment in before if still_there & set(comment["fingerprints"])]
            data["scopes"][scope] = {
                "at": int(time.time()),
                "shown": [*kept, *map(stored, shown)],
                "still_there": sorted(still_there),
            }

    def _read(self) -> dict[str, Any]:
        return _read_file(self.path)

    @contextlib.contextmanager
    def _changed(self) -> Iterator[dict[str, Any]]:
        """Gives what is kept, and writes it when all went well; two reviews at once wait for each other.

        Raises:
            UserError: It cannot be written.
        """
        try:
            with self._locked():
                data = self._read()
                if data["version"] > VERSION:
                    raise UserError(
                        f"{self.path} was written by a newer Inkling; update this one, or move the file away"
                    )
                yield data
                data["closed"] = dict(list(data["closed"].items())[-MAX_CLOSED:])
                data["scopes"] = dict(list(data["scopes"].items())[-MAX_SCOPES:])
                write_whole(self.path, json.dumps(data, indent=1).encode())
        except OSError as error:
            raise UserError(f"what becomes of comments cannot be kept: {error}") from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.path.with_suffix(".lock").open("wb") as lock:
            with contextlib.suppress(OSError):  # some network file systems have no locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def closed_anywhere(data_dir: Path) -> list[ClosedEntry]:
    """Returns what does not come back in any repository, those of one repository the latest first."""
    files = sorted((data_dir / _FOLDER).glob("*.json"))
    return [entry for path in files for entry in closed_entries(_read_file(path))]


def _read_file(path: Path) -> dict[str, Any]:
    """Returns what is kept in a file; nothing where there is none, or it is damaged: then it is set aside."""
    try:
        content = read_regular(path, MAX_FILE_BYTES)
    except FileNotFoundError:
        return nothing_known()
    except OSError as error:
        logger.warning("earlier reviews are not known: %s", error)
        return nothing_known()
    try:
        data = as_of_now(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("earlier reviews are not known; %s is damaged and set aside: %s", path, error)
        with contextlib.suppress(OSError):
            set_aside(path)
        return nothing_known()
    if data["version"] > VERSION:
        logger.warning("earlier reviews are not known; %s was written by a newer Inkling", path)
    return data


def review_scope(wanted: Wanted, repository: Repository) -> str:
    """Returns what tells one series of reviews from another: what is asked for again and again on a branch."""
    match wanted:
        case WorkingTree():
            kind = "working tree"
        case Staged():
            kind = "index"
        case Branch():
            kind = f"since {wanted.base}"
        case Revisions():
            kind = "range"
        case PatchText():
            kind = "patch"
        case _:
            assert_never(wanted)
    return f"{repository.branch}:{repository.prefix}:{kind}"
