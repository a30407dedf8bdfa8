"""Runs do not see one another, see the texts that they should, and cannot confuse who started them."""

import asyncio
import ctypes
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.sandbox.project import processes_with
from tests.contract.sandbox.suites.conftest import MakeProject
from tests.contract.sandbox.suites.suite_project import on_each_backend, outcomes
from tests.sandboxes.backends import skip_for_want_of

from inkling.core.errors import SandboxError
from inkling.core.execution import CaseOutcome, SuiteRun
from inkling.core.ports import Sandbox
from inkling.sandbox.suite import SandboxSuiteRunner

pytestmark = on_each_backend

PATIENCE_S = 60
PASSED, FAILED = CaseOutcome.PASSED, CaseOutcome.FAILED
CART = "def total(prices):\n    return sum(prices) - 1\n"
FIXED = "def total(prices):\n    return sum(prices)\n"
TESTS = "from shop.cart import total\ndef test_total():\n    assert total([1, 2]) == 3\n"


async def test_edits_are_seen_by_everything_that_reads(make_project: MakeProject) -> None:
    project = make_project(
        {
            "shop/cart.py": CART,
            "shop/data.json": "{}",
            "test_cart.py": TESTS + "import inspect, json, pathlib, subprocess, sys\nimport shop.cart\n"
            "def test_source(): assert '- 1' not in inspect.getsource(total)\n"
            "def test_file(): assert '- 1' not in pathlib.Path(shop.cart.__file__).read_text()\n"
            "def test_data(): assert json.load(open('shop/data.json')) == {'a': 1}\n"
            "def test_new(): import shop.new\n"
            "def test_child(): assert subprocess.check_output([sys.executable, 'shop/cart.py']) == b''\n",
        }
    )
    edits = {"shop/cart.py": FIXED, "shop/data.json": '{"a": 1}', "shop/new.py": "x = 1\n"}
    before = outcomes(await project.run())
    assert before["test_cart.py::test_total"] is FAILED
    assert before["test_cart.py::test_data"] is FAILED
    assert set(outcomes(await project.run(edits=edits)).values()) == {PASSED}
    assert outcomes(await project.run()) == before
    assert (project.folder / "shop/cart.py").read_text() == CART
    assert not (project.folder / "shop/new.py").exists()


@pytest.mark.parametrize("is_new_file", [False, True])
async def test_what_is_saved_is_seen_by_the_next_run(make_project: MakeProject, is_new_file: bool) -> None:
    project = make_project({"shop/cart.py": CART, "test_cart.py": TESTS, "cart.txt": "old"})
    assert outcomes(await project.run()) == {"test_cart.py::test_total": FAILED}
    project.write({"new/cart.py": FIXED, "new/test_cart.py": TESTS.replace("test_total", "test_new")})
    if is_new_file:  # as most editors save
        (project.folder / "new/cart.py").rename(project.folder / "shop/cart.py")
        (project.folder / "new/test_cart.py").rename(project.folder / "test_cart.py")
    else:
        project.write({"shop/cart.py": FIXED, "test_cart.py": TESTS.replace("test_total", "test_new")})
    assert outcomes(await project.run("test_cart.py")) == {"test_cart.py::test_new": PASSED}


async def test_an_edit_stays_in_place_when_its_file_is_saved(make_project: MakeProject) -> None:
    project = make_project({"shop/cart.py": CART, "test_cart.py": TESTS})
    edits = {"shop/cart.py": FIXED}
    assert outcomes(await project.run(edits=edits)) == {"test_cart.py::test_total": PASSED}
    project.write({"shop/saved.py": CART + "\n"})
    (project.folder / "shop/saved.py").rename(project.folder / "shop/cart.py")
    assert outcomes(await project.run(edits=edits)) == {"test_cart.py::test_total": PASSED}


async def test_a_run_leaves_nothing_to_the_next(make_project: MakeProject) -> None:
    project = make_project(
        {
            "shop.py": "calls = []\n",
            "test_a.py": """
import os, pathlib, random, subprocess, sys, tempfile, time
import shop

def test_nothing_is_there():
    assert shop.calls == []
    for folder in (tempfile.gettempdir(), os.path.expanduser("~"), "/dev/shm"):
        if os.access(folder, os.W_OK):
            assert not pathlib.Path(folder, "left").exists()
    running = [path.read_bytes() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")]
    assert not any(b"sleeps_on" in command for command in running)

def test_leaves_much():
    shop.calls.append(1)
    for folder in (tempfile.gettempdir(), os.path.expanduser("~")):
        pathlib.Path(folder, "left").mkdir()
        pathlib.Path(folder, "left/file").write_text("x")
    sleeps = [sys.executable, "-c", "import time; sleeps_on = time.sleep(600)"]
    subprocess.Popen(sleeps, start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, sleeps)
        os._exit(0)
    sys.path.append("/nowhere")
    os.environ["HOME"] = "/nowhere"
""",
        }
    )
    for _ in range(3):
        assert set(outcomes(await project.run()).values()) == {PASSED}


