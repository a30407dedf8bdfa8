"""What is left of a run when its daemon is killed: at once nothing that runs, and with the next daemon nothing."""

import asyncio
import os
import signal
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import docker
import pytest
from tests.contract.sandbox.conftest import BACKENDS
from tests.contract.sandbox.project import control_groups, processes_with, staging_folders
from tests.sandboxes.backends import open_bubblewrap, open_docker

from inkling.core.ports import Sandbox
from inkling.sandbox.engine_client import OWNER_LABEL
from inkling.sandbox.ownership import own_token


def containers_of(host: str, process_id: int) -> list[str]:
    """Returns the states of the containers that a process has made."""
    with closing(docker.DockerClient(base_url=host) if host else docker.from_env()) as client:
        found = client.containers.list(all=True, filters={"label": OWNER_LABEL}, sparse=True)
        labels = [(container.attrs["Labels"][OWNER_LABEL], container.attrs["State"]) for container in found]
    return [state for owner, state in labels if owner.startswith(f"{process_id}-")]


@pytest.mark.parametrize("backend", BACKENDS)
async def test_nothing_runs_on_after_the_daemon_was_killed(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    host = request.getfixturevalue("docker_host") if backend == "docker" else ""

    async def open_sandbox() -> Sandbox:
        return await (open_docker(host) if backend == "docker" else open_bubblewrap())

    await (await open_sandbox()).close()  # skips the test where there is none
    word = f"killed-{os.urandom(6).hex()}"
    script = Path(__file__).with_name("sandbox_owner.py")
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, script, backend, host, tmp_path, word), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"started\n"
    inside = [process for process in processes_with(word) if process != owner.pid]
    assert len(inside) >= 2
    owner.send_signal(signal.SIGKILL)
    await owner.wait()
    async with asyncio.timeout(30):
        while processes_with(word):
            await asyncio.sleep(0.01)
        while backend == "docker" and "running" in containers_of(host, owner.pid):
            await asyncio.sleep(0.05)
    assert staging_folders(owner.pid)  # nobody was there to remove it
    await (await open_sandbox()).close()
    assert staging_folders(owner.pid) == []
    assert control_groups(owner.pid) == []
    if backend == "docker":
        assert containers_of(host, owner.pid) == []


async def test_only_what_a_gone_daemon_has_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, kept = tmp_path / "inkling-run-999999999-1-x", ("inkling-run-x", f"inkling-run-{own_token()}-x", "other")
    for name in (left.name, *kept):
        (tmp_path / name).mkdir()
    await (await open_bubblewrap()).close()
    assert not left.exists()
    assert all((tmp_path / name).exists() for name in kept)
