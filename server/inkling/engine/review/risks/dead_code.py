"""Code that nobody reaches any more because of a change."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from inkling.context.parsing import parse
from inkling.core.change import ChangedFile, ChangeSet
from inkling.core.review import ReviewComment, Severity, Topic
from inkling.engine.review.changed_code import Definition, read_definitions
from inkling.engine.review.project_code import ProjectCode

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def of_unreachable(file: ChangedFile) -> Iterator[ReviewComment]:
    """Yields a comment for statements behind a `return`, `raise`, `break` or `continue` that a change brought about."""
    before = set(_unreachable_code(file.before))
    for code, node in _unreachable(file.after):
        if code in before:
            continue
        yield ReviewComment(
            rule="risk.unreachable",
            topic=Topic.RISK,
            path=file.path,
            line=node.lineno,
            end_line=node.end_lineno or node.lineno,
            severity=Severity.WARNING,
            confidence=0.9,
            message="This is never reached: what stands before it always leaves the block.",
        )


def of_unused(changes: ChangeSet, project: ProjectCode) -> Iterator[ReviewComment]:
    """Yields a comment for each private function, method or class whose last use this change took away."""
    for file in changes.files:
        if file.before is None or file.after is None or file.path.suffix != ".py":
            continue
        try:
            definitions = read_definitions(file.after)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for definition in definitions:
            if _is_private(definition) and _lost_last_use(definition, file, changes, project):
                line = definition.node.lineno
                yield ReviewComment(
                    rule="risk.unused",
                    topic=Topic.RISK,
                    path=file.path,
                    line=line,
                    end_line=line,
                    symbol=definition.qualified_name,
                    severity=Severity.NOTE,
                    confidence=0.8,
                    message=f"Nothing uses `{definition.qualified_name}` any more: this change took its last use away.",
                )


def _is_private(definition: Definition) -> bool:
    return definition.name.startswith("_") and not definition.name.startswith("__") and not definition.decorators


def _lost_last_use(definition: Definition, file: ChangedFile, changes: ChangeSet, project: ProjectCode) -> bool:
    word = re.compile(rf"\b{re.escape(definition.name)}\b")
    used_before = sum(len(word.findall(each.before)) for each in changes.files if each.before is not None)
    was_defined = 1 if re.search(rf"\b(?:def|class)\s+{re.escape(definition.name)}\b", file.before or "") else 0
    if used_before <= was_defined:
        return False  # it was not used, or it is new: then its use may be on its way
    return sum(len(word.findall(each.text)) for each in project.files_with(definition.name)) == 1


def _unreachable_code(text: str | None) -> Iterator[str]:
    for code, _ in _unreachable(text):
        yield code


def _unreachable(text: str | None) -> Iterator[tuple[str, ast.stmt]]:
    try:
        tree = parse(text or "")
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            for statement, following in pairwise(block):
                if isinstance(statement, _LEAVING) and not _makes_generator(following):
                    yield ast.unparse(following), following
                    break


def _makes_generator(statement: ast.stmt) -> bool:
    """Tells whether a statement behind a `return` is there to make the function a generator."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield | ast.YieldFrom)
