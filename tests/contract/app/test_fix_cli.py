"""`inkling fix` from a shell, with the real search in a real sandbox; the folder is no git repository."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.sandbox.project import control_groups, staging_folders
from tests.sandboxes.backends import open_bubblewrap

INKLING = str(Path(sys.executable).with_name("inkling"))
LENIENT = ("--precision", "plausible")  # how sure the judge is, is not what is tested here
WITHIN_S = 240  # on a machine that has much else to do

PROGRAM = """import os


def total(prices):
    result = 0
    for price in prices:
        result -= price
    return result


def shout(word):
    return word.uper()


def unused():
    return 1 is 1
"""
TESTS = """from cart import shout, total


def test_total():
    assert total([1, 2, 3]) == 6


def test_below_zero():
    assert total([-4, 1]) == -3


def test_of_none():
    assert total([]) == 0
"""


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    await (await open_bubblewrap()).close()
    (tmp_path / "cart.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "test_cart.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


def _inkling_fix(folder: Path, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    command = [INKLING, "fix", "--sandbox", "bubblewrap", "--budget", "20", "--python", sys.executable, *arguments]
    return subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )


def _answer(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_a_fix_is_shown_and_nothing_is_changed_until_it_is_applied(folder: Path) -> None:
    before = _files(folder)
    shown = _inkling_fix(folder, *LENIENT)
    assert shown.returncode == 0, shown.stderr
    assert ": 2 tests failed before and pass now." in shown.stdout.splitlines()[0]
    assert "--- a/cart.py\n+++ b/cart.py\n" in shown.stdout
    assert "Failed before and passes now: test_cart.py::test_total." in shown.stdout
    assert "--apply writes the first fix" in shown.stdout
    assert _files(folder) == before
    applied = _inkling_fix(folder, "test_cart.py", "--apply", "--json", *LENIENT)
    assert applied.returncode == 0, applied.stderr
    assert _answer(applied)["applied"] is True
    after = _files(folder)
    assert after["test_cart.py"] == TESTS
    assert after.keys() == before.keys()
    again = _inkling_fix(folder)
    assert again.returncode == 1
    assert again.stderr.startswith("There is nothing to fix: 3 tests pass in the sandbox.")


def test_a_hint_keeps_the_change_to_itself(folder: Path) -> None:
    done = _inkling_fix(folder, "test_cart.py::test_total", "test_cart.py::test_below_zero", "--hint", "--json")
    answer = _answer(done)
    assert (done.returncode, answer["fixes"]) == (0, [])
    assert answer["hint"].startswith("test_cart.py::test_total fails with AssertionError: assert -6 == 6. ")
    assert "of cart.py" in answer["hint"]
    assert "diff" not in done.stdout


def test_a_traceback_from_a_terminal_leads_to_its_test(folder: Path) -> None:
    (folder / "test_shout.py").write_text(
        "from cart import shout\n\n\ndef test_shout():\n    assert shout('a') == 'A'\n", encoding="utf-8"
    )
    text = f'''Traceback (most recent call last):
  File "{folder}/main.py", line 3, in <module>
    print(shout("hey"))
  File "{folder}/cart.py", line 12, in shout
    return word.uper()
AttributeError: 'str' object has no attribute 'uper'. Did you mean: 'upper'?
'''
    done = _inkling_fix(folder, "--traceback", "-", "--json", *LENIENT, stdin=text)
    answer = _answer(done)
    assert answer["failing"] == ["test_shout.py::test_shout"]
    assert any("+    return word.upper()" in fix["diff"] for fix in answer["fixes"])


def test_what_fails_while_a_module_is_imported_is_mended_there(folder: Path) -> None:
    checked = PROGRAM + "\n\nassert total([]) == 0\nassert total([1, 2, 3]) == 6\n"
    (folder / "cart.py").write_text(checked, encoding="utf-8")
    answer = _answer(_inkling_fix(folder, "test_cart.py", "--json", *LENIENT))
    assert {test.partition("::")[0] for test in answer["failing"]} == {"test_cart.py", "test_inkling_checks.py"}
    assert any("+        result += price\n" in fix["diff"] for fix in answer["fixes"])
    assert all("assert" not in line for fix in answer["fixes"] for line in fix["diff"].splitlines() if line[0] in "+-")
    assert "test_inkling_checks.py" not in _files(folder)


def test_where_no_test_reaches_a_line_ruffs_own_fix_is_offered_as_untested(folder: Path) -> None:
    answer = _answer(_inkling_fix(folder, "--at", "cart.py:16", "--json"))
    assert (answer["fixes"][0]["verdict"], answer["reason"]) == ("untested", None)
    assert "+    return 1 == 1" in answer["fixes"][0]["diff"]
    done = _inkling_fix(folder, "--at", "cart.py:12")
    assert done.returncode == 1
    assert done.stderr.startswith("No test reaches line 12 of cart.py")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("test_odd.py", "import nowhere_to_be_found\n\n\ndef test():\n    pass\n", "nowhere_to_be_found"),
        ("test_odd.py", "def test(:\n", "test_odd.py"),
        ("test_odd.py", "x = 1\n", "no test"),
        ("missing.py", "", "missing_file.py"),
    ],
)
def test_what_cannot_be_fixed_is_told_in_clear_words(folder: Path, name: str, text: str, words: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    target = "missing_file.py" if name == "missing.py" else name
    done = _inkling_fix(folder, target)
    assert (done.returncode, done.stdout) == (1, "")
    assert words.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_a_test_that_fails_after_another_one_only_is_not_called_flaky(folder: Path) -> None:
    (folder / "basket.py").write_text(
        "def collect(item, into=[]):\n    into.append(item)\n    return into\n", encoding="utf-8"
    )
    (folder / "test_basket.py").write_text(
        "from basket import collect\n\n\ndef test_collect_one():\n    assert collect(1) == [1]\n\n\n"
        "def test_collect_again():\n    assert collect(2) == [2]\n",
        encoding="utf-8",
    )
    done = _inkling_fix(folder, "test_basket.py")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "test_basket.py::test_collect_again passes alone, and fails each time after test_basket.py::test_collect_one: "
    )
    assert "basket.py:2" in done.stdout


def test_wrong_use_is_refused(folder: Path) -> None:
    assert _inkling_fix(folder, "test_cart.py", "--at", "cart.py:1").returncode == 2
    assert _inkling_fix(folder, "--at", "cart.py:0").returncode == 2
    assert _inkling_fix(folder, "--hint", "--apply").returncode == 2


def _hear_control_c() -> None:
    """Lets a process be interrupted, as in a terminal: whoever runs these tests in the background ignores that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def endless(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A search whose test never ends, once it runs."""
    (folder / "test_endless.py").write_text("def test():\n    while True:\n        pass\n", encoding="utf-8")
    command = [INKLING, "fix", "--sandbox", "bubblewrap", "--python", sys.executable, "test_endless.py"]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_hear_control_c
    )
    while not (control_groups(process.pid) or staging_folders(process.pid)):
        assert process.poll() is None
    yield process
    process.kill()
    process.communicate()


def test_control_c_cancels_and_leaves_nothing(folder: Path, endless: "subprocess.Popen[str]") -> None:
    before = _files(folder)
    os.kill(endless.pid, signal.SIGINT)
    stdout, stderr = endless.communicate(timeout=WITHIN_S)
    assert (endless.returncode, stdout) == (1, "")
    assert stderr.strip() == "Cancelled. Nothing was changed."
    assert (control_groups(endless.pid), staging_folders(endless.pid)) == ([], [])
    assert _files(folder) == before
