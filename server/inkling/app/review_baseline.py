"""The baseline: comments that a project accepts as they are, in a file that is committed with it."""

import json
from pathlib import Path
from typing import Any, Final

from inkling.core.errors import UserError
from inkling.features.review import Review

VERSION: Final = 1
MAX_FILE_BYTES: Final = 16 * 1024 * 1024


def read_baseline(path: Path) -> frozenset[str]:
    """Returns the fingerprints that a baseline holds.

    Raises:
        UserError: There is no such file, or it is no baseline.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UserError(f"{path} is too large for a baseline")
        data: Any = json.loads(path.read_bytes())
        names = [comment["fingerprint"] for comment in data["comments"]]
        if data["version"] != VERSION or not all(isinstance(name, str) for name in names):
            raise ValueError("another version")
    except FileNotFoundError as error:
        raise UserError(f"there is no baseline {path}; --update-baseline writes one") from error
    except OSError as error:
        raise UserError(f"the baseline {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no baseline of this version; --update-baseline writes it anew") from error
    return frozenset(names)


def write_baseline(path: Path, review: Review) -> int:
    """Writes all comments of a review as accepted; returns how many. Order and form change as little as can be.

    Raises:
        UserError: It cannot be written.
    """
    comments = {
        name: {"fingerprint": name, "rule": found.comment.rule, "path": str(found.comment.path)}
        for found in review.all
        for name in found.fingerprints
    }
    in_order = sorted(comments.values(), key=lambda each: (each["path"], each["rule"], each["fingerprint"]))
    text = json.dumps({"version": VERSION, "comments": in_order}, indent=2) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"the baseline {path} cannot be written: {error.strerror}") from error
    return len(comments)
