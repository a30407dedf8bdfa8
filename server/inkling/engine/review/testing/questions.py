"""What a test asks: its assertions and the exceptions that it expects, and when one asks less than another."""

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Iterator

from inkling.context.parsing import parse_expression
from inkling.engine.review.changed_code import Definition

_EXPECTING = frozenset({"raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns"})


def asked(definition: Definition) -> "Counter[str]":
    """Returns what a test asks, as code; what always holds asks nothing."""
    found: Counter[str] = Counter()
    for node in ast.walk(definition.node):
        if isinstance(node, ast.Assert):
            if not _always_holds(node.test):
                found[ast.unparse(node.test)] += 1
        elif isinstance(node, ast.Call) and (_name(node) in _EXPECTING or _name(node).startswith("assert")):
            found[ast.unparse(node)] += 1
    return found


def claims_nothing(definition: Definition) -> list[str]:
    """Returns the assertions of a test that hold whatever the code does."""
    return [
        ast.unparse(node.test)
        for node in ast.walk(definition.node)
        if isinstance(node, ast.Assert) and _always_holds(node.test)
    ]


def loosened(gone: Iterable[str], new: Iterable[str]) -> tuple[str, str] | None:
    """Returns something that was asked, with what is asked in its place and holds more often."""
    for old in gone:
        before = parse_expression(old)
        for text in new:
            if _is_looser(before, parse_expression(text)):
                return old, text
    return None


def _always_holds(test: ast.expr) -> bool:
    """Tells whether an assertion holds because of how it is written."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple | ast.List | ast.Set):
        return bool(test.elts) and not any(isinstance(each, ast.Starred) for each in test.elts)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Constant) and not test.operand.value
    if isinstance(test, ast.BoolOp):
        holding = [_always_holds(value) for value in test.values]
        return any(holding) if isinstance(test.op, ast.Or) else all(holding)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is):
        # Two calls may differ; that is asked by tests of caches and of determinism.
        has_call = any(isinstance(node, ast.Call | ast.Await) for node in ast.walk(test))
        return not has_call and ast.unparse(test.left) == ast.unparse(test.comparators[0])
    return False


def _is_looser(before: ast.expr | None, after: ast.expr | None) -> bool:
    if isinstance(before, ast.Call) and isinstance(after, ast.Call):
        return _expects_more_kinds(before, after)
    if not isinstance(before, ast.Compare) or not isinstance(before.ops[0], ast.Eq) or after is None:
        return False
    left = ast.unparse(before.left)
    if isinstance(after, ast.Compare) and isinstance(after.ops[0], ast.IsNot):
        return ast.unparse(after.comparators[0]) == "None" and ast.unparse(after.left) == left
    return ast.unparse(after) == left


def _expects_more_kinds(before: ast.Call, after: ast.Call) -> bool:
    """Tells whether another exception will do, too, or its message does not matter any more."""
    if _name(before) not in _EXPECTING or _name(after) != _name(before) or not before.args or not after.args:
        return False
    narrow, wide = set(_kinds(before.args[0])), set(_kinds(after.args[0]))
    if narrow == wide:
        words_before, words_after = ({word.arg for word in call.keywords} for call in (before, after))
        return "match" in words_before - words_after
    return all(any(_is_kind_of(kind, each) for each in wide) for kind in narrow)


def _kinds(expected: ast.expr) -> Iterator[str]:
    for each in expected.elts if isinstance(expected, ast.Tuple) else [expected]:
        yield ast.unparse(each).split(".")[-1]


def _is_kind_of(kind: str, wider: str) -> bool:
    """Tells whether an exception is of a kind; of the user's own only the broadest kinds are known."""
    if kind == wider or wider == "BaseException":
        return True
    if wider == "Exception":
        return kind != "BaseException"
    one, other = (getattr(builtins, name, None) for name in (kind, wider))
    return isinstance(one, type) and isinstance(other, type) and issubclass(one, other)


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).split(".")[-1]
