"""What is told of each kind of test."""

import sys
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from tests.contract.sandbox.suites.conftest import MakeProject
from tests.contract.sandbox.suites.suite_project import outcomes

from inkling.core.execution import CaseOutcome, RaisedFrame, SuiteProblem

PASSED, FAILED, ERROR = CaseOutcome.PASSED, CaseOutcome.FAILED, CaseOutcome.ERROR


async def test_every_outcome(make_project: MakeProject) -> None:
    project = make_project(
        {
            "test_all.py": """
import pytest, unittest

def test_passes(): pass
def test_fails(): assert 1 == 2
@pytest.mark.skip
def test_is_skipped(): pass
@pytest.mark.xfail
def test_is_expected_to_fail(): assert 0
@pytest.mark.xfail
def test_passes_unexpectedly(): pass
@pytest.mark.xfail(strict=True)
def test_passes_against_a_strict_mark(): pass
@pytest.mark.xfail(run=False)
def test_is_not_even_run(): raise SystemExit
@pytest.fixture
def broken(): raise KeyError("k")
def test_with_a_broken_fixture(broken): pass
@pytest.fixture
def breaks_later():
    yield
    raise OSError("later")
def test_with_a_fixture_that_breaks_later(breaks_later): pass
@pytest.mark.parametrize("n", [1, 2])
def test_each(n): assert n == 1
class TestInClass:
    def test_method(self): pass
class Old(unittest.TestCase):
    def setUp(self): self.n = 3
    def test_old(self): self.assertEqual(self.n, 4)
    def test_parts(self):
        for n in (1, 2):
            with self.subTest(n=n):
                self.assertEqual(n, 1)
def test_leaves(): raise SystemExit(3)
"""
        }
    )
    run = await project.run()
    assert run.problem is None
    assert run.message == ""
    assert {name.partition("::")[2]: outcome for name, outcome in outcomes(run).items()} == {
        "test_passes": PASSED,
        "test_fails": FAILED,
        "test_is_skipped": CaseOutcome.SKIPPED,
        "test_is_expected_to_fail": CaseOutcome.EXPECTED_FAILURE,
        "test_passes_unexpectedly": CaseOutcome.UNEXPECTED_PASS,
        "test_passes_against_a_strict_mark": FAILED,
        "test_is_not_even_run": CaseOutcome.EXPECTED_FAILURE,
        "test_with_a_broken_fixture": ERROR,
        "test_with_a_fixture_that_breaks_later": ERROR,
        "test_each[1]": PASSED,
        "test_each[2]": FAILED,
        "TestInClass::test_method": PASSED,
        "Old::test_old": FAILED,
        "Old::test_parts": FAILED,
        "test_leaves": FAILED,
    }
    raised = {case.node_id.partition("::")[2]: case.raised for case in run.cases}
    broken = raised["test_with_a_broken_fixture"]
    assert broken is not None
    assert (broken.type_name, broken.message) == ("KeyError", "'k'")
    assert raised["test_passes"] is None


async def test_an_exception_with_its_frames(make_project: MakeProject) -> None:
    project = make_project(
        {
            "shop/cart.py": "import json\n\ndef load(text):\n    return json.loads(text)\n",
            "tests/test_cart.py": "from shop.cart import load\n\n"
            "def test_load():\n    print('loading')\n    load('{')\n",
        }
    )
    (case,) = (await project.run()).cases
    assert case.node_id == "tests/test_cart.py::test_load"
    assert case.raised is not None
    assert case.raised.type_name == "JSONDecodeError"
    assert case.raised.frames[:2] == (
        RaisedFrame(path=PurePosixPath("tests/test_cart.py"), line=5, function="test_load"),
        RaisedFrame(path=PurePosixPath("shop/cart.py"), line=4, function="load"),
    )
    assert {frame.path for frame in case.raised.frames[2:]} == {None}
    assert "loading" in case.output


async def test_a_deep_recursion_is_told_in_few_frames(make_project: MakeProject) -> None:
    project = make_project({"test_deep.py": "def down(n): return down(n + 1)\ndef test_deep(): down(0)\n"})
    (case,) = (await project.run()).cases
    assert case.raised is not None
    assert case.raised.type_name == "RecursionError"
    assert 10 < len(case.raised.frames) <= 100


async def test_names_and_texts_of_any_script(make_project: MakeProject) -> None:
    project = make_project(
        {
            "test_größe.py": "import pytest\n"
            '@pytest.mark.parametrize("n", ["日本::語[x]", "😀"])\n'
            'def test_é(n):\n    print(n, "\\udcff")\n    assert not n, "\\ud800 " + n\n'
        }
    )
    run = await project.run()
    assert run.problem is None
    assert [case.outcome for case in run.cases] == [FAILED, FAILED]
    again = await project.run(run.cases[0].node_id)
    assert [case.node_id for case in again.cases] == [run.cases[0].node_id]
    for case in run.cases:
        assert case.raised is not None
        (case.output + case.raised.message + case.node_id).encode()


async def test_secrets_and_long_texts_do_not_come_out(make_project: MakeProject) -> None:
    project = make_project(
        {
            "test_secret.py": "def test_it():\n    key = 'gh' + 'p_' + 'a1' * 15\n    print(key, ' x' * 100_000)\n"
            "    raise ValueError(key + ' y' * 100_000)\n"
        }
    )
    (case,) = (await project.run()).cases
    assert case.raised is not None
    for text in (case.output, case.raised.message):
        assert "a1a1" not in text
        assert 1000 < len(text) < 20_000


async def test_binary_output_is_told_as_text(make_project: MakeProject) -> None:
    project = make_project(
        {"test_noise.py": "import os\ndef test_noise():\n    os.write(1, bytes(range(256)) * 40)\n    assert 0\n"}
    )
    run = await project.run()
    assert run.problem is None
    (case,) = run.cases
    assert case.outcome is FAILED
    assert "\ufffd" in case.output
    case.output.encode()


