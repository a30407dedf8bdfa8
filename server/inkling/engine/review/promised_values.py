"""Values that a docstring says are returned, and that a change returns no longer."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from inkling.engine.review.changed_code import ChangedDefinition, Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenPromise:
    """A value that a docstring names, and what is returned now.

    Attributes:
        sentence: The line of the docstring that names the value.
        value: As code.
        now: What the change returns, as code.
        line: Of what is returned now; one-based.
    """

    sentence: str
    value: str
    now: str
    line: int


def broken_promise(pair: ChangedDefinition) -> BrokenPromise | None:
    """Returns the first literal that was returned, is nowhere in the function any more, and stands in its docstring.

    Only where another literal is returned instead, and the docstring is as it was and does not name that one, too:
    a literal that got a name is still returned.
    """
    before, after = pair.before, pair.after
    if before is None or after is None or not after.docstring or before.docstring != after.docstring:
        return None
    old, new = _returned(before), _returned(after)
    gained = [text for text in new if text not in _literals(before) and _sentence(after.docstring, text) is None]
    if not gained:
        return None
    for text in old:
        sentence = _sentence(after.docstring, text)
        if sentence is not None and text not in _literals(after):
            return BrokenPromise(sentence=sentence, value=text, now=gained[0], line=new[gained[0]].lineno)
    return None


def _returned(definition: Definition) -> dict[str, ast.expr]:
    """Returns the literals that a function returns as they are, by their code."""
    found: dict[str, ast.expr] = {}
    waiting: list[ast.AST] = list(definition.node.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Return) and node.value is not None:
            for part in _alternatives(node.value):
                if (text := _literal(part)) is not None:
                    found.setdefault(text, part)
            continue
        waiting += ast.iter_child_nodes(node)
    return found


def _alternatives(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.IfExp):
        yield from _alternatives(value.body)
        yield from _alternatives(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for part in value.values:
            yield from _alternatives(part)
    else:
        yield value


def _literals(definition: Definition) -> set[str]:
    return {text for node in ast.walk(definition.node) if (text := _literal(node)) is not None}


def _literal(node: ast.AST) -> str | None:
    """Returns a number, a text or a truth value as code; a sign is part of it. `None` may come without being named."""
    is_negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    constant = node.operand if isinstance(node, ast.UnaryOp) and is_negative else node
    if not isinstance(constant, ast.Constant) or not isinstance(constant.value, str | int | float):
        return None
    return ast.unparse(node)


def _sentence(docstring: str, text: str) -> str | None:
    """Returns the line of a docstring that names a literal; a text is named in quotes or as code."""
    if text[0] in "'\"":
        inner = re.escape(text[1:-1])
        pattern = rf"""(['"`]){inner}\1"""
    else:
        pattern = rf"(?<![\w.\-]){re.escape(text)}(?!\w|\.\d|-\w)"
    for line in docstring.splitlines():
        if re.search(pattern, line):
            return line.strip()
    return None