LEFT_BEHIND = """
import ctypes, os, pathlib, tempfile

PLACES = [place for place in (tempfile.gettempdir(), os.path.expanduser("~"), "/dev/shm") if os.access(place, os.W_OK)]
libc = ctypes.CDLL(None)

def test_nothing_is_found():
    assert [place for place in PLACES if pathlib.Path(place, "secret").exists()] == []
    assert libc.shmget(4711, 0, 0) == -1

def test_much_is_left():
    for place in PLACES:
        pathlib.Path(place, "secret").write_text("of another job")
    assert libc.shmget(4711, 4096, 0o1666) != -1
"""


async def test_a_run_reads_no_file_and_no_shared_memory_of_another(make_project: MakeProject) -> None:
    project = make_project({"test_a.py": LEFT_BEHIND})
    for _ in range(3):
        run = await project.run()
        assert (run.problem, set(outcomes(run).values())) == (None, {PASSED})


LOOKING = """
import os, pathlib, signal
import pytest

def test_looks_into_nobody():
    for name in ("environ", "mem", "maps", "fd/0"):
        with pytest.raises(PermissionError):
            open(f"/proc/{os.getppid()}/{name}", "rb")

def test_may_signal_what_it_started():
    child = os.fork()
    if child == 0:
        signal.pause()
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0) == (child, signal.SIGKILL)
"""
KILLING = """
import os, pathlib, signal
import pytest

def test_signals_nobody_else():
    others = {int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*")} - {os.getpid()}
    assert os.getppid() in others
    for process in others:
        for number in (0, signal.SIGSTOP, signal.SIGKILL):
            with pytest.raises(PermissionError):
                os.kill(process, number)
"""


async def test_a_run_looks_into_no_other_process(make_project: MakeProject) -> None:
    project = make_project({"test_a.py": LOOKING})
    assert set(outcomes(await project.run()).values()) == {PASSED}


async def test_a_run_kills_no_other_process(make_project: MakeProject) -> None:
    if not has_scoped_signals():
        skip_for_want_of("Linux 6.12 or later with Landlock (here a run may end the zygote that it is forked from)")
    project = make_project({"test_a.py": KILLING})
    assert outcomes(await project.run()) == {"test_a.py::test_signals_nobody_else": PASSED}


def has_scoped_signals() -> bool:
    """Tells whether the kernel can keep signals within a process's own descendants (Landlock, from ABI 6 on)."""
    create_ruleset, version_only = 444, 1
    return ctypes.CDLL(None).syscall(create_ruleset, None, 0, version_only) >= 6


async def test_runs_of_one_project_side_by_side(make_project: MakeProject) -> None:
    project = make_project({"shop/cart.py": CART, "test_cart.py": TESTS})
    runs = await asyncio.gather(
        *(project.run(edits={"shop/cart.py": FIXED} if number % 2 else {}) for number in range(6))
    )
    assert [outcomes(run)["test_cart.py::test_total"] for run in runs] == [FAILED, PASSED] * 3


async def test_a_new_interpreter_has_another_hash_seed(make_project: MakeProject) -> None:
    project = make_project({"test_a.py": "def test_a(): raise ValueError(hash('a'))\n"})

    def hash_of(run: SuiteRun) -> str:
        assert run.cases[0].raised is not None
        return run.cases[0].raised.message

    request = project.request()
    warm = [hash_of(await project.runner.run_suite(request)) for _ in range(2)]
    new = [hash_of(await project.runner.run_suite(replace(request, in_new_interpreter=True))) for _ in range(2)]
    assert warm[0] == warm[1]
    assert len({*warm, *new}) == 3


