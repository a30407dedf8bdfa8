"""Changed lines that no test runs."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from inkling.core.review import ReviewComment, Severity, Topic
from inkling.engine.review.changed_code import ChangedDefinition
from inkling.engine.review.testing.suite import Seen

LINES_NAMED: Final = 4  # by a comment


def of_unrun(seen: Seen, pairs: Sequence[ChangedDefinition]) -> Iterator[ReviewComment]:
    """Yields a comment for each changed function of which no test runs the changed lines."""
    run: dict[PurePosixPath, set[int]] = defaultdict(set)
    for covered in seen.run.coverage.values():
        for path, numbers in covered.items():
            run[path] |= numbers
    for pair in pairs:
        if pair.after is None or pair.is_same_code or isinstance(pair.after.node, ast.ClassDef):
            continue
        lines = [line for line in pair.lines_after if line in _statements(pair.after.node)]
        if lines and not run[pair.path] & set(lines):
            yield ReviewComment(
                rule="tests.not-run",
                topic=Topic.TESTS,
                path=pair.path,
                line=lines[0],
                end_line=lines[-1],
                symbol=pair.after.qualified_name,
                severity=Severity.NOTE,
                confidence=0.5,
                message=f"No test runs what changed in `{pair.after.qualified_name}` ({_words(lines)}).",
            )


def _statements(node: ast.AST) -> set[int]:
    """Returns the lines on which statements begin, the definition's own and its docstring left out."""
    return {
        each.lineno
        for each in ast.walk(node)
        if isinstance(each, ast.stmt)
        and each is not node
        and not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    }


def _words(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:LINES_NAMED]))
    more = f" and {len(lines) - LINES_NAMED} more" if len(lines) > LINES_NAMED else ""
    return f"line {shown}" if len(lines) == 1 else f"lines {shown}{more}"
