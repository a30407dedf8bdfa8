"""Tests that went, and tests that ask less than they did."""

import ast
from collections.abc import Iterator, Set
from typing import Final

from inkling.core.change import ChangedFile, ChangeSet
from inkling.core.review import ReviewComment, Severity, Topic
from inkling.core.suspicion import is_test_file
from inkling.engine.review.changed_code import ChangedDefinition, Definition, read_changed_code
from inkling.engine.review.project_code import ProjectCode
from inkling.engine.review.testing.questions import asked, claims_nothing, loosened

_SKIPPING: Final = ("skip", "skipif", "xfail", "expectedFailure", "skipIf", "skipUnless")
MOST_NAMED: Final = 3  # questions that a comment names


def of_tests(changes: ChangeSet, project: ProjectCode) -> Iterator[ReviewComment]:
    """Yields a comment for each test that is gone though what it tests is not, and for each that asks less."""
    files = [file for file in changes.files if is_test_file(file.path) or _was_test(file)]
    pairs = read_changed_code(files).definitions
    moved = {question for pair in pairs for question in _newly_asked(pair)}
    for pair in pairs:
        if pair.before is None or not _is_test(pair.before):
            continue
        if pair.after is None:
            subject = _subject(pair.before, project)
            if subject:
                yield _comment(
                    pair,
                    rule="tests.deleted",
                    message=f"`{pair.before.qualified_name}` is gone, and `{subject}`, which it tests, is still there.",
                    confidence=0.6,
                )
            continue
        words = _less(pair.before, pair.after, moved)
        if words:
            yield _comment(
                pair,
                rule="tests.weakened",
                message=f"`{pair.after.qualified_name}` asks less than before: {words}.",
                confidence=0.8,
            )


def _was_test(file: ChangedFile) -> bool:
    return file.old_path is not None and is_test_file(file.old_path)


def _is_test(definition: Definition) -> bool:
    return definition.name.startswith("test") and not isinstance(definition.node, ast.ClassDef)


def _newly_asked(pair: ChangedDefinition) -> Set[str]:
    if pair.after is None or isinstance(pair.after.node, ast.ClassDef):
        return set()
    return set(asked(pair.after)) - (set(asked(pair.before)) if pair.before is not None else set())


def _subject(test: Definition, project: ProjectCode) -> str:
    """Returns a name that a test calls and that a file of the project, other than tests, still defines."""
    for node in ast.walk(test.node):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).split(".")[-1]
        if not name.isidentifier():
            continue
        for file in project.files_with(name):
            if is_test_file(file.path) or file.tree is None:
                continue
            found = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            if any(isinstance(each, found) and each.name == name for each in ast.walk(file.tree)):
                return name
    return ""


def _less(before: Definition, after: Definition, moved: Set[str]) -> str:
    """Returns in words what a test does not ask any more; empty where it asks as much.

    Args:
        before: The test as it was.
        after: The test as it is.
        moved: What any test asks since this change and did not before.
    """
    marks = [mark for mark in _marks(after) if mark not in _marks(before)]
    if marks:
        return f"it is marked `{marks[0]}` now"
    asked_before, asked_after = asked(before), asked(after)
    gone = [question for question in asked_before - asked_after if question not in moved]
    new = asked_after - asked_before
    empty = [code for code in claims_nothing(after) if code not in claims_nothing(before)]
    if gone and empty and len(new) < len(gone):
        questions = " and ".join(f"`{_short(each)}`" for each in gone[:MOST_NAMED])
        return f"{questions} became `assert {_short(empty[0])}`, which always holds"
    if gone and not new and asked_after.total() < asked_before.total():
        return f"`{_short(gone[0])}` is not asked any more"
    widened = loosened(gone, new)
    return f"`{_short(widened[0])}` became `{_short(widened[1])}`" if widened else ""


def _marks(definition: Definition) -> list[str]:
    return [name for name in definition.decorators if name.split("(")[0].split(".")[-1] in _SKIPPING]


def _short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _comment(pair: ChangedDefinition, *, rule: str, message: str, confidence: float) -> ReviewComment:
    is_gone = pair.after is None
    line = pair.definition.node.lineno if is_gone else pair.line
    return ReviewComment(
        rule=rule,
        topic=Topic.TESTS,
        path=pair.path,
        line=line,
        end_line=line,
        is_on_old_side=is_gone,
        symbol=pair.definition.qualified_name,
        severity=Severity.WARNING,
        confidence=confidence,
        message=message,
    )
