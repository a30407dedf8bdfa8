"""What the file of a repository's reviews holds: its form, and the forms that older versions of Inkling wrote."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from inkling.core.errors import UserError
from inkling.features.review import Closing, RememberedComment

VERSION: Final = 2  # 1 knew of no silenced rules
MIN_DIGITS: Final = 4  # of a fingerprint that is not given whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedEntry:
    """Something that does not come back.

    Attributes:
        name: The comment's fingerprint; of a silenced rule the rule.
        closing: How it was closed.
        reason: Why, in the user's words.
        rule: What the comment is an instance of.
        path: The file it is in; empty for a rule.
        message: What it says; empty for a rule.
        closed_with: The fingerprint of the comment that it was closed as a part of; its own where it was that comment.
        at_s: When, in seconds since the Unix epoch; 0 where that was not kept.
    """

    name: str
    closing: Closing
    reason: str
    rule: str
    path: str = ""
    message: str = ""
    closed_with: str = ""
    at_s: int = 0


def nothing_known() -> dict[str, Any]:
    """Returns the data of a repository that was never reviewed."""
    return {"version": VERSION, "closed": {}, "silenced": {}, "scopes": {}}


def as_of_now(data: Any) -> dict[str, Any]:
    """Returns data as this version writes it; of a newer one the version alone, which nobody must write over.

    Raises:
        ValueError: It is damaged; so do KeyError, TypeError and AttributeError say.
    """
    version = data["version"]
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"{version!r} is no version")
    if version > VERSION:
        return {**nothing_known(), "version": version}
    known = {**nothing_known(), **data, "version": VERSION}
    for entry in closed_entries(known):
        if not all(isinstance(text, str) for text in (entry.reason, entry.rule, entry.path, entry.message)):
            raise ValueError("a closed comment is not whole")
        if not isinstance(entry.at_s, int):
            raise ValueError("a time is no number")
    for last in known["scopes"].values():
        for comment in last["shown"]:
            texts = [comment["rule"], comment["path"], comment["message"], *comment["fingerprints"]]
            if not comment["fingerprints"] or not all(isinstance(text, str) for text in texts):
                raise ValueError("a comment is not whole")
        if not all(isinstance(name, str) for name in last["still_there"]):
            raise ValueError("a fingerprint is no text")
    return known


def stored(comment: RememberedComment) -> dict[str, Any]:
    """Returns a comment as it is kept with the review that showed it."""
    return {
        "fingerprints": list(comment.fingerprints),
        "rule": comment.rule,
        "path": str(comment.path),
        "message": comment.message,
    }


def put_closed(data: dict[str, Any], comment: Mapping[str, Any], closing: Closing, reason: str) -> None:
    """Makes a comment, as it is stored, one that does not come back; the latest is the last."""
    for name in comment["fingerprints"]:
        data["closed"].pop(name, None)
        data["closed"][name] = {
            "as": closing.value,
            "reason": reason,
            "at": int(time.time()),
            "with": comment["fingerprints"][0],
            **{key: comment[key] for key in ("rule", "path", "message")},
        }


def put_silenced(data: dict[str, Any], rule: str, reason: str) -> None:
    """Makes a rule one of which nothing is shown."""
    data["silenced"].pop(rule, None)
    data["silenced"][rule] = {"reason": reason, "at": int(time.time())}


def closed_entries(data: Mapping[str, Any]) -> list[ClosedEntry]:
    """Returns all that does not come back: silenced rules, then comments, the latest first."""
    rules = [
        ClosedEntry(name=rule, closing=Closing.RULE_SILENCED, reason=kept["reason"], rule=rule, at_s=kept.get("at", 0))
        for rule, kept in data["silenced"].items()
    ]
    comments = [
        ClosedEntry(
            name=name,
            closing=Closing(kept["as"]),
            reason=kept["reason"],
            rule=kept["rule"],
            path=kept["path"],
            message=kept["message"],
            closed_with=kept.get("with", name),
            at_s=kept.get("at", 0),
        )
        for name, kept in data["closed"].items()
    ]
    return [*reversed(rules), *reversed(comments)]


def the_one(beginning: str, names: Iterable[str], what: str, how: str) -> str:
    """Returns the one fingerprint that begins as somebody has said.

    Args:
        beginning: The fingerprint or its first digits.
        names: Those that there are.
        what: What was looked for, for the message.
        how: Where fingerprints are to be had.

    Raises:
        UserError: None begins so, or several do.
    """
    wanted = beginning.strip().lower()
    found = [name for name in names if name.startswith(wanted)] if len(wanted) >= MIN_DIGITS else []
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{beginning!r} is the beginning of {len(found)} fingerprints; give more of it")
    raise UserError(f"{what} has the fingerprint {beginning!r}; {how}")
