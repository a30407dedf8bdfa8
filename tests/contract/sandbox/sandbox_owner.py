"""A daemon as far as sandboxes go: starts a program that runs for ever, says so, and waits to be killed."""

import asyncio
import sys
from pathlib import Path

from inkling.core.execution import Program, ProjectView, ResourceLimits
from inkling.sandbox.bubblewrap import BubblewrapSandbox
from inkling.sandbox.docker_engine import DockerSandbox

INTERPRETER = Path(sys.executable).resolve()
CODE = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)', sys.argv[1]], start_new_session=True)
print('started', flush=True)
os.close(0)
while True:
    time.sleep(1000)
"""


async def main(backend: str, host: str, folder: Path, word: str) -> None:
    sandbox = await (DockerSandbox.open(host=host) if backend == "docker" else BubblewrapSandbox.open())
    view = ProjectView(folder=folder, interpreter=INTERPRETER)
    limits = ResourceLimits(wall_s=300, memory_mb=128, n_processes=16)
    process = await sandbox.start(Program(view=view, arguments=("-c", CODE, word), limits=limits))
    await process.receive()
    print("started", flush=True)
    await process.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
