"""A checklist held against a change."""

import ast
import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from inkling.context.parsing import parse
from inkling.core.change import ChangedFile, ChangeSet
from inkling.core.counted import counted
from inkling.core.review import Findings, ReviewComment, ReviewProgress, ReviewRequest, Topic, Unchecked
from inkling.core.text import split_lines
from inkling.engine.review.team_rules.checklist import TeamRule

CONFIDENCE = 0.9  # the team said so itself


class TeamRuleReviewer:
    """Tells where a change does what a team wants to be told of. Implements `core.ports.Reviewer`."""

    def __init__(self, rules: Sequence[TeamRule]) -> None:
        """Takes the rules of the checklist."""
        self._rules = rules

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns a comment for each changed line that breaks a rule, and for each change that is not whole."""
        if not self._rules:
            return Findings(comments=[])
        on_progress(ReviewProgress(doing="holding the team's checklist against the change", n_done=0, n_steps=1))
        comments = await asyncio.to_thread(lambda: list(_look(self._rules, request.changes)))
        asked = [rule for rule in self._rules if rule.ask]
        n_checked = len(self._rules) - len(asked)
        return Findings(
            comments=comments,
            checked=[f"{counted(n_checked, 'rule')} of the team's checklist"] if n_checked else [],
            unchecked=[Unchecked(what=rule.name, why="Only a language model can answer it.") for rule in asked],
        )


def _look(rules: Sequence[TeamRule], changes: ChangeSet) -> Iterator[ReviewComment]:
    for rule in rules:
        for file in changes.files:
            if rule.paths.match_file(file.path.as_posix()) and file.after is not None:
                for line in _lines(rule, file):
                    yield _comment(rule, file, line)
        yield from _of_missing(rule, changes)


def _of_missing(rule: TeamRule, changes: ChangeSet) -> Iterator[ReviewComment]:
    """Yields a comment where files changed and those that must change along with them did not."""
    touched = [file for file in changes.files if rule.paths.match_file(file.path.as_posix()) and file.hunks]
    if not touched or rule.needs is None or any(rule.needs.match_file(file.path.as_posix()) for file in changes.files):
        return
    wanted = " or ".join(str(pattern.pattern) for pattern in rule.needs.patterns if pattern.include)
    comment = _comment(rule, touched[0], max(1, touched[0].hunks[0].after.first))
    missing = f"{wanted} was not changed."
    yield replace(comment, reason=f"{comment.reason} {missing}" if comment.reason else missing)


def _lines(rule: TeamRule, file: ChangedFile) -> Iterator[int]:
    if rule.pattern is not None:
        lines = split_lines(file.after or "")
        for hunk in file.hunks:
            for line in range(hunk.after.first, hunk.after.end):
                if rule.pattern.search(lines[line - 1].rstrip("\r\n")):
                    yield line
    elif rule.call and file.path.suffix == ".py":
        yield from sorted({line for line in _calls(rule.call, file.after or "") if _is_changed(file, line)})


def _is_changed(file: ChangedFile, line: int) -> bool:
    return any(line in hunk.after for hunk in file.hunks)


def _calls(name: str, text: str) -> Iterator[int]:
    """Yields the lines on which a function is called, by its dotted name or one that an import gives it."""
    try:
        tree = parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    names = {name}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if name == whole or name.startswith(f"{whole}."):
                    names.add((alias.asname or alias.name) + name[len(whole) :])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname is not None and name.startswith(f"{alias.name}."):
                    names.add(alias.asname + name[len(alias.name) :])
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            yield node.lineno


def _comment(rule: TeamRule, file: ChangedFile, line: int) -> ReviewComment:
    return ReviewComment(
        rule=f"team.{rule.name}",
        topic=Topic.TEAM_RULE,
        path=file.path,
        line=line,
        end_line=line,
        severity=rule.severity,
        confidence=CONFIDENCE,
        message=rule.message,
        reason=rule.reason,
    )
