"""Which backend runs programs: the first of those allowed that really runs one."""

import asyncio
import logging
import secrets
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inkling.core.errors import SandboxError
from inkling.core.execution import Program, ProjectView, ResourceLimits
from inkling.core.ports import Sandbox
from inkling.core.settings import SandboxBackend, SandboxSettings
from inkling.sandbox.bubblewrap import BubblewrapSandbox
from inkling.sandbox.docker_engine import DockerSandbox

logger = logging.getLogger(__name__)

_PROBE = "for name in ('word.txt', 'below/edited.txt', 'below/new/new.txt'): print(open(name).read())"
_PROBE_LIMITS = ResourceLimits(wall_s=20, cpu_s=20, memory_mb=256, n_processes=16, output_kb=16, scratch_mb=16)
_SETTING = "inkling.sandbox.backend"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendState:
    """What became of trying a backend.

    Attributes:
        backend: Which.
        problem: Why it cannot be used and what to do about it; empty when it works.
    """

    backend: SandboxBackend
    problem: str


async def open_sandbox(settings: SandboxSettings) -> Sandbox:
    """Returns a sandbox that has run a program.

    Raises:
        SandboxError: There is none; the message says how to get one.
    """
    if settings.backend is SandboxBackend.OFF:
        raise SandboxError(f"{_SETTING} is off, so nothing is run; set it to auto")
    openers = _openers(settings)
    if settings.backend is not SandboxBackend.AUTO:
        return await _open_and_probe(openers[settings.backend])
    problems = []
    for backend, opener in openers.items():
        try:
            return await _open_and_probe(opener)
        except SandboxError as error:
            problems.append(f"{backend}: {error}")
    raise SandboxError(f"there is no sandbox to run code in. {'. '.join(problems)}")


async def examine_backends(settings: SandboxSettings) -> list[BackendState]:
    """Returns for each backend whether it runs a program."""
    states = []
    for backend, opener in _openers(settings).items():
        problem = ""
        try:
            await (await _open_and_probe(opener)).close()
        except SandboxError as error:
            problem = str(error)
        states.append(BackendState(backend=backend, problem=problem))
    return states


def _openers(settings: SandboxSettings) -> dict[SandboxBackend, Callable[[], Awaitable[Sandbox]]]:
    """Returns how to open each backend, the preferred one first: bubblewrap starts a run in a tenth of the time."""
    return {
        SandboxBackend.BUBBLEWRAP: BubblewrapSandbox.open,
        SandboxBackend.DOCKER: lambda: _open_docker(settings),
    }


async def _open_and_probe(opener: Callable[[], Awaitable[Sandbox]]) -> Sandbox:
    async with AsyncExitStack() as stack:
        sandbox = await opener()
        stack.push_async_callback(sandbox.close)
        await _probe(sandbox)
        stack.pop_all()
        return sandbox


async def _open_docker(settings: SandboxSettings) -> Sandbox:
    """Returns a sandbox by Docker; with gVisor where that is installed and runs a program, too."""
    sandbox = await DockerSandbox.open(host=settings.docker_host, image=settings.docker_image)
    if sandbox.engine.runtime is not None:
        try:
            await _probe(sandbox)
        except SandboxError as error:
            logger.warning("runtime=%s is not used: %s", sandbox.engine.runtime, error)
            sandbox.engine.use_default_runtime()
        except BaseException:
            await sandbox.close()
            raise
    return sandbox


async def _probe(sandbox: Sandbox) -> None:
    """Runs a program that reads a file of the host, one that is edited, and a new one.

    Raises:
        SandboxError: It did not run, or did not see the files.
    """
    words = [secrets.token_hex(8) for _ in range(3)]
    edits = {PurePosixPath("below/edited.txt"): words[1], PurePosixPath("below/new/new.txt"): words[2]}
    with tempfile.TemporaryDirectory(prefix="inkling-probe-") as name:
        folder = Path(name)
        await asyncio.to_thread(_write_probe, folder, words[0])
        # Outside of its virtual environment: none of its packages is needed, and an image of it is soon made.
        interpreter = await asyncio.to_thread(Path(sys.executable).resolve)
        view = ProjectView(folder=folder, interpreter=interpreter, edits=edits)
        result = await sandbox.run(Program(view=view, arguments=("-S", "-c", _PROBE), limits=_PROBE_LIMITS))
    if result.stdout.decode(errors="replace").split() != words:
        said = result.end.stderr.decode(errors="replace").strip() or f"it ended with {result.end.exit_code}"
        raise SandboxError(f"a program did not run in it ({said})")


def _write_probe(folder: Path, word: str) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "edited.txt").write_text("on disk")
    (folder / "word.txt").write_text(word)
