import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from tests.contract.sandbox.suites.suite_project import Project
from tests.sandboxes.backends import open_bubblewrap, open_docker

from inkling.core.ports import Sandbox
from inkling.sandbox.suite import SandboxSuiteRunner


@pytest.fixture(scope="session")
def bare_interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter whose environment has no package at all, so pytest is lent to it."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


@pytest.fixture
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """A sandbox by bubblewrap, or by what a test names: see `on_each_backend`."""
    if getattr(request, "param", "bubblewrap") == "docker":
        sandbox = await open_docker(request.getfixturevalue("docker_host"))
    else:
        sandbox = await open_bubblewrap()
    yield sandbox
    await sandbox.close()


@pytest.fixture
async def runner(sandbox: Sandbox) -> AsyncIterator[SandboxSuiteRunner]:
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
