"""What a fix never does, found in the text of a patch and in what it does on generated inputs."""

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from inkling.core.repair import IntegrityRule
from inkling.core.suspicion import is_test_file
from inkling.engine.judging.changes import Part, constant_returns, constants_in

_SKIPS = frozenset({"skip", "skipif", "xfail", "importorskip", "SkipTest", "skipTest", "_exit"})
_BROAD = frozenset({"Exception", "BaseException"})
_COMMON = frozenset({"0", "1", "-1", "2", "''", "' '", "True", "False", "None"})
"""Constants that stand in most programs: that a test has one, too, says nothing."""


def broken_rules(
    parts: Sequence[Part], *, tests: Sequence[ast.AST], test_files: frozenset[PurePosixPath], answers_alike: bool
) -> tuple[IntegrityRule, ...]:
    """Returns the rules that a patch breaks.

    Args:
        parts: What it changes.
        tests: The definitions of the tests that failed.
        test_files: Files that hold tests.
        answers_alike: Whether on generated inputs it does what the program did before, or always the same.
    """
    rules = []
    if any(part.path in test_files or is_test_file(part.path) for part in parts):
        rules.append(IntegrityRule.EDITS_TESTS)
    if any(_grew(part, _skips) for part in parts):
        rules.append(IntegrityRule.SKIPS_TESTS)
    if any(_grew(part, _broad_handlers) for part in parts):
        rules.append(IntegrityRule.CATCHES_EVERYTHING)
    if answers_alike and any(_holds_literals_of(part, tests) for part in parts):
        rules.append(IntegrityRule.SPECIAL_CASES_TEST_INPUT)
    return tuple(rules)


def constants_of_tests(tests: Sequence[ast.AST]) -> Counter[str]:
    """Returns the constants of tests that are not to be found in every program."""
    found = sum((constants_in(test) for test in tests), Counter[str]())
    return Counter({text: n for text, n in found.items() if text not in _COMMON})


def _grew(part: Part, count: Callable[[ast.AST], Counter[str]]) -> bool:
    """Tells whether there is more of something with the patch than without it."""
    before = count(part.before) if part.before else Counter[str]()
    return part.after is not None and bool(count(part.after) - before)


def _skips(tree: ast.AST) -> Counter[str]:
    found = [node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in ast.walk(tree)]
    exits = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return Counter([name for name in found if name in _SKIPS] + [text for text in exits if text.startswith("sys.exit")])


def _broad_handlers(tree: ast.AST) -> Counter[str]:
    """Returns handlers that catch everything and raise nothing, and `suppress` of everything."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = {"BaseException"} if node.type is None else _names(node.type)
            raises = any(isinstance(inner, ast.Raise) for statement in node.body for inner in ast.walk(statement))
            found["except"] += bool(caught & _BROAD) and not raises
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "suppress":
            found["suppress"] += any(_names(argument) & _BROAD for argument in node.args)
    return +found


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _holds_literals_of(part: Part, tests: Sequence[ast.AST]) -> bool:
    """Tells whether a patch brings a comparison with a constant of the tests, or returns one as it stands there."""
    if part.after is None:
        return False
    tested = constants_of_tests(tests)
    returned = constant_returns(part.after) - constant_returns(part.before)
    of_tests = {ast.unparse(node) for test in tests for node in ast.walk(test) if isinstance(node, ast.expr)} - _COMMON
    compared = _compared(part.after) - (_compared(part.before) if part.before else Counter[str]())
    return any(text in tested for text in compared) or any(text in of_tests for text in returned)


def _compared(tree: ast.AST) -> Counter[str]:
    """Returns the constants that something is compared with, `match` and keys of dictionaries included."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                found += constants_in(node)
            case ast.MatchValue(value=value):
                found += constants_in(value)
            case ast.Dict(keys=keys):
                found += sum((constants_in(key) for key in keys if key is not None), Counter[str]())
    return found
