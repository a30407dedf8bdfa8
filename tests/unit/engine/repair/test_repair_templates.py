"""Each case: a slip that people make, what it should have been, and the template that knows it."""

import ast
from pathlib import PurePosixPath

import pytest

from inkling.engine.repair.program import Mutant, Program
from inkling.engine.repair.surroundings import surroundings_of
from inkling.engine.repair.templates import mutants

PATH = PurePosixPath("program.py")

CASES = [
    ("comparison", "def f(a, b):\n  return a < b", "def f(a, b):\n  return a <= b"),
    ("swapped_operands", "def f(a, b):\n  return a - b", "def f(a, b):\n  return b - a"),
    ("arithmetic", "def f(a, b):\n  return a / b", "def f(a, b):\n  return a // b"),
    ("arithmetic", "def f(a, b):\n  a += b\n  return a", "def f(a, b):\n  a -= b\n  return a"),
    ("association", "def f(a, b, c):\n  return a * (b + c)", "def f(a, b, c):\n  return a * b + c"),
    ("connective", "def f(a, b):\n  return a and b", "def f(a, b):\n  return a or b"),
    ("negation", "def f(a):\n  if a: return 1", "def f(a):\n  if not a: return 1"),
    ("unwrapped", "def f(a):\n  return not a", "def f(a):\n  return a"),
    ("extended_condition", "def f(a, b):\n  if a: return 1", "def f(a, b):\n  if a and b != 0: return 1"),
    ("constant", "def f(a):\n  return a + 1", "def f(a):\n  return a + 2"),
    ("documented_constant", "def f(a):\n  'Up to 25.'\n  return a < 52", "def f(a):\n  'Up to 25.'\n  return a < 25"),
    ("constant", "def f(a):\n  m = 0\n  return m", "def f(a):\n  m = float('-inf')\n  return m"),
    ("string", "def f(a):\n  return ' '.join(a)", "def f(a):\n  return ''.join(a)"),
    ("variable", "def f(a, b):\n  return a + a", "def f(a, b):\n  return a + b"),
    ("variable", "def f(a, b, c):\n  return a * len(c)", "def f(a, b, c):\n  return a * b"),
    ("misspelt_name", "def f(total):\n  return totl", "def f(total):\n  return total"),
    (
        "misspelt_name",
        "class C:\n  def __init__(self):\n    self.price = 1\n  def f(self):\n    return self.prize",
        "class C:\n  def __init__(self):\n    self.price = 1\n  def f(self):\n    return self.price",
    ),
    (
        "misspelt_key",
        "def f():\n  d = {'name': 1}\n  return d['nmae']",
        "def f():\n  d = {'name': 1}\n  return d['name']",
    ),
    ("method_name", "def f(a, b):\n  a.append(b)", "def f(a, b):\n  a.extend(b)"),
    ("function_name", "def f(a):\n  return any(a)", "def f(a):\n  return all(a)"),
    ("swapped_arguments", "def f(a, b):\n  return g(a, b)", "def f(a, b):\n  return g(b, a)"),
    ("removed_argument", "def f(a, b):\n  return g(a, b)", "def f(a, b):\n  return g(a)"),
    ("added_argument", "def f(a, b):\n  return a.get(b)", "def f(a, b):\n  return a.get(b, 0)"),
    ("keyword_argument", "def f(a):\n  return sorted(a)", "def f(a):\n  return sorted(a, reverse=True)"),
    ("keyword_argument", "def f(a):\n  return max(a)", "def f(a):\n  return max(a, default=0)"),
    ("guarded_lookup", "def f(a, b):\n  return a[b]", "def f(a, b):\n  return a.get(b)"),
    ("range_bounds", "def f(n):\n  return range(n)", "def f(n):\n  return range(n + 1)"),
    ("range_bounds", "def f(n):\n  return range(1, n - 1)", "def f(n):\n  return range(1, n)"),
    ("slice_bounds", "def f(a, n):\n  return a[:n]", "def f(a, n):\n  return a[:n + 1]"),
    ("index", "def f(a, i):\n  return a[i]", "def f(a, i):\n  return a[i - 1]"),
    ("wrapped", "def f(a):\n  return a", "def f(a):\n  return sorted(a)"),
    ("wrapped", "def f(a):\n  return g(a)", "def f(a):\n  return g(f(a))"),
    ("swapped_arguments", "def f(a, i, j):\n  return a[i][j]", "def f(a, i, j):\n  return a[j][i]"),
    (
        "constant",
        "def f(a):\n  return a % 100\ndef g(a):\n  return a * 60",
        "def f(a):\n  return a % 60\ndef g(a):\n  return a * 60",
    ),
    (
        "late_name",
        "def f(a):\n  return [lambda x: x + i for i in a]",
        "def f(a):\n  return [lambda x, i=i: x + i for i in a]",
    ),
    (
        "own_class",
        "class C:\n  @classmethod\n  def f(cls):\n    return C()",
        "class C:\n  @classmethod\n  def f(cls):\n    return cls()",
    ),
    (
        "own_state",
        "class C:\n  found = []\n  def __init__(self, a):\n    self.a = a",
        "class C:\n  found = []\n  def __init__(self, a):\n    self.a = a\n    self.found = []",
    ),
    (
        "missing_super_call",
        "class B:\n  def __init__(self, a):\n    self.a = a\nclass C(B):\n  def __init__(self, a, b):\n    self.b = b",
        "class B:\n  def __init__(self, a):\n    self.a = a\nclass C(B):\n  def __init__(self, a, b):\n"
        "    super().__init__(a)\n    self.b = b",
    ),
    ("extended", "def f(a, b):\n  return a", "def f(a, b):\n  return a * b"),
    ("mapped", "def f(a):\n  return a", "def f(a):\n  return [int(q) for q in a]"),
    ("comprehension_filter", "def f(a):\n  return [x for x in a]", "def f(a):\n  return [x for x in a if x > 0]"),
    ("returned_name", "def f(a):\n  b = a\n  return 0", "def f(a):\n  b = a\n  return b"),
    ("swapped_branches", "def f(a):\n  return 1 if a else 2", "def f(a):\n  return 2 if a else 1"),
    ("deleted_statement", "def f(a):\n  a = 1\n  return a", "def f(a):\n  return a"),
    ("moved_statement", "def f(a):\n  x = a\n  a = 1\n  return x", "def f(a):\n  a = 1\n  x = a\n  return x"),
    (
        "indentation",
        "def f(a):\n  for x in a:\n    y = x\n    return y",
        "def f(a):\n  for x in a:\n    y = x\n  return y",
    ),
    ("jump", "def f(a):\n  for x in a:\n    break", "def f(a):\n  for x in a:\n    continue"),
    ("inserted_jump", "def f(a):\n  for x in a:\n    if x: x = 1", "def f(a):\n  for x in a:\n    if x: x = 1; break"),
    ("assignment_kind", "def f(a):\n  b = 0\n  b = a\n  return b", "def f(a):\n  b = 0\n  b += a\n  return b"),
    ("missing_return", "def f(a):\n  b = a + 1", "def f(a):\n  b = a + 1\n  return b"),
    ("missing_return", "def f(a):\n  a + 1", "def f(a):\n  return a + 1"),
    ("missing_await", "async def f(g):\n  g.close()", "async def f(g):\n  await g.close()"),
    ("wrapped", "async def f(g):\n  return g()", "async def f(g):\n  return await g()"),
    ("missing_assignment", "def f(a):\n  a.strip()\n  return a", "def f(a):\n  a = a.strip()\n  return a"),
    ("guard", "def f(a):\n  return 1 / a", "def f(a):\n  if not a:\n    return 0\n  return 1 / a"),
    ("inserted_statement", "def f(n):\n  while n:\n    print(n)", "def f(n):\n  while n:\n    print(n)\n    n -= 1"),
    (
        "inserted_else",
        "def f(a, n):\n  if a:\n    n += a ** 2\n  return n",
        "def f(a, n):\n  if a:\n    n += a ** 2\n  else:\n    n += a\n  return n",
    ),
    ("swapped_names", "def f(a, b):\n  return a[b], a", "def f(a, b):\n  return b[a], b"),
    ("replaced_everywhere", "def f(a):\n  return a[1], a[1:]", "def f(a):\n  return a[0], a[0:]"),
    (
        "replaced_everywhere",
        "def f(a, b):\n  return set(a[0]) & set(b[0])",
        "def f(a, b):\n  return set(a[1]) & set(b[1])",
    ),
    ("keyword_argument", "def f(a):\n  return max(a)", "def f(a):\n  return max(a, key=a.count)"),
    ("extended", "def f(a):\n  return ord(a)", "def f(a):\n  return ord(a) - 96"),
    (
        "loop_kind",
        "def f(a):\n  for x in a:\n    if x % 2: return x",
        "def f(a):\n  for index, x in enumerate(a):\n    if index % 2 == 0: return x",
    ),
    (
        "delegation",
        "def f(a):\n  def g(b):\n    return b\n  return 0",
        "def f(a):\n  def g(b):\n    return b\n  return g(a)",
    ),
    (
        "borrowed",
        "def f(a):\n  return a\ndef g(a):\n  if not a: raise KeyError\n  return a",
        "def f(a):\n  if not a: raise KeyError\n  return a\ndef g(a):\n  if not a: raise KeyError\n  return a",
    ),
]


