"""Which lines tests run, and the values on the way."""

from dataclasses import replace
from pathlib import PurePosixPath

from tests.contract.sandbox.suites.conftest import MakeProject

from inkling.core.execution import BlockVisit, SuiteProblem
from inkling.core.suspicion import rank_lines

CART = PurePosixPath("shop/cart.py")
CART_TEXT = """\
from threading import Thread


def total(prices, api_key="0123456789abcdef0123456789abcdef"):
    result = 0
    for price in prices:
        if price > 100:
            result -= price
        else:
            result += price
    return result


def in_thread(prices):
    results = []
    thread = Thread(target=lambda: results.append(total(prices)))
    thread.start()
    thread.join()
    return results[0]


def numbers():
    yield 1
    yield 2
"""
TESTS = """\
from shop.cart import in_thread, numbers, total

def test_few():
    assert total([1, 2]) == 3

def test_many():
    assert total([1, 200]) == 201

def test_thread():
    assert in_thread([1]) == 1

def test_numbers():
    assert sum(numbers()) == 3
"""


async def test_lines_of_each_test(make_project: MakeProject) -> None:
    project = make_project({"shop/cart.py": CART_TEXT, "test_cart.py": TESTS})
    run = await project.runner.run_suite(replace(project.request(), with_coverage=True))
    lines = {name.partition("::")[2]: by_file.get(CART) for name, by_file in run.coverage.items()}
    assert lines == {
        "test_few": {5, 6, 7, 10, 11},
        "test_many": {5, 6, 7, 8, 10, 11},
        "test_thread": {5, 6, 7, 10, 11, 15, 16, 17, 18, 19},
        "test_numbers": {23, 24},
    }
    assert run.coverage["test_cart.py::test_few"][PurePosixPath("test_cart.py")] == {4}
    failing = [case for case in run.cases if case.raised is not None]
    passing = [case.node_id for case in run.cases if case.raised is None]
    ranked = rank_lines(failing, passing, run.coverage)
    assert (ranked[0].path, ranked[0].line) == (CART, 8)


async def test_only_files_of_the_project_are_told(make_project: MakeProject) -> None:
    project = make_project(
        {
            "venv/site.py": "def inner(): return 1\n",
            "test_it.py": "import sys, json\nsys.path.append('venv')\n\n"
            "def test_it():\n    import site as _\n    exec(open('venv/site.py').read(), {})\n    json.dumps({})\n",
        }
    )
    run = await project.runner.run_suite(replace(project.request(), with_coverage=True))
    assert run.coverage == {"test_it.py::test_it": {PurePosixPath("test_it.py"): {5, 6, 7}}}


async def test_functions_of_one_line_and_methods_of_classes(make_project: MakeProject) -> None:
    project = make_project(
        {
            "shop.py": "def one(x): return x\nclass A:\n    @property\n    def two(self):\n        return one(\n"
            "            2)\n",
            "test_it.py": "from shop import A\ndef test_it(): assert A().two == 2\ndef test_again(): A().two\n",
        }
    )
    run = await project.runner.run_suite(replace(project.request(), with_coverage=True))
    shop, tests = PurePosixPath("shop.py"), PurePosixPath("test_it.py")
    assert run.coverage == {
        "test_it.py::test_it": {shop: {1, 5, 6}, tests: {2}},
        "test_it.py::test_again": {shop: {1, 5, 6}, tests: {3}},
    }


async def test_tests_of_one_thing_share_their_lines(make_project: MakeProject) -> None:
    project = make_project(
        {"test_n.py": "import pytest\n@pytest.mark.parametrize('n', range(200))\ndef test_n(n):\n    assert n >= 0\n"}
    )
    run = await project.runner.run_suite(replace(project.request(), with_coverage=True))
    assert len(run.coverage) == 200
    assert len({id(lines) for by_file in run.coverage.values() for lines in by_file.values()}) == 1


async def test_values_by_block_of_the_first_failing_test(make_project: MakeProject) -> None:
    project = make_project({"shop/cart.py": CART_TEXT, "test_cart.py": TESTS})
    run = await project.runner.run_suite(replace(project.request(), with_visits=True))
    assert [case.raised is not None for case in run.cases] == [False, True, False, False]
    visits = [visit for visit in run.visits if visit.path == CART]
    assert [(visit.first_line, visit.visit) for visit in visits] == [
        *((5, 1), (6, 1), (7, 1), (10, 1)),
        *((6, 2), (7, 2), (8, 1)),
        *((6, 3), (11, 1)),
    ]
    assert visits[6] == BlockVisit(
        path=CART,
        first_line=8,
        last_line=8,
        function="total",
        visit=1,
        before={"prices": "[1, 200]", "api_key": "'<redacted>'", "result": "1", "price": "200"},
        after={"result": "-199"},
    )


async def test_of_a_long_loop_the_first_and_the_last_rounds(make_project: MakeProject) -> None:
    project = make_project(
        {
            "test_loop.py": "def loop(n):\n    total = 0\n    for i in range(n):\n        total += i\n"
            "    return total\n\n"
            "def test_loop():\n    assert loop(5000) == 0\n"
        }
    )
    run = await project.runner.run_suite(replace(project.request(), with_visits=True))
    body = [(visit.visit, visit.before["i"]) for visit in run.visits if visit.first_line == 4]
    assert body == [(1, "0"), (2, "1"), (4999, "4998"), (5000, "4999")]


async def test_values_of_any_kind(make_project: MakeProject) -> None:
    project = make_project(
        {
            "test_values.py": """
class Silent:
    def __init__(self): self.items = [1]
class Loud:
    def __repr__(self): raise RuntimeError
class Endless:
    def __repr__(self): return repr(self)
def test_values():
    silent, loud, endless, long = Silent(), Loud(), Endless(), list(range(10**6))
    ring = [1]; ring.append(ring)
    if silent:
        assert 0
"""
        }
    )
    run = await project.runner.run_suite(replace(project.request(), with_visits=True))
    (before,) = [visit.before for visit in run.visits if visit.first_line == 11]
    assert before["silent"] == "Silent(items=[1])"
    assert before["loud"].startswith("<Loud instance")
    assert before["endless"].startswith("<Endless instance")
    assert before["ring"].startswith("[1, [")
    assert len(before["long"]) == 80


async def test_a_test_that_hangs_is_followed_for_a_while(make_project: MakeProject) -> None:
    project = make_project({"test_hang.py": "def test_hang():\n    n = 0\n    while True:\n        n += 1\n"})
    request = project.request()
    request = replace(request, with_visits=True, limits=replace(request.limits, wall_s=2.0))
    run = await project.runner.run_suite(request)
    assert run.problem is SuiteProblem.HANGS
    assert [(visit.visit, visit.before["n"]) for visit in run.visits if visit.first_line == 4] == [(1, "0"), (2, "1")]
