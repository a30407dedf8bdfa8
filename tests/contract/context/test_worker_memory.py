"""Memory that is given back: the system has it again."""

import subprocess
import sys

import pytest

FREES = """
import re
from inkling.context.worker.memory import give_back_memory

def resident_mb():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmRSS:\\s+(\\d+)", status.read())[1]) / 1024

kept = [bytes(60_000) for _ in range(2_000)]
del kept[:-1]  # the last one stands above all others in the heap
before_mb = resident_mb()
can = give_back_memory()
print(can, before_mb - resident_mb() > 50)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_was_freed_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", FREES], capture_output=True, text=True, check=True)
    can, is_given_back = done.stdout.split()
    assert is_given_back == can
