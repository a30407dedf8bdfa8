"""`inkling bench sandbox`: what a sandbox costs, beside a plain subprocess in the same minutes."""

import asyncio
import shutil
import subprocess
import tempfile
import time
import venv
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from inkling.bench.report import EXIT_NO_DATA, Metric, Report, bootstrap, exact, percentile, publish
from inkling.core.errors import SandboxError
from inkling.core.execution import CaseOutcome, Program, ProjectView, SuiteRequest
from inkling.core.ports import Sandbox
from inkling.core.settings import SandboxBackend, SandboxSettings
from inkling.sandbox.own_code import PYTEST_PACKAGES

_MODULE = "def double(number):\n    return 2 * number\n"
_TEST = "from module import double\n\n\ndef test_double():\n    assert double(21) == 42\n"
_TRIVIAL = "print(6 * 7)"
_PROTOCOL = """each round runs all of these one after the other: a trivial program (python -c) and one pytest test, by
plain subprocess, in a new sandbox (cold), and in what is kept ready (warm: for a test the zygote, which forks a Python
with pytest imported; for a trivial program a container that waits; bubblewrap keeps none). The environment has pytest
and none of its plugins. ratio_warm_to_subprocess is one test warm in the first backend that works, over the same test
by subprocess. Milliseconds by the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxBenchOptions:
    """What to measure.

    Attributes:
        seed: For the intervals.
        n_rounds: How often each is run.
        n_zygote_runs: Runs of one test in a row, for the runs in a second.
        docker_host: Address of the engine; empty: as the environment and Docker's own context say.
    """

    seed: int
    n_rounds: int
    n_zygote_runs: int
    docker_host: str


@dataclass(frozen=True, slots=True)
class _Measured:
    """Durations by name, milliseconds."""

    durations_ms: dict[str, list[float]] = field(default_factory=dict)

    async def time(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        started_at_s = time.perf_counter()
        await run()
        self.durations_ms.setdefault(name, []).append((time.perf_counter() - started_at_s) * 1000)


def run(options: SandboxBenchOptions, json_file: Path | None) -> int:
    """Measures and reports; returns the exit code."""
    return asyncio.run(_run(options, json_file))


async def _run(options: SandboxBenchOptions, json_file: Path | None) -> int:
    from inkling.sandbox.choice import open_sandbox

    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="inkling-bench-")))
        interpreter = await asyncio.to_thread(_write_project, folder)
        sandboxes: list[Sandbox] = []
        for backend in (SandboxBackend.BUBBLEWRAP, SandboxBackend.DOCKER):
            try:
                sandbox = await open_sandbox(SandboxSettings(backend=backend, docker_host=options.docker_host))
            except SandboxError as error:
                print(f"left out: {backend}: {error}")
                continue
            stack.push_async_callback(sandbox.close)
            sandboxes.append(sandbox)
        if not sandboxes:
            return EXIT_NO_DATA
        measured = _Measured()
        runs_per_s = await _measure(options, interpreter, sandboxes, measured, stack)
    publish(_report(options, measured, runs_per_s, sandboxes[0].backend), json_file)
    return 0


def _write_project(folder: Path) -> Path:
    """Writes a project with one test and returns its interpreter."""
    folder.chmod(0o755)  # closed to others it would be rebuilt for each run of a daemon that is root
    environment = folder / ".venv"
    venv.create(environment, symlinks=True)
    (site,) = environment.glob("lib/python3*/site-packages")
    for name in PYTEST_PACKAGES:
        _copy(name, site)
    (folder / "module.py").write_text(_MODULE)
    (folder / "test_module.py").write_text(_TEST)
    return environment / "bin" / "python"


def _copy(name: str, site: Path) -> None:
    """Copies a package or module of our own environment."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SandboxError(f"the Python package {name} is missing beside Inkling: install Inkling again")
    if spec.submodule_search_locations:
        shutil.copytree(spec.submodule_search_locations[0], site / name)
    else:
        shutil.copy(spec.origin, site)


