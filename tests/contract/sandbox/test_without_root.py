"""The same sandbox for somebody who is not root."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.sandboxes.backends import open_bubblewrap, skip_for_want_of

SERVER = Path(__file__).parents[3] / "server"
SCRIPT = Path(__file__).with_name("sandbox_of_user.py")
USER = "54321"
AS_USER = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--"]
IS_NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 11))"


def interpreter_for_all() -> str:
    """Returns an interpreter that other users may run, as that of root is often not."""
    candidates = [os.path.realpath(sys.executable), shutil.which("python3", path="/usr/bin:/usr/local/bin")]
    for found in filter(None, candidates):
        # What setpriv itself starts it still starts with the rights of root.
        command = [*AS_USER, "sh", "-c", 'exec "$0" -c "$1"', found, IS_NEW_ENOUGH]
        if subprocess.run(command, capture_output=True).returncode == 0:
            return found
    return skip_for_want_of("a Python 3.11 that other users than root may run")


@pytest.mark.skipif(os.getuid() != 0, reason="all tests of this folder run without root")
def test_a_user_has_the_same_sandbox() -> None:
    asyncio.run(open_bubblewrap())
    with tempfile.TemporaryDirectory(prefix="inkling-user-") as place:
        shutil.chown(place, int(USER), int(USER))
        # The script and what it imports may lie where others cannot read.
        shutil.copytree(SERVER / "inkling" / "core", f"{place}/code/inkling/core")
        shutil.copytree(SERVER / "inkling" / "sandbox", f"{place}/code/inkling/sandbox")
        shutil.copy(SCRIPT, f"{place}/code")
        subprocess.run(["chmod", "-R", "go+rX", f"{place}/code"], check=True)
        command = [*AS_USER, interpreter_for_all(), f"{place}/code/{SCRIPT.name}", place]
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{place}/code", "TOKEN": "secret", "TMPDIR": place}
        ran = subprocess.run(command, capture_output=True, text=True, env=variables)
        if "SandboxError: bubblewrap failed" in ran.stderr:
            skip_for_want_of("user namespaces for ordinary users")
        assert ran.returncode == 0, ran.stderr
        told = json.loads(ran.stdout)
        left = sorted(path.name for path in Path(place).iterdir())
    assert told["user"] == [int(USER), int(USER)]
    facts = json.loads(told["facts"][2])
    assert facts == ["edited", "new", ["project"], [place], [], False, ["0" * 16, "0" * 16, "1", "2"]]
    assert 0 < int(told["fork bomb"][2]) <= 24
    assert told["memory bomb"][1] == "memory"
    assert told["flood"][1] == "output"
    assert told["time"][1] == "wall_time"
    assert left == ["code", "project", "secret"]