def all_mutants(text: str) -> tuple[Program, list[Mutant]]:
    program = Program([(PATH, text)])
    lines = {PATH: dict.fromkeys(range(1, text.count("\n") + 2), 1.0)}
    return program, mutants(surroundings_of(program, lines, []))


def trees(program: Program, found: list[Mutant]) -> list[str]:
    return [ast.dump(tree) for mutant in found for _, tree in program.changed_files(mutant.changes)]


@pytest.mark.parametrize(("kind", "before", "after"), CASES, ids=[f"{case[0]}-{i}" for i, case in enumerate(CASES)])
def test_a_template_knows_a_slip(kind: str, before: str, after: str) -> None:
    program, found = all_mutants(before)
    assert ast.dump(ast.parse(after)) in trees(program, [mutant for mutant in found if mutant.kind == kind])


def test_a_missing_import_is_known_by_the_name() -> None:
    _, found = all_mutants("def f(a):\n  return sqrt(a), np.array(a), deque(a)")
    imports = {statement for mutant in found if mutant.kind == "missing_import" for _, statement in mutant.imports}
    assert {"from math import sqrt", "import numpy as np", "from collections import deque"} <= imports


def test_a_template_brings_the_import_that_it_needs() -> None:
    for text, wanted in (("", ((PATH, "import math"),)), ("import math\n", ())):
        program, found = all_mutants(text + "def f(a):\n  return a")
        after = ast.dump(ast.parse(text + "def f(a):\n  return math.ceil(a)"))
        (rounded,) = [
            mutant for mutant in found for _, tree in program.changed_files(mutant.changes) if ast.dump(tree) == after
        ]
        assert rounded.imports == wanted


