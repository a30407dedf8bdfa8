"""Runs of an ordinary user's sandbox, for a test that is root; prints what came of each as JSON."""

import asyncio
import json
import os
import sys
from pathlib import Path, PurePosixPath

from inkling.core.execution import Program, ProjectView, ResourceLimits
from inkling.sandbox.bubblewrap import BubblewrapSandbox

INTERPRETER = Path(sys.executable).resolve()
LIMITS = ResourceLimits(wall_s=30, cpu_s=10, memory_mb=128, n_processes=24, output_kb=64, file_mb=8, scratch_mb=24)
FORK_BOMB = """
import os, time
n_forks = 0
while n_forks < 500:
    try:
        if os.fork() == 0:
            time.sleep(1000)
    except OSError:
        break
    n_forks += 1
print(n_forks)
"""
FACTS = """
import json, os, module, new
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
seen = [path for path in (os.environ['SECRET'], os.environ['PLACE']) if os.path.exists(path)]
written = [path for path in ('module.py', 'x', '/x', '/etc/x') if os.access(path, os.W_OK)]
environ = open('/proc/1/environ').read()
caps = [status[key].strip() for key in ('CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp')]
beside = os.listdir(os.environ['PLACE'])
print(json.dumps([module.value, new.value, beside, seen, written, 'TOKEN' in environ, caps]))
"""


async def main(place: Path) -> None:
    folder = place / "project"
    folder.mkdir()
    (folder / "module.py").write_text("value = 'on disk'\n")
    (place / "secret").write_text("secret")
    edits = {PurePosixPath("module.py"): "value = 'edited'\n", PurePosixPath("new.py"): "value = 'new'\n"}
    view = ProjectView(folder=folder, interpreter=INTERPRETER, edits=edits)
    sandbox = await BubblewrapSandbox.open()
    told = {}
    programs = {
        "facts": FACTS,
        "fork bomb": FORK_BOMB,
        "memory bomb": "kept = []\nwhile True: kept.append(bytearray(2**24))",
        "flood": "while True: print('x' * 65536)",
        "time": "import time; time.sleep(1000)",
    }
    environment = {"SECRET": str(place / "secret"), "PLACE": str(place)}
    for name, code in programs.items():
        limits = ResourceLimits(wall_s=1) if name == "time" else LIMITS
        program = Program(view=view, arguments=("-c", code), limits=limits, environment=environment)
        result = await sandbox.run(program)
        told[name] = [result.end.exit_code, result.end.killed_for, result.stdout.decode()[:1000]]
    told["user"] = [os.getuid(), os.getgid()]
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
