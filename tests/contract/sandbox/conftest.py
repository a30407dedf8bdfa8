from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.contract.sandbox.project import SandboxedProject
from tests.sandboxes.backends import docker_engine, open_bubblewrap, open_docker

from inkling.core.ports import Sandbox

BACKENDS = ("bubblewrap", "docker")
WAYS = (*BACKENDS, "bubblewrap without control groups")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets one process run all tests with a Docker engine: they count its images and containers."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and isinstance(item, pytest.Function):
            parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
            if "docker_host" in item.fixturenames or "docker" in parameters:
                item.add_marker(pytest.mark.xdist_group("docker"))


@pytest.fixture(scope="session")
def docker_host() -> Iterator[str]:
    """The address of a real Docker engine."""
    with docker_engine() as host:
        yield host


@pytest.fixture(params=WAYS)
async def either_sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """A sandbox of each backend in turn, and in the end one as an ordinary user mostly has it."""
    if request.param == "docker":
        sandbox = await open_docker(request.getfixturevalue("docker_host"))
    else:
        sandbox = await open_bubblewrap(has_cgroups=request.param == "bubblewrap")
    yield sandbox
    await sandbox.close()


@pytest.fixture
def project(either_sandbox: Sandbox, tmp_path: Path) -> SandboxedProject:
    """A small project, and runs of it in each backend's sandbox."""
    return SandboxedProject(either_sandbox, tmp_path)


@pytest.fixture
def has_control_groups(request: pytest.FixtureRequest, either_sandbox: Sandbox) -> bool:
    """Whether the kernel holds all processes of a run together."""
    way: str = request.node.callspec.params["either_sandbox"]
    return "without" not in way
