"""What only containers have: images that are kept, containers that are kept ready, an image of the user's own."""

import asyncio
import io
import os
import sys
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest
from tests.sandboxes.backends import open_docker

from inkling.core.errors import SandboxError
from inkling.core.execution import Program, ProjectView
from inkling.core.settings import SandboxBackend, SandboxSettings
from inkling.sandbox.choice import open_sandbox
from inkling.sandbox.docker_engine import DockerSandbox
from inkling.sandbox.engine_client import IMAGE_LABEL, OWNER_LABEL, REPOSITORY, EngineClient
from inkling.sandbox.image import plan_image
from inkling.sandbox.installation import find_installation

INTERPRETER = Path(sys.executable).resolve()


@pytest.fixture
def engine(docker_host: str) -> Iterator[docker.DockerClient]:
    with closing(docker.DockerClient(base_url=docker_host) if docker_host else docker.from_env()) as client:
        yield client


@pytest.fixture
async def sandbox(docker_host: str) -> AsyncIterator[DockerSandbox]:
    sandbox = await open_docker(docker_host)
    assert isinstance(sandbox, DockerSandbox)
    yield sandbox
    await sandbox.close()


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A project that others may read, too, so that nothing of it is staged."""
    folder = tmp_path / "project"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


async def printed(sandbox: DockerSandbox, folder: Path, code: str) -> str:
    view = ProjectView(folder=folder, interpreter=INTERPRETER)
    result = await sandbox.run(Program(view=view, arguments=("-c", code)))
    assert result.end.exit_code == 0, result.end
    return result.stdout.decode()


async def test_a_container_is_kept_ready_and_used_once(
    sandbox: DockerSandbox, engine: docker.DockerClient, open_folder: Path
) -> None:
    leave_mark = "import pathlib; p = pathlib.Path('/tmp/mark'); print(p.exists()); p.touch(); "
    tell_container = "print(open('/proc/self/mountinfo').read())"  # the engine mounts files of each container
    await printed(sandbox, open_folder, leave_mark)
    for _ in range(2):
        async with asyncio.timeout(30):
            while not (ready := engine.containers.list(filters={"label": OWNER_LABEL, "status": "running"})):
                await asyncio.sleep(0.05)
        said = await printed(sandbox, open_folder, leave_mark + tell_container)
        assert said.startswith("False\n")
        assert [container.id for container in ready if container.id in said] == [ready[0].id]
    await sandbox.close()
    assert engine.containers.list(all=True, filters={"label": OWNER_LABEL}) == []


async def test_a_container_that_was_kept_ready_and_died_is_replaced(
    sandbox: DockerSandbox, engine: docker.DockerClient, open_folder: Path
) -> None:
    assert await printed(sandbox, open_folder, "print(1)") == "1\n"
    for container in engine.containers.list(filters={"label": OWNER_LABEL}):
        container.remove(force=True)
    assert await printed(sandbox, open_folder, "print(2)") == "2\n"


async def test_old_images_are_removed(docker_host: str, engine: docker.DockerClient) -> None:
    for number in range(6):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as tar:
            tar.addfile(tarfile.TarInfo(f"file-{number}"))
        changes = [f"LABEL {IMAGE_LABEL}=1"]
        engine.api.import_image_from_data(
            content.getvalue(), repository=REPOSITORY, tag=f"old{number}", changes=changes
        )
    client = await EngineClient.connect(docker_host)
    try:
        name = await client.build(plan_image(find_installation(INTERPRETER), os.getuid() + 7))
        tags = {tag for image in engine.images.list(filters={"label": f"{IMAGE_LABEL}=1"}) for tag in image.tags}
        assert name in tags
        assert len(tags) == 4
    finally:
        await client.close()
        engine.images.remove(name)


async def test_an_image_of_the_users_own_is_used(
    sandbox: DockerSandbox, engine: docker.DockerClient, docker_host: str, open_folder: Path
) -> None:
    # Any image with a python3 will do; no registry is at hand, so one of ours gets another name.
    assert await printed(sandbox, open_folder, "print(1)") == "1\n"
    built = next(tag for image in engine.images.list() for tag in image.tags if tag.startswith(REPOSITORY))
    engine.images.get(built).tag("own-image", "latest")
    python = str(INTERPRETER.parent)
    context = io.BytesIO(f"FROM own-image\nENV PATH={python}:/usr/bin\n".encode())
    engine.images.build(fileobj=context, tag="own-image:named", network_mode="none")
    own = await open_sandbox(
        SandboxSettings(backend=SandboxBackend.DOCKER, docker_host=docker_host, docker_image="own-image:named")
    )
    try:
        view = ProjectView(folder=open_folder, interpreter=Path("/only/on/the/host/python"))
        result = await own.run(Program(view=view, arguments=("-c", "import sys; print(sys.executable)")))
        assert result.stdout.decode().startswith(python), result.end
    finally:
        await own.close()


async def test_what_is_missing_is_told(docker_host: str) -> None:
    with pytest.raises(SandboxError, match=r"no image nowhere:1, .* run `docker pull nowhere:1`"):
        await DockerSandbox.open(host=docker_host, image="nowhere:1")
    with pytest.raises(SandboxError, match="no Docker engine answers at unix:///nowhere; install Docker"):
        await DockerSandbox.open(host="unix:///nowhere")


async def test_a_sandbox_that_is_switched_off_runs_nothing() -> None:
    with pytest.raises(SandboxError, match="is off"):
        await open_sandbox(SandboxSettings(backend=SandboxBackend.OFF))
