import ast
from pathlib import PurePosixPath

import pytest

from inkling.core.edit import TextEdit, apply_edit
from inkling.engine.repair.program import Mutant, Program
from inkling.engine.repair.rendering import edits_for
from inkling.engine.repair.surroundings import surroundings_of
from inkling.engine.repair.templates import mutants

PATH = PurePosixPath("cart.py")

CART = '''\
"""A cart."""
from typing import NamedTuple


class Cart:
    """Holds items."""

    def __init__(self, items, *, limit=3):
        self.items = items  # pairs: (price, count)
        self.limit = limit

    def total(self):
        # sum all
        result = 0
        for price, count in self.items:
            if price < 0: continue
            result += (price
                       + count)  # wrong?
        else:
            result = result or 0
        return result


def clamp(x, lo, hi):
    "Ünïcode 🐍 docstring"
    if x < lo:  # 🐍 below
        return lo
    elif x > hi:
        return lo   # comment stays
    else:
        pass
    while x:
        x = f"{x!r}: {x + 1}"; x = None
    return [x for x in (lo, hi) if x]
'''


def all_mutants(text: str) -> tuple[Program, list[Mutant]]:
    program = Program([(PATH, text)])
    lines = {PATH: dict.fromkeys(range(1, text.count("\n") + 2), 1.0)}
    return program, mutants(surroundings_of(program, lines, ["assert clamp(1) == 'low'"]))


def applied(text: str, edits: list[TextEdit]) -> str:
    for edit in reversed(edits):
        text = apply_edit(text, edit)
    return text


def rendered(text: str, kind: str, after: str) -> str:
    """Returns the text of the only mutant of a kind whose tree is that of `after`."""
    program, found = all_mutants(text)
    wanted = ast.dump(ast.parse(after))
    for mutant in found:
        if mutant.kind == kind:
            edits = edits_for(program, program.files[0], mutant.changes, [])
            if edits is not None and ast.dump(ast.parse(applied(text, edits))) == wanted:
                return applied(text, edits)
    pytest.fail(f"no {kind} makes this text")


@pytest.mark.parametrize("text", [CART, CART.replace("\n", "\r\n"), CART.removesuffix("\n")])
def test_every_mutant_that_compiles_is_written_as_the_tree_that_was_run(text: str) -> None:
    program, found = all_mutants(text)
    n_written = 0
    for mutant in found[::101]:
        try:
            ((file, tree),) = program.changed_files(mutant.changes)
            compile(ast.fix_missing_locations(tree), "cart.py", "exec")
        except (SyntaxError, ValueError):
            continue
        edits = edits_for(program, file, mutant.changes, [])
        assert edits is not None, (mutant.kind, ast.unparse(tree))
        after = applied(text, edits)
        assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(ast.unparse(tree)))
        if "\r" in text:
            assert "\n" not in after.replace("\r\n", "")
        n_written += 1
    assert n_written > 30


def test_only_the_changed_expression_is_new() -> None:
    after = rendered(CART, "variable", CART.replace("return lo   #", "return hi   #"))
    assert after == CART.replace("return lo   #", "return hi   #")


def test_an_operator_changes_within_lines_that_are_formatted_by_hand() -> None:
    text = "def f(a, b):\n    return (a  # first\n            <  b)\n"
    assert rendered(text, "comparison", "def f(a, b):\n    return a <= b\n") == ("def f(a, b):\n    return (a <= b)\n")


def test_comments_stay_when_a_statement_goes() -> None:
    text = "def f(a):\n    # why\n    a = 1  # one\n    # then\n    return a\n"
    assert rendered(text, "deleted_statement", "def f(a):\n    return a\n") == (
        "def f(a):\n    # why\n    # then\n    return a\n"
    )


def test_a_statement_leaves_its_loop_with_its_comment() -> None:
    text = "def f(xs):\n    n = 0\n    for x in xs:\n        n += x\n        return n  # done\n"
    after = rendered(text, "indentation", "def f(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n\n")
    assert after == "def f(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n  # done\n"


def test_a_negation_gets_parentheses_where_they_are_needed() -> None:
    text = "def f(a, b):\n    return (a or b) + 1\n"
    assert rendered(text, "unwrapped", "def f(a, b):\n    return a + 1\n") == "def f(a, b):\n    return (a) + 1\n"


def test_an_import_stands_among_the_imports() -> None:
    program = Program([(PATH, CART)])
    edits = edits_for(program, program.files[0], (), ["import math"])
    assert edits is not None
    assert applied(CART, edits) == CART.replace("import NamedTuple\n", "import NamedTuple\nimport math\n")
