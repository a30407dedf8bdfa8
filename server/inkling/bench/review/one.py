"""One pair of `inkling bench review`: written into a folder, reviewed as a diff, and judged."""

import ast
import asyncio
import difflib
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from inkling.bench.review.pairs import PairKind, ReviewPair
from inkling.core.change import ChangedFile, ChangeSet, FileChange, Hunk, LineSpan
from inkling.core.execution import CaseOutcome, ProjectView, SuiteRequest
from inkling.core.ports import SuiteRunner
from inkling.core.review import Confirmation, ReviewBudget, ReviewComment, ReviewRequest, Topic
from inkling.features.review import NamedReviewer, RememberedComment, ReviewFeature, ReviewWishes


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOutcome:
    """What a reviewer would see of one pair.

    Attributes:
        pair: The pair.
        shown: Comments that are shown by default, those of most weight first.
        folded: Those that are folded away.
        n_changed_lines: Lines that went or came, whichever are more.
        n_tests_left_out: Tests that were taken away because they do not pass on both versions.
        seconds: How long the review took, wall clock.
    """

    pair: ReviewPair
    shown: tuple[ReviewComment, ...]
    folded: tuple[ReviewComment, ...]
    n_changed_lines: int
    n_tests_left_out: int = 0
    seconds: float = 0.0


class _NothingBefore:
    """The memory of somebody who reviews for the first time. Implements `features.review.ReviewMemory`."""

    async def closed(self) -> frozenset[str]:
        """Returns nothing."""
        return frozenset()

    async def silenced(self) -> frozenset[str]:
        """Returns nothing."""
        return frozenset()

    async def seen(self, _scope: str) -> frozenset[str]:
        """Returns nothing."""
        return frozenset()

    async def remember(self, _scope: str, _shown: Sequence[RememberedComment], _still_there: frozenset[str]) -> None:
        """Keeps nothing."""


class PairReview:
    """Reviews pairs one after the other."""

    def __init__(
        self, reviewers: Sequence[NamedReviewer], suites: SuiteRunner, *, wall_s: float, keeps_failing_tests: bool
    ) -> None:
        """Takes what every pair is reviewed with.

        Args:
            reviewers: Who looks at it.
            suites: What runs tests.
            wall_s: Seconds for a review.
            keeps_failing_tests: Whether a review has tests that fail on one of the versions.
        """
        self._feature = ReviewFeature(reviewers, _NothingBefore())
        self._suites = suites
        self._wall_s = wall_s
        self._keeps_failing_tests = keeps_failing_tests

    async def outcome(self, pair: ReviewPair) -> PairOutcome:
        """Returns what a reviewer would see."""
        with tempfile.TemporaryDirectory(prefix="inkling-bench-") as name:
            folder = await asyncio.to_thread(Path(name).resolve)
            await asyncio.to_thread(_write, folder, {**pair.others, **pair.after, **pair.tests})
            changes = change_set(pair, folder)
            n_left_out = 0
            if not self._keeps_failing_tests and pair.tests:
                n_left_out = await self._leave_out_failing(changes, pair)
            started_s = time.monotonic()
            request = ReviewRequest(changes=changes, budget=ReviewBudget(wall_s=self._wall_s, n_processes=1))
            review = await self._feature.review(request, ReviewWishes(scope=pair.id), lambda _: None)
            return PairOutcome(
                pair=pair,
                shown=tuple(found.comment for found in review.shown),
                folded=tuple(found.comment for found in review.folded),
                n_changed_lines=_n_changed(changes),
                n_tests_left_out=n_left_out,
                seconds=time.monotonic() - started_s,
            )

    async def _leave_out_failing(self, changes: ChangeSet, pair: ReviewPair) -> int:
        """Takes tests that do not pass on both versions out of their files; returns how many."""
        node_ids = tuple(path for path in pair.tests if Path(path).name != "conftest.py")
        failing: set[str] = set()
        for view in (changes.before, changes.after):
            run = await self._suites.run_suite(SuiteRequest(view=view, node_ids=node_ids))
            failing |= {case.node_id for case in run.cases if case.outcome in (CaseOutcome.FAILED, CaseOutcome.ERROR)}
            if not run.cases:
                failing |= {*node_ids}
        for path in node_ids:
            names = {node_id.split("::", 1)[1].split("[")[0] for node_id in failing if node_id.startswith(f"{path}::")}
            text = "" if path in failing else without_tests(pair.tests[path], names)
            await asyncio.to_thread(_write, changes.after.folder, {path: text})
        return len(failing)


