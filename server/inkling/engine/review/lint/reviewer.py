"""Ruff's findings on changed lines, with its safe fixes as suggestions. Ruff reads code and runs none of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from inkling.context.linting import LintFinding, RuffFindings
from inkling.core.change import ChangedFile, LineSpan
from inkling.core.counted import counted
from inkling.core.repair import FileEdit
from inkling.core.review import Findings, ReviewComment, ReviewProgress, ReviewRequest, Topic, Unchecked
from inkling.core.suspicion import is_test_file
from inkling.core.text import split_lines
from inkling.engine.review.lint.rules import CRASHES, FOR_THE_WHOLE_FILE, NOT_IN_TESTS, LintRule, rules
from inkling.engine.review.words import TIME_WAS_UP

SHARE_OF_BUDGET = 0.8  # after which what is known has to do
AT_ONCE = 4  # processes of ruff; each takes some ten milliseconds


class LintReviewer:
    """Tells what ruff finds in a change and did not find before it. Implements `core.ports.Reviewer`."""

    def __init__(self) -> None:
        """Knows the rules that are looked at."""
        self._rules = rules()
        self._ruff = RuffFindings(tuple(code for code in self._rules if code != "invalid-syntax"))

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns a comment for each finding on changed lines, and for what the change brings about elsewhere."""
        files = [
            file for file in request.changes.files if file.after is not None and file.path.suffix in (".py", ".pyi")
        ]
        may_ask = asyncio.Semaphore(AT_ONCE)
        n_done = 0

        async def look(file: ChangedFile) -> list[ReviewComment] | None:
            nonlocal n_done
            async with may_ask:
                on_progress(ReviewProgress(doing=f"asking ruff about {file.path}", n_done=n_done, n_steps=len(files)))
                comments = await self._look(request.changes.after.folder, file)
                n_done += 1
                return comments

        looking = {asyncio.create_task(look(file)): file for file in files}
        try:
            if looking:
                await asyncio.wait(looking, timeout=SHARE_OF_BUDGET * request.budget.wall_s)
        finally:
            late = [file for task, file in looking.items() if task.cancel()]
        answers = {file.path: task.result() for task, file in looking.items() if task.done() and not task.cancelled()}
        silent = [file.path for file in files if file not in late and answers[file.path] is None]
        n_asked = len(files) - len(silent) - len(late)
        unchecked = [Unchecked(what=f"ruff on {path}", why="Ruff did not answer.") for path in silent]
        if late:
            unchecked.append(Unchecked(what=f"ruff on {counted(len(late), 'file')}", why=TIME_WAS_UP))
        return Findings(
            comments=[comment for answer in answers.values() for comment in answer or ()],
            checked=[f"ruff on {counted(n_asked, 'changed file')}"] if n_asked else [],
            unchecked=unchecked,
        )

    async def _look(self, folder: Path, file: ChangedFile) -> list[ReviewComment] | None:
        assert file.after is not None  # noqa: S101 - the caller has taken out those without
        after = await self._ruff.of(folder, file.path, file.after)
        before: list[LintFinding] | None = []
        if after and file.before is not None:  # nothing is older than what there is nothing of
            before = await self._ruff.of(folder, file.old_path or file.path, file.before)
        if after is None or before is None:
            return None
        does_parse = all(finding.code != "invalid-syntax" for finding in after)
        if not does_parse:
            after = [finding for finding in after if finding.code == "invalid-syntax"][:1]
        return [
            self._comment(file, finding, self._rules[finding.code])
            for finding in _new(file, before, after)
            if finding.code in self._rules and not (is_test_file(file.path) and finding.code.startswith(NOT_IN_TESTS))
        ]

    def _comment(self, file: ChangedFile, finding: LintFinding, rule: LintRule) -> ReviewComment:
        edits = finding.edits if finding.is_safe else ()
        return ReviewComment(
            rule=f"ruff.{finding.code}",
            topic=Topic.LINT,
            path=file.path,
            line=finding.first_line,
            end_line=max(finding.first_line, finding.last_line),
            severity=rule.severity,
            confidence=rule.confidence,
            message=finding.message.rstrip(".") + ".",
            reason=rule.why,
            claims_failure=finding.code in CRASHES,
            suggestion=tuple(FileEdit(path=file.path, edit=edit) for edit in edits),
        )


def _new(file: ChangedFile, before: Sequence[LintFinding], after: Sequence[LintFinding]) -> Iterator[LintFinding]:
    """Yields what is said of the text after and was not said before.

    A changed line that is complained of as the lines were that it replaces is nothing new: a finding counts once for
    each time that its rule is heard more often on the changed lines than before.
    """
    lines_before = split_lines(file.before or "")
    known = Counter((each.code, each.message) for each in before if each.code in FOR_THE_WHOLE_FILE)
    gone = Counter(each.code for each in before if _touches(each, (hunk.before for hunk in file.hunks)))
    stood = Counter((each.code, _line(lines_before, each)) for each in before)
    lines_after = split_lines(file.after or "")
    for finding in after:
        words = (finding.code, finding.message)
        if finding.code in FOR_THE_WHOLE_FILE and known[words] > 0:
            known[words] -= 1
            continue
        if finding.code in FOR_THE_WHOLE_FILE:
            yield finding
            continue
        if not _touches(finding, (hunk.after for hunk in file.hunks)):
            continue
        moved = (finding.code, _line(lines_after, finding))
        if gone[finding.code] > 0:
            gone[finding.code] -= 1
        elif stood[moved] > 0:
            stood[moved] -= 1
        else:
            yield finding


def _touches(finding: LintFinding, spans: Iterable[LineSpan]) -> bool:
    return any(span.first <= finding.last_line and finding.first_line < span.end for span in spans)


def _line(lines: Sequence[str], finding: LintFinding) -> str:
    return lines[finding.first_line - 1].strip() if finding.first_line <= len(lines) else ""
