"""`inkling review` with the project's code run, in a real sandbox."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.contract.context.changes.repository import Repo
from tests.sandboxes.backends import open_bubblewrap

INKLING = str(Path(sys.executable).with_name("inkling"))
WITHIN_S = 240  # on a machine that has much else to do
PROGRAM = '''def share(total: int, people: int) -> float:
    """Returns what each pays."""
    if people == 0:
        return 0
    return total / people
'''
TESTS = "from shop.cart import share\n\n\ndef test_share():\n    assert share(10, 2) == 5\n"
SETTINGS = '[tool.pytest.ini_options]\npythonpath = ["src"]\n'


@pytest.fixture
async def repo(tmp_path: Path) -> Repo:
    await (await open_bubblewrap()).close()
    made = Repo(tmp_path / "shop")
    made.commit({"src/shop/cart.py": PROGRAM, "tests/test_cart.py": TESTS, "pyproject.toml": SETTINGS})
    return made


def _start(repo: Repo, *arguments: str) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    temporary = repo.folder.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    environment |= {"INKLING_DATA_DIR": str(repo.folder.parent / "data"), "TMPDIR": str(temporary)}
    command = [INKLING, "review", "--sandbox", "bubblewrap", "--python", sys.executable, *arguments]
    return subprocess.Popen(command, cwd=repo.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _answer(repo: Repo, *arguments: str) -> dict[str, Any]:
    process = _start(repo, "--format", "json", "--budget", "200", *arguments)
    shown, said = process.communicate(timeout=WITHIN_S)
    assert process.returncode in (0, 1), said
    answer: dict[str, Any] = json.loads(shown)
    return answer


def test_what_is_staged_fails_with_a_reproduction_whatever_lies_on_disk(repo: Repo) -> None:
    repo.write({"src/shop/cart.py": PROGRAM.replace("    if people == 0:\n        return 0\n", "")})
    repo.git("add", "--all")
    repo.write({"src/shop/cart.py": PROGRAM})
    answer = _answer(repo, "--staged")
    shown = [each for each in answer["comments"] if each["reproduction"]]
    assert [(each["path"], each["line"], each["confirmation"]) for each in shown] == [
        ("src/shop/cart.py", 3, "confirmed")
    ]
    assert "ZeroDivisionError" in shown[0]["reproduction"]["after"]
    assert "share(" in shown[0]["reproduction"]["test"]
    assert not [each for each in answer["comments"] if each["rule"] == "tests.not-run"]
    assert repo.git("status", "--porcelain") == "MM src/shop/cart.py"


def test_a_review_that_is_ended_from_outside_leaves_nothing(repo: Repo) -> None:
    repo.commit({"tests/test_slow.py": "import time\n\n\ndef test_slow():\n    time.sleep(600)\n", "a.bin": b"\0\1"})
    repo.commit({"src/shop/cart.py": PROGRAM + "\n\ndef double(value):\n    return 2 * value\n"})
    repo.commit({"a.bin": b"\0\2"})
    process = _start(repo, "HEAD~1", "--budget", "120")
    temporary = repo.folder.parent / "temporary"
    deadline_s = time.monotonic() + WITHIN_S
    # What is reviewed has been put there, and something runs.
    while not (list(temporary.glob("inkling-review-*/project/src")) and list(temporary.glob("inkling-run-*"))):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=WITHIN_S)
    assert process.returncode == 128 + signal.SIGTERM
    assert not list(temporary.iterdir())
