"""A project on disk whose tests are run in a sandbox."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from inkling.core.execution import CaseOutcome, ProjectView, ResourceLimits, SuiteRequest, SuiteRun
from inkling.sandbox.suite import SandboxSuiteRunner

on_each_backend = pytest.mark.parametrize("sandbox", ["bubblewrap", "docker"], indirect=True)

LIMITS = ResourceLimits(wall_s=120.0, cpu_s=60.0, memory_mb=512)


class Project:
    """A project on disk, whose tests are run."""

    def __init__(self, folder: Path, runner: SandboxSuiteRunner, interpreter: Path) -> None:
        self.folder = folder
        self.runner = runner
        self.interpreter = interpreter

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def request(
        self, *node_ids: str, edits: Mapping[str, str] | None = None, limits: ResourceLimits = LIMITS
    ) -> SuiteRequest:
        edited = {PurePosixPath(name): text for name, text in (edits or {}).items()}
        view = ProjectView(folder=self.folder, interpreter=self.interpreter, edits=edited)
        return SuiteRequest(view=view, node_ids=node_ids, limits=limits)

    async def run(self, *node_ids: str, edits: Mapping[str, str] | None = None) -> SuiteRun:
        return await self.runner.run_suite(self.request(*node_ids, edits=edits))


def outcomes(run: SuiteRun) -> dict[str, CaseOutcome]:
    """Results by name; a problem is no result."""
    return {case.node_id: case.outcome for case in run.cases}
