import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from tests.contract.sandbox.suites.suite_project import Project

from inkling.sandbox.bubblewrap import BubblewrapSandbox
from inkling.sandbox.suite import SandboxSuiteRunner


@pytest.fixture(scope="session")
def bare_interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter whose environment has no package at all, so pytest is lent to it."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


@pytest.fixture
async def sandbox() -> AsyncIterator[BubblewrapSandbox]:
    sandbox = await BubblewrapSandbox.open()
    yield sandbox
    await sandbox.close()


@pytest.fixture
async def runner(sandbox: BubblewrapSandbox) -> AsyncIterator[SandboxSuiteRunner]:
    runner = SandboxSuiteRunner(sandbox)
    yield runner
    await runner.close()


MakeProject = Callable[[Mapping[str, str | bytes]], Project]


@pytest.fixture
def make_project(tmp_path: Path, runner: SandboxSuiteRunner, bare_interpreter: Path) -> MakeProject:
    def make(files: Mapping[str, str | bytes]) -> Project:
        project = Project(tmp_path, runner, bare_interpreter)
        project.write(files)
        return project

    return make
