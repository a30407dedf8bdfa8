"""Tests that went, and tests that ask less than they did."""

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Final

from inkling.context.parsing import parse_expression
from inkling.core.change import ChangedFile, ChangeSet
from inkling.core.review import ReviewComment, Severity, Topic
from inkling.core.suspicion import is_test_file
from inkling.engine.review.changed_code import ChangedDefinition, Definition, read_changed_code
from inkling.engine.review.project_code import ProjectCode

_SKIPPING: Final = ("skip", "skipif", "xfail", "expectedFailure", "skipIf", "skipUnless")
_BROAD: Final = frozenset({"Exception", "BaseException"})


def of_tests(changes: ChangeSet, project: ProjectCode) -> Iterator[ReviewComment]:
    """Yields a comment for each test that is gone though what it tests is not, and for each that asks less."""
    files = [file for file in changes.files if is_test_file(file.path) or _was_test(file)]
    for pair in read_changed_code(files).definitions:
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
        words = _less(pair.before, pair.after)
        if words:
            yield _comment(
                pair,
                rule="tests.weakened",
                message=f"`{pair.after.qualified_name}` asks less than before: {words}.",
                confidence=0.65,
            )


def _was_test(file: ChangedFile) -> bool:
    return file.old_path is not None and is_test_file(file.old_path)


def _is_test(definition: Definition) -> bool:
    return definition.name.startswith("test") and not isinstance(definition.node, ast.ClassDef)


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


def _less(before: Definition, after: Definition) -> str:
    """Returns in words what a test does not ask any more; empty where it asks as much."""
    marks = [mark for mark in _marks(after) if mark not in _marks(before)]
    if marks:
        return f"it is marked `{marks[0]}` now"
    gone = _assertions(before) - _assertions(after)
    new = _assertions(after) - _assertions(before)
    if not new and gone and sum(_assertions(after).values()) < sum(_assertions(before).values()):
        return f"`{_short(next(iter(gone)))}` is not asserted any more"
    raised_before, raised_after = _raised(before), _raised(after)
    broader = (raised_after & _BROAD) - raised_before
    if broader and raised_before - raised_after:
        return f"any `{next(iter(broader))}` will do where it was `{next(iter(raised_before - raised_after))}`"
    loosened = _loosened(gone, new)
    return f"`{_short(loosened[0])}` became `{_short(loosened[1])}`" if loosened else ""


def _marks(definition: Definition) -> list[str]:
    return [name for name in definition.decorators if name.split("(")[0].split(".")[-1] in _SKIPPING]


def _assertions(definition: Definition) -> "Counter[str]":
    found: Counter[str] = Counter()
    for node in ast.walk(definition.node):
        if isinstance(node, ast.Assert):
            found[ast.unparse(node.test)] += 1
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1].startswith("assert"):
            found[ast.unparse(node)] += 1
    return found


def _raised(definition: Definition) -> set[str]:
    found = set()
    for node in ast.walk(definition.node):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("raises", "assertRaises"):
            found |= {ast.unparse(argument).split(".")[-1] for argument in node.args[:1]}
    return found


def _loosened(gone: "Counter[str]", new: "Counter[str]") -> tuple[str, str] | None:
    """Returns an equality of which only that there is something was kept, with what it is now."""
    for old in gone:
        test = parse_expression(old)
        if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
            continue
        left = ast.unparse(test.left)
        for text in new:
            now = parse_expression(text)
            is_existence = isinstance(now, ast.Compare) and isinstance(now.ops[0], ast.IsNot) and "None" in text
            if text == left or (is_existence and isinstance(now, ast.Compare) and ast.unparse(now.left) == left):
                return old, text
    return None


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
