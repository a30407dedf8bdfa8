"""Memory is gathered in huge pages where the kernel can, and stays what it was."""

import platform
import subprocess
import sys
from pathlib import Path

from tests.sandboxes.backends import skip_for_want_of

FIRST_WITH_COLLAPSE = (6, 1)
PROGRAM = """
from pathlib import Path
from inkling.engine.repair.huge_pages import collapse_memory

def huge_kb():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("AnonHugePages")).split()[1])

held = [bytes([number % 251]) * 4000 for number in range(5000)]
before = huge_kb()
collapse_memory()
assert all(text == bytes([number % 251]) * 4000 for number, text in enumerate(held))
print(huge_kb() - before)
"""


def kernel() -> tuple[int, int]:
    major, minor = platform.release().split(".")[:2]
    return int(major), int("".join(c for c in minor if c.isdigit()))


def test_memory_moves_into_huge_pages_and_stays_what_it_was() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout
    has_them = Path("/sys/kernel/mm/transparent_hugepage").exists() and kernel() >= FIRST_WITH_COLLAPSE
    if not has_them:
        assert int(said) == 0
        skip_for_want_of("Linux 6.1 or later (this kernel moves nothing into huge pages when asked)")
    assert int(said) >= 2 * 1024