POISON = {
    "prints nonsense": "import os\nos.write(1, b'\\x00\\x00\\x00\\x05\\x04nonsense')\nprint('{}')\n",
    "closes everything": "import os\nos.closerange(0, 500)\n",
    "replaces the streams": "import sys\nsys.stdout = sys.__stdout__ = sys.stderr = sys.stdin = None\n",
    "writes to every descriptor": "import os\nfor n in range(3, 500):\n"
    '    try: os.write(n, b\'{"kind": "ended"}\\n\')\n    except OSError: pass\n',
    "writes nonsense to every descriptor": "import os\nfor n in range(3, 500):\n    try: os.write(n, b'\\xff' * 300)\n"
    "    except OSError: pass\n",
    "floods every descriptor": "import os\nwhile True:\n    for n in range(3, 500):\n"
    "        try: os.write(n, b'x' * 65536)\n        except OSError: pass\n",
    "kills all that it can": "import os, signal\nfor n in range(2, 30):\n    if n != os.getpid():\n"
    "        try: os.kill(n, 9)\n        except OSError: pass\n",
    "takes other descriptors' places": "import os\nfor n in range(3, 500):\n    try: os.dup2(1, n)\n"
    "    except OSError: pass\n",
    "forks without end": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n",
    "is out of memory": "x = bytearray(10**10)\n",
    "leaves": "import os\nos._exit(0)\n",
    "stops itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n",
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
async def test_a_poisoned_conftest_harms_nobody_else(make_project: MakeProject, poison: str) -> None:
    project = make_project(
        {
            "bad/conftest.py": poison,
            "bad/test_b.py": "def test_b(): assert 0\n",
            "good/test_g.py": "def test_g(): pass\n",
        }
    )
    request = project.request("bad")
    limits = replace(request.limits, wall_s=3.0, n_processes=24)
    run = await project.runner.run_suite(replace(request, limits=limits))
    assert CaseOutcome.PASSED not in outcomes(run).values()
    assert run.problem is not None or outcomes(run) == {"bad/test_b.py::test_b": FAILED}
    if run.problem is not None:
        assert run.message
    good = await project.run("good")
    assert (good.problem, outcomes(good)) == (None, {"good/test_g.py::test_g": PASSED})


async def test_a_fork_that_runs_on_reports_nothing(make_project: MakeProject) -> None:
    project = make_project({"test_a.py": "import os\ndef test_a():\n    assert os.fork() != 0\ndef test_b(): pass\n"})
    run = await project.run()
    assert (run.problem, outcomes(run)) == (None, {"test_a.py::test_a": PASSED, "test_a.py::test_b": PASSED})


async def test_a_cancelled_run_leaves_nothing(make_project: MakeProject, bare_interpreter: Path) -> None:
    project = make_project({"test_a.py": "import time\ndef test_a():\n    time.sleep(600)\n"})
    running = asyncio.create_task(project.run())
    async with asyncio.timeout(PATIENCE_S):
        while len(await asyncio.to_thread(processes_with, str(bare_interpreter))) < 2:  # the zygote and its job
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert processes_with(str(bare_interpreter)) == []
    project.write({"test_b.py": "def test_b(): pass\n"})
    assert outcomes(await project.run("test_b.py")) == {"test_b.py::test_b": PASSED}


async def test_an_idle_interpreter_ends_by_itself(
    make_project: MakeProject, sandbox: Sandbox, bare_interpreter: Path
) -> None:
    project = make_project({"test_a.py": "def test_a(): pass\n"})
    project.runner = SandboxSuiteRunner(sandbox, idle_s=0.0)
    assert outcomes(await project.run()) == {"test_a.py::test_a": PASSED}
    async with asyncio.timeout(PATIENCE_S):
        while await asyncio.to_thread(processes_with, str(bare_interpreter)):
            await asyncio.sleep(0.01)
    await project.runner.close()


async def test_closing_ends_what_waits(make_project: MakeProject, bare_interpreter: Path) -> None:
    project = make_project({"test_a.py": "def test_a(): pass\n"})
    await project.run()
    assert processes_with(str(bare_interpreter))
    await project.runner.close()
    assert processes_with(str(bare_interpreter)) == []


async def test_an_interpreter_that_is_not_there(make_project: MakeProject, tmp_path: Path) -> None:
    project = make_project({"test_a.py": "def test_a(): pass\n"})
    project.interpreter = tmp_path / "no" / "python"
    with pytest.raises(SandboxError, match="no such interpreter"):
        await project.run()
    project.interpreter = Path(sys.executable)
    assert (await project.run()).problem is None


async def test_projects_own_package_of_our_name_is_the_one_that_is_tested(make_project: MakeProject) -> None:
    project = make_project(
        {
            "inkling/core/__init__.py": "MINE = True\n",
            "inkling/sandbox/__init__.py": "raise SystemError\n",
            "test_a.py": "from inkling.core import MINE\ndef test_a(): assert MINE\n",
        }
    )
    run = await project.run()
    assert (run.problem, outcomes(run)) == (None, {"test_a.py::test_a": PASSED})
