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
from typing import Any, Final

from inkling.core.errors import UserError
from inkling.features.review import RememberedComment
from inkling.models.regular_file import read_regular, set_aside, write_whole

logger = logging.getLogger(__name__)

VERSION: Final = 1
MAX_FILE_BYTES: Final = 8 * 1024 * 1024  # some 20,000 comments
MAX_SCOPES: Final = 100  # branches whose last review is known; the oldest is forgotten first
MAX_CLOSED: Final = 5000  # dismissed comments; the oldest is forgotten first
MIN_DIGITS: Final = 4  # of a fingerprint that is not given whole


class ReviewFile:
    """The memory of one repository's reviews, a JSON file of the user's. Implements `features.review.ReviewMemory`."""

    def __init__(self, data_dir: Path, common_dir: Path) -> None:
        """Takes the folder of the user's data, and what all working trees of the repository have in common."""
        name = hashlib.sha256(os.fsencode(common_dir.resolve())).hexdigest()[:24]
        self.path = data_dir / "reviews" / f"{name}.json"

    async def closed(self) -> frozenset[str]:
        """Returns the fingerprints of comments that were dismissed or resolved."""
        return frozenset((await asyncio.to_thread(self._read))["closed"])

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
        except OSError as error:
            logger.warning("what this review showed is not remembered: %s", error)

    def dismiss(self, fingerprint: str, reason: str) -> tuple[str, str]:
        """Makes a comment of a past review not come back; returns its rule and what it says.

        Args:
            fingerprint: Its name, or the first digits.
            reason: Why, in the user's words.

        Raises:
            UserError: No comment that was shown has this name, several have, or it cannot be written.
        """
        wanted = fingerprint.strip().lower()
        try:
            with self._changed() as data:
                found = {
                    comment["fingerprints"][0]: comment
                    for last in data["scopes"].values()
                    for comment in last["shown"]
                    if comment["fingerprints"][0].startswith(wanted) and len(wanted) >= MIN_DIGITS
                }
                if len(found) != 1:
                    raise UserError(
                        f"{fingerprint!r} is the beginning of {len(found)} fingerprints; give more of it"
                        if found
                        else f"no comment that was shown here has the fingerprint {fingerprint!r};"
                        " `inkling review` prints one with each comment"
                    )
                comment = next(iter(found.values()))
                for name in comment["fingerprints"]:
                    data["closed"].pop(name, None)
                    data["closed"][name] = {
                        "as": "dismissed",
                        "reason": reason,
                        "at": int(time.time()),
                        **{key: comment[key] for key in ("rule", "path", "message")},
                    }
                return comment["rule"], comment["message"]
        except OSError as error:
            raise UserError(f"the dismissal cannot be kept: {error}") from error

    def _remember(self, scope: str, shown: Sequence[RememberedComment], still_there: frozenset[str]) -> None:
        with self._changed() as data:
            # What a review shows that leaves out the known is added to what was shown before and still is there.
            before = data["scopes"].pop(scope, {"shown": []})["shown"]
            kept = [comment for comment in before if still_there & set(comment["fingerprints"])]
            data["scopes"][scope] = {
                "at": int(time.time()),
                "shown": [
                    *kept,
                    *(
                        {
                            "fingerprints": list(comment.fingerprints),
                            "rule": comment.rule,
                            "path": str(comment.path),
                            "message": comment.message,
                        }
                        for comment in shown
                    ),
                ],
                "still_there": sorted(still_there),
            }

    def _read(self) -> dict[str, Any]:
        """Returns what is kept; nothing where there is no file, or it is damaged: then it is set aside."""
        nothing: dict[str, Any] = {"version": VERSION, "closed": {}, "scopes": {}}
        try:
            content = read_regular(self.path, MAX_FILE_BYTES)
        except FileNotFoundError:
            return nothing
        except OSError as error:
            logger.warning("earlier reviews are not known: %s", error)
            return nothing
        try:
            data = json.loads(content)
            _check(data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("earlier reviews are not known; %s is damaged and set aside: %s", self.path, error)
            with contextlib.suppress(OSError):
                set_aside(self.path)
            return nothing
        return dict(data)

    @contextlib.contextmanager
    def _changed(self) -> Iterator[dict[str, Any]]:
        """Gives what is kept, and writes it when all went well; two reviews at once wait for each other.

        Raises:
            OSError: It cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.path.with_suffix(".lock").open("wb") as lock:
            with contextlib.suppress(OSError):  # some network file systems have no locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            data = self._read()
            yield data
            data["closed"] = dict(list(data["closed"].items())[-MAX_CLOSED:])
            data["scopes"] = dict(list(data["scopes"].items())[-MAX_SCOPES:])
            write_whole(self.path, json.dumps(data, indent=1).encode())


def _check(data: Any) -> None:
    """Looks whether data is of the form that is written here.

    Raises:
        ValueError: It is not.
    """
    if data["version"] != VERSION or not isinstance(data["closed"], dict):
        raise ValueError("it is of another version of Inkling")
    for last in data["scopes"].values():
        for comment in last["shown"]:
            texts = [comment["rule"], comment["path"], comment["message"], *comment["fingerprints"]]
            if not comment["fingerprints"] or not all(isinstance(text, str) for text in texts):
                raise ValueError("a comment is not whole")
        if not all(isinstance(name, str) for name in last["still_there"]):
            raise ValueError("a fingerprint is no text")
