"""What keeps tests from running, in words that name what to do."""

import inspect
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.contract.sandbox.suites.conftest import MakeProject
from tests.contract.sandbox.suites.suite_project import outcomes

from inkling.core.execution import CaseOutcome, KilledFor, SuiteProblem
from inkling.sandbox import start


@dataclass(frozen=True, kw_only=True)
class Case:
    """A project with something the matter."""

    files: dict[str, str]
    node_ids: tuple[str, ...] = ()
    problem: SuiteProblem
    words: tuple[str, ...]
    outcomes: dict[str, CaseOutcome] = field(default_factory=dict)


CASES = {
    "no tests": Case(
        files={"shop.py": "x = 1\n"}, problem=SuiteProblem.NO_TESTS, words=("There are no tests", "test_*.py")
    ),
    "an empty test file": Case(
        files={"test_a.py": ""}, node_ids=("test_a.py",), problem=SuiteProblem.NO_TESTS, words=("test_a.py",)
    ),
    "all left out": Case(
        files={"pytest.ini": "[pytest]\naddopts = -k nothing\n", "test_a.py": "def test_a(): pass\n"},
        problem=SuiteProblem.NO_TESTS,
        words=("leave out all 1 tests",),
    ),
    "no such test": Case(
        files={"test_a.py": "def test_a(): pass\n"},
        node_ids=("test_a.py::test_b",),
        problem=SuiteProblem.NO_SUCH_TEST,
        words=("no such test", "test_b", "renamed"),
    ),
    "no such file": Case(
        files={"test_a.py": "def test_a(): pass\n"},
        node_ids=("test_c.py",),
        problem=SuiteProblem.NO_SUCH_TEST,
        words=("no such test", "test_c.py"),
    ),
    "syntax error in a test": Case(
        files={"test_a.py": "def test_a(): pass\n", "test_b.py": "def test_b():\n    return (\n"},
        problem=SuiteProblem.SYNTAX_ERROR,
        words=("test_b.py, line 2", "never closed"),
        outcomes={"test_b.py": CaseOutcome.ERROR, "test_a.py::test_a": CaseOutcome.PASSED},
    ),
    "syntax error in the program": Case(
        files={"test_a.py": "import shop\ndef test_a(): pass\n", "shop.py": "\nif True\n    pass\n"},
        problem=SuiteProblem.SYNTAX_ERROR,
        words=("shop.py, line 2", "expected ':'"),
        outcomes={"test_a.py": CaseOutcome.ERROR},
    ),
    "syntax error in a conftest": Case(
        files={"test_a.py": "def test_a(): pass\n", "conftest.py": "x = = 1\n"},
        problem=SuiteProblem.SYNTAX_ERROR,
        words=("conftest.py, line 1",),
    ),
    "missing package": Case(
        files={"test_a.py": "from not_installed.part import x\ndef test_a(): pass\n"},
        problem=SuiteProblem.MISSING_PACKAGE,
        words=("needs not_installed", "-m pip install not_installed"),
        outcomes={"test_a.py": CaseOutcome.ERROR},
    ),
    "missing package in a conftest below": Case(
        files={"sub/test_a.py": "def test_a(): pass\n", "sub/conftest.py": "import not_installed\n"},
        problem=SuiteProblem.MISSING_PACKAGE,
        words=("not_installed",),
        outcomes={"sub": CaseOutcome.ERROR},
    ),
    "a source folder that is not on the path": Case(
        files={"src/shop/__init__.py": "", "tests/test_a.py": "import shop\ndef test_a(): pass\n"},
        problem=SuiteProblem.COLLECTION_FAILED,
        words=("src", 'pythonpath = ["src"]'),
        outcomes={"tests/test_a.py": CaseOutcome.ERROR},
    ),
    "an exception while importing": Case(
        files={"test_a.py": "import shop\ndef test_a(): pass\n", "shop.py": "\nlimits = {}['low']\n"},
        problem=SuiteProblem.COLLECTION_FAILED,
        words=("test_a.py could not be imported", "KeyError", "shop.py, line 2"),
        outcomes={"test_a.py": CaseOutcome.ERROR},
    ),
    "a configuration that pytest refuses": Case(
        files={"test_a.py": "def test_a(): pass\n", "pytest.ini": "[pytest]\naddopts = --no-such-option\n"},
        problem=SuiteProblem.COLLECTION_FAILED,
        words=("configuration", "--no-such-option"),
    ),
    "a network address": Case(
        files={
            "test_a.py": "import socket\ndef test_a(): socket.create_connection(('192.0.2.1', 80), 5)\n"
            "def test_b(): socket.getaddrinfo('example.org', 80)\ndef test_c(): pass\n"
        },
        problem=SuiteProblem.NEEDS_NETWORK,
        words=("2 tests", "test_a.py::test_a", "no network"),
        outcomes={
            "test_a.py::test_a": CaseOutcome.FAILED,
            "test_a.py::test_b": CaseOutcome.FAILED,
            "test_a.py::test_c": CaseOutcome.PASSED,
        },
    ),
    "an end of the interpreter": Case(
        files={"test_a.py": "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\ndef test_c(): pass\n"},
        problem=SuiteProblem.CRASHED,
        words=("exit code 0", "while test_a.py::test_b ran"),
        outcomes={"test_a.py::test_a": CaseOutcome.PASSED, "test_a.py::test_b": CaseOutcome.FAILED},
    ),
    "an end of the run by a test": Case(
        files={"test_a.py": "import pytest\ndef test_a(): pytest.exit('enough')\ndef test_b(): pass\n"},
        problem=SuiteProblem.CRASHED,
        words=("test_a.py::test_a ended the run", "1 of 2 tests"),
        outcomes={"test_a.py::test_a": CaseOutcome.FAILED},
    ),
    "an interruption by a test": Case(
        files={"test_a.py": "def test_a(): raise KeyboardInterrupt\ndef test_b(): pass\n"},
        problem=SuiteProblem.CRASHED,
        words=("test_a.py::test_a ended the run",),
        outcomes={"test_a.py::test_a": CaseOutcome.FAILED},
    ),
    "a plugin that breaks": Case(
        files={
            "conftest.py": "def pytest_collection_modifyitems(items): raise LookupError('order')\n",
            "test_a.py": "def test_a(): pass\n",
        },
        problem=SuiteProblem.COLLECTION_FAILED,
        words=("could not be run: LookupError: order", "conftest.py, line 1"),
    ),
    "a crash of the interpreter": Case(
        files={"test_a.py": "import ctypes\ndef test_a(): ctypes.string_at(0)\n"},
        problem=SuiteProblem.CRASHED,
        words=("Segmentation fault", "while test_a.py::test_a ran"),
        outcomes={"test_a.py::test_a": CaseOutcome.FAILED},
    ),
    "too much memory": Case(
        files={"test_a.py": "def test_a():\n    x = []\n    while True: x.append(bytearray(10**7))\n"},
        problem=SuiteProblem.OUT_OF_MEMORY,
        words=("more than 512 MB", "while test_a.py::test_a ran", "inkling.sandbox.memoryMb"),
        outcomes={"test_a.py::test_a": CaseOutcome.FAILED},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_problem(make_project: MakeProject, case: Case) -> None:
    project = make_project(case.files)
    run = await project.run(*case.node_ids)
    assert run.problem is case.problem, run.message
    assert [words for words in case.words if words not in run.message] == [], run.message
    assert outcomes(run) == case.outcomes


@pytest.mark.parametrize(
    "waits", ["while True: pass", "import time; time.sleep(1000)", "import threading; threading.Event().wait()"]
)
async def test_a_test_that_hangs_is_named_with_the_place_where_it_was(make_project: MakeProject, waits: str) -> None:
    project = make_project(
        {
            "wait.py": f"def wait():\n    {waits}\n",
            "test_a.py": "import wait\ndef test_a(): pass\ndef test_b(): wait.wait()\n",
        }
    )
    request = project.request()
    run = await project.runner.run_suite(replace(request, limits=replace(request.limits, wall_s=2.0)))
    assert run.problem is SuiteProblem.HANGS
    assert "test_a.py::test_b was still running after 2 s" in run.message
    assert outcomes(run) == {"test_a.py::test_a": CaseOutcome.PASSED, "test_a.py::test_b": CaseOutcome.FAILED}
    raised = run.cases[1].raised
    assert raised is not None
    assert "wait.py" in {str(frame.path) for frame in raised.frames}
    assert not any("out_of_time" in frame.function for frame in raised.frames)


async def test_a_test_that_takes_all_the_cpu_time(make_project: MakeProject) -> None:
    project = make_project({"test_a.py": "def test_a():\n    while True: pass\n"})
    request = project.request()
    run = await project.runner.run_suite(replace(request, limits=replace(request.limits, cpu_s=1.0)))
    assert run.problem is SuiteProblem.HANGS
    assert "test_a.py::test_a was still running after 1 s of CPU time" in run.message


async def test_a_run_that_is_killed_from_within_is_no_want_of_memory(make_project: MakeProject) -> None:
    project = make_project({"test_a.py": "import os\ndef test_a(): os.kill(os.getpid(), 9)\n"})
    run = await project.run()
    assert run.problem is SuiteProblem.CRASHED
    assert "SIGKILL) while test_a.py::test_a ran" in run.message


async def test_a_test_that_cannot_be_interrupted_is_killed(make_project: MakeProject) -> None:
    project = make_project(
        {
            "test_a.py": "import signal, time\ndef test_a():\n    for n in range(1, 65):\n"
            "        try: signal.signal(n, signal.SIG_IGN)\n        except (OSError, ValueError): pass\n"
            "    while True:\n        try: time.sleep(9)\n        except BaseException: pass\n"
        }
    )
    request = project.request()
    run = await project.runner.run_suite(replace(request, limits=replace(request.limits, wall_s=2.0)))
    assert (run.problem, run.end.killed_for) == (SuiteProblem.HANGS, KilledFor.WALL_TIME)
    assert outcomes(run) == {"test_a.py::test_a": CaseOutcome.FAILED}


async def test_too_many_tests_for_the_time_are_no_hanging_test(make_project: MakeProject) -> None:
    project = make_project(
        {
            "test_a.py": "import pytest, time\n@pytest.mark.parametrize('n', range(1000))\n"
            "def test_a(n): time.sleep(0.05)\n"
        }
    )
    request = project.request()
    run = await project.runner.run_suite(replace(request, limits=replace(request.limits, wall_s=3.0)))
    assert run.problem is SuiteProblem.HANGS
    assert "of 1000 tests had run" in run.message
    assert "inkling.sandbox.timeoutSeconds" in run.message
    assert set(outcomes(run).values()) == {CaseOutcome.PASSED}


async def test_an_import_that_hangs(make_project: MakeProject) -> None:
    project = make_project({"test_a.py": "while True: pass\n"})
    request = project.request()
    run = await project.runner.run_suite(replace(request, limits=replace(request.limits, wall_s=2.0)))
    assert run.problem is SuiteProblem.HANGS
    assert "while they are imported" in run.message


async def test_an_interpreter_that_is_too_old(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The same script with another line in it: no older Python is at hand.
    script = tmp_path / "start.py"
    text = inspect.getsource(start)
    assert "OLDEST_PYTHON = (3, 11)" in text
    script.write_text(text.replace("OLDEST_PYTHON = (3, 11)", "OLDEST_PYTHON = (4, 0)"))
    monkeypatch.setattr(start, "__file__", str(script))
    project = make_project({"test_a.py": "def test_a(): pass\n"})
    run = await project.run()
    version = ".".join(map(str, sys.version_info[:3]))
    assert run.problem is SuiteProblem.PYTHON_TOO_OLD
    assert f"is Python {version}; tests are run with 3.11 or later" in run.message


async def test_a_pytest_that_is_broken(make_project: MakeProject) -> None:
    project = make_project({"test_a.py": "def test_a(): pass\n", "pytest.py": "import no_such_part\n"})
    run = await project.run()
    assert run.problem is SuiteProblem.COLLECTION_FAILED
    assert "pytest cannot be imported" in run.message
    assert "no_such_part" in run.message