async def _measure(
    options: SandboxBenchOptions,
    interpreter: Path,
    sandboxes: list[Sandbox],
    measured: _Measured,
    stack: AsyncExitStack,
) -> float:
    """Fills `measured` and returns how many tests the zygote runs in a second."""
    from inkling.sandbox.suite import SandboxSuiteRunner

    folder = interpreter.parents[2]
    view = ProjectView(folder=folder, interpreter=interpreter)
    # What is edited is never kept ready for the next run.
    edited = ProjectView(folder=folder, interpreter=interpreter, edits={PurePosixPath("module.py"): _MODULE})
    runners = [SandboxSuiteRunner(sandbox) for sandbox in sandboxes]
    for runner in runners:
        stack.push_async_callback(runner.close)

    async def trivial(sandbox: Sandbox, view: ProjectView) -> None:
        result = await sandbox.run(Program(view=view, arguments=("-c", _TRIVIAL)))
        if result.stdout != b"42\n":
            raise SandboxError(f"the trivial program did not run: {result.end}")

    async def one_test(runner: SandboxSuiteRunner, in_new_interpreter: bool) -> None:
        run = await runner.run_suite(SuiteRequest(view=view, in_new_interpreter=in_new_interpreter))
        if [case.outcome for case in run.cases] != [CaseOutcome.PASSED]:
            raise SandboxError(f"the test did not run: {run.message or run.end}")

    for sandbox, runner in zip(sandboxes, runners, strict=True):
        # Images are made, containers and zygotes started, before anything counts.
        await trivial(sandbox, view)
        await one_test(runner, in_new_interpreter=False)
    plain_trivial = partial(_subprocess, interpreter, "-c", _TRIVIAL)
    plain = partial(_subprocess, interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    for _ in range(options.n_rounds):
        await measured.time("subprocess_trivial", plain_trivial)
        await measured.time("subprocess", plain)
        for sandbox, runner in zip(sandboxes, runners, strict=True):
            name = sandbox.backend
            await measured.time(f"{name}_trivial_cold", partial(trivial, sandbox, edited))
            if name == SandboxBackend.DOCKER:
                await measured.time(f"{name}_trivial_warm", partial(trivial, sandbox, view))
            await measured.time(f"{name}_cold", partial(one_test, runner, in_new_interpreter=True))
            await measured.time(f"{name}_warm", partial(one_test, runner, in_new_interpreter=False))
    started_at_s = time.perf_counter()
    for _ in range(options.n_zygote_runs):
        await one_test(runners[0], in_new_interpreter=False)
    return options.n_zygote_runs / (time.perf_counter() - started_at_s)


async def _subprocess(interpreter: Path, *arguments: str) -> None:
    command = [str(interpreter), "-B", *arguments]
    folder = interpreter.parents[2]
    await asyncio.to_thread(lambda: subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL))


def _report(options: SandboxBenchOptions, measured: _Measured, runs_per_s: float, first: str) -> Report:
    metrics: dict[str, Metric] = {}
    for name, durations_ms in measured.durations_ms.items():
        for share in (0.5, 0.95):
            clusters = [[duration_ms] for duration_ms in durations_ms]
            key = f"{name}_ms_p{share * 100:.0f}"
            metrics[key] = bootstrap(clusters, partial(percentile, share=share), options.seed)
    metrics["zygote_runs_per_s"] = exact(runs_per_s)
    pairs = list(zip(measured.durations_ms[f"{first}_warm"], measured.durations_ms["subprocess"], strict=True))
    metrics["ratio_warm_to_subprocess"] = bootstrap(
        [[pair] for pair in pairs],
        lambda pairs: percentile([warm for warm, _ in pairs], 0.5) / percentile([plain for _, plain in pairs], 0.5),
        options.seed,
    )
    return Report(bench="sandbox", seed=options.seed, protocol=_PROTOCOL, n=options.n_rounds, metrics=metrics)
