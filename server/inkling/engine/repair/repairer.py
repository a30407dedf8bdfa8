"""The embedded mind's repairer: search workers in a sandbox, each with its share, and what they found."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import inkling.engine
from inkling.context.project_view import text_in_view
from inkling.core.errors import SandboxError, UnreadableFileError
from inkling.core.execution import ProjectView, ResourceLimits
from inkling.core.ports import Sandbox, SandboxProcess
from inkling.core.repair import FileEdit, Patch, Proposals, RepairProgress, RepairRequest
from inkling.engine.repair.lenders import lending_files
from inkling.engine.repair.protocol import (
    MOST_LINE_BYTES,
    DoneLine,
    PatchLine,
    ProblemLine,
    ProgressLine,
    ProtocolError,
    SearchTask,
    WorkerLine,
    parse_line,
)
from inkling.sandbox.own_code import own_program
from inkling.sandbox.start import TOO_OLD_EXIT_CODE

N_ENOUGH = 120  # patches: more say no more to whoever compares them
_WORKER = "inkling.engine.repair.worker"
_GRACE_S = 10.0  # beyond the budget: to start, to load the tests, to finish a batch
_N_FILES = 8  # files with suspicious lines that may be changed
_N_PASSING = 400  # passing tests that each plausible change is checked with
_MEMORY_MB = 1536
_COVERED = 0.15  # suspiciousness of lines that failing tests ran and nobody named: a fault of omission is near them


class EmbeddedRepairer:
    """Searches small changes of the program that make its tests pass."""

    def __init__(self, sandbox: Sandbox, *, n_enough: int = N_ENOUGH, exclude: Sequence[str] = ()) -> None:
        """Takes a sandbox to search in.

        Args:
            sandbox: Where the project's code runs.
            n_enough: Patches after which the search ends, whatever time is left.
            exclude: Patterns, as in a .gitignore file, of paths that nothing is borrowed from.
        """
        self._sandbox = sandbox
        self._n_enough = n_enough
        self._exclude = exclude

    async def repair(self, request: RepairRequest, on_progress: Callable[[RepairProgress], None]) -> Proposals:
        """Returns patches with which the failing tests pass and the passing ones still do; best search phases first.

        Raises:
            SandboxError: There is no sandbox, it failed, or no worker could load the tests in it.
        """
        started = time.monotonic()
        lines = suspicious_lines(request)
        texts = await asyncio.to_thread(_texts, request.view, lines)
        lines = {path: lines[path] for path in texts}
        collected = _Collected(texts, on_progress, self._n_enough)
        if lines:
            n_parts = max(1, request.budget.n_processes)
            lending = await asyncio.to_thread(lending_files, request.view, lines, self._exclude)
            try:
                async with asyncio.TaskGroup() as group:
                    for part in range(n_parts):
                        task = replace(_task(request, lines, part, n_parts), lending=tuple(map(str, lending)))
                        group.create_task(self._run_worker(request, task, collected, part))
            except ExceptionGroup as failures:
                of_sandbox = [failure for failure in failures.exceptions if isinstance(failure, SandboxError)]
                if not of_sandbox:
                    raise
                raise of_sandbox[0] from failures
            if not collected.patches and len(collected.problems) == n_parts:
                raise SandboxError(f"the search could not start: {collected.problems[0]}")
        return Proposals(
            patches=tuple(collected.patches.values()), n_tried=collected.n_tried, seconds=time.monotonic() - started
        )

    async def _run_worker(self, request: RepairRequest, task: SearchTask, collected: "_Collected", part: int) -> None:
        limit_s = request.budget.wall_s + _GRACE_S
        folders = [Path(folder).parent for folder in inkling.engine.__path__]
        limits = ResourceLimits(wall_s=limit_s, cpu_s=limit_s, memory_mb=_MEMORY_MB, output_kb=16 * 1024)
        program = own_program(view=request.view, module=_WORKER, packages={"inkling": folders}, limits=limits)
        process = await self._sandbox.start(program)
        try:
            await process.send(task.to_line())
            async with asyncio.timeout(limit_s):
                await _read_lines(process, collected, part)
        except TimeoutError:
            pass  # what it found so far counts
        except ProtocolError as error:
            collected.problems.append(str(error))
        finally:
            await process.kill()


def suspicious_lines(request: RepairRequest) -> dict[PurePosixPath, dict[int, float]]:
    """Returns suspiciousness by file and line, tests left out, for the files that are most suspicious."""
    tests = {PurePosixPath(case.node_id.split("::")[0]) for case in request.failure.failing}
    tests |= {PurePosixPath(node_id.split("::")[0]) for node_id in request.failure.passing}
    lines: dict[PurePosixPath, dict[int, float]] = {}
    for line in request.failure.suspicious:
        if line.path not in tests and line.suspiciousness > 0:
            lines.setdefault(line.path, {})[line.line] = line.suspiciousness
    most = sorted(lines, key=lambda path: -max(lines[path].values()))[:_N_FILES]
    chosen = {path: lines[path] for path in most}
    for case in request.failure.failing:
        for path, covered in request.failure.coverage.get(case.node_id, {}).items():
            if path in chosen:
                for number in covered:
                    chosen[path].setdefault(number, _COVERED)
    return chosen


class _Collected:
    """What the workers said so far."""

    def __init__(
        self, texts: Mapping[PurePosixPath, str], on_progress: Callable[[RepairProgress], None], n_enough: int
    ) -> None:
        self.texts = texts
        self.patches: dict[tuple[FileEdit, ...], Patch] = {}
        self.problems: list[str] = []
        self._n_enough = n_enough
        self._n_tried: dict[int, int] = {}
        self._on_progress = on_progress

    @property
    def n_tried(self) -> int:
        return sum(self._n_tried.values())

    def take(self, line: WorkerLine, part: int) -> bool:
        """Takes a line; tells whether it was the last one that is needed."""
        match line:
            case PatchLine():
                known = self.patches.get(line.patch.edits)
                if known is None or known.prior < line.patch.prior:
                    self.patches[line.patch.edits] = line.patch
            case ProgressLine():
                self._n_tried[part] = line.n_tried
                self._on_progress(RepairProgress(doing=line.doing, n_tried=self.n_tried, n_plausible=len(self.patches)))
            case ProblemLine():
                self.problems.append(line.message)
            case DoneLine():
                self._n_tried[part] = line.n_tried
                return True
        return len(self.patches) >= self._n_enough


async def _read_lines(process: SandboxProcess, collected: _Collected, part: int) -> None:
    pending = b""
    while chunk := await process.receive():
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            if collected.take(parse_line(line, collected.texts), part):
                return
        if len(pending) > MOST_LINE_BYTES:
            raise ProtocolError("the search worker wrote a line without end")
    end = await process.wait()
    if end.exit_code == TOO_OLD_EXIT_CODE:
        collected.problems.append("the project's Python is older than 3.11: select a newer interpreter")
        return
    said = end.stderr.decode("utf-8", "replace").strip().splitlines()
    collected.problems.append(said[-1] if said else f"the search worker ended with {end.exit_code}")


def _task(request: RepairRequest, lines: Mapping[PurePosixPath, Mapping[int, float]], part: int, n: int) -> SearchTask:
    return SearchTask(
        folder=str(request.view.folder),
        failing=tuple(case.node_id for case in request.failure.failing),
        passing=_some(request.failure.passing),
        suspicious={str(path): dict(of_file) for path, of_file in lines.items()},
        budget_s=request.budget.wall_s,
        part=part,
        n_parts=n,
    )


def _some(passing: Sequence[str]) -> tuple[str, ...]:
    """Returns tests from everywhere in the suite; whoever offers a patch runs all of them."""
    step = max(1, math.ceil(len(passing) / _N_PASSING))
    return tuple(passing[::step])


def _texts(view: ProjectView, paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, str]:
    texts = {}
    for path in paths:
        try:
            texts[path] = text_in_view(view, path)
        except UnreadableFileError:
            continue
    return texts
