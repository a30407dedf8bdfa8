"""Comparisons and paths that go wrong on some inputs."""

import ast
from collections.abc import Iterator

from inkling.context.parsing import parse
from inkling.core.change import ChangedFile
from inkling.core.review import ReviewComment, Severity, Topic
from inkling.core.suspicion import is_test_file

_FROM_OUTSIDE = (
    "request.args",
    "request.form",
    "request.GET",
    "request.POST",
    "request.params",
    "request.query_params",
)


def of_float_equality(file: ChangedFile) -> Iterator[ReviewComment]:
    """Yields a comment where a computed number is compared with a fraction by `==`, in other code than tests."""
    if is_test_file(file.path):
        return
    for node in _changed_nodes(file):
        if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            continue
        sides = (node.left, node.comparators[0])
        if any(map(_is_fraction, sides)) and not all(isinstance(side, ast.Constant) for side in sides):
            yield _comment(
                file,
                node,
                rule="risk.float-equality",
                severity=Severity.NOTE,
                confidence=0.6,
                message=f"`{ast.unparse(node)}` compares floats for being the same to the last bit; a computed value "
                "seldom is. `math.isclose` says how near is near enough.",
            )


def of_outside_paths(file: ChangedFile) -> Iterator[ReviewComment]:
    """Yields a comment where a path is made of what a request brings."""
    for node in _changed_nodes(file):
        if isinstance(node, ast.Call) and _makes_path(node) and any(_is_from_outside(each) for each in node.args):
            yield _comment(
                file,
                node,
                rule="risk.outside-path",
                severity=Severity.WARNING,
                confidence=0.75,
                message=f"`{ast.unparse(node)}` makes a path of what the request says: `../` in it leads anywhere.",
            )


def _makes_path(node: ast.Call) -> bool:
    name = ast.unparse(node.func)
    return name in ("open", "Path", "pathlib.Path", "os.path.join", "send_file", "shutil.rmtree", "os.remove")


def _is_from_outside(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Attribute) and ast.unparse(each).endswith(_FROM_OUTSIDE) for each in ast.walk(node))


def _is_fraction(node: ast.expr) -> bool:
    """Tells whether it is a float that no short sum of powers of two gives exactly, such as 0.1."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, float):
        return False
    return not (node.value * 1024).is_integer()


def _changed_nodes(file: ChangedFile) -> Iterator[ast.expr]:
    """Yields the expressions on changed lines."""
    try:
        tree = parse(file.after or "")
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and any(node.lineno in hunk.after for hunk in file.hunks):
            yield node


def _comment(
    file: ChangedFile, node: ast.expr, *, rule: str, severity: Severity, confidence: float, message: str
) -> ReviewComment:
    return ReviewComment(
        rule=rule,
        topic=Topic.RISK,
        path=file.path,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        severity=severity,
        confidence=confidence,
        message=message,
    )