def lent(text: str, *others: str) -> list[tuple[str, tuple[str, ...]]]:
    """Returns programs with what is borrowed from other files, and the imports that they need."""
    program = Program([(PATH, text)])
    lines = {PATH: dict.fromkeys(range(1, text.count("\n") + 2), 1.0)}
    found = [mutant for mutant in mutants(surroundings_of(program, lines, [], others)) if mutant.kind == "borrowed"]
    return [
        (ast.unparse(tree), tuple(statement for _, statement in mutant.imports))
        for mutant in found
        for _, tree in program.changed_files(mutant.changes)
    ]


TOTAL = "def total(prices, rate):\n    price = sum(prices)\n    return price * (1 + rate)\n"


def test_a_statement_of_a_similar_function_in_another_file_comes_with_the_names_used_here() -> None:
    other = (
        "def total_of(amounts, tax):\n"
        "    price = sum(amounts)\n"
        "    price = max(price, tax)\n"
        "    return price * (1 + tax)\n"
    )
    wanted = TOTAL.replace("    return", "    price = max(price, rate)\n    return")
    assert (wanted.strip(), ()) in lent(TOTAL, other)


def test_a_borrowed_statement_brings_the_import_that_it_needs() -> None:
    other = (
        "from decimal import Decimal as D\nimport math\n"
        "def total(prices, rate):\n"
        "    price = sum(prices)\n"
        "    price = math.floor(price)\n"
        "    return price * (1 + rate)\n"
    )
    wanted = TOTAL.replace("    return", "    price = math.floor(price)\n    return").strip()
    assert (wanted, ("import math",)) in lent(TOTAL, other)


def test_nothing_is_borrowed_that_means_something_else_here() -> None:
    other = TOTAL.replace("    return", "    price = rounded(price)\n    return") + "def rounded(n):\n    return n\n"
    assert not any("rounded" in text for text, _ in lent(TOTAL, other))
    other = TOTAL.replace("    return", "    price = own_rates.of(price)\n    return")
    assert not any("own_rates" in text for text, _ in lent(TOTAL, f"from . import own_rates\n{other}"))


def test_nothing_is_borrowed_from_functions_that_do_something_else() -> None:
    other = "def shout(words):\n    words = [word.upper() for word in words]\n    print(*words)\n    words.clear()\n"
    assert lent(TOTAL, other, "def broken(:\n") == lent(TOTAL)


def test_lines_that_nobody_suspects_are_left_alone() -> None:
    text = "def f(a):\n  b = a + 1\n  return b * 2\n"
    program = Program([(PATH, text)])
    found = mutants(surroundings_of(program, {PATH: {3: 1.0}}, []))
    in_line_2 = ast.dump(ast.parse("def f(a):\n  b = a - 1\n  return b * 2\n"))
    in_line_3 = ast.dump(ast.parse("def f(a):\n  b = a + 1\n  return b + 2\n"))
    assert in_line_3 in trees(program, found)
    assert in_line_2 not in trees(program, found)


def test_the_likeliest_come_first() -> None:
    _, found = all_mutants("def f(a, b):\n  return a < b")
    weights = [mutant.weight for mutant in found]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0


def test_two_changes_make_one_tree_also_where_one_is_inside_of_the_other() -> None:
    program, found = all_mutants("def f(a, b):\n  if a < b:\n    return a\n  return b")
    by_tree = {ast.unparse(program.changed_files(mutant.changes)[0][1]): mutant for mutant in found if mutant.changes}
    negated = by_tree["def f(a, b):\n    if not a < b:\n        return a\n    return b"]
    other = by_tree["def f(a, b):\n    if a < a:\n        return a\n    return b"]
    deleted = by_tree["def f(a, b):\n    if a < b:\n        return a"]
    ((_, tree),) = program.changed_files(negated.changes + other.changes + deleted.changes)
    assert ast.unparse(tree) == "def f(a, b):\n    if not a < a:\n        return a"
