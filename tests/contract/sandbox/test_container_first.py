"""The first process of a container, run in bubblewrap here: pipes are in place of the engine."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.sandbox.project import Ran, SandboxedProject
from tests.sandboxes.backends import open_bubblewrap

from inkling.sandbox import container_first
from inkling.sandbox.container_first import HEADER
from inkling.sandbox.environment import HOME

SOURCE = Path(container_first.__file__).read_text(encoding="utf-8")
KILLED = 128 + signal.SIGKILL


@pytest.fixture
async def project(tmp_path: Path) -> AsyncIterator[SandboxedProject]:
    sandbox = await open_bubblewrap()
    yield SandboxedProject(sandbox, tmp_path)
    await sandbox.close()


def frame(data: bytes) -> bytes:
    return HEADER.pack(len(data)) + data


def task(project: SandboxedProject, code: str, wall_s: float = 60) -> bytes:
    fields = {"interpreter": None, "arguments": ["-c", code], "environment": {"HOME": HOME}}
    return frame(json.dumps({**fields, "folder": str(project.folder), "wall_s": wall_s}).encode())


async def run(project: SandboxedProject, stdin: bytes, *, source: str = SOURCE, is_cut: bool = False) -> Ran:
    """Runs it; its input is left open, as the engine does, or cut off."""
    process = await project.sandbox.start(project.program(source))
    await process.send(stdin)
    if is_cut:
        await process.send_last(b"")
    stdout = b""
    while chunk := await process.receive():
        stdout += chunk
    return Ran(end=await process.wait(), stdout=stdout)


async def test_input_comes_in_frames_and_ends_with_an_empty_one(project: SandboxedProject) -> None:
    code = "import os, sys; print(len(sys.stdin.buffer.read()), os.getcwd()); sys.exit(7)"
    ran = await run(project, task(project, code) + frame(b"x" * 500_000) + frame(b"y") + frame(b"") + frame(b"late"))
    assert (ran.text.split(), ran.end.exit_code) == (["500001", str(project.folder)], 7)


async def test_all_ends_when_the_frames_end(project: SandboxedProject) -> None:
    code = "import subprocess, time; subprocess.Popen(['sleep', '1000']); time.sleep(1000)"
    # Also while the program leaves so much input unread that no more is taken.
    for waiting in (b"", frame(b"x" * 2_000_000)):
        ran = await run(project, task(project, code) + waiting, is_cut=True)
        assert (ran.end.exit_code, ran.end.killed_for) == (KILLED, None)


async def test_it_ends_before_a_program_is_named_when_the_frames_end(project: SandboxedProject) -> None:
    assert (await run(project, b"\0\0", is_cut=True)).end.exit_code == KILLED


async def test_all_ends_some_time_after_the_programs_time(project: SandboxedProject) -> None:
    at_once = SOURCE.replace("BACKSTOP_S = 10", "BACKSTOP_S = 0")
    assert at_once != SOURCE
    ran = await run(project, task(project, "import time; time.sleep(1000)", wall_s=0.5), source=at_once)
    assert (ran.end.exit_code, ran.end.killed_for) == (KILLED, None)


async def test_a_program_that_cannot_be_started_is_told(project: SandboxedProject) -> None:
    broken = json.loads(task(project, "")[HEADER.size :])
    ran = await run(project, frame(json.dumps({**broken, "folder": "/nowhere"}).encode()))
    assert ran.end.exit_code == 126
    assert b"cannot start: " in ran.end.stderr
