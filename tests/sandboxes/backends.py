"""Real sandboxes for tests. What cannot be had here is skipped, and named at the end of `make test`."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NoReturn

import docker
import pytest

from inkling.core.errors import SandboxError
from inkling.core.ports import Sandbox
from inkling.core.settings import SandboxBackend, SandboxSettings
from inkling.sandbox.bubblewrap import BubblewrapSandbox
from inkling.sandbox.choice import open_sandbox
from inkling.sandbox.docker_engine import DockerSandbox

_STARTS_WITHIN_S = 60
_ENDS_WITHIN_S = 30
_ROOM_BYTES = 2**30
# A network, which the tests do not need, is what an engine without much of a system around it cannot have.
_FLAGS = ["--storage-driver=overlay2", "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
_FLAGS += ["--ip-masq=false", "--userland-proxy=false"]


def skip_for_want_of(what: str) -> NoReturn:
    """Skips the test, and tells `scripts/test_all.sh` what is missing."""
    if told_in := os.environ.get("INKLING_TESTS_MISSING"):
        with Path(told_in).open("a") as file:
            file.write(f"{what}: tests that need it were skipped\n")
    pytest.skip(what)


async def open_bubblewrap(*, has_cgroups: bool = True) -> Sandbox:
    """Returns a sandbox by bubblewrap, or skips the test where none works.

    Args:
        has_cgroups: Whether it uses control groups, if it can here.
    """
    settings = SandboxSettings(backend=SandboxBackend.BUBBLEWRAP)
    try:
        await (await open_sandbox(settings)).close()
        return await BubblewrapSandbox.open(has_cgroups=has_cgroups)
    except SandboxError as error:
        skip_for_want_of(str(error))


async def open_docker(host: str) -> Sandbox:
    """Returns a sandbox by the Docker engine at an address."""
    return await DockerSandbox.open(host=host)


@contextmanager
def docker_engine() -> Iterator[str]:
    """Starts a Docker engine and gives its address; one that runs anyway will do where none can be started."""
    if os.getuid() != 0 or shutil.which("dockerd") is None:
        host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        with closing(socket.socket(socket.AF_UNIX)) as knocking:
            try:
                knocking.connect(host.removeprefix("unix://"))
            except OSError:
                skip_for_want_of("a Docker engine (none runs, and starting one takes root and dockerd)")
        yield host
        return
    # In memory, where there is enough: thousands of small files are written and removed. The path must be short, as
    # that of a socket may have 108 characters only.
    in_memory = Path("/dev/shm")  # noqa: S108
    has_room = in_memory.is_dir() and shutil.disk_usage(in_memory).free > _ROOM_BYTES
    folder = Path(tempfile.mkdtemp(prefix="dk", dir=in_memory if has_room else None))
    host = f"unix://{folder}/s"
    places = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid", "-H", host]
    with (folder / "log").open("wb") as log:
        # Should the tests be killed, the engine ends, too.
        engine = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "dockerd", *places, *_FLAGS], stdout=log, stderr=log
        )
    try:
        _wait_for(folder, engine)
        yield host
    finally:
        engine.terminate()
        try:
            engine.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            engine.kill()
            engine.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(folder: Path, engine: "subprocess.Popen[bytes]") -> None:
    give_up_at_s = time.monotonic() + _STARTS_WITHIN_S
    while True:
        try:
            (folder / "s").stat()
            with closing(docker.DockerClient(base_url=f"unix://{folder}/s")) as client:
                client.ping()
            return
        except (docker.errors.DockerException, OSError):
            if engine.poll() is not None or time.monotonic() > give_up_at_s:
                log = (folder / "log").read_text(errors="replace")
                pytest.fail(f"the Docker engine did not start:\n{log[-2000:]}")
            time.sleep(0.05)