def change_set(pair: ReviewPair, folder: Path) -> ChangeSet:
    """Returns a pair as a diff of a folder that holds its files as they are after the change."""
    after = ProjectView(folder=folder, interpreter=Path(sys.executable))
    before = replace(after, edits={PurePosixPath(path): text for path, text in pair.before.items()})
    files = tuple(
        ChangedFile(
            path=PurePosixPath(path),
            old_path=PurePosixPath(path),
            change=FileChange.MODIFIED,
            before=text,
            after=pair.after[path],
            hunks=hunks_between(text, pair.after[path]),
        )
        for path, text in pair.before.items()
    )
    return ChangeSet(name=pair.id, files=files, before=before, after=after)


def hunks_between(before: str, after: str) -> tuple[Hunk, ...]:
    """Returns the changed lines of two texts."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return tuple(
        Hunk(before=LineSpan(first=i + 1, n_lines=j - i), after=LineSpan(first=k + 1, n_lines=n - k))
        for tag, i, j, k, n in matcher.get_opcodes()
        if tag != "equal"
    )


def without_tests(text: str, names: set[str]) -> str:
    """Returns a test file without some tests, by their names as pytest has them after the file."""
    tree = ast.parse(text)
    for name in names:
        owner = tree.body
        for part in name.split("::")[:-1]:
            owner = next((item.body for item in owner if isinstance(item, ast.ClassDef) and item.name == part), [])
        last = name.rpartition("::")[2]
        owner[:] = [item for item in owner if not (isinstance(item, ast.FunctionDef) and item.name == last)] or (
            [ast.Pass()] if owner is not tree.body else []
        )
    return ast.unparse(tree) + "\n" if names else text


def is_on_right_line(comment: ReviewComment, pair: ReviewPair) -> bool:
    """Tells whether a comment is on a changed line, or beside the gap where lines only went."""
    path = str(comment.path)
    if path not in pair.before:
        return False
    for hunk in hunks_between(pair.before[path], pair.after[path]):
        first, end = hunk.after.first, max(hunk.after.end, hunk.after.first + 1)
        if hunk.after.n_lines == 0:
            first -= 1
        if comment.line < end and comment.end_line >= first:
            return True
    return False


def is_found(outcome: PairOutcome) -> bool:
    """Tells whether a shown comment speaks of what the code does wrong now, in a file that changed."""
    return any(_is_about(comment, outcome.pair) for comment in outcome.shown)


def is_confirmed(outcome: PairOutcome) -> bool:
    """Tells whether one of those has a reproduction that was run."""
    return any(
        _is_about(comment, outcome.pair) and comment.confirmation is Confirmation.CONFIRMED for comment in outcome.shown
    )


def has_right_line(outcome: PairOutcome) -> bool:
    """Tells whether one of those is on a changed line."""
    return any(
        _is_about(comment, outcome.pair) and is_on_right_line(comment, outcome.pair) for comment in outcome.shown
    )


def is_right(comment: ReviewComment, pair: ReviewPair) -> bool:
    """Tells whether a shown comment is right.

    Of a bug it is where it finds it. Of a fix it is no failure, and that both versions differ is true where a run
    showed it. Of a refactoring there is nothing to be said.
    """
    if pair.kind is PairKind.BUG:
        return _is_about(comment, pair)
    is_true = comment.topic is Topic.BEHAVIOUR and comment.confirmation is Confirmation.CONFIRMED
    return pair.kind is PairKind.FIX and is_true and not comment.claims_failure


def _is_about(comment: ReviewComment, pair: ReviewPair) -> bool:
    says_what_it_does = comment.claims_failure or comment.reproduction is not None
    return str(comment.path) in pair.before and (says_what_it_does or is_on_right_line(comment, pair))


def _n_changed(changes: ChangeSet) -> int:
    return sum(max(hunk.before.n_lines, hunk.after.n_lines) for file in changes.files for hunk in file.hunks)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Writes files into a folder that the sandbox's user, who is another one, may read."""
    folder.chmod(0o755)
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
