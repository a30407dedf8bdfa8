"""Examples in docstrings: what a function says of itself is an oracle, too."""

import ast
import doctest
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkling.engine.judging.changes import docstrings
from inkling.engine.judging.values import is_literal

MAX_EXAMPLES = 40
_ARROW = re.compile(r"\s*(?:==|=>|->|➞|→|returns?\b)\s*(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocstringExample:
    """A call with the answer that the docstring promises.

    Attributes:
        file: The module whose names it uses, absolute.
        call: An expression.
        wanted: A literal, as code.
    """

    file: str
    call: str
    wanted: str


def docstring_examples(tree: ast.AST | None, file: str) -> list[DocstringExample]:
    """Returns doctests of one expression, and lines such as `f(2) == 4` or `f(2) -> 4`, whose answer is a literal."""
    names = {node.name for node in (ast.walk(tree) if tree else ()) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    found = [pair for text in docstrings(tree) for pair in (*_doctests(text), *_lines(text, names))]
    return [DocstringExample(file=file, call=call, wanted=wanted) for call, wanted in dict(found).items()]


def holds(example: DocstringExample, names: Mapping[str, object]) -> bool:
    """Tells whether a call answers as promised; an exception is no answer."""
    answer = eval(example.call, dict(names))  # noqa: S307 - the project's own docstring, in a sandbox
    return bool(answer == ast.literal_eval(example.wanted))


def _doctests(text: str) -> list[tuple[str, str]]:
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return []
    return [
        (example.source.strip(), example.want.strip())
        for example in examples
        if example.exc_msg is None and _is_call(example.source.strip()) and is_literal(example.want.strip())
    ]


def _lines(text: str, names: Sequence[str] | set[str]) -> list[tuple[str, str]]:
    found = []
    for line in text.splitlines():
        start = re.search(r"\b(?:" + "|".join(map(re.escape, names)) + r")\(", line) if names else None
        call = _call_at(line, start.start()) if start else None
        promised = _ARROW.fullmatch(line, start.start() + len(call)) if start and call else None
        if call and promised and _is_call(call):
            wanted = promised[1].strip().rstrip(".")
            if is_literal(wanted):
                found.append((call, wanted))
    return found


def _call_at(line: str, start: int) -> str | None:
    """Returns the call that begins there, up to its last bracket."""
    for end in range(start, len(line)):
        if line[end] == ")" and _is_call(line[start : end + 1]):
            return line[start : end + 1]
    return None


def _is_call(text: str) -> bool:
    """Tells whether a text is a call whose arguments are literals."""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return isinstance(tree, ast.Call) and all(is_literal(ast.unparse(argument)) for argument in tree.args)
