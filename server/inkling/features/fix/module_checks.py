"""Checks that a module makes while it is imported, seen as tests: then what they check can be mended.

A module whose own `assert` fails cannot be imported, so no test of it runs. In a view of the project the checks are
taken out of the module, each replaced by as many characters, so that every place in the file stays where it is; in a
test file beside it each is a test of its own.
"""

import ast
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from inkling.core.execution import ProjectView, RaisedException
from inkling.core.suspicion import is_test_file
from inkling.core.text import split_lines

TEST_FILE = PurePosixPath("test_inkling_checks.py")
_TEXT = """import importlib

module = importlib.import_module({module!r})
for name in {names!r}:
    if hasattr(module, name):
        globals()[name] = getattr(module, name)
"""
_TEST = """

def test_line_{line}():
    {statement}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCheck:
    """A statement of a module with which its import ends.

    Attributes:
        path: The module's file.
        line: One-based.
    """

    path: PurePosixPath
    line: int


def failing_check(error: RaisedException | None) -> ModuleCheck | None:
    """Returns where the import of a module of the project ended; None where it is a test's or nobody's."""
    frames = error.frames if error is not None else ()
    modules = [frame for frame in frames if frame.path is not None and frame.function == "<module>"]
    if not modules or modules[-1].path is None or is_test_file(modules[-1].path):
        return None
    return ModuleCheck(path=modules[-1].path, line=modules[-1].line)


def with_checks_as_tests(view: ProjectView, check: ModuleCheck, text: str) -> ProjectView | None:
    """Returns the view with the module's checks as tests; None where the import ended with something else.

    Args:
        view: The project.
        check: Where the import ended: an `assert`, or a call whose result nobody takes.
        text: The module's text in the view.
    """
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError):
        return None
    checks = [each for each in statements if isinstance(each, ast.Assert) or _is_call_at(each, check.line)]
    if not any(_is_at(each, check.line) for each in checks):
        return None
    used = {node.id for each in checks for node in ast.walk(each) if isinstance(node, ast.Name)}
    parts = check.path.with_suffix("").parts
    module = ".".join(parts[1:] if parts[0] == "src" else parts).removesuffix(".__init__")
    tests = _TEXT.format(module=module, names=sorted(used)) + "".join(
        _TEST.format(line=each.lineno, statement=ast.get_source_segment(text, each)) for each in checks
    )
    return replace(view, edits={**view.edits, check.path: _without(text, checks), TEST_FILE: tests})


def _is_at(statement: ast.stmt, line: int) -> bool:
    return statement.lineno <= line <= (statement.end_lineno or statement.lineno)


def _is_call_at(statement: ast.stmt, line: int) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and _is_at(statement, line)


def _without(text: str, statements: list[ast.stmt]) -> str:
    """Returns the text with a constant in place of each statement, and all other places where they were."""
    lines = split_lines(text)
    for statement in statements:
        first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
        for number in range(first, last + 1):
            line = lines[number]
            content = line.rstrip("\r\n")
            begin = _in_code_points(line, statement.col_offset) if number == first else 0
            end = _in_code_points(line, statement.end_col_offset or 0) if number == last else len(content)
            blank = " " * (end - begin)
            lines[number] = line[:begin] + ("0" + blank[1:] if number == first else blank) + line[end:]
    return "".join(lines)


def _in_code_points(line: str, n_bytes: int) -> int:
    return len(line.encode()[:n_bytes].decode())