async def test_doctests_where_the_project_asks_for_them(make_project: MakeProject) -> None:
    project = make_project(
        {
            "pytest.ini": "[pytest]\naddopts = --doctest-modules\n",
            "shop.py": 'def add(a, b):\n    """Adds.\n\n    >>> add(1, 2)\n    4\n    """\n    return a + b\n',
        }
    )
    (case,) = (await project.run()).cases
    assert (case.node_id, case.outcome) == ("shop.py::shop.add", FAILED)
    assert case.raised is not None
    assert "expected: 4" in case.raised.message
    assert "got: 3" in case.raised.message
    assert case.raised.frames[0] == RaisedFrame(path=PurePosixPath("shop.py"), line=4, function="shop.add")


async def test_src_layout_with_conftest(make_project: MakeProject) -> None:
    project = make_project(
        {
            "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\ntestpaths = ["tests"]\n',
            "src/shop/__init__.py": "",
            "src/shop/cart.py": "N = 3\n",
            "tests/conftest.py": "import pytest\nfrom shop.cart import N\n@pytest.fixture\ndef n(): return N\n",
            "tests/unit/test_cart.py": "def test_n(n): assert n == 3\n",
            "scripts/test_elsewhere.py": "raise SystemError\n",
        }
    )
    assert outcomes(await project.run()) == {"tests/unit/test_cart.py::test_n": PASSED}


async def test_options_that_would_blind_us_are_left_out_and_others_kept(make_project: MakeProject) -> None:
    project = make_project(
        {
            "pyproject.toml": "[tool.pytest.ini_options]\n"
            "addopts = \"-x -n auto --cov=shop --cov-report term-missing --pdb --lf --reruns 3 -m 'not slow'\"\n"
            'markers = ["slow: takes long"]\n',
            "test_three.py": "import pytest\ndef test_a(): assert 0\ndef test_b(): pass\n"
            "@pytest.mark.slow\ndef test_c(): pass\n",
        }
    )
    run = await project.run()
    assert run.problem is None, run.message
    assert outcomes(run) == {"test_three.py::test_a": FAILED, "test_three.py::test_b": PASSED}


async def test_tests_that_need_the_users_plugins(make_project: MakeProject) -> None:
    project = make_project(
        {
            "pytest.ini": "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
            "filterwarnings = error\n",
            "test_async.py": "import asyncio\nfrom hypothesis import given, strategies\n"
            "async def test_sleeps():\n    await asyncio.sleep(0)\n    assert 1 == 2\n"
            "@given(strategies.integers())\ndef test_given(n): assert n < 100\n",
        }
    )
    project.interpreter = Path(sys.executable)  # this one has pytest-asyncio and Hypothesis
    run = await project.run()
    assert run.problem is None
    raised = {case.node_id: case.raised.type_name for case in run.cases if case.raised}
    assert raised == {"test_async.py::test_sleeps": "AssertionError", "test_async.py::test_given": "AssertionError"}


async def test_plugins_are_imported_once_and_as_pytest_does(make_project: MakeProject) -> None:
    project = make_project(
        {
            "test_loaded.py": "import sys\nhad_hypothesis = 'hypothesis' in sys.modules  # else imported late\n"
            "def test_loaded():\n    assert had_hypothesis\n"
            "    loader = sys.modules['pytest_asyncio.plugin'].__loader__\n"
            "    assert type(loader).__name__ == 'AssertionRewritingHook'\n",
        }
    )
    project.interpreter = Path(sys.executable)
    assert outcomes(await project.run()) == {"test_loaded.py::test_loaded": PASSED}


async def test_one_failure_can_be_enough(make_project: MakeProject) -> None:
    project = make_project({"test_two.py": "def test_a(): assert 0\ndef test_b(): assert 0\n"})
    run = await project.runner.run_suite(replace(project.request(), stop_at_first_failure=True))
    assert outcomes(run) == {"test_two.py::test_a": FAILED}
    assert run.problem is None


async def test_ten_thousand_tests(make_project: MakeProject) -> None:
    project = make_project(
        {"test_many.py": "import pytest\n@pytest.mark.parametrize('n', range(10_000))\ndef test_n(n): assert n != 77\n"}
    )
    run = await project.run()
    assert run.problem is None
    assert len(run.cases) == 10_000
    assert [case.node_id for case in run.cases if case.outcome is FAILED] == ["test_many.py::test_n[77]"]


async def test_collecting_runs_nothing(make_project: MakeProject) -> None:
    project = make_project(
        {
            "test_a.py": "\n\n\ndef test_one(): assert 0\n\n\nclass TestX:\n    def test_two(self): pass\n",
            "test_b.py": "def (\n",
        }
    )
    collection = await project.runner.collect(project.request())
    assert [(case.node_id, case.path, case.line) for case in collection.cases] == [
        ("test_a.py::test_one", PurePosixPath("test_a.py"), 4),
        ("test_a.py::TestX::test_two", PurePosixPath("test_a.py"), 8),
    ]
    assert collection.problem is SuiteProblem.SYNTAX_ERROR
    assert "test_b.py, line 1" in collection.message


@pytest.mark.parametrize("name", ["test_a.py", "test_a.py::test_one", "sub", "sub/../test_a.py"])
async def test_naming_files_and_folders(make_project: MakeProject, name: str) -> None:
    project = make_project({"test_a.py": "def test_one(): pass\n", "sub/test_s.py": "def test_s(): pass\n"})
    (case,) = (await project.run(name)).cases
    assert case.node_id == ("sub/test_s.py::test_s" if name == "sub" else "test_a.py::test_one")
