"""Changes without a repository, comments on them, and reviewers that say what they are told to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from inkling.core.change import ChangedFile, ChangeSet, FileChange, Hunk, LineSpan, Unreadable
from inkling.core.execution import ProjectView
from inkling.core.review import (
    Findings,
    ReviewComment,
    ReviewProgress,
    ReviewRequest,
    Severity,
    Topic,
)
from inkling.core.text import split_lines
from inkling.features.review import RememberedComment

VIEW = ProjectView(folder=Path("/shop"), interpreter=Path("/usr/bin/python3"))


def changed_file(path: str, after: str, before: str = "", unreadable: Unreadable | None = None) -> ChangedFile:
    hunk = Hunk(
        before=LineSpan(first=1, n_lines=len(split_lines(before))),
        after=LineSpan(first=1, n_lines=len(split_lines(after))),
    )
    return ChangedFile(
        path=PurePosixPath(path),
        old_path=PurePosixPath(path),
        change=FileChange.MODIFIED,
        before=None if unreadable else before,
        after=None if unreadable else after,
        hunks=() if unreadable else (hunk,),
        unreadable=unreadable,
    )


def request(*files: ChangedFile) -> ReviewRequest:
    return ReviewRequest(changes=ChangeSet(name="the working tree", files=files, before=VIEW, after=VIEW))


def comment(path: str = "cart.py", line: int = 1, **fields: Any) -> ReviewComment:
    """Returns a warning that is likely right, but for what is said otherwise."""
    said: dict[str, Any] = {
        "rule": "risk.eval",
        "topic": Topic.RISK,
        "path": PurePosixPath(path),
        "line": line,
        "end_line": fields.get("end_line", line),
        "severity": Severity.WARNING,
        "confidence": 0.8,
        "message": f"Something is wrong in line {line} of {path}.",
    }
    return ReviewComment(**(said | fields))


@dataclass
class TellingReviewer:
    """Says what it is told to, or fails as it is told to."""

    comments: Sequence[ReviewComment] = ()
    checked: Sequence[str] = ()
    error: BaseException | None = None
    n_asked: int = 0

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        self.n_asked += 1
        on_progress(ReviewProgress(doing="looking", n_done=1, n_steps=2))
        if self.error is not None:
            raise self.error
        return Findings(comments=self.comments, checked=self.checked)


@dataclass
class MemoryOnly:
    """Remembers reviews as long as the test lasts."""

    dismissed: set[str] = field(default_factory=set)
    silenced_rules: set[str] = field(default_factory=set)
    scopes: dict[str, frozenset[str]] = field(default_factory=dict)
    shown: Mapping[str, Sequence[RememberedComment]] = field(default_factory=dict)

    async def closed(self) -> frozenset[str]:
        return frozenset(self.dismissed)

    async def silenced(self) -> frozenset[str]:
        return frozenset(self.silenced_rules)

    async def seen(self, scope: str) -> frozenset[str]:
        return self.scopes.get(scope, frozenset())

    async def remember(self, scope: str, shown: Sequence[RememberedComment], still_there: frozenset[str]) -> None:
        self.shown = {**self.shown, scope: shown}
        names = {name for each in shown for name in each.fingerprints}
        self.scopes[scope] = frozenset(names | still_there)
