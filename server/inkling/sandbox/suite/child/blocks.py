"""Basic blocks of a file: runs of lines that are entered at the first and left after the last.

Source: L. Zhong, Z. Wang, J. Shang, Debug like a Human: A Large Language Model Debugger via Verifying Runtime Execution
Step by Step (LDB, 2024), section 3.1. Calls do not end a block here: what was called has blocks of its own.
"""

import ast
from collections.abc import Sequence

Block = tuple[int, int]
"""First and last line, one-based."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPOUND = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
    ast.ClassDef,
    *_FUNCTIONS,
)


def blocks_by_line(source: str) -> dict[int, Block]:
    """Returns the block of each line that has code in it.

    Raises:
        SyntaxError: It does not parse.
    """
    blocks: dict[int, Block] = {}
    _add_body(ast.parse(source).body, blocks)
    return blocks


def _add_body(statements: Sequence[ast.stmt], blocks: dict[int, Block]) -> None:
    run: list[ast.stmt] = []
    for statement in statements:
        if isinstance(statement, _COMPOUND):
            _add_run(run, blocks)
            run = []
            _add_compound(statement, blocks)
        else:
            run.append(statement)
    _add_run(run, blocks)


def _add_run(run: Sequence[ast.stmt], blocks: dict[int, Block]) -> None:
    if run:
        _add(run[0].lineno, run[-1].end_lineno or run[-1].lineno, blocks)


def _add(first: int, last: int, blocks: dict[int, Block]) -> None:
    for line in range(first, max(first, last) + 1):
        blocks[line] = (first, max(first, last))


def _add_compound(statement: ast.stmt, blocks: dict[int, Block]) -> None:
    bodies: list[Sequence[ast.AST]] = [getattr(statement, name, ()) for name in ("body", "orelse", "finalbody")]
    inner: Sequence[ast.AST] = [*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    starts = [body[0] for body in [*bodies, inner] if body]
    if not isinstance(statement, (ast.Try, ast.TryStar)):  # `try:` itself does nothing
        first_inner = min(_first_line(start) for start in starts)
        _add(_first_line(statement), first_inner - 1, blocks)
    for part in inner:  # an `except` or a `case` with what it takes, then what it does
        body: Sequence[ast.stmt] = part.body  # type: ignore[attr-defined]  # both kinds have one
        _add(_first_line(part), body[0].lineno - 1, blocks)
        _add_body(body, blocks)
    for statements in bodies:
        _add_body([part for part in statements if isinstance(part, ast.stmt)], blocks)


def _first_line(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno
    if not isinstance(node, ast.stmt | ast.excepthandler):
        raise TypeError(f"{type(node).__name__} has no lines")
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
