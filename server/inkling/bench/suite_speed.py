"""How long one trivial test takes: by plain pytest, in a new sandboxed interpreter, and in a fork of a warm one."""

import asyncio
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from inkling.core.execution import ProjectView, SuiteRequest
from inkling.core.ports import Sandbox
from inkling.sandbox.suite import SandboxSuiteRunner

N_SIDE_BY_SIDE = 2  # runs at one time, where runs a second are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSpeed:
    """Times of whole runs, wall clock, milliseconds.

    Attributes:
        plain_ms: `python -m pytest` in a subprocess, without a sandbox.
        cold_ms: In a sandbox that is started for the run.
        warm_ms: In a fork of an interpreter that waits in its sandbox.
        runs_per_s: Runs a second of one such interpreter, one after the other.
        runs_per_s_side_by_side: The same of `N_SIDE_BY_SIDE` of them.
    """

    plain_ms: tuple[float, ...]
    cold_ms: tuple[float, ...]
    warm_ms: tuple[float, ...]
    runs_per_s: float
    runs_per_s_side_by_side: float


async def measure_suite_speed(sandbox: Sandbox, interpreter: Path, n_runs: int) -> SuiteSpeed:
    """Runs one trivial test in each way, the ways taking turns, so that a busy moment hits all of them.

    Args:
        sandbox: Where to run it.
        interpreter: An interpreter whose environment has pytest.
        n_runs: Runs in each way.

    Raises:
        SandboxError: The sandbox failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_one.py").write_text("def test_one():\n    assert 1 + 1 == 2\n")
        request = SuiteRequest(view=ProjectView(folder=Path(folder), interpreter=interpreter))
        runner = SandboxSuiteRunner(sandbox)
        try:
            await _run_ms(runner, request)  # starts the interpreter that is warm from here on
            plain_ms, cold_ms, warm_ms = [], [], []
            for _ in range(n_runs):
                plain_ms.append(await asyncio.to_thread(_plain_ms, interpreter, Path(folder)))
                cold_ms.append(await _run_ms(runner, replace(request, in_new_interpreter=True)))
                warm_ms.append(await _run_ms(runner, request))
            one_s = await _runs_per_s(runner, request, n_runs, 1)
            more_s = await _runs_per_s(runner, request, n_runs, N_SIDE_BY_SIDE)
        finally:
            await runner.close()
    return SuiteSpeed(
        plain_ms=tuple(plain_ms),
        cold_ms=tuple(cold_ms),
        warm_ms=tuple(warm_ms),
        runs_per_s=one_s,
        runs_per_s_side_by_side=more_s,
    )


async def _runs_per_s(runner: SandboxSuiteRunner, request: SuiteRequest, n_runs: int, n_at_once: int) -> float:
    await asyncio.gather(*(_run_ms(runner, request) for _ in range(n_at_once)))  # starts what is missing
    began_s = time.perf_counter()
    for _ in range(n_runs):
        await asyncio.gather(*(_run_ms(runner, request) for _ in range(n_at_once)))
    return n_runs * n_at_once / (time.perf_counter() - began_s)


async def _run_ms(runner: SandboxSuiteRunner, request: SuiteRequest) -> float:
    began_s = time.perf_counter()
    run = await runner.run_suite(request)
    if run.problem is not None or len(run.cases) != 1:
        raise RuntimeError(f"the trivial test did not run: {run.message}")
    return (time.perf_counter() - began_s) * 1000


def _plain_ms(interpreter: Path, folder: Path) -> float:
    began_s = time.perf_counter()
    subprocess.run(
        [interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    return (time.perf_counter() - began_s) * 1000
